/*
 * CPace (draft-irtf-cfrg-cpace) over ristretto255 with SHA-512: proves that both sides hold the
 * same PIN without sending it, and binds both certificate fingerprints as associated data. Key
 * confirmation is an HMAC each way.
 */
#pragma once

#include "common/base/fingerprint.h"

#define LEC_PAKE_POINT_BYTES 32
#define LEC_PAKE_CONFIRM_BYTES 32
#define LEC_PAKE_KEY_BYTES 32

/* Channel identifiers: a proof for another protocol or another version is worth nothing here. */
#define LEC_PAKE_CALL "lectern call 1"
#define LEC_PAKE_HOST "lectern host 1"
#define LEC_PAKE_ENROL "lectern enrol 1"

/* The draft's A and B. The letters are places in the transcript: which of the two points travels
 * first is free. */
typedef enum { LEC_PAKE_CALLER, LEC_PAKE_BOX } LecPakeRole;

typedef struct LecPake LecPake;

/*
 * channel: one of those above; borrowed. pin: UTF-8, empty where none is asked. session: the call's
 * id, which both sides know. A fingerprint that is NULL is empty associated data. The point to send
 * is known at once. Copies what it needs; the PIN is not kept.
 */
LecPake *lec_pake_new(LecPakeRole role, const char *channel, const char *pin, const char *session,
                      const LecFingerprint *caller, const LecFingerprint *box);
void lec_pake_free(LecPake *self); /* wipes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPake, lec_pake_free)

const guint8 *lec_pake_get_point(const LecPake *self);

/* Before finish: the caller's fingerprint, which the box has not known at first. */
void lec_pake_set_caller(LecPake *self, const LecFingerprint *caller);

/* False for a point that CPace must abort on (not canonical, or the neutral element). Once only. */
bool lec_pake_finish(LecPake *self, const guint8 peer_point[LEC_PAKE_POINT_BYTES]);

/* After finish: what to send as key confirmation, and the check of the peer's, in constant time. */
void lec_pake_confirm(const LecPake *self, guint8 ret_tag[LEC_PAKE_CONFIRM_BYTES]);
bool lec_pake_verify(const LecPake *self, const guint8 tag[LEC_PAKE_CONFIRM_BYTES]);

/*
 * After finish: a key that both sides share once the confirmations hold, the first 32 bytes of
 * HMAC-SHA-512(ISK, label). Another label, another key.
 */
void lec_pake_derive(const LecPake *self, const char *label, guint8 ret_key[LEC_PAKE_KEY_BYTES]);
