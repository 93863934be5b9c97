/* The host protocol's messages as values: each read strictly from its payload, and written. */
#pragma once

#include "signalling/pake.h"
#include "signalling/payload.h"
#include "signalling/steer.h"

#define LEC_STEER_ERROR (lec_steer_error_quark())
GQuark lec_steer_error_quark(void);

typedef enum {
    LEC_STEER_ERROR_MALFORMED,
    LEC_STEER_ERROR_VERSION,
    LEC_STEER_ERROR_ORDER,
} LecSteerError;

typedef enum {
    LEC_STEER_HELLO,
    LEC_STEER_CHALLENGE,
    LEC_STEER_PROVE,
    LEC_STEER_WELCOME,
    LEC_STEER_SEALED,
    LEC_STEER_REFUSED,
    LEC_STEER_BYE,
    LEC_STEER_N_MESSAGES,
} LecSteerMessage;

/* False for an element that is no message of ours. */
bool lec_steer_message_kind(const LecStanza *payload, LecSteerMessage *ret_kind);
const char *lec_steer_message_name(LecSteerMessage kind);

typedef struct {
    char name[LEC_CALL_MAX_NAME_BYTES + 1];
    guint8 point[LEC_PAKE_POINT_BYTES];
} LecSteerChallenge;

typedef struct {
    guint8 point[LEC_PAKE_POINT_BYTES];
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
} LecSteerProof;

typedef struct {
    LecSteerEnd reason;
    guint retry_after_s;
} LecSteerGoodbye;

LecStanza *lec_steer_write_hello(const char *sid);
LecStanza *lec_steer_write_challenge(const char *sid, const LecSteerChallenge *challenge);
LecStanza *lec_steer_write_proof(const char *sid, const LecSteerProof *proof);
LecStanza *lec_steer_write_welcome(const char *sid, const guint8 confirm[LEC_PAKE_CONFIRM_BYTES]);
LecStanza *lec_steer_write_sealed(const char *sid, guint64 number, const char *base64);
LecStanza *lec_steer_write_goodbye(LecSteerMessage kind, const char *sid,
                                   const LecSteerGoodbye *goodbye);

/* The readers leave their outputs untouched on failure. */
bool lec_steer_read_hello(const LecStanza *payload, GError **error);
bool lec_steer_read_challenge(const LecStanza *payload, LecSteerChallenge *ret, GError **error);
bool lec_steer_read_proof(const LecStanza *payload, LecSteerProof *ret, GError **error);
bool lec_steer_read_welcome(const LecStanza *payload, guint8 ret_confirm[LEC_PAKE_CONFIRM_BYTES],
                            GError **error);
bool lec_steer_read_sealed(const LecStanza *payload, guint64 *ret_number, const char **ret_base64,
                           GError **error);
bool lec_steer_read_goodbye(const LecStanza *payload, LecSteerGoodbye *ret, GError **error);
