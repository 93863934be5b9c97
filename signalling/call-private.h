/* What the call's own files share: its state, and the steps that both the API and the table take.
 */
#pragma once

#include "signalling/call-candidates.h"
#include "signalling/call-messages.h"
#include "signalling/payload.h"

typedef enum {
    LEC_CALL_NEW,        /* caller: not dialled; box: nothing heard */
    LEC_CALL_GREETED,    /* hello said or heard */
    LEC_CALL_CHALLENGED, /* challenge said or heard; the caller's user may be looking for the PIN */
    LEC_CALL_OFFERED,    /* offer said, or heard and proved */
    LEC_CALL_WAITING,    /* a person is being asked */
    LEC_CALL_UP,         /* answered */
    LEC_CALL_PARTED,     /* answered, and the door session is gone */
    LEC_CALL_RESUMING,   /* caller: resume said on another one */
    LEC_CALL_ENDED,
    LEC_CALL_N_STATES,
} LecCallState;

struct LecCall {
    LecCallRole role;
    LecCallState state;
    LecCallEvents events;
    void *user;
    gint64 deadline_us;
    LecCallPeer own; /* as the peer shall see us */
    LecCallPeer peer;
    char sid[LEC_PAYLOAD_SID_SIZE]; /* empty on the box before hello */
    LecCallAsk ask;
    LecPake *pake;
    guint8 commit[LEC_SAS_COMMIT_BYTES];
    guint8 nonce[LEC_SAS_NONCE_BYTES];
    guint8 box_point[LEC_PAKE_POINT_BYTES];
    char sas[LEC_CALL_SAS_SIZE];
    LecCallCandidates out, in;
    guint passed_over; /* candidates that could not be used */

    LecMediaParams *agreed;  /* the first answer: the sections that every restart must have */
    char peer_ufrag[257];    /* of its last description */
    gint64 restarts_paid_us; /* when all that were counted have been made up for */
    gint64 restart_due_us;   /* when the next one is in time */
    guint restart_number;    /* the last one's */
    bool restarting;         /* it is not answered yet */
    bool in_stale;           /* candidates that come belong to a description that is over */

    gint64 parted_until_us;
    guint resume_count; /* of the last resume, said or taken */
    LecCallPicture picture;
    bool pause_used, pause_due; /* said at all; to be said */

    guint busy;  /* how many of our functions are on the stack */
    bool doomed; /* freed meanwhile: goes when the last of them returns */
};

/*
 * Events are called from within our functions and may call us again, or free the call. So every
 * public function that can lead to an event holds a visit; lec_call_free() during a visit silences
 * the events and leaves the memory to the end of the outermost visit; and whoever fired an event
 * looks at the state again before it goes on.
 */
typedef LecCall LecCallVisit;
LecCallVisit *lec_call_enter(LecCall *self);
void lec_call_leave(LecCallVisit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCallVisit, lec_call_leave)

/* Enters the state and starts its time limit. */
void lec_call_go(LecCall *self, LecCallState state, gint64 now_us);
void lec_call_send(LecCall *self, LecStanza *payload); /* takes */

/* Ends the call; with tell the peer hears why: refused from a box that has not answered, else bye.
 */
void lec_call_finish(LecCall *self, LecCallEnd end, guint retry_after_s, bool tell);

/* Once both sides may: sends what was kept back, and delivers what came early. */
void lec_call_flush_out(LecCall *self);
void lec_call_flush_in(LecCall *self);
void lec_call_make_sas(LecCall *self);

/* call-move.c, with the signature that the table wants: false with error set for what is malformed
 * or out of order. */
bool lec_call_on_restart_offer(LecCall *self, const LecStanza *payload, LecCallState next,
                               gint64 now_us, GError **error);
bool lec_call_on_restart_answer(LecCall *self, const LecStanza *payload, LecCallState next,
                                gint64 now_us, GError **error);
bool lec_call_on_pause(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                       GError **error);
bool lec_call_on_resume(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                        GError **error);
bool lec_call_on_resumed(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                         GError **error);

/* The first answer, said or heard, and the peer's description. */
void lec_call_agree(LecCall *self, const LecMediaParams *answer);
void lec_call_flush_pause(LecCall *self);

/* What the table says of a message now: handled, or ended with the error that is returned. */
bool lec_call_dispatch(LecCall *self, const LecStanza *payload, LecCallMessage kind, gint64 now_us,
                       GError **error);
