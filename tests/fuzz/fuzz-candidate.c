/* A candidate that is accepted is written as one that reads the same. */
#include "signalling/sdp.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    LecCandidate candidate, again;
    if (!lec_sdp_parse_candidate(text, &candidate, &error)) {
        g_assert_nonnull(error);
        return 0;
    }
    g_autofree char *written = lec_sdp_write_candidate(&candidate);
    g_assert_true(lec_sdp_parse_candidate(written, &again, &error));
    g_autofree char *rewritten = lec_sdp_write_candidate(&again);
    g_assert_cmpstr(written, ==, rewritten);
    g_assert_true(again.port == candidate.port && again.priority == candidate.priority &&
                  again.type == candidate.type && again.transport == candidate.transport);
    g_assert_cmpstr(again.address, ==, candidate.address);
    return 0;
}
