/* SDP (RFC 8866, 8829 JSEP) to and from media-params: what a browser or we write, read strictly and with limits. */
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

LecMediaParams *lec_sdp_parse(LecSdpType type, const char *text, gsize len, GError **error);
char *lec_sdp_write(LecSdpType type, const LecMediaParams *params); /* a full description; free it */

/* The value of a=candidate, "candidate:…" with or without its name. */
bool lec_sdp_parse_candidate(const char *text, LecCandidate *ret, GError **error);
char *lec_sdp_write_candidate(const LecCandidate *candidate); /* free it */

/*
 * The answer to offer: for each section the codecs of ours (in ours' order of preference) that the offer has too, with the
 * offer's payload types, ids and mid, H.264 matched by packetization-mode and profile; sections without a common codec are
 * inactive. local gives direction, SSRCs, ICE and fingerprint. NULL with UNSUPPORTED where no section is left.
 */
LecMediaParams *lec_sdp_negotiate(const LecMediaParams *offer, const LecMediaParams *local, GError **error);
