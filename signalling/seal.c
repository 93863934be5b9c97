/* Seals and opens one direction's messages by number. */
#include "signalling/seal.h"

#include <sodium.h>
#include <string.h>

#define TAG_BYTES crypto_aead_chacha20poly1305_ietf_ABYTES
#define NONCE_BYTES crypto_aead_chacha20poly1305_ietf_NPUBBYTES
#define MAX_SEALED_BYTES (LEC_SEAL_MAX_TEXT_BYTES + TAG_BYTES)

G_STATIC_ASSERT(LEC_SEAL_KEY_BYTES == crypto_aead_chacha20poly1305_ietf_KEYBYTES);

void lec_seal_init(LecSeal *self, const char *ad, const guint8 key[LEC_SEAL_KEY_BYTES]) {
    *self = (LecSeal){.ad = ad};
    memcpy(self->key, key, sizeof self->key);
}

void lec_seal_clear(LecSeal *self) {
    sodium_memzero(self, sizeof *self);
}

/* Four zero bytes, then the number, the highest byte first. */
static void make_nonce(guint64 number, guint8 ret_nonce[NONCE_BYTES]) {
    memset(ret_nonce, 0, NONCE_BYTES);
    for (guint i = 0; i < 8; i++)
        ret_nonce[NONCE_BYTES - 1 - i] = (guint8)(number >> 8 * i);
}

char *lec_seal_close(LecSeal *self, const char *text, gsize len) {
    g_assert(len <= LEC_SEAL_MAX_TEXT_BYTES);
    g_assert(self->number < G_MAXUINT64);
    guint8 nonce[NONCE_BYTES];
    make_nonce(self->number++, nonce);
    unsigned long long sealed_len = 0;
    g_autofree guint8 *sealed = g_malloc(len + TAG_BYTES);
    crypto_aead_chacha20poly1305_ietf_encrypt(sealed, &sealed_len, (const guint8 *)text, len,
                                              (const guint8 *)self->ad, strlen(self->ad), NULL,
                                              nonce, self->key);
    const gsize size = sodium_base64_encoded_len(sealed_len, sodium_base64_VARIANT_ORIGINAL);
    char *base64 = g_malloc(size);
    return sodium_bin2base64(base64, size, sealed, sealed_len, sodium_base64_VARIANT_ORIGINAL);
}

char *lec_seal_open(LecSeal *self, guint64 number, const char *base64, gsize *ret_len) {
    const gsize base64_len = strlen(base64);
    if (number != self->number || number == G_MAXUINT64 ||
        base64_len >= sodium_base64_ENCODED_LEN(MAX_SEALED_BYTES, sodium_base64_VARIANT_ORIGINAL))
        return NULL;
    gsize sealed_len = 0;
    g_autofree guint8 *sealed = g_malloc(base64_len + 1);
    if (sodium_base642bin(sealed, base64_len, base64, base64_len, NULL, &sealed_len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        sealed_len < TAG_BYTES)
        return NULL;
    guint8 nonce[NONCE_BYTES];
    make_nonce(number, nonce);
    unsigned long long len = 0;
    g_autofree char *text = g_malloc(sealed_len - TAG_BYTES + 1);
    if (crypto_aead_chacha20poly1305_ietf_decrypt((guint8 *)text, &len, NULL, sealed, sealed_len,
                                                  (const guint8 *)self->ad, strlen(self->ad), nonce,
                                                  self->key) != 0 ||
        !g_utf8_validate(text, (gssize)len, NULL))
        return NULL;
    text[len] = '\0';
    self->number++;
    *ret_len = len;
    return g_steal_pointer(&text);
}
