/* Enrolment's messages as values: each read strictly from its payload, and written; and what is
 * sealed within them. */
#pragma once

#include "signalling/call-messages.h"
#include "signalling/enrol.h"
#include "signalling/pake.h"
#include "signalling/payload.h"

#define LEC_ENROL_ERROR (lec_enrol_error_quark())
GQuark lec_enrol_error_quark(void);

typedef enum {
    LEC_ENROL_ERROR_MALFORMED,
    LEC_ENROL_ERROR_VERSION,
    LEC_ENROL_ERROR_ORDER,
} LecEnrolError;

typedef enum {
    LEC_ENROL_HELLO,
    LEC_ENROL_PROVE,
    LEC_ENROL_WELCOME,
    LEC_ENROL_SEALED,
    LEC_ENROL_REFUSED,
    LEC_ENROL_N_MESSAGES,
} LecEnrolMessage;

/* False for an element that is no message of ours. */
bool lec_enrol_message_kind(const LecStanza *payload, LecEnrolMessage *ret_kind);
const char *lec_enrol_message_name(LecEnrolMessage kind);

typedef struct {
    LecFingerprint fingerprint; /* of whoever says it */
    guint8 point[LEC_PAKE_POINT_BYTES];
} LecEnrolHello;

typedef struct {
    LecFingerprint fingerprint;
    guint8 point[LEC_PAKE_POINT_BYTES];
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
} LecEnrolProof;

typedef struct {
    LecEnrolEnd reason;
    guint retry_after_s;
} LecEnrolGoodbye;

LecStanza *lec_enrol_write_hello(const char *sid, const LecEnrolHello *hello);
LecStanza *lec_enrol_write_proof(const char *sid, const LecEnrolProof *proof);
LecStanza *lec_enrol_write_welcome(const char *sid, const guint8 confirm[LEC_PAKE_CONFIRM_BYTES]);
LecStanza *lec_enrol_write_sealed(const char *sid, guint64 number, const char *base64);
LecStanza *lec_enrol_write_goodbye(const char *sid, const LecEnrolGoodbye *goodbye);

/* Outputs are untouched on failure. */
bool lec_enrol_read_hello(const LecStanza *payload, LecEnrolHello *ret, GError **error);
bool lec_enrol_read_proof(const LecStanza *payload, LecEnrolProof *ret, GError **error);
bool lec_enrol_read_welcome(const LecStanza *payload, guint8 ret_confirm[LEC_PAKE_CONFIRM_BYTES],
                            GError **error);
/* ret_base64 is the payload's. */
bool lec_enrol_read_sealed(const LecStanza *payload, guint64 *ret_number, const char **ret_base64,
                           GError **error);
bool lec_enrol_read_goodbye(const LecStanza *payload, LecEnrolGoodbye *ret, GError **error);

/* What is sealed: elements in the same namespace. The texts are wiped by who has them. */
char *lec_enrol_print_box(const char *name);
char *lec_enrol_print_account(const LecEnrolAccount *account);
char *lec_enrol_print_kept(void);
bool lec_enrol_parse_box(const char *text, gsize len, char ret_name[LEC_CALL_MAX_NAME_BYTES + 1],
                         GError **error);
LecEnrolAccount *lec_enrol_parse_account(const char *text, gsize len, GError **error);
bool lec_enrol_parse_kept(const char *text, gsize len, GError **error);
