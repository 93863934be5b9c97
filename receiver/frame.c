/* A decoded picture's reference count and its end. */
#include "receiver/frame.h"

LecFrame *lec_frame_new(gpointer owner, GDestroyNotify release) {
    LecFrame *self = g_new0(LecFrame, 1);
    self->owner = owner;
    self->release = release;
    g_atomic_ref_count_init(&self->refs);
    return self;
}

LecFrame *lec_frame_ref(LecFrame *self) {
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void lec_frame_unref(LecFrame *self) {
    if (!self || !g_atomic_ref_count_dec(&self->refs))
        return;
    if (self->release)
        self->release(self->owner);
    g_free(self);
}
