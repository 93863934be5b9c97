/* A call's next time-out as a source of the main loop. */
#include "signalling/call-timer.h"

struct LecCallTimer {
    LecCall *call;
    guint source;
};

static gboolean on_due(gpointer user) {
    LecCallTimer *self = user;
    self->source = 0;
    lec_call_tick(self->call, g_get_monotonic_time());
    lec_call_timer_update(self);
    return G_SOURCE_REMOVE;
}

LecCallTimer *lec_call_timer_new(LecCall *call) {
    LecCallTimer *self = g_new0(LecCallTimer, 1);
    self->call = call;
    lec_call_timer_update(self);
    return self;
}

void lec_call_timer_free(LecCallTimer *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->source, g_source_remove);
    g_free(self);
}

void lec_call_timer_update(LecCallTimer *self) {
    g_clear_handle_id(&self->source, g_source_remove);
    const gint64 due = lec_call_next_deadline_us(self->call);
    if (due == G_MAXINT64)
        return;
    const gint64 wait_ms = MAX(due - g_get_monotonic_time(), 0) / 1000 + 1;
    self->source = g_timeout_add((guint)MIN(wait_ms, G_MAXINT), on_due, self);
}
