/* The list of seats and their clock. */
#include "receiver/seats.h"

struct LecSeats {
    GPtrArray *seats; /* borrowed */
    guint last_id;
    guint tick;
    const LecSeatsEvents *events;
    void *user;
};

static gboolean on_tick(gpointer user) {
    LecSeats *self = user;
    /* A seat may go while it is ticked: whoever moves up into its place is ticked a second later.
     */
    for (guint i = 0; i < self->seats->len; i++)
        lec_seat_tick(g_ptr_array_index(self->seats, i));
    return G_SOURCE_CONTINUE;
}

LecSeats *lec_seats_new(const LecSeatsEvents *events, void *user) {
    LecSeats *self = g_new0(LecSeats, 1);
    self->seats = g_ptr_array_new();
    self->events = events;
    self->user = user;
    self->tick = g_timeout_add_seconds(1, on_tick, self);
    return self;
}

void lec_seats_free(LecSeats *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    g_ptr_array_unref(self->seats);
    g_free(self);
}

guint lec_seats_count(const LecSeats *self) {
    return self->seats->len;
}

LecSeat *lec_seats_get(const LecSeats *self, guint index) {
    return g_ptr_array_index(self->seats, index);
}

LecSeat *lec_seats_find(const LecSeats *self, guint id) {
    for (guint i = 0; i < self->seats->len; i++)
        if (lec_seat_get_id(lec_seats_get(self, i)) == id)
            return lec_seats_get(self, i);
    return NULL;
}

LecSeat *lec_seats_first(const LecSeats *self, LecSeatState state) {
    LecSeat *first = NULL;
    for (guint i = 0; i < self->seats->len; i++) {
        LecSeat *seat = lec_seats_get(self, i);
        if (lec_seat_get_state(seat) == state &&
            (!first || lec_seat_get_id(seat) < lec_seat_get_id(first)))
            first = seat;
    }
    return first;
}

void lec_seats_move(LecSeats *self, LecSeat *seat, guint index) {
    if (!g_ptr_array_remove(self->seats, seat))
        return;
    g_ptr_array_insert(self->seats, (gint)MIN(index, self->seats->len), seat);
    lec_seats_note(self);
}

void lec_seats_describe(const LecSeats *self, bool waiting, JsonBuilder *json) {
    json_builder_begin_array(json);
    for (guint i = 0; i < self->seats->len; i++) {
        const LecSeat *seat = lec_seats_get(self, i);
        if (!waiting && lec_seat_get_state(seat) == LEC_SEAT_WAITING)
            continue;
        json_builder_begin_object(json);
        lec_seat_describe(seat, json);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

guint lec_seats_add(LecSeats *self, LecSeat *seat) {
    g_ptr_array_add(self->seats, seat);
    return ++self->last_id;
}

void lec_seats_remove(LecSeats *self, LecSeat *seat) {
    if (g_ptr_array_remove(self->seats, seat))
        lec_seats_note(self);
}

void lec_seats_note(LecSeats *self) {
    self->events->changed(self->user);
}
