/* The list of seats and their clock. */
#include "receiver/seats.h"

#include <sys/resource.h>

#include "receiver/budget.h"

struct LecSeats {
    GPtrArray *seats; /* borrowed */
    guint last_id;
    guint tick, rearrange; /* source ids */
    LecBudget *budget;
    LecBudgetBox box;
    gint64 cpu_us, cpu_when_us; /* what this program had used, and when */
    const LecSeatsEvents *events;
    void *user;
};

/* ---- what each sender is asked for ---- */

static gint64 cpu_us(void) {
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used))
        return 0;
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * G_USEC_PER_SEC + used.ru_utime.tv_usec +
           used.ru_stime.tv_usec;
}

static void measure_cpu(LecSeats *self) {
    const gint64 used = cpu_us(), now = g_get_monotonic_time();
    const gint64 whole = (now - self->cpu_when_us) * g_get_num_processors();
    self->box.cpu_percent = whole > 0 ? (guint)((used - self->cpu_us) * 100 / whole) : 0;
    self->cpu_us = used;
    self->cpu_when_us = now;
}

/* second: one has passed, and what was measured in it counts. */
static void divide(LecSeats *self, bool second) {
    const guint most = self->seats->len;
    g_autofree LecBudgetSeat *measured = g_new0(LecBudgetSeat, most);
    g_autofree LecBudgetShare *shares = g_new0(LecBudgetShare, most);
    g_autofree LecSeat **who = g_new0(LecSeat *, most);
    guint n = 0;
    for (guint i = 0; i < most; i++) {
        who[n] = lec_seats_get(self, i);
        if (lec_seat_measure(who[n], &measured[n]))
            n++;
    }
    if (second)
        lec_budget_tick(self->budget, &self->box, measured, n);
    lec_budget_divide(self->budget, &self->box, measured, n, shares);
    for (guint i = 0; i < n; i++)
        lec_seat_ask(who[i], &shares[i]);
}

static gboolean on_rearrange(gpointer user) {
    LecSeats *self = user;
    self->rearrange = 0;
    divide(self, false);
    return G_SOURCE_REMOVE;
}

void lec_seats_rearrange(LecSeats *self) {
    if (!self->rearrange)
        self->rearrange = g_idle_add(on_rearrange, self);
}

static gboolean on_tick(gpointer user) {
    LecSeats *self = user;
    for (guint i = 0; i < self->seats->len; i++)
        lec_seat_take_load(g_ptr_array_index(self->seats, i));
    measure_cpu(self);
    divide(self, true);
    /* A seat may go while it is ticked: whoever moves up into its place is ticked a second later.
     */
    for (guint i = 0; i < self->seats->len; i++)
        lec_seat_tick(g_ptr_array_index(self->seats, i));
    return G_SOURCE_CONTINUE;
}

LecSeats *lec_seats_new(guint max_kbps, const LecSeatsEvents *events, void *user) {
    LecSeats *self = g_new0(LecSeats, 1);
    self->seats = g_ptr_array_new();
    self->budget = lec_budget_new();
    self->box.max_kbps = max_kbps;
    self->events = events;
    self->user = user;
    self->tick = g_timeout_add_seconds(1, on_tick, self);
    return self;
}

void lec_seats_free(LecSeats *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    g_clear_handle_id(&self->rearrange, g_source_remove);
    g_clear_pointer(&self->budget, lec_budget_free);
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
