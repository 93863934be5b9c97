/* Commitment, opening and digits of the short authentication string. */
#include "signalling/sas.h"

#include "signalling/cpace.h"

#include <sodium.h>
#include <string.h>

#define COMMIT_LABEL "lectern call 1 commit"
#define SAS_LABEL "lectern call 1 sas"

static LecCpaceString text(const char *string) {
    return (LecCpaceString){string, strlen(string)};
}

void lec_sas_draw_nonce(guint8 ret_nonce[LEC_SAS_NONCE_BYTES]) {
    randombytes_buf(ret_nonce, LEC_SAS_NONCE_BYTES);
}

void lec_sas_commit(const guint8 nonce[LEC_SAS_NONCE_BYTES],
                    guint8 ret_commit[LEC_SAS_COMMIT_BYTES]) {
    g_autoptr(GByteArray) string = g_byte_array_new();
    lec_cpace_append_lv(string, text(COMMIT_LABEL));
    lec_cpace_append_lv(string, (LecCpaceString){nonce, LEC_SAS_NONCE_BYTES});
    crypto_hash_sha256(ret_commit, string->data, string->len);
}

bool lec_sas_check(const guint8 commit[LEC_SAS_COMMIT_BYTES],
                   const guint8 nonce[LEC_SAS_NONCE_BYTES]) {
    guint8 own[LEC_SAS_COMMIT_BYTES];
    lec_sas_commit(nonce, own);
    return sodium_memcmp(own, commit, sizeof own) == 0;
}

/* The first 32-bit word below the last multiple of 10^6, so that every number is as likely as any
 * other. */
static guint32 unbiased_number(const guint8 hash[crypto_hash_sha512_BYTES]) {
    const guint32 limit = G_MAXUINT32 / 1000000 * 1000000;
    guint32 word = 0;
    for (guint at = 0; at < crypto_hash_sha512_BYTES; at += 4) {
        word = (guint32)hash[at] << 24 | (guint32)hash[at + 1] << 16 | (guint32)hash[at + 2] << 8 |
               hash[at + 3];
        if (word < limit)
            break; /* all sixteen at or above it: odds of 2^-193 */
    }
    return word % 1000000;
}

void lec_sas_format(const char *session, const LecFingerprint *caller, const LecFingerprint *box,
                    const guint8 box_point[32], const guint8 nonce[LEC_SAS_NONCE_BYTES],
                    char ret_sas[LEC_SAS_DIGITS + 1]) {
    g_autoptr(GByteArray) string = g_byte_array_new();
    lec_cpace_append_lv(string, text(SAS_LABEL));
    lec_cpace_append_lv(string, text(session));
    lec_cpace_append_lv(string, (LecCpaceString){caller->bytes, LEC_FINGERPRINT_BYTES});
    lec_cpace_append_lv(string, (LecCpaceString){box->bytes, LEC_FINGERPRINT_BYTES});
    lec_cpace_append_lv(string, (LecCpaceString){box_point, LEC_CPACE_POINT_BYTES});
    guint8 hash[crypto_auth_hmacsha512_BYTES];
    crypto_auth_hmacsha512_state mac;
    crypto_auth_hmacsha512_init(&mac, nonce, LEC_SAS_NONCE_BYTES);
    crypto_auth_hmacsha512_update(&mac, string->data, string->len);
    crypto_auth_hmacsha512_final(&mac, hash);
    g_snprintf(ret_sas, LEC_SAS_DIGITS + 1, "%06u", unbiased_number(hash));
}
