/* The PIN proof: CPace with the certificates as associated data, and a key confirmation of its own
 * for each direction. */
#include "signalling/pake.h"

#include "signalling/cpace.h"

#include <sodium.h>
#include <string.h>

/* After the channel; each role confirms with a key of its own, so that a tag sent back to its maker
 * proves nothing. */
static const char *const CONFIRM_LABEL[] = {
    [LEC_PAKE_CALLER] = " confirm caller",
    [LEC_PAKE_BOX] = " confirm box",
};

struct LecPake {
    LecPakeRole role;
    const char *channel;
    char *session;
    LecFingerprint fingerprint[2]; /* by role */
    bool known[2];                 /* the fingerprint is; otherwise it counts as empty */
    guint8 scalar[LEC_CPACE_SCALAR_BYTES];
    guint8 point[LEC_CPACE_POINT_BYTES];
    bool finished;
    guint8 isk[LEC_CPACE_ISK_BYTES];       /* after finish */
    guint8 tag[2][LEC_PAKE_CONFIRM_BYTES]; /* by role, after finish */
};

G_STATIC_ASSERT(LEC_PAKE_POINT_BYTES == LEC_CPACE_POINT_BYTES);
G_STATIC_ASSERT(LEC_PAKE_CONFIRM_BYTES == crypto_auth_hmacsha512256_BYTES);

static LecCpaceString text(const char *string) {
    return (LecCpaceString){string, strlen(string)};
}

static LecCpaceString associated_data(const LecPake *self, LecPakeRole role) {
    return (LecCpaceString){self->fingerprint[role].bytes,
                            self->known[role] ? LEC_FINGERPRINT_BYTES : 0};
}

static void set_fingerprint(LecPake *self, LecPakeRole role, const LecFingerprint *fingerprint) {
    self->known[role] = fingerprint != NULL;
    if (fingerprint)
        self->fingerprint[role] = *fingerprint;
}

LecPake *lec_pake_new(LecPakeRole role, const char *channel, const char *pin, const char *session,
                      const LecFingerprint *caller, const LecFingerprint *box) {
    if (sodium_init() < 0)
        g_error("libsodium cannot start: the system gives no random numbers");
    LecPake *self = g_new0(LecPake, 1);
    self->role = role;
    self->session = g_strdup(session);
    self->channel = channel;
    set_fingerprint(self, LEC_PAKE_CALLER, caller);
    set_fingerprint(self, LEC_PAKE_BOX, box);

    guint8 generator[LEC_CPACE_POINT_BYTES];
    lec_cpace_generator(text(pin), text(channel), text(session), generator);
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

void lec_pake_set_caller(LecPake *self, const LecFingerprint *caller) {
    g_assert(!self->finished);
    set_fingerprint(self, LEC_PAKE_CALLER, caller);
}

void lec_pake_derive(const LecPake *self, const char *label, guint8 ret_key[LEC_PAKE_KEY_BYTES]) {
    g_assert(self->finished);
    guint8 hash[crypto_auth_hmacsha512_BYTES];
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, self->isk, sizeof self->isk);
    crypto_auth_hmacsha512_update(&state, (const guint8 *)label, strlen(label));
    crypto_auth_hmacsha512_final(&state, hash);
    memcpy(ret_key, hash, LEC_PAKE_KEY_BYTES);
    sodium_memzero(hash, sizeof hash);
    sodium_memzero(&state, sizeof state);
}

/* tag = HMAC-SHA-512/256(the key of that label, lv(label) || transcript_ir). */
static void make_tag(LecPake *self, LecPakeRole role, const GByteArray *transcript) {
    g_autofree char *label = g_strconcat(self->channel, CONFIRM_LABEL[role], NULL);
    guint8 key[LEC_PAKE_KEY_BYTES];
    lec_pake_derive(self, label, key);
    g_autoptr(GByteArray) message = g_byte_array_new();
    lec_cpace_append_lv(message, text(label));
    g_byte_array_append(message, transcript->data, transcript->len);
    crypto_auth_hmacsha512256(self->tag[role], message->data, message->len, key);
    sodium_memzero(key, sizeof key);
}

bool lec_pake_finish(LecPake *self, const guint8 peer_point[LEC_PAKE_POINT_BYTES]) {
    g_assert(!self->finished);
    guint8 k[LEC_CPACE_POINT_BYTES];
    const bool valid = lec_cpace_multiply(self->scalar, peer_point, k);
    sodium_memzero(self->scalar, sizeof self->scalar);
    self->finished = true;
    if (!valid) {
        /* Tags and keys nobody can guess, should a caller go on in spite of false. */
        randombytes_buf(self->tag, sizeof self->tag);
        randombytes_buf(self->isk, sizeof self->isk);
        return false;
    }
    const bool caller = self->role == LEC_PAKE_CALLER;
    g_autoptr(GByteArray) transcript = lec_cpace_transcript(
        caller ? self->point : peer_point, associated_data(self, LEC_PAKE_CALLER),
        caller ? peer_point : self->point, associated_data(self, LEC_PAKE_BOX));
    lec_cpace_isk(text(self->session), k, transcript, self->isk);
    for (guint role = 0; role < G_N_ELEMENTS(CONFIRM_LABEL); role++)
        make_tag(self, role, transcript);
    sodium_memzero(k, sizeof k);
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
