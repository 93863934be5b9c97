/* The bounded reader, fingerprints and the media description's helpers. */
#include "common/base/bytes.h"
#include "common/base/fingerprint.h"
#include "common/base/media-params.h"

#include <string.h>

static void test_numbers(void) {
    static const guint8 data[] = {0xff, 0x01, 0x02, 0xde, 0xad, 0xbe, 0xef};
    LecBytes bytes = lec_bytes(data, sizeof data);
    g_assert_cmpuint(lec_bytes_u8(&bytes), ==, 0xff);
    g_assert_cmpuint(lec_bytes_u16(&bytes), ==, 0x0102);
    g_assert_cmpuint(lec_bytes_u32(&bytes), ==, 0xdeadbeef);
    g_assert_cmpuint(lec_bytes_left(&bytes), ==, 0);
    g_assert_false(bytes.failed);
}

static void test_too_short(void) {
    g_autofree guint8 *data = g_malloc(3); /* on the heap, where ASan guards its end */
    memset(data, 7, 3);
    LecBytes bytes = lec_bytes(data, 3);
    g_assert_cmpuint(lec_bytes_u32(&bytes), ==, 0);
    g_assert_true(bytes.failed);
    g_assert_cmpuint(lec_bytes_u8(&bytes), ==,
                     0); /* one byte would fit, but the reader has failed */
    g_assert_cmpuint(lec_bytes_left(&bytes), ==, 0);

    bytes = lec_bytes(data, 3);
    lec_bytes_u8(&bytes);
    g_assert_null(lec_bytes_take(&bytes, G_MAXSIZE)); /* pos + n would wrap */
    g_assert_true(bytes.failed);
}

static void test_empty(void) {
    LecBytes bytes = lec_bytes(NULL, 0);
    g_assert_nonnull(lec_bytes_take(&bytes, 0));
    g_assert_false(bytes.failed);
    g_assert_null(lec_bytes_take(&bytes, 1));
    g_assert_true(bytes.failed);
}

static void test_fingerprint_text(void) {
    LecFingerprint fingerprint, read;
    char text[LEC_FINGERPRINT_TEXT_SIZE];
    for (guint i = 0; i < LEC_FINGERPRINT_BYTES; i++)
        fingerprint.bytes[i] = (guint8)(i * 37 + 5);
    lec_fingerprint_format(&fingerprint, text);
    g_assert_cmpuint(strlen(text), ==, 95);
    g_assert_true(g_str_has_prefix(text, "05:2A:4F:"));
    g_assert_true(lec_fingerprint_parse(text, &read));
    g_assert_true(lec_fingerprint_equal(&fingerprint, &read));

    g_autofree char *small = g_ascii_strdown(text, -1);
    g_assert_true(lec_fingerprint_parse(small, &read));
    read.bytes[31] ^= 1;
    g_assert_false(lec_fingerprint_equal(&fingerprint, &read));
}

static void test_fingerprint_refused(void) {
    LecFingerprint fingerprint = {0}, before, read;
    char text[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(&fingerprint, text);
    memset(&read, 0x5a, sizeof read);
    before = read;

    for (gsize len = 0; len < strlen(text);
         len++) { /* every cut, on the heap so that ASan sees an over-read */
        g_autofree char *cut = g_strndup(text, len);
        g_assert_false(lec_fingerprint_parse(cut, &read));
    }
    g_autofree char *longer = g_strconcat(text, ":00", NULL);
    g_assert_false(lec_fingerprint_parse(longer, &read));
    for (gsize i = 0; i < strlen(text); i++) {
        g_autofree char *bad = g_strdup(text);
        bad[i] = '-';
        g_assert_false(lec_fingerprint_parse(bad, &read));
    }
    g_assert_false(lec_fingerprint_parse(NULL, &read));
    g_assert_true(lec_fingerprint_equal(&before, &read));
}

static void test_media_params(void) {
    g_autoptr(LecMediaParams) params = lec_media_params_new();
    LecCandidate candidate = {.port = 5000, .address = "192.0.2.1"};
    g_array_append_val(params->candidates, candidate);
    g_strlcpy(params->ice_pwd, "0123456789012345678901", sizeof params->ice_pwd);
    g_autoptr(LecMediaParams) copy = lec_media_params_copy(params);
    g_array_set_size(params->candidates, 0); /* the copy has candidates of its own */
    g_assert_cmpuint(copy->candidates->len, ==, 1);
    g_assert_cmpuint(g_array_index(copy->candidates, LecCandidate, 0).port, ==, 5000);
    g_assert_cmpstr(copy->ice_pwd, ==, params->ice_pwd);
    g_assert_cmpstr(lec_codec_name(LEC_CODEC_H264), ==, "H264");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bytes/numbers", test_numbers);
    g_test_add_func("/bytes/too-short", test_too_short);
    g_test_add_func("/bytes/empty", test_empty);
    g_test_add_func("/fingerprint/text", test_fingerprint_text);
    g_test_add_func("/fingerprint/refused", test_fingerprint_refused);
    g_test_add_func("/media-params/copy", test_media_params);
    return g_test_run();
}
