/*
 * The call, pure: one state machine for both roles, table-driven; stanza payloads (namespace
 * urn:lectern:call:1) and time in, callbacks out. It knows nothing of doors, sockets or media.
 * docs/protocol has every message, state and time-out.
 *
 * hello → challenge → offer → answer, or wait, refused → candidate both ways → bye. Anything out of
 * order ends it. A call that is up can move: to other paths (restart), to another door session
 * (resume).
 */
#pragma once

#include "common/base/media-params.h"
#include "signalling/stanza.h"

#define LEC_CALL_NS "urn:lectern:call:1"
#define LEC_CALL_VERSION 1
#define LEC_CALL_MAX_NAME_BYTES 64
#define LEC_CALL_SAS_SIZE 7
#define LEC_CALL_PARTED_S 30 /* how long a call that is up outlives its door session */

typedef enum { LEC_CALL_CALLER, LEC_CALL_BOX } LecCallRole;

typedef enum { LEC_CALL_ASK_NOTHING, LEC_CALL_ASK_PIN, LEC_CALL_ASK_APPROVAL } LecCallAsk;

typedef enum {
    LEC_CALL_END_BYE,      /* the other side hung up, or we did */
    LEC_CALL_END_DENIED,   /* wrong PIN or wrong ID, answered alike */
    LEC_CALL_END_LOCKED,   /* too many attempts; retry_after_s says when */
    LEC_CALL_END_BUSY,     /* no room for one more */
    LEC_CALL_END_REVOKED,  /* this device or this box has been shut out */
    LEC_CALL_END_DECLINED, /* a person said no */
    LEC_CALL_END_VERSION,  /* no common protocol version */
    LEC_CALL_END_PROTOCOL, /* malformed or out of order */
    LEC_CALL_END_TIMEOUT,  /* the other side fell silent */
    LEC_CALL_END_IMPOSTOR, /* the box could not prove the PIN, or a fingerprint differs */
    LEC_CALL_END_MEDIA,    /* the media link failed */
    LEC_CALL_END_GONE,     /* the door closed */
} LecCallEnd;

/* The word in <refused reason='…'/> and <bye reason='…'/>, and a sentence for people: what to do.
 */
const char *lec_call_end_word(LecCallEnd end);
const char *lec_call_end_sentence(LecCallEnd end);

typedef struct {
    /* UTF-8, as the peer gave it, control characters and direction marks replaced */
    char name[LEC_CALL_MAX_NAME_BYTES + 1];
    LecFingerprint fingerprint; /* proved only once the link is up */
} LecCallPeer;

/* What becomes of the caller's pictures. */
typedef enum {
    LEC_CALL_REPORT_SHOWN,
    LEC_CALL_REPORT_HELD,   /* a person decides first; only the host sees them, small */
    LEC_CALL_REPORT_PAUSED, /* the host has paused the presenter */
} LecCallReportState;

/* What a caller says of its picture (pause). */
typedef enum {
    LEC_CALL_PICTURE_MOVING, /* at first */
    LEC_CALL_PICTURE_STILL,  /* on purpose */
    LEC_CALL_PICTURE_HIDDEN, /* there is nothing to show for now, nor what was there before */
} LecCallPicture;

/* What the box measured and would like, for the sender (the stats message: once a second, and at
 * once when the state changes). */
typedef struct {
    guint32 display_us;    /* p50, packet arrival to picture on the display */
    guint32 width, height; /* the tile's size: what it is worth sending; 0: unknown */
    bool visible;
    LecCallReportState state;
    guint32 max_kbps; /* the box would like no more than this; 0: no wish */
    guint max_fps;
} LecCallReport;

/*
 * Events come from within lec_call_ functions, and may themselves call any of them, lec_call_free()
 * included: no event follows it, and the memory goes when the outermost function returns. All but
 * send and ended may be NULL.
 */
typedef struct {
    void (*send)(LecStanza *payload, void *user); /* takes payload; goes to the peer in an IQ-set */
    /* The box. */

    /* Answer with lec_call_challenge() or lec_call_refuse(). */
    void (*hello)(const LecCallPeer *caller, void *user);
    /*
     * The caller is about to prove the PIN: count the attempt. False: locked, and nothing is looked
     * at. After true either offer or proof_failed follows at once. Not called where no PIN is
     * asked.
     */
    bool (*may_prove)(guint *ret_retry_after_s, void *user);
    void (*proof_failed)(void *user); /* the attempt failed; the call is about to end as DENIED */
    /* Proved; answer with lec_call_answer(), lec_call_wait() or lec_call_refuse(). */
    void (*offer)(const LecMediaParams *offer, void *user);
    void (*pause)(LecCallPicture picture, void *user);
    /* Other ICE credentials, and sections like those of the first offer. Answer with
     * lec_call_answer_restart(). */
    void (*restart)(const LecMediaParams *offer, void *user);

    /* The caller. */
    /* Then lec_call_prove(), as soon as the user has given the PIN. */
    void (*challenge)(LecCallAsk ask, const LecCallPeer *box, void *user);
    void (*wait)(const char *sas, void *user); /* a person is being asked */
    void (*answer)(const LecMediaParams *answer, void *user);
    void (*report)(const LecCallReport *report, void *user);
    void (*restarted)(const LecMediaParams *answer, void *user); /* to the last restart alone */

    /* Both. */
    void (*resumed)(void *user); /* on a new door session; what was under way may be lost */
    /* After the answer, and of the description that was given last. NULL: no more. */
    void (*candidate)(const LecCandidate *candidate, void *user);
    /* Last event, exactly once. */
    void (*ended)(LecCallEnd end, guint retry_after_s, void *user);
} LecCallEvents;

