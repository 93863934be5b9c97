/*
 * One direction of a sealed conversation: ChaCha20-Poly1305-IETF (RFC 8439), a key for this
 * direction alone, the message's number as nonce, strictly in order. Pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_SEAL_KEY_BYTES 32
#define LEC_SEAL_MAX_TEXT_BYTES (32 * 1024)

typedef struct {
    const char *ad; /* borrowed: the protocol's name */
    guint8 key[LEC_SEAL_KEY_BYTES];
    guint64 number; /* of the next message */
} LecSeal;

void lec_seal_init(LecSeal *self, const char *ad, const guint8 key[LEC_SEAL_KEY_BYTES]);
void lec_seal_clear(LecSeal *self); /* wipes */

/* Base64 of the next message, at most LEC_SEAL_MAX_TEXT_BYTES long; takes its number. Free it. */
char *lec_seal_close(LecSeal *self, const char *text, gsize len);

/*
 * The text of the next message, NUL-terminated UTF-8 without a NUL in it; free it. NULL where the
 * number is not the next one, the seal is broken, or it holds anything else: nothing has changed
 * then, and the conversation is over.
 */
char *lec_seal_open(LecSeal *self, guint64 number, const char *base64, gsize *ret_len);
