/* The PIN proof: CPace with the certificates as associated data, and a key confirmation of its own
 * for each direction. */
#include "signalling/pake.h"

#include "signalling/cpace.h"

#include <sodium.h>
#include <string.h>

/* The channel identifier: a proof for another protocol or another version of this one is worth
 * nothing here. */
#define CHANNEL "lectern call 1"

/* Each role confirms with a key of its own, so that a tag sent back to its maker proves nothing. */
static const char *const CONFIRM_LABEL[] = {
    [LEC_PAKE_CALLER] = CHANNEL " confirm caller",
    [LEC_PAKE_BOX] = CHANNEL " confirm box",
};

struct LecPake {
    LecPakeRole role;
    char *session;
    LecFingerprint fingerprint[2]; /* by role */
    guint8 scalar[LEC_CPACE_SCALAR_BYTES];
    guint8 point[LEC_CPACE_POINT_BYTES];
    bool finished;
    guint8 tag[2][LEC_PAKE_CONFIRM_BYTES]; /* by role, after finish */
};

G_STATIC_ASSERT(LEC_PAKE_POINT_BYTES == LEC_CPACE_POINT_BYTES);
G_STATIC_ASSERT(LEC_PAKE_CONFIRM_BYTES == crypto_auth_hmacsha512256_BYTES);

static LecCpaceString text(const char *string) {
    return (LecCpaceString){string, strlen(string)};
}

static LecCpaceString associated_data(const LecPake *self, LecPakeRole role) {
    return (LecCpaceString){self->fingerprint[role].bytes, LEC_FINGERPRINT_BYTES};
}

LecPake *lec_pake_new(LecPakeRole role, const char *pin, const char *session,
                      const LecFingerprint *caller, const LecFingerprint *box) {
    if (sodium_init() < 0)
        g_error("libsodium cannot start: the system gives no random numbers");
    LecPake *self = g_new0(LecPake, 1);
    self->role = role;
    self->session = g_strdup(session);
    self->fingerprint[LEC_PAKE_CALLER] = *caller;
    self->fingerprint[LEC_PAKE_BOX] = *box;

    guint8 generator[LEC_CPACE_POINT_BYTES];
    lec_cpace_generator(text(pin), text(CHANNEL), text(session), generator);
    /* A product of the neutral element has odds of 2^-252; a fresh scalar is all there is to do. */
    do
        crypto_core_ristretto255_scalar_random(self->scalar);
    while (!lec_cpace_multiply(self->scalar, generator, self->point));
    sodium_memzero(generator, sizeof generator);
    return self;
}

void lec_pake_free(LecPake *self) {
    if (!self)
        return;
    g_free(self->session);
    sodium_memzero(self, sizeof *self);
    g_free(self);
}

const guint8 *lec_pake_get_point(const LecPake *self) {
    return self->point;
}

/*
 * key = the first 32 bytes of HMAC-SHA-512(ISK, label); tag = HMAC-SHA-512/256(key, lv(label) ||
 * transcript_ir).
 */
static void make_tag(const guint8 isk[LEC_CPACE_ISK_BYTES], const char *label,
                     const GByteArray *transcript, guint8 ret_tag[LEC_PAKE_CONFIRM_BYTES]) {
    guint8 key[crypto_auth_hmacsha512_BYTES];
    crypto_auth_hmacsha512_state derive;
    crypto_auth_hmacsha512_init(&derive, isk, LEC_CPACE_ISK_BYTES);
    crypto_auth_hmacsha512_update(&derive, (const guint8 *)label, strlen(label));
    crypto_auth_hmacsha512_final(&derive, key);

    g_autoptr(GByteArray) message = g_byte_array_new();
    lec_cpace_append_lv(message, text(label));
    g_byte_array_append(message, transcript->data, transcript->len);
    crypto_auth_hmacsha512256(ret_tag, message->data, message->len, key);
    sodium_memzero(key, sizeof key);
    sodium_memzero(&derive, sizeof derive);
}

bool lec_pake_finish(LecPake *self, const guint8 peer_point[LEC_PAKE_POINT_BYTES]) {
    g_assert(!self->finished);
    guint8 k[LEC_CPACE_POINT_BYTES];
    const bool valid = lec_cpace_multiply(self->scalar, peer_point, k);
    sodium_memzero(self->scalar, sizeof self->scalar);
    self->finished = true;
    if (!valid) {
        /* Tags nobody can guess, should a caller go on in spite of false. */
        randombytes_buf(self->tag, sizeof self->tag);
        return false;
    }
    const bool caller = self->role == LEC_PAKE_CALLER;
    g_autoptr(GByteArray) transcript = lec_cpace_transcript(
        caller ? self->point : peer_point, associated_data(self, LEC_PAKE_CALLER),
        caller ? peer_point : self->point, associated_data(self, LEC_PAKE_BOX));
    guint8 isk[LEC_CPACE_ISK_BYTES];
    lec_cpace_isk(text(self->session), k, transcript, isk);
    for (guint role = 0; role < G_N_ELEMENTS(CONFIRM_LABEL); role++)
        make_tag(isk, CONFIRM_LABEL[role], transcript, self->tag[role]);
    sodium_memzero(k, sizeof k);
    sodium_memzero(isk, sizeof isk);
    return true;
}

void lec_pake_confirm(const LecPake *self, guint8 ret_tag[LEC_PAKE_CONFIRM_BYTES]) {
    g_assert(self->finished);
    memcpy(ret_tag, self->tag[self->role], LEC_PAKE_CONFIRM_BYTES);
}

bool lec_pake_verify(const LecPake *self, const guint8 tag[LEC_PAKE_CONFIRM_BYTES]) {
    g_assert(self->finished);
    const LecPakeRole peer = self->role == LEC_PAKE_CALLER ? LEC_PAKE_BOX : LEC_PAKE_CALLER;
    return sodium_memcmp(tag, self->tag[peer], LEC_PAKE_CONFIRM_BYTES) == 0;
}
