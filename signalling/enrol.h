/*
 * How a box gets its account in a cloud, pure: one state machine for both sides, table-driven;
 * stanza payloads (namespace urn:lectern:enrol:1) and time in, callbacks out. The box shows a code;
 * the administrator proves to know it (CPace), both fingerprints bound in the proof; then the
 * account travels sealed. docs/protocol/enrol.md has every message, limit and time-out.
 *
 * hello → prove → welcome, or refused → sealed three times: the box, its account, that it is kept.
 * Anything out of order ends it.
 */
#pragma once

#include "common/base/fingerprint.h"
#include "signalling/stanza.h"

#define LEC_ENROL_NS "urn:lectern:enrol:1"
#define LEC_ENROL_VERSION 1
#define LEC_ENROL_CODE_DIGITS 10
#define LEC_ENROL_MEETING_DIGITS 4 /* of them, in front: where the two meet */
#define LEC_ENROL_PINS_MAX 4

typedef enum { LEC_ENROL_ADMINISTRATOR, LEC_ENROL_BOX } LecEnrolRole;

typedef enum {
    LEC_ENROL_END_DONE,     /* the box has its account, and keeps it */
    LEC_ENROL_END_DENIED,   /* wrong code */
    LEC_ENROL_END_LOCKED,   /* too many attempts; retry_after_s says when */
    LEC_ENROL_END_VERSION,  /* no common protocol version */
    LEC_ENROL_END_PROTOCOL, /* malformed or out of order */
    LEC_ENROL_END_TIMEOUT,  /* the other side fell silent */
    LEC_ENROL_END_IMPOSTOR, /* the box could not prove the code */
    LEC_ENROL_END_FAILED,   /* the account could not be made, or not be kept */
    LEC_ENROL_END_GONE,     /* the connection was lost */
} LecEnrolEnd;

/* The word in <refused reason='…'/>, and a sentence for people. */
const char *lec_enrol_end_word(LecEnrolEnd end);
const char *lec_enrol_end_sentence(LecEnrolEnd end);

/* Owned strings. */
typedef struct {
    char *host;                              /* "example.org" */
    char *jid;                               /* "lobby@boxes.example.org" */
    char *password;                          /* secret */
    LecFingerprint pins[LEC_ENROL_PINS_MAX]; /* of the server's key and of a spare (key-pin.h) */
    guint n_pins;                            /* at least 1 */
} LecEnrolAccount;

void lec_enrol_account_free(LecEnrolAccount *self); /* wipes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecEnrolAccount, lec_enrol_account_free)

/* A new code: LEC_ENROL_CODE_DIGITS digits. Wipe it when it is not shown any more. */
void lec_enrol_draw_code(char ret_code[LEC_ENROL_CODE_DIGITS + 1]);
/* Reads what a person typed, with spaces or hyphens between the digits; false for anything else. */
bool lec_enrol_read_code(const char *text, char ret_code[LEC_ENROL_CODE_DIGITS + 1]);
/* "enrol-1234", the room where the two meet. Free it. */
char *lec_enrol_room(const char *code);

/*
 * Events come from within lec_enrol_ functions, and may themselves call any of them,
 * lec_enrol_free() included: no event follows it. Those of the own role, send and ended must be
 * there.
 */
typedef struct {
    void (*send)(LecStanza *payload, void *user); /* takes payload */

    /* The box. */
    /* Before the proof is looked at: count the attempt, or refuse it, with a time. */
    bool (*may_prove)(const LecFingerprint *administrator, guint *ret_retry_after_s, void *user);
    void (*proved)(bool success, void *user); /* false: ended as DENIED follows */
    /* To be kept for good; false: it could not be, and FAILED follows. */
    bool (*account)(const LecEnrolAccount *account, const LecFingerprint *administrator,
                    void *user);

    /* The administrator. */
    /* It is the box with that code; then lec_enrol_give(). */
    void (*met)(const char *box_name, const LecFingerprint *box, void *user);

    /* Both. */
    void (*ended)(LecEnrolEnd end, guint retry_after_s, void *user); /* last event, once */
} LecEnrolEvents;

typedef struct LecEnrol LecEnrol;

/* code: of LEC_ENROL_CODE_DIGITS digits. name: the box's, NULL for the administrator. own: the
 * fingerprint of the own identity. All are copied. */
LecEnrol *lec_enrol_new(LecEnrolRole role, const char *code, const char *name,
                        const LecFingerprint *own, const LecEnrolEvents *events, void *user,
                        gint64 now_us);
void lec_enrol_free(LecEnrol *self); /* wipes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecEnrol, lec_enrol_free)

void lec_enrol_start(LecEnrol *self, gint64 now_us); /* box: sends hello */
/* A payload from the peer. False where it has ended, be it before or because of this one. */
bool lec_enrol_receive(LecEnrol *self, const LecStanza *payload, gint64 now_us);
/* Administrator, after met. */
void lec_enrol_give(LecEnrol *self, const LecEnrolAccount *account, gint64 now_us);
void lec_enrol_end(LecEnrol *self, LecEnrolEnd reason); /* tells the peer, but for GONE */

/* Runs time-outs; G_MAXINT64 from next_deadline: none pending. */
gint64 lec_enrol_next_deadline_us(const LecEnrol *self);
void lec_enrol_tick(LecEnrol *self, gint64 now_us);
