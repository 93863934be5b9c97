/* A queue of pictures with the times at which they are due. */
#include "receiver/hold.h"

typedef struct {
    LecFrame *frame;
    gint64 due_us;
} Held;

struct LecHold {
    void (*show)(LecFrame *frame, void *user);
    void *user;
    GQueue held; /* of Held, the first due first */
    gint64 wait_us;
    guint timer;
};

static void held_free(gpointer data) {
    Held *self = data;
    g_clear_pointer(&self->frame, lec_frame_unref);
    g_free(self);
}

LecHold *lec_hold_new(void (*show)(LecFrame *frame, void *user), void *user) {
    LecHold *self = g_new0(LecHold, 1);
    self->show = show;
    self->user = user;
    g_queue_init(&self->held);
    return self;
}

void lec_hold_free(LecHold *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->timer, g_source_remove);
    g_queue_clear_full(&self->held, held_free);
    g_free(self);
}

static gboolean on_due(gpointer user) {
    LecHold *self = user;
    const gint64 now = g_get_monotonic_time();
    self->timer = 0;
    Held *held;
    while ((held = g_queue_peek_head(&self->held)) != NULL && held->due_us <= now) {
        self->show(g_steal_pointer(&held->frame), self->user);
        held_free(g_queue_pop_head(&self->held));
    }
    if (held)
        self->timer = g_timeout_add((guint)((held->due_us - now) / 1000), on_due, self);
    return G_SOURCE_REMOVE;
}

void lec_hold_push(LecHold *self, LecFrame *frame) {
    if (self->wait_us == 0 && g_queue_is_empty(&self->held)) {
        self->show(frame, self->user);
        return;
    }
    Held *held = g_new(Held, 1);
    *held = (Held){frame, g_get_monotonic_time() + self->wait_us};
    g_queue_push_tail(&self->held, held);
    if (!self->timer)
        self->timer = g_timeout_add((guint)(self->wait_us / 1000), on_due, self);
}

void lec_hold_set_us(LecHold *self, gint64 us) {
    self->wait_us = CLAMP(us, 0, LEC_HOLD_MAX_US);
}

gint64 lec_hold_get_us(const LecHold *self) {
    return self->wait_us;
}
