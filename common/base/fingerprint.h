/* A certificate's SHA-256 fingerprint: the lasting name of a box or a device (RFC 8122 §5). */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_FINGERPRINT_BYTES 32
#define LEC_FINGERPRINT_TEXT_SIZE (LEC_FINGERPRINT_BYTES * 3) /* "AB:CD:…" and the NUL */

typedef struct {
    guint8 bytes[LEC_FINGERPRINT_BYTES];
} LecFingerprint;

/* Upper-case hexadecimal pairs with colons, as in SDP. text holds LEC_FINGERPRINT_TEXT_SIZE bytes.
 */
void lec_fingerprint_format(const LecFingerprint *self, char *text);

/* Reads what lec_fingerprint_format() writes, either case. False, with ret untouched, for anything
 * else. */
bool lec_fingerprint_parse(const char *text, LecFingerprint *ret);

/* In constant time. */
bool lec_fingerprint_equal(const LecFingerprint *a, const LecFingerprint *b);
