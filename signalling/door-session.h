/*
 * One peer's session at the local door, pure: WebSocket messages and time in, messages, payloads
 * and the end out. It speaks the box's side of RFC 7395 and lets through what
 * docs/protocol/doors.md lists, nothing else.
 */
#pragma once

#include "signalling/stanza.h"

#define LEC_DOOR_ESTABLISH_US (5 * G_USEC_PER_SEC)      /* up to bound */
#define LEC_DOOR_FIRST_PAYLOAD_US (10 * G_USEC_PER_SEC) /* from bound to the first payload */
#define LEC_DOOR_PING_US (20 * G_USEC_PER_SEC)
#define LEC_DOOR_PONG_US (10 * G_USEC_PER_SEC)
#define LEC_DOOR_BURST_STANZAS 100
#define LEC_DOOR_STANZAS_A_SECOND 50
#define LEC_DOOR_MAX_UNACKNOWLEDGED 64

typedef struct {
    void (*send)(const char *text, void *user); /* one WebSocket message */
    void (*payload)(const LecStanza *payload,
                    void *user);                /* from an IQ-set, already acknowledged */
    void (*ended)(const char *why, void *user); /* last event, once; a sentence for the log */
} LecDoorSessionEvents;

typedef struct LecDoorSession LecDoorSession;

LecDoorSession *lec_door_session_new(const LecDoorSessionEvents *events, void *user, gint64 now_us);
/*
 * The same for an occupant of the box's room in the cloud: bound from the start, for the server has
 * let it in; every message that is sent is an IQ without "from", which is the server's to set. box:
 * what a stanza's "to" is; peer: the occupant.
 */
LecDoorSession *lec_door_session_new_occupant(const char *box, const char *peer,
                                              const LecDoorSessionEvents *events, void *user,
                                              gint64 now_us);
void lec_door_session_free(LecDoorSession *self); /* not from within an event */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDoorSession, lec_door_session_free)

void lec_door_session_receive(LecDoorSession *self, const char *text, gsize len, gint64 now_us);

/* The same, with a stanza that has been read already. */
void lec_door_session_take(LecDoorSession *self, const LecStanza *stanza, gint64 now_us);

/* Takes payload; wraps it in an IQ-set to the peer. Dropped where the session has ended or is not
 * bound. */
void lec_door_session_send(LecDoorSession *self, LecStanza *payload);

/* condition: a stream error of RFC 6120 §4.9.3, or NULL for a plain close. Ends the session. */
void lec_door_session_close(LecDoorSession *self, const char *condition, const char *why);

void lec_door_session_tick(LecDoorSession *self, gint64 now_us);

/* What was sent and not acknowledged: who wants to send much does so while this is small. */
guint lec_door_session_count_unacknowledged(const LecDoorSession *self);

bool lec_door_session_has_spoken(const LecDoorSession *self); /* a payload has come */
