/* The proof that resumes a call: an HMAC over the call's id and a count, each side's with a label
 * of its own. */
#include "signalling/resume.h"

#include "signalling/cpace.h"

#include <sodium.h>
#include <string.h>

static const char *const LABEL[] = {
    [LEC_PAKE_CALLER] = LEC_RESUME_LABEL " caller",
    [LEC_PAKE_BOX] = LEC_RESUME_LABEL " box",
};

G_STATIC_ASSERT(LEC_RESUME_PROOF_BYTES == crypto_auth_hmacsha512256_BYTES);
G_STATIC_ASSERT(LEC_PAKE_KEY_BYTES == crypto_auth_hmacsha512256_KEYBYTES);

void lec_resume_prove(const guint8 key[LEC_PAKE_KEY_BYTES], LecPakeRole prover, const char *sid,
                      guint32 count, guint8 ret_proof[LEC_RESUME_PROOF_BYTES]) {
    g_autoptr(GByteArray) message = g_byte_array_new();
    lec_cpace_append_lv(message, (LecCpaceString){LABEL[prover], strlen(LABEL[prover])});
    g_byte_array_append(message, (const guint8 *)sid, strlen(sid));
    const guint64 big_endian = GUINT64_TO_BE((guint64)count);
    g_byte_array_append(message, (const guint8 *)&big_endian, sizeof big_endian);
    crypto_auth_hmacsha512256(ret_proof, message->data, message->len, key);
}

bool lec_resume_verify(const guint8 key[LEC_PAKE_KEY_BYTES], LecPakeRole prover, const char *sid,
                       guint32 count, const guint8 proof[LEC_RESUME_PROOF_BYTES]) {
    guint8 own[LEC_RESUME_PROOF_BYTES];
    lec_resume_prove(key, prover, sid, count, own);
    return sodium_memcmp(own, proof, sizeof own) == 0;
}
