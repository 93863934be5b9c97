/* SDP (RFC 8866, 8829 JSEP) to and from media-params: what a browser or we write, read strictly and
 * with limits. */
#pragma once

#include "common/base/media-params.h"

#define LEC_SDP_MAX_BYTES (32 * 1024)

#define LEC_SDP_ERROR (lec_sdp_error_quark())
GQuark lec_sdp_error_quark(void);

typedef enum {
    LEC_SDP_ERROR_SYNTAX,
    LEC_SDP_ERROR_LIMIT,
    LEC_SDP_ERROR_INSECURE,    /* no fingerprint, or not SHA-256, or a profile without DTLS-SRTP */
    LEC_SDP_ERROR_UNSUPPORTED, /* no BUNDLE or rtcp-mux, nothing left that we know */
} LecSdpError;

typedef enum { LEC_SDP_OFFER, LEC_SDP_ANSWER } LecSdpType;

/*
 * Of bundled sections the first accepted one gives ICE credentials and candidates (RFC 8843 §7.2;
 * Firefox has others in each); fingerprint and set-up role must be the same in all. Sections that
 * the writer rejected, that are not audio or video, or whose codecs we all do not know are kept as
 * rejected. Candidates of a kind that we cannot use, and those above LEC_MEDIA_MAX_CANDIDATES, are
 * dropped.
 */
LecMediaParams *lec_sdp_parse(LecSdpType type, const char *text, gsize len, GError **error);

/* A full description; free it. */
char *lec_sdp_write(LecSdpType type, const LecMediaParams *params);

/*
 * The value of a=candidate, "candidate:…" with or without its name. UNSUPPORTED: well-formed and of
 * no use to us, to be passed over (RFC 8839 §5.1).
 */
bool lec_sdp_parse_candidate(const char *text, LecCandidate *ret, GError **error);
char *lec_sdp_write_candidate(const LecCandidate *candidate); /* free it */

/*
 * The answer to offer, with as many sections in the same order: for each the codecs of ours (in
 * ours' order of preference) that the offer has too, with the offer's payload types, ids and mid,
 * H.264 matched by packetization-mode (1) and profile. Retransmission (rtx_payload_type), feedback
 * and header extensions are kept where both sides have them: what local sets there means "we can",
 * its numbers do not count. Sections without a common codec, or of which local has no more, are
 * rejected. local gives direction, SSRCs, ICE and fingerprint; setup where the offer leaves the
 * choice (else passive). Who wants no sound leaves the audio section in local, inactive: rejecting
 * the first section would move the bundle to a transport that Firefox describes with another. NULL
 * with UNSUPPORTED where no section is left.
 */
LecMediaParams *lec_sdp_negotiate(const LecMediaParams *offer, const LecMediaParams *local,
                                  GError **error);
