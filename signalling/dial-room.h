/*
 * A meeting in the cloud as a sender sees it: the room that it joins, the box in it, the relays
 * that the cloud offers. Pure: it says what to send and what a stanza that came means.
 */
#pragma once

#include "common/base/relay.h"
#include "signalling/stanza.h"

typedef struct LecDialRoom LecDialRoom;

typedef enum {
    LEC_DIAL_ROOM_NOTHING,  /* not for us: whoever shares the room may send what he likes */
    LEC_DIAL_ROOM_WAIT,     /* a step towards READY */
    LEC_DIAL_ROOM_READY,    /* the box is there, and the relays are known; once */
    LEC_DIAL_ROOM_RELAYS,   /* newer ones */
    LEC_DIAL_ROOM_BOX,      /* an IQ of the box's */
    LEC_DIAL_ROOM_SERVER,   /* an IQ-get of the server's own */
    LEC_DIAL_ROOM_NOBODY,   /* no meeting answers to that number */
    LEC_DIAL_ROOM_FULL,     /* the meeting has no room for another */
    LEC_DIAL_ROOM_TOO_MANY, /* too many numbers were tried from here */
    LEC_DIAL_ROOM_LEFT,     /* the box has left */
} LecDialRoomNews;

/* cloud: "cloud.example.org"; number: six digits; nick: ours in the room, NULL: drawn at random. */
LecDialRoom *lec_dial_room_new(const char *cloud, const char *number, const char *nick);
void lec_dial_room_free(LecDialRoom *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDialRoom, lec_dial_room_free)

const char *lec_dial_room_get_domain(const LecDialRoom *self); /* where guests sign in */
const char *lec_dial_room_get_box(const LecDialRoom *self);    /* whom payloads go to */

LecStanza *lec_dial_room_ask(LecDialRoom *self); /* for relays; again before they expire */
LecStanza *lec_dial_room_join(const LecDialRoom *self);

LecDialRoomNews lec_dial_room_take(LecDialRoom *self, const LecStanza *stanza, gint64 now_utc_s);

/* NULL: none were offered. How long they are good for, from when they came: 0 with NULL. */
LecRelays *lec_dial_room_get_relays(const LecDialRoom *self);
guint lec_dial_room_get_lifetime_s(const LecDialRoom *self);
