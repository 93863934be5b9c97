/*
 * The box's meeting in the cloud: a MUC room (XEP-0045) whose name is a number of six digits that
 * this box alone holds. Pure: stanzas and time in, stanzas and events out. It draws a number, makes
 * the room, waits, and asks whether it still is in it (XEP-0410) before anybody is shown the
 * number: on a cluster two boxes that make one room at once are both told that it is theirs, and
 * only one of them stays in it.
 */
#pragma once

#include "signalling/stanza.h"

#define LEC_ROOM_NICK "box"
#define LEC_ROOM_NUMBERS 1000000
#define LEC_ROOM_SETTLE_US (G_USEC_PER_SEC / 2) /* and up to as much again */
#define LEC_ROOM_ANSWER_US (10 * G_USEC_PER_SEC)
#define LEC_ROOM_CHECK_US (60 * G_USEC_PER_SEC)
#define LEC_ROOM_RETRY_US (5 * G_USEC_PER_SEC)

typedef struct {
    void (*send)(const LecStanza *stanza, void *user);
    /* The number is ours and may be shown; NULL: it no longer is. */
    void (*meeting)(const char *number, void *user);
    /* Somebody else came into the room (or is still there), or left it. */
    void (*occupant)(const char *nick, bool present, void *user);
    void (*emptied)(void *user);                  /* we are in another room: nobody is known */
    guint32 (*random)(guint32 below, void *user); /* for numbers and for waiting */
} LecMeetingRoomEvents;

typedef struct LecMeetingRoom LecMeetingRoom;

/* service: "meet.example.org". */
LecMeetingRoom *lec_meeting_room_new(const char *service, const LecMeetingRoomEvents *events,
                                     void *user);
void lec_meeting_room_free(LecMeetingRoom *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecMeetingRoom, lec_meeting_room_free)

/* The link is up. resumed: the session is the one from before, and so, if all is well, the room. */
void lec_meeting_room_connected(LecMeetingRoom *self, bool resumed, gint64 now_us);
void lec_meeting_room_disconnected(LecMeetingRoom *self); /* the number is kept */

/* Another number, please. */
void lec_meeting_room_redraw(LecMeetingRoom *self, gint64 now_us);
void lec_meeting_room_leave(LecMeetingRoom *self); /* says goodbye; the box is going away */

/* True: the stanza was the room's own business, and is dealt with. */
bool lec_meeting_room_take(LecMeetingRoom *self, const LecStanza *stanza, gint64 now_us);

void lec_meeting_room_tick(LecMeetingRoom *self, gint64 now_us);

/* "123456@meet.example.org"; "" before the first number is drawn. */
const char *lec_meeting_room_get_jid(const LecMeetingRoom *self);
