/*
 * One sender's place in the room, whichever door it came through: its media link, its decoding and
 * its tile. Whether it may have one is for its owner (a call, a token) and admission to say. Its
 * trouble ends it and nobody else.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "receiver/budget.h"
#include "receiver/house.h"
#include "receiver/playback.h"
#include "signalling/call.h"

typedef enum {
    LEC_SEAT_WAITING, /* a person is asked whether it may send at all: no media yet */
    LEC_SEAT_HELD,    /* it sends; only a host sees small pictures of it */
    LEC_SEAT_SHOWN,
} LecSeatState;

typedef enum { LEC_PAUSED_BY_SENDER = 1 << 0, LEC_PAUSED_BY_HOST = 1 << 1 } LecSeatPause;

/* Who sits here; copied. */
typedef struct {
    const char *name;             /* as it calls itself */
    const char *source;           /* its address */
    const char *door;             /* "call", "whip": for people */
    const char *sas;              /* what its person compares with ours; "": none */
    const LecFingerprint *device; /* NULL: it has none */
    bool loopback;                /* it comes from this machine */
    bool may_come_back;           /* its owner can restart the link, so a lost one is waited for */
} LecSeatGuest;

/* All from the main loop; none follows lec_seat_free(). The owner may free the seat from within
 * failed and dismissed alone. */
typedef struct {
    void (*candidate)(const LecCandidate *candidate, void *user); /* NULL: no more */
    /* A person let a WAITING one in: lec_seat_open() is due. */
    void (*let_in)(void *user);
    /* Its first picture, its link is up or lost, or a person let a HELD one in. */
    void (*changed)(void *user);
    /* Once a second from lec_seat_open() on, and at once when its state changes. May be NULL. */
    void (*report)(const LecCallReport *report, void *user);
    /* The link is gone; wanted: the peer closed it. */
    void (*failed)(bool wanted, void *user);
    /* A person wants it gone: DECLINED or BYE. */
    void (*dismissed)(LecCallEnd reason, void *user);
} LecSeatEvents;

typedef struct LecSeat LecSeat;

/* Joins house->seats. */
LecSeat *lec_seat_new(const LecHouse *house, const LecSeatGuest *guest, LecSeatState state,
                      const LecSeatEvents *events, void *user);
void lec_seat_free(LecSeat *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecSeat, lec_seat_free)

/* Once: makes link and playback for this offer. A WAITING seat is SHOWN from here on. */
bool lec_seat_open(LecSeat *self, const LecMediaParams *offer, GError **error);
const LecMediaParams *lec_seat_get_answer(const LecSeat *self); /* NULL before */
/* The peer looks for other paths (ICE restart); what goes back to it is in the answer then. */
bool lec_seat_restart(LecSeat *self, const LecMediaParams *offer, GError **error);
void lec_seat_add_candidate(LecSeat *self, const LecCandidate *candidate);

LecSeatState lec_seat_get_state(const LecSeat *self);
void lec_seat_let_in(LecSeat *self); /* WAITING or HELD: by a host, or somebody at the screen */
void lec_seat_dismiss(LecSeat *self, LecCallEnd reason);

/* The display keeps the last picture, with a mark, until nobody wants the pause any more. */
void lec_seat_pause(LecSeat *self, LecSeatPause who, bool on);
guint lec_seat_get_pauses(const LecSeat *self); /* LecSeatPause, or-ed */
/* The display has nothing of it until a picture comes after the last hide; it has its old place
 * then, and is large again if it was and nobody else was made large since. */
void lec_seat_hide(LecSeat *self, bool on);

guint lec_seat_get_id(const LecSeat *self); /* unique while the box runs, from 1 */
const char *lec_seat_get_name(const LecSeat *self);
const char *lec_seat_get_source(const LecSeat *self);
const char *lec_seat_get_door(const LecSeat *self);
const char *lec_seat_get_sas(const LecSeat *self);
const char *lec_seat_get_codec(const LecSeat *self); /* "H264"; "" before it is opened */
gint64 lec_seat_get_age_us(const LecSeat *self);
guint lec_seat_count_pictures(const LecSeat *self);
LecTile *lec_seat_get_tile(const LecSeat *self);     /* NULL: none yet */
LecFrame *lec_seat_get_picture(const LecSeat *self); /* the newest, borrowed; NULL: none yet */
bool lec_seat_is_connected(const LecSeat *self);
bool lec_seat_is_lost(const LecSeat *self); /* it was connected, and may come back */
/* Since anything was last heard of its link, known to a second. */
gint64 lec_seat_get_link_silence_us(const LecSeat *self);

/* By LecSeats. measure: false where it has no media. ask: what is told to the sender from now on,
 * at once where it is another size or rate of pictures. tick: once a second, tells it. */
void lec_seat_take_load(LecSeat *self); /* once a second, before all that follows */
bool lec_seat_measure(const LecSeat *self, LecBudgetSeat *ret);
void lec_seat_ask(LecSeat *self, const LecBudgetShare *share);
/* It was let in a while ago and has sent no picture. Who has sent one may stand still for as long
 * as it likes. */
#define LEC_SEAT_PICTURE_TIMEOUT_US (3 * 60 * G_USEC_PER_SEC)
bool lec_seat_is_idle(const LecSeat *self, gint64 now_us);

void lec_seat_tick(LecSeat *self);

/* Adds members to the object that is being built; no secrets. */
void lec_seat_describe(const LecSeat *self, JsonBuilder *json);
