/*
 * The short authentication string: six digits that both screens show where no PIN is asked, so that
 * a person sees that nobody sits in the middle. The caller commits to a nonce before it sees the
 * box's point and opens it afterwards; without that, whoever is in the middle could try points
 * until both screens agree (a million tries are seconds).
 */
#pragma once

#include "common/base/fingerprint.h"

#define LEC_SAS_NONCE_BYTES 32
#define LEC_SAS_COMMIT_BYTES 32
#define LEC_SAS_DIGITS 6

void lec_sas_draw_nonce(guint8 ret_nonce[LEC_SAS_NONCE_BYTES]);

/* What the caller says in hello. */
void lec_sas_commit(const guint8 nonce[LEC_SAS_NONCE_BYTES],
                    guint8 ret_commit[LEC_SAS_COMMIT_BYTES]);

/* Whether the opened nonce is the one committed to. */
bool lec_sas_check(const guint8 commit[LEC_SAS_COMMIT_BYTES],
                   const guint8 nonce[LEC_SAS_NONCE_BYTES]);

/* box_point: 32 bytes, random and said after the commitment: the box's share in the string. */
void lec_sas_format(const char *session, const LecFingerprint *caller, const LecFingerprint *box,
                    const guint8 box_point[32], const guint8 nonce[LEC_SAS_NONCE_BYTES],
                    char ret_sas[LEC_SAS_DIGITS + 1]);
