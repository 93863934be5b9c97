/*
 * How a host steers the room, pure: one state machine for both sides, table-driven; stanza payloads
 * (namespace urn:lectern:host:1) and time in, callbacks out. The host proves its code (CPace), then
 * both sides send sealed texts; what is in them is their owners' matter. docs/protocol/host.md has
 * every message, limit and time-out.
 *
 * hello → challenge → prove → welcome, or refused → sealed both ways → bye. Anything out of order
 * ends it.
 */
#pragma once

#include "signalling/call.h"
#include "signalling/seal.h"
#include "signalling/stanza.h"

#define LEC_HOST_NS "urn:lectern:host:1"
#define LEC_STEER_VERSION 1
/* A side says something at least this often, or the other takes it for gone. */
#define LEC_STEER_BREATH_US (15 * G_USEC_PER_SEC)

typedef enum { LEC_STEER_HOST, LEC_STEER_BOX } LecSteerRole;

typedef enum {
    LEC_STEER_END_BYE,      /* the other side went, or we did */
    LEC_STEER_END_DENIED,   /* wrong host code */
    LEC_STEER_END_LOCKED,   /* too many attempts; retry_after_s says when */
    LEC_STEER_END_BUSY,     /* no room for one more host */
    LEC_STEER_END_OFF,      /* the box has no host code */
    LEC_STEER_END_VERSION,  /* no common protocol version */
    LEC_STEER_END_PROTOCOL, /* malformed or out of order */
    LEC_STEER_END_TIMEOUT,  /* the other side fell silent */
    LEC_STEER_END_IMPOSTOR, /* the box could not prove the code */
    LEC_STEER_END_GONE,     /* the door closed */
} LecSteerEnd;

/* The word in <refused reason='…'/> and <bye reason='…'/>, and a sentence for people. */
const char *lec_steer_end_word(LecSteerEnd end);
const char *lec_steer_end_sentence(LecSteerEnd end);

/*
 * Events come from within lec_steer_ functions, and may themselves call any of them,
 * lec_steer_free() included: no event follows it. Those of the own role, send and ended must be
 * there.
 */
typedef struct {
    void (*send)(LecStanza *payload, void *user); /* takes payload */
    /* The box. */

    /*
     * Before the proof is looked at: count the attempt, or say how it ends: LEC_STEER_END_LOCKED
     * with retry_after_s, or BUSY. LEC_STEER_END_BYE: go on; proved follows at once.
     */
    LecSteerEnd (*may_prove)(guint *ret_retry_after_s, void *user);
    void (*proved)(bool success, void *user); /* then open, or ended as DENIED */
    /* The host. */

    /* Then lec_steer_prove(). */
    void (*challenge)(const char *box_name, void *user);
    /* Both. */

    void (*open)(void *user); /* each has proved itself: texts may be sent */
    void (*text)(const char *text, gsize len, void *user);           /* UTF-8 without NUL */
    void (*ended)(LecSteerEnd end, guint retry_after_s, void *user); /* last event, once */
} LecSteerEvents;

typedef struct LecSteer LecSteer;

/* name: the box's own, for the host to see. code: NULL: the box has none; not kept. */
LecSteer *lec_steer_new_box(const char *name, const char *code, const LecSteerEvents *events,
                            void *user, gint64 now_us);
LecSteer *lec_steer_new_host(const LecSteerEvents *events, void *user, gint64 now_us);
void lec_steer_free(LecSteer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecSteer, lec_steer_free)

/* A payload from the peer. False where it has ended, be it before or because of this one. */
bool lec_steer_receive(LecSteer *self, const LecStanza *payload, gint64 now_us);

/* Runs time-outs; G_MAXINT64 from next_deadline: none pending. */
gint64 lec_steer_next_deadline_us(const LecSteer *self);
void lec_steer_tick(LecSteer *self, gint64 now_us);

void lec_steer_dial(LecSteer *self, gint64 now_us);                    /* host: sends hello */
void lec_steer_prove(LecSteer *self, const char *code, gint64 now_us); /* host: after challenge */

/* At most LEC_SEAL_MAX_TEXT_BYTES; nothing is sent where it is not open (any more). */
void lec_steer_send(LecSteer *self, const char *text, gsize len);
void lec_steer_hang_up(LecSteer *self, LecSteerEnd reason); /* tells the peer, but for GONE */
bool lec_steer_is_open(const LecSteer *self);
