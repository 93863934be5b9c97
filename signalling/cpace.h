/*
 * The arithmetic of CPace (draft-irtf-cfrg-cpace-21) over ristretto255 with SHA-512, step by step
 * and without state, so that each value can be held against the draft's test vectors (appendix
 * B.3). The protocol on top is pake.h.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_CPACE_POINT_BYTES 32
#define LEC_CPACE_SCALAR_BYTES 32
#define LEC_CPACE_ISK_BYTES 64

typedef struct {
    const void *data;
    gsize len;
} LecCpaceString; /* borrowed */

/* prepend_len() of the draft: the length in LEB128, then the bytes. lv_cat() is a row of these. */
void lec_cpace_append_lv(GByteArray *out, LecCpaceString string);

/* generator_string(DSI, PRS, CI, sid, 128). It holds the password: wipe it with lec_cpace_wipe().
 */
GByteArray *lec_cpace_generator_string(LecCpaceString prs, LecCpaceString ci, LecCpaceString sid);
void lec_cpace_wipe(GByteArray *secret); /* and frees it */

/* calculate_generator(): the string hashed and mapped to the group. */
void lec_cpace_generator(LecCpaceString prs, LecCpaceString ci, LecCpaceString sid,
                         guint8 ret_generator[LEC_CPACE_POINT_BYTES]);

/*
 * scalar_mult_vfy(). False, with ret_product untouched, where the draft wants an abort: the point
 * is no canonical encoding, or the product is the neutral element.
 */
bool lec_cpace_multiply(const guint8 scalar[LEC_CPACE_SCALAR_BYTES],
                        const guint8 point[LEC_CPACE_POINT_BYTES],
                        guint8 ret_product[LEC_CPACE_POINT_BYTES]);

/* transcript_ir(Ya, ADa, Yb, ADb): lv_cat(Ya, ADa) || lv_cat(Yb, ADb). */
GByteArray *lec_cpace_transcript(const guint8 ya[LEC_CPACE_POINT_BYTES], LecCpaceString ada,
                                 const guint8 yb[LEC_CPACE_POINT_BYTES], LecCpaceString adb);

/* ISK = H(lv_cat(DSI_ISK, sid, K) || transcript). */
void lec_cpace_isk(LecCpaceString sid, const guint8 k[LEC_CPACE_POINT_BYTES],
                   const GByteArray *transcript, guint8 ret_isk[LEC_CPACE_ISK_BYTES]);
