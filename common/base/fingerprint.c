/* The text of a certificate's fingerprint, and its comparison. */
#include "common/base/fingerprint.h"

#include <sodium.h>

void lec_fingerprint_format(const LecFingerprint *self, char *text) {
    static const char digits[] = "0123456789ABCDEF";
    for (gsize i = 0; i < LEC_FINGERPRINT_BYTES; i++) {
        text[3 * i] = digits[self->bytes[i] >> 4];
        text[3 * i + 1] = digits[self->bytes[i] & 0xf];
        text[3 * i + 2] = i + 1 < LEC_FINGERPRINT_BYTES ? ':' : '\0';
    }
}

bool lec_fingerprint_parse(const char *text, LecFingerprint *ret) {
    if (text == NULL)
        return false;

    LecFingerprint parsed;
    for (gsize i = 0; i < LEC_FINGERPRINT_BYTES; i++) {
        /* A NUL is no hexadecimal digit, so a short text stops here. */
        int high = g_ascii_xdigit_value(text[3 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(text[3 * i + 1]);
        if (low < 0)
            return false;
        parsed.bytes[i] = (guint8)(high << 4 | low);
        if (text[3 * i + 2] != (i + 1 < LEC_FINGERPRINT_BYTES ? ':' : '\0'))
            return false;
    }
    *ret = parsed;
    return true;
}

bool lec_fingerprint_equal(const LecFingerprint *a, const LecFingerprint *b) {
    return sodium_memcmp(a->bytes, b->bytes, LEC_FINGERPRINT_BYTES) == 0;
}
