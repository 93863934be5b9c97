/* What the SDP files share: strict words and numbers, format parameters, and the drafts that the
 * reader fills. */
#pragma once

#include "signalling/sdp.h"

#define LEC_SDP_MAX_LINE_BYTES 1024
#define LEC_SDP_N_PAYLOADS 128

#define LEC_SDP_URI_TRANSPORT_CC \
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define LEC_SDP_URI_MID "urn:ietf:params:rtp-hdrext:sdes:mid"

/* sdp-words.c. Each takes the whole text or says no. */
bool lec_sdp_number(const char *text, guint32 min, guint32 max, guint32 *ret); /* decimal */
bool lec_sdp_is_token(const char *text);                                       /* RFC 8866 §9 */
bool lec_sdp_is_ice_word(const char *text, gsize min, gsize max);              /* RFC 8839 §5.1 */
const char *lec_sdp_after(const char *text, const char *prefix); /* NULL where it is not one */

/* The value of name in "a=1;b=2", free it; NULL where absent. Names are case-insensitive. */
char *lec_sdp_fmtp_get(const char *fmtp, const char *name);
/* All the others, free it. */
char *lec_sdp_fmtp_without(const char *fmtp, const char *name);

/* The format parameters of the answer where ours and the offer's can go together; NULL where they
 * cannot. */
char *lec_sdp_match_fmtp(LecCodec codec, const char *ours, const char *offered);

/* What an m-line says of one payload type, in whatever order its lines come. */
typedef struct {
    bool listed, mapped, is_rtx;
    LecCodec codec;
    guint32 clock_rate;
    guint8 channels;
    char *fmtp;
    bool nack, pli, transport_cc;
} LecSdpPayload;

/* A section as far as it has been read; the session's own attributes are in one too. */
typedef struct {
    LecMediaSection section; /* all but the codecs */
    bool is_secure;          /* the profile is DTLS-SRTP */
    bool port_zero, bundle_only, rtcp_mux;
    bool has_direction, has_fingerprint, has_setup;
    LecFingerprint fingerprint;
    LecSetup setup;
    char ice_ufrag[257], ice_pwd[257];
    GArray *candidates; /* of LecCandidate */
    bool end_of_candidates;
    bool has_fid;
    LecSdpPayload payloads[LEC_SDP_N_PAYLOADS];
    LecSdpPayload any; /* rtcp-fb:* */
    guint8 order[LEC_SDP_N_PAYLOADS];
    guint n_order;
} LecSdpDraft;

LecSdpDraft *lec_sdp_draft_new(void);
void lec_sdp_draft_free(LecSdpDraft *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecSdpDraft, lec_sdp_draft_free)

/* sdp-section.c. Errors have no line number yet. */
bool lec_sdp_draft_read_media(LecSdpDraft *self, const char *value, GError **error);
bool lec_sdp_draft_read_attribute(LecSdpDraft *self, const char *name, const char *value,
                                  GError **error);
void lec_sdp_draft_collect_codecs(LecSdpDraft *self); /* into section.codecs */