typedef struct LecCall LecCall;

/*
 * name: our own, as the peer shall see it. fingerprint: our identity's. What comes too late (an
 * approval after the caller hung up) does nothing: every function below is harmless in every state.
 */
LecCall *lec_call_new(LecCallRole role, const char *name, const LecFingerprint *fingerprint,
                      const LecCallEvents *events, void *user, gint64 now_us);
void lec_call_free(LecCall *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCall, lec_call_free)

/*
 * A payload from the peer. False where the call has ended, be it before or because this one is
 * malformed or out of order.
 */
bool lec_call_receive(LecCall *self, const LecStanza *payload, gint64 now_us);

/* Runs time-outs; G_MAXINT64 from next_deadline: none pending. */
gint64 lec_call_next_deadline_us(const LecCall *self);
void lec_call_tick(LecCall *self, gint64 now_us);

/* caller */
void lec_call_dial(LecCall *self, gint64 now_us); /* sends hello */
/* After challenge: pin is NULL where none is asked. offer's fingerprint must be our own. Sends
 * offer. */
void lec_call_prove(LecCall *self, const char *pin, const LecMediaParams *offer, gint64 now_us);

/*
 * Asks for other paths through the network: offer has new ICE credentials and the sections that the
 * first one had; candidates after it belong to it. Once a second and thirty times at most, and only
 * while the call is up and not parted: look first, and make the offer if it is allowed.
 */
bool lec_call_can_restart(const LecCall *self, gint64 now_us);
void lec_call_restart(LecCall *self, const LecMediaParams *offer, gint64 now_us);
/* Said again where a call is resumed. */
void lec_call_pause(LecCall *self, LecCallPicture picture);
/* A parted call has a new door session: says so there, with a proof; resumed or ended follows. */
void lec_call_resume(LecCall *self, gint64 now_us);

/* box */
void lec_call_challenge(LecCall *self, LecCallAsk ask, const char *pin, gint64 now_us);
void lec_call_refuse(LecCall *self, LecCallEnd reason, guint retry_after_s);
void lec_call_wait(LecCall *self,
                   gint64 now_us); /* tells the caller that a person is being asked */
void lec_call_answer(LecCall *self, const LecMediaParams *answer, gint64 now_us);
void lec_call_answer_restart(LecCall *self, const LecMediaParams *answer);
void lec_call_report(LecCall *self, const LecCallReport *report);
const char *lec_call_get_sas(const LecCall *self); /* once proved; "" before */

/* both */
/* NULL: no more. Kept back until it may be sent; what is beyond LEC_MEDIA_MAX_CANDIDATES or follows
 * NULL is dropped. */
void lec_call_send_candidate(LecCall *self, const LecCandidate *candidate);
/* Tells the peer, unless the reason is GONE (bye; a box that has not answered: refused); then
 * ended. */
void lec_call_hang_up(LecCall *self, LecCallEnd reason);
bool lec_call_is_up(const LecCall *self); /* answered, not ended; it may be parted */
/*
 * The door session is gone. A call that is up is parted from then on and may be resumed on another
 * one for LEC_CALL_PARTED_S, during which nothing is sent; after that, and from any other state, it
 * ends as GONE.
 */
void lec_call_part(LecCall *self, gint64 now_us);
bool lec_call_is_parted(const LecCall *self);
/* The media flow all the same: LEC_CALL_PARTED_S begins anew. For calls through a cloud, which may
 * be gone for longer than the call should need it. */
void lec_call_linger(LecCall *self, gint64 now_us);
const char *lec_call_get_sid(const LecCall *self); /* "" on a box that has heard nothing */

/*
 * A box's door, which has a payload on a session that is no call's yet. May a call resume there:
 * then the session becomes that call's, and lec_call_receive() takes the payload. self NULL: no
 * call has that sid, which takes as long to find out and is answered alike, by
 * lec_call_write_not_resumed() and the end of the session.
 */
bool lec_call_is_resume(const LecStanza *payload);
bool lec_call_may_resume(const LecCall *self, const LecStanza *resume);
LecStanza *lec_call_write_not_resumed(const LecStanza *resume); /* NULL: it has no sid */
