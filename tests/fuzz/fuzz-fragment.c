/* An SDP fragment that is accepted holds candidates that can be written and read, within the limit.
 */
#include "signalling/sdp-fragment.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    g_autofree LecSdpFragment *fragment = g_new(LecSdpFragment, 1);
    if (!lec_sdp_parse_fragment((const char *)data, size, fragment, &error)) {
        g_assert_nonnull(error);
        return 0;
    }
    g_assert_cmpuint(fragment->n_candidates, <=, LEC_MEDIA_MAX_CANDIDATES);
    for (guint i = 0; i < fragment->n_candidates; i++) {
        LecCandidate again;
        g_autofree char *written = lec_sdp_write_candidate(&fragment->candidates[i]);
        g_assert_true(lec_sdp_parse_candidate(written, &again, NULL));
    }
    return 0;
}
