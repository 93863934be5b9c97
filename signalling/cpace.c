/* CPace's strings and group operations; each function names the draft's of the same work. */
#include "signalling/cpace.h"

#include <sodium.h>
#include <string.h>

#define HASH_BLOCK_BYTES 128 /* s_in_bytes of SHA-512 */

static const LecCpaceString DSI = {"CPaceRistretto255", 17};
static const LecCpaceString DSI_ISK = {"CPaceRistretto255_ISK", 21};

static gsize leb128_len(gsize value) {
    gsize len = 1;
    while (value >>= 7)
        len++;
    return len;
}

static gsize lv_len(LecCpaceString string) {
    return leb128_len(string.len) + string.len;
}

void lec_cpace_append_lv(GByteArray *out, LecCpaceString string) {
    gsize left = string.len;
    do {
        const guint8 byte = (left & 0x7f) | (left > 0x7f ? 0x80 : 0);
        g_byte_array_append(out, &byte, 1);
        left >>= 7;
    } while (left > 0);
    if (string.len > 0)
        g_byte_array_append(out, string.data, string.len);
}

GByteArray *lec_cpace_generator_string(LecCpaceString prs, LecCpaceString ci, LecCpaceString sid) {
    static const guint8 zeros[HASH_BLOCK_BYTES];
    /* The padding fills the hash's first block, so that the time it takes tells nothing of the
     * password. */
    const gsize used = lv_len(DSI) + lv_len(prs) + 1;
    const gsize pad = used < HASH_BLOCK_BYTES ? HASH_BLOCK_BYTES - used : 0;
    /* Sized at once: growing would leave copies of the password behind. */
    const gsize total = used + leb128_len(pad) + pad + lv_len(ci) + lv_len(sid);
    GByteArray *out = g_byte_array_sized_new(total);
    lec_cpace_append_lv(out, DSI);
    lec_cpace_append_lv(out, prs);
    lec_cpace_append_lv(out, (LecCpaceString){zeros, pad});
    lec_cpace_append_lv(out, ci);
    lec_cpace_append_lv(out, sid);
    return out;
}

void lec_cpace_wipe(GByteArray *secret) {
    if (!secret)
        return;
    sodium_memzero(secret->data, secret->len);
    g_byte_array_unref(secret);
}

void lec_cpace_generator(LecCpaceString prs, LecCpaceString ci, LecCpaceString sid,
                         guint8 ret_generator[LEC_CPACE_POINT_BYTES]) {
    GByteArray *string = lec_cpace_generator_string(prs, ci, sid);
    guint8 hash[crypto_hash_sha512_BYTES];
    crypto_hash_sha512(hash, string->data, string->len);
    crypto_core_ristretto255_from_hash(ret_generator, hash);
    sodium_memzero(hash, sizeof hash);
    lec_cpace_wipe(string);
}

bool lec_cpace_multiply(const guint8 scalar[LEC_CPACE_SCALAR_BYTES],
                        const guint8 point[LEC_CPACE_POINT_BYTES],
                        guint8 ret_product[LEC_CPACE_POINT_BYTES]) {
    guint8 product[LEC_CPACE_POINT_BYTES];
    /*
     * libsodium refuses a product that is the neutral element and what is not canonical, but for
     * the highest bit, which 1.0.18 does not look at (RFC 9496 §4.3.1 wants it clear).
     */
    if (point[LEC_CPACE_POINT_BYTES - 1] & 0x80 ||
        !crypto_core_ristretto255_is_valid_point(point) ||
        crypto_scalarmult_ristretto255(product, scalar, point) != 0)
        return false;
    memcpy(ret_product, product, sizeof product);
    sodium_memzero(product, sizeof product);
    return true;
}

GByteArray *lec_cpace_transcript(const guint8 ya[LEC_CPACE_POINT_BYTES], LecCpaceString ada,
                                 const guint8 yb[LEC_CPACE_POINT_BYTES], LecCpaceString adb) {
    GByteArray *out = g_byte_array_new();
    lec_cpace_append_lv(out, (LecCpaceString){ya, LEC_CPACE_POINT_BYTES});
    lec_cpace_append_lv(out, ada);
    lec_cpace_append_lv(out, (LecCpaceString){yb, LEC_CPACE_POINT_BYTES});
    lec_cpace_append_lv(out, adb);
    return out;
}

void lec_cpace_isk(LecCpaceString sid, const guint8 k[LEC_CPACE_POINT_BYTES],
                   const GByteArray *transcript, guint8 ret_isk[LEC_CPACE_ISK_BYTES]) {
    const LecCpaceString key = {k, LEC_CPACE_POINT_BYTES};
    GByteArray *string =
        g_byte_array_sized_new(lv_len(DSI_ISK) + lv_len(sid) + lv_len(key) + transcript->len);
    lec_cpace_append_lv(string, DSI_ISK);
    lec_cpace_append_lv(string, sid);
    lec_cpace_append_lv(string, key);
    g_byte_array_append(string, transcript->data, transcript->len);
    crypto_hash_sha512(ret_isk, string->data, string->len);
    lec_cpace_wipe(string);
}
