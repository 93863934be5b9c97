/*
 * What all our protocols' payloads are made of: children that stand once, bytes in base64, bounded
 * numbers. The readers leave their outputs untouched on failure and name the fault
 * (LEC_STANZA_ERROR_MALFORMED).
 */
#pragma once

#include "signalling/stanza.h"

#define LEC_PAYLOAD_SID_SIZE 33 /* 128 bits in hexadecimal and the NUL */

void lec_payload_draw_sid(char ret_sid[LEC_PAYLOAD_SID_SIZE]);
/* NULL where it is absent or not 32 lower-case hexadecimal digits. */
const char *lec_payload_read_sid(const LecStanza *payload);

/* A protocol's messages: their elements' names by number, all in one namespace. */
typedef struct {
    const char *ns;
    const char *const *names;
    guint count;
} LecPayloadKinds;

/* False for an element that is none of these messages. */
bool lec_payload_find_kind(const LecStanza *payload, const LecPayloadKinds *kinds, guint *ret_kind);
LecStanza *lec_payload_new(const LecPayloadKinds *kinds, guint kind, const char *sid);

/*
 * The child of that name in the parent's namespace; an error where there is none or a second one,
 * of which a filter might see the other.
 */
const LecStanza *lec_payload_only_child(const LecStanza *parent, const char *name, GError **error);

/* A child's text: 32 bytes in base64 with padding. */
bool lec_payload_read_bytes(const LecStanza *payload, const char *name, guint8 ret[32],
                            GError **error);
void lec_payload_add_bytes(LecStanza *payload, const char *name, const guint8 bytes[32]);

/* An attribute, decimal without sign. */
bool lec_payload_read_number(const LecStanza *payload, const char *attribute, guint max, guint *ret,
                             GError **error);
/* An attribute that is one of count words: its place among them. */
bool lec_payload_read_word(const LecStanza *payload, const char *attribute,
                           const char *const *words, guint count, guint *ret, GError **error);
void lec_payload_set_number(LecStanza *payload, const char *attribute, guint value);

/* Why a session ends: `reason`, and `retry-after` in seconds where it is more than 0. */
void lec_payload_set_goodbye(LecStanza *payload, const char *reason, guint retry_after_s);
/* 0 where it is absent. */
bool lec_payload_read_retry_after(const LecStanza *payload, guint *ret_s, GError **error);
