/* Computes SCRAM's messages with libsodium's HMAC-SHA-512. */
#include "signalling/scram.h"

#include <sodium.h>
#include <string.h>

#define KEY_BYTES crypto_auth_hmacsha512_BYTES
#define NONCE_BYTES 18
#define MAX_MESSAGE_BYTES 4096

struct LecScram {
    char *user; /* with = and , escaped */
    char *password;
    char *nonce;
    guint8 signature[KEY_BYTES]; /* what the server is to send */
    bool answered;
};

static char *escape(const char *user) {
    g_auto(GStrv) parts = g_strsplit(user, "=", -1);
    g_autofree char *first = g_strjoinv("=3D", parts);
    g_auto(GStrv) others = g_strsplit(first, ",", -1);
    return g_strjoinv("=2C", others);
}

LecScram *lec_scram_new(const char *user, const char *password, const char *nonce) {
    if (sodium_init() < 0)
        g_error("libsodium cannot start: the system gives no random numbers");
    LecScram *self = g_new0(LecScram, 1);
    self->user = escape(user);
    self->password = g_strdup(password);
    guint8 random[NONCE_BYTES];
    randombytes_buf(random, sizeof random);
    self->nonce = nonce ? g_strdup(nonce) : g_base64_encode(random, sizeof random);
    return self;
}

void lec_scram_free(LecScram *self) {
    if (!self)
        return;
    g_free(self->user);
    if (self->password)
        sodium_memzero(self->password, strlen(self->password));
    g_free(self->password);
    g_free(self->nonce);
    sodium_memzero(self, sizeof *self);
    g_free(self);
}

static char *first_bare(const LecScram *self) {
    return g_strdup_printf("n=%s,r=%s", self->user, self->nonce);
}

char *lec_scram_first(LecScram *self) {
    g_autofree char *bare = first_bare(self);
    g_autofree char *message = g_strconcat("n,,", bare, NULL);
    return g_base64_encode((const guint8 *)message, strlen(message));
}

static void hmac(const guint8 key[], gsize key_len, const void *data, gsize len,
                 guint8 ret[KEY_BYTES]) {
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, key, key_len);
    crypto_auth_hmacsha512_update(&state, data, len);
    crypto_auth_hmacsha512_final(&state, ret);
    sodium_memzero(&state, sizeof state);
}

/* Hi() of RFC 5802 §2.2. */
static void salt_password(const char *password, const guint8 *salt, gsize salt_len, guint rounds,
                          guint8 ret[KEY_BYTES]) {
    const gsize len = strlen(password);
    g_autoptr(GByteArray) first = g_byte_array_new();
    g_byte_array_append(first, salt, (guint)salt_len);
    g_byte_array_append(first, (const guint8 *)"\0\0\0\1", 4);
    guint8 u[KEY_BYTES];
    hmac((const guint8 *)password, len, first->data, first->len, u);
    memcpy(ret, u, KEY_BYTES);
    for (guint i = 1; i < rounds; i++) {
        hmac((const guint8 *)password, len, u, sizeof u, u);
        for (guint k = 0; k < KEY_BYTES; k++)
            ret[k] ^= u[k];
    }
    sodium_memzero(u, sizeof u);
}

static char *decode(const char *base64) {
    if (strlen(base64) > MAX_MESSAGE_BYTES)
        return NULL;
    gsize len = 0;
    g_autofree guchar *bytes = g_base64_decode(base64, &len);
    return bytes && !memchr(bytes, 0, len) ? g_strndup((const char *)bytes, len) : NULL;
}

typedef struct {
    char *nonce;
    guint8 *salt;
    gsize salt_len;
    guint64 rounds;
} Challenge;

static void challenge_clear(Challenge *self) {
    g_free(self->nonce);
    g_free(self->salt);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Challenge, challenge_clear)

/* "r=NONCE,s=SALT,i=ROUNDS", in that order (RFC 5802 §7); the nonce begins with ours. */
static bool read_challenge(const char *nonce, const char *text, Challenge *ret) {
    g_auto(GStrv) parts = g_strsplit(text, ",", 4);
    if (g_strv_length(parts) < 3 || !g_str_has_prefix(parts[0], "r=") ||
        !g_str_has_prefix(parts[1], "s=") || !g_str_has_prefix(parts[2], "i="))
        return false;
    ret->nonce = g_strdup(parts[0] + 2);
    ret->salt = g_base64_decode(parts[1] + 2, &ret->salt_len);
    return g_str_has_prefix(ret->nonce, nonce) && strlen(ret->nonce) > strlen(nonce) &&
           ret->salt_len > 0 &&
           g_ascii_string_to_unsigned(parts[2] + 2, 10, LEC_SCRAM_MIN_ROUNDS, LEC_SCRAM_MAX_ROUNDS,
                                      &ret->rounds, NULL);
}

static char *prove(LecScram *self, const Challenge *challenge, const char *text) {
    guint8 salted[KEY_BYTES], client[KEY_BYTES], server[KEY_BYTES], stored[KEY_BYTES];
    salt_password(self->password, challenge->salt, challenge->salt_len, (guint)challenge->rounds,
                  salted);
    hmac(salted, sizeof salted, "Client Key", 10, client);
    hmac(salted, sizeof salted, "Server Key", 10, server);
    crypto_hash_sha512(stored, client, sizeof client);
    g_autofree char *bare = first_bare(self);
    g_autofree char *last = g_strdup_printf("c=biws,r=%s", challenge->nonce);
    g_autofree char *message = g_strdup_printf("%s,%s,%s", bare, text, last);
    guint8 proof[KEY_BYTES];
    hmac(stored, sizeof stored, message, strlen(message), proof);
    for (guint i = 0; i < KEY_BYTES; i++)
        proof[i] ^= client[i];
    hmac(server, sizeof server, message, strlen(message), self->signature);
    g_autofree char *proof_text = g_base64_encode(proof, sizeof proof);
    g_autofree char *answer = g_strdup_printf("%s,p=%s", last, proof_text);
    sodium_memzero(salted, sizeof salted);
    sodium_memzero(client, sizeof client);
    sodium_memzero(server, sizeof server);
    sodium_memzero(stored, sizeof stored);
    return g_base64_encode((const guint8 *)answer, strlen(answer));
}

char *lec_scram_answer(LecScram *self, const char *challenge) {
    g_autofree char *text = decode(challenge);
    g_auto(Challenge) read = {0};
    if (!text || self->answered || !read_challenge(self->nonce, text, &read))
        return NULL;
    self->answered = true;
    return prove(self, &read, text);
}

bool lec_scram_check(const LecScram *self, const char *last) {
    g_autofree char *text = decode(last);
    if (!text || !self->answered || !g_str_has_prefix(text, "v="))
        return false;
    gsize len = 0;
    g_autofree guchar *signature = g_base64_decode(text + 2, &len);
    return len == sizeof self->signature &&
           sodium_memcmp(signature, self->signature, sizeof self->signature) == 0;
}

/* Another reader of base64 and of the list must find the same in it: nothing that could be skipped,
 * and no word twice. */
bool lec_scram_is_safe(const char *challenge) {
    g_autofree char *text = decode(challenge);
    g_auto(Challenge) read = {0};
    if (!text || !read_challenge("", text, &read))
        return false;
    g_autofree char *again = g_base64_encode((const guint8 *)text, strlen(text));
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    return g_strv_length(parts) == 3 && strcmp(again, challenge) == 0;
}
