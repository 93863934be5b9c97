/* An SDP fragment with trickled ICE candidates (RFC 8840, as RFC 9725 §4.3.1 sends it in a PATCH).
 * Pure, strict, bounded. */
#pragma once

#include "signalling/sdp.h"

#define LEC_SDP_FRAGMENT_MAX_BYTES 8192

typedef struct {
    char ice_ufrag[257]; /* "": none said */
    LecCandidate candidates[LEC_MEDIA_MAX_CANDIDATES];
    guint n_candidates;
    bool end_of_candidates;
} LecSdpFragment;

/* Candidates of kinds that we cannot use, and those beyond the limit, are passed over. ret is
 * untouched on failure. */
bool lec_sdp_parse_fragment(const char *text, gsize len, LecSdpFragment *ret, GError **error);
