/*
 * The call's messages as values: each read strictly from its stanza payload, and written. No state,
 * no events. What an attribute or a child means stands in docs/protocol/call.md.
 */
#pragma once

#include "signalling/call.h"
#include "signalling/pake.h"
#include "signalling/resume.h"
#include "signalling/sas.h"

#define LEC_CALL_ERROR (lec_call_error_quark())
GQuark lec_call_error_quark(void);

typedef enum {
    LEC_CALL_ERROR_MALFORMED, /* a part is missing, doubled or not what it must be */
    LEC_CALL_ERROR_VERSION,   /* another protocol version */
    LEC_CALL_ERROR_ORDER,     /* not now, not from this side, not known at all */
} LecCallError;

typedef enum {
    LEC_CALL_HELLO,
    LEC_CALL_CHALLENGE,
    LEC_CALL_OFFER,
    LEC_CALL_ANSWER,
    LEC_CALL_WAIT,
    LEC_CALL_REFUSED,
    LEC_CALL_CANDIDATE_MESSAGE,
    LEC_CALL_STATS,
    LEC_CALL_PAUSE,
    LEC_CALL_RESTART,
    LEC_CALL_RESUME,
    LEC_CALL_RESUMED,
    LEC_CALL_BYE,
    LEC_CALL_N_MESSAGES,
} LecCallMessage;

/* False for an element that is no message of ours. */
bool lec_call_message_kind(const LecStanza *payload, LecCallMessage *ret_kind);
const char *lec_call_message_name(LecCallMessage kind);

/* Cuts at the limit between characters, and replaces what a display must not be told: controls and
 * direction marks. */
void lec_call_clean_name(const char *name, char ret_name[LEC_CALL_MAX_NAME_BYTES + 1]);

typedef struct {
    LecCallPeer caller;
    guint8 commit[LEC_SAS_COMMIT_BYTES];
} LecCallHello;

typedef struct {
    LecCallAsk ask;
    LecCallPeer box;
    guint8 point[LEC_PAKE_POINT_BYTES];
} LecCallChallenge;

typedef struct {
    guint8 point[LEC_PAKE_POINT_BYTES];
    guint8 nonce[LEC_SAS_NONCE_BYTES];
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
} LecCallProof;

typedef struct {
    LecCallEnd reason;
    guint retry_after_s;
} LecCallGoodbye;

/* Of resume and resumed. */
typedef struct {
    guint count; /* 1 and more */
    guint8 proof[LEC_RESUME_PROOF_BYTES];
} LecCallResumption;

LecStanza *lec_call_write_hello(const char *sid, const LecCallHello *hello);
LecStanza *lec_call_write_challenge(const char *sid, const LecCallChallenge *challenge);
LecStanza *lec_call_write_offer(const char *sid, const LecCallProof *proof,
                                const LecMediaParams *offer);
LecStanza *lec_call_write_answer(const char *sid, const guint8 confirm[LEC_PAKE_CONFIRM_BYTES],
                                 const LecMediaParams *answer);
LecStanza *lec_call_write_wait(const char *sid);
LecStanza *lec_call_write_goodbye(LecCallMessage kind, const char *sid,
                                  const LecCallGoodbye *goodbye);
LecStanza *lec_call_write_candidate(const char *sid,
                                    const LecCandidate *candidate); /* NULL: no more */
LecStanza *lec_call_write_stats(const char *sid, const LecCallReport *report);
LecStanza *lec_call_write_pause(const char *sid, LecCallPicture picture);
/* number: an answer has that of its offer; 0: none. */
LecStanza *lec_call_write_restart(LecCallRole from, const char *sid, guint number,
                                  const LecMediaParams *params);
LecStanza *lec_call_write_resumption(LecCallMessage kind, const char *sid,
                                     const LecCallResumption *resumption);

/* The readers leave their outputs untouched on failure. */
bool lec_call_read_hello(const LecStanza *payload, LecCallHello *ret, GError **error);
bool lec_call_read_challenge(const LecStanza *payload, LecCallChallenge *ret, GError **error);
LecMediaParams *lec_call_read_offer(const LecStanza *payload, LecCallProof *ret, GError **error);
LecMediaParams *lec_call_read_answer(const LecStanza *payload,
                                     guint8 ret_confirm[LEC_PAKE_CONFIRM_BYTES], GError **error);
bool lec_call_read_goodbye(const LecStanza *payload, LecCallGoodbye *ret, GError **error);
bool lec_call_read_stats(const LecStanza *payload, LecCallReport *ret, GError **error);
bool lec_call_read_pause(const LecStanza *payload, LecCallPicture *ret, GError **error);
LecMediaParams *lec_call_read_restart(LecCallRole from, const LecStanza *payload, guint *ret_number,
                                      GError **error);
bool lec_call_read_resumption(const LecStanza *payload, LecCallResumption *ret, GError **error);

typedef enum {
    LEC_CALL_CANDIDATE_BAD, /* error says why */
    LEC_CALL_CANDIDATE_ONE,
    LEC_CALL_CANDIDATE_UNKNOWN, /* of a kind that we do not know: to be passed over (RFC 8839 §5.1)
                                 */
    LEC_CALL_CANDIDATE_END,
} LecCallCandidateKind;

LecCallCandidateKind lec_call_read_candidate(const LecStanza *payload, LecCandidate *ret,
                                             GError **error);
