/* Everybody who has a seat, in the order of their tiles, over all doors together. */
#pragma once

#include "receiver/seat.h"

typedef struct {
    void (*changed)(void *user); /* somebody came, went or changed */
} LecSeatsEvents;

/* Ticks the seats, and tells them what to ask their senders for; max_kbps: for all, 0: no bound. */
LecSeats *lec_seats_new(guint max_kbps, const LecSeatsEvents *events, void *user);
void lec_seats_free(LecSeats *self); /* after the seats */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecSeats, lec_seats_free)

guint lec_seats_count(const LecSeats *self);
LecSeat *lec_seats_get(const LecSeats *self, guint index);
LecSeat *lec_seats_find(const LecSeats *self, guint id);            /* NULL: nobody */
LecSeat *lec_seats_first(const LecSeats *self, LecSeatState state); /* the longest there; NULL */
void lec_seats_move(LecSeats *self, LecSeat *seat, guint index);    /* past the end: last */

/* The display may have another layout: whose tile has another size learns of it soon. */
void lec_seats_rearrange(LecSeats *self);

/* An array: those who have media, or with waiting everybody. */
void lec_seats_describe(const LecSeats *self, bool waiting, JsonBuilder *json);

/* For seats alone. add: returns the seat's id. */
guint lec_seats_add(LecSeats *self, LecSeat *seat);
void lec_seats_remove(LecSeats *self, LecSeat *seat);
void lec_seats_note(LecSeats *self); /* something changed */
