/* One question at a time on the display, about the one who has waited longest. */
#include "receiver/asking.h"

#include "common/base/i18n.h"
#include "receiver/seats.h"

/* A key that was on its way when the question changed was meant for the one before. */
#define THINK_US (G_USEC_PER_SEC / 2)

struct LecAsking {
    const LecHouse *house;
    bool host_is_on;
    guint asked_id; /* of the seat in question; 0: none */
    gint64 asked_us;
    guint tick;
};

static LecSeat *next(const LecAsking *self) {
    if (self->host_is_on)
        return NULL;
    LecSeat *waiting = lec_seats_first(self->house->seats, LEC_SEAT_WAITING);
    LecSeat *held = lec_seats_first(self->house->seats, LEC_SEAT_HELD);
    if (!waiting || !held)
        return waiting ? waiting : held;
    return lec_seat_get_id(waiting) < lec_seat_get_id(held) ? waiting : held;
}

static char *question(const LecSeat *seat) {
    const char *sas = lec_seat_get_sas(seat);
    /* translators: on the display; the keys are those of the box's keyboard */
    if (!*sas)
        return g_strdup_printf(_("%s wants to share. Return: yes. Escape: no."),
                               lec_seat_get_name(seat));
    /* translators: the second %s is a number that the sender's screen shows, too */
    return g_strdup_printf(
        _("%s wants to share; the number there must be %s. Return: yes. Escape: no."),
        lec_seat_get_name(seat), sas);
}

static void ask(LecAsking *self) {
    const LecSeat *seat = next(self);
    const guint id = seat ? lec_seat_get_id(seat) : 0;
    if (id == self->asked_id)
        return;
    self->asked_id = id;
    self->asked_us = g_get_monotonic_time();
    g_autofree char *sentence = seat ? question(seat) : NULL;
    lec_stage_ask(self->house->stage, sentence);
}

static gboolean on_tick(gpointer user) {
    LecAsking *self = user;
    /* Backwards: who is sent away may be gone at once. */
    for (guint i = lec_seats_count(self->house->seats); i-- > 0;) {
        LecSeat *seat = lec_seats_get(self->house->seats, i);
        if (lec_seat_get_state(seat) != LEC_SEAT_SHOWN &&
            lec_seat_get_age_us(seat) >= LEC_ASKING_MAX_WAIT_US)
            lec_seat_dismiss(seat, LEC_CALL_END_TIMEOUT);
    }
    return G_SOURCE_CONTINUE;
}

LecAsking *lec_asking_new(const LecHouse *house) {
    LecAsking *self = g_new0(LecAsking, 1);
    self->house = house;
    self->tick = g_timeout_add_seconds(1, on_tick, self);
    return self;
}

void lec_asking_free(LecAsking *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    g_free(self);
}

void lec_asking_refresh(LecAsking *self, bool host_is_on) {
    self->host_is_on = host_is_on;
    ask(self);
}

bool lec_asking_answer(LecAsking *self, bool let_in) {
    LecSeat *seat = self->asked_id ? lec_seats_find(self->house->seats, self->asked_id) : NULL;
    if (!seat)
        return false;
    if (g_get_monotonic_time() - self->asked_us < THINK_US)
        return true;
    if (let_in)
        lec_seat_let_in(seat);
    else
        lec_seat_dismiss(seat, LEC_CALL_END_DECLINED);
    ask(self);
    return true;
}
