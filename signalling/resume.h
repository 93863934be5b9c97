/*
 * The proof that who speaks on a new door session is the other side of a call that was proved
 * before. Pure; tests/unit/data/resume.json has vectors.
 */
#pragma once

#include "signalling/pake.h"

#define LEC_RESUME_PROOF_BYTES 32
#define LEC_RESUME_LABEL LEC_PAKE_CALL " resume" /* of the key: lec_pake_derive() */

/*
 * sid: the call's id, 32 characters. count: grows with each time that the call is resumed, so that
 * a proof that was recorded is worth nothing.
 */
void lec_resume_prove(const guint8 key[LEC_PAKE_KEY_BYTES], LecPakeRole prover, const char *sid,
                      guint32 count, guint8 ret_proof[LEC_RESUME_PROOF_BYTES]);
/* In constant time. */
bool lec_resume_verify(const guint8 key[LEC_PAKE_KEY_BYTES], LecPakeRole prover, const char *sid,
                       guint32 count, const guint8 proof[LEC_RESUME_PROOF_BYTES]);
