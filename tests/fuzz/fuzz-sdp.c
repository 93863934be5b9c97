/*
 * A description that is accepted is written as one that reads the same, and what is negotiated from
 * it is an answer that can be read, too.
 */
#include "signalling/sdp.h"
#include "tests/support/media-params-equal.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check_again(LecSdpType type, const LecMediaParams *params) {
    g_autoptr(GError) error = NULL;
    g_autofree char *written = lec_sdp_write(type, params);
    gsize len = strlen(written);
    g_autoptr(LecMediaParams) again = lec_sdp_parse(type, written, len, &error);
    if (len > LEC_SDP_MAX_BYTES) { /* wildcards and inherited lines, written out */
        g_assert_error(error, LEC_SDP_ERROR, LEC_SDP_ERROR_LIMIT);
        return;
    }
    g_assert_no_error(error);
    g_assert_true(media_params_equal(params, again));
}

static void check_type(LecSdpType type, const char *text, gsize len) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecMediaParams) params = lec_sdp_parse(type, text, len, &error);
    g_assert_true(!params == !!error);
    if (!params)
        return;
    check_again(type, params);
    g_autoptr(LecMediaParams) local = make_box_params();
    g_autoptr(LecMediaParams) answer =
        type == LEC_SDP_OFFER ? lec_sdp_negotiate(params, local, NULL) : NULL;
    if (!answer)
        return;
    g_assert_cmpuint(answer->n_sections, ==, params->n_sections);
    check_again(LEC_SDP_ANSWER, answer);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    check_type(LEC_SDP_OFFER, (const char *)data, size);
    check_type(LEC_SDP_ANSWER, (const char *)data, size);
    return 0;
}
