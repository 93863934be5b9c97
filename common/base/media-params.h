/*
 * What two peers tell each other about a media link, free of any syntax: signalling reads and
 * writes it as SDP, transport lives by it, and app carries it from one to the other.
 */
#pragma once

#include "common/base/fingerprint.h"

#define LEC_MEDIA_MAX_SECTIONS 4
#define LEC_MEDIA_MAX_CODECS 32 /* Chromium offers up to 17 variants that we know */
#define LEC_MEDIA_MAX_CANDIDATES \
    64 /* a link, both in the description and trickled; more are dropped */

typedef enum {
    LEC_CANDIDATE_HOST,
    LEC_CANDIDATE_SRFLX,
    LEC_CANDIDATE_PRFLX,
    LEC_CANDIDATE_RELAY,
} LecCandidateType;

typedef enum {
    LEC_CANDIDATE_UDP,
    LEC_CANDIDATE_TCP_ACTIVE, /* RFC 6544 tcptype */
    LEC_CANDIDATE_TCP_PASSIVE,
    LEC_CANDIDATE_TCP_SO,
} LecCandidateTransport;

/* RFC 8839 §5.1; there is one component, for RTCP is multiplexed. */
typedef struct {
    char foundation[33];
    LecCandidateTransport transport;
    LecCandidateType type;
    guint32 priority;
    char address[256]; /* IPv4, IPv6 or a .local name (RFC 8828) */
    guint16 port;
    char related_address[64]; /* empty where there is none */
    guint16 related_port;
} LecCandidate;

typedef enum { LEC_SETUP_ACTPASS, LEC_SETUP_ACTIVE, LEC_SETUP_PASSIVE } LecSetup; /* RFC 8842 */

/* OTHER is what we do not speak, such as a data channel: always rejected, kept only for the order
 * of the sections. */
typedef enum { LEC_MEDIA_VIDEO, LEC_MEDIA_AUDIO, LEC_MEDIA_OTHER } LecMediaKind;

typedef enum {
    LEC_MEDIA_INACTIVE,
    LEC_MEDIA_SENDONLY,
    LEC_MEDIA_RECVONLY,
    LEC_MEDIA_SENDRECV,
} LecMediaDirection;

typedef enum {
    LEC_CODEC_UNKNOWN, /* kept out of lists; the SDP reader drops codecs that it does not know */
    LEC_CODEC_H264,
    LEC_CODEC_VP8,
    LEC_CODEC_VP9,
    LEC_CODEC_AV1,
    LEC_CODEC_OPUS,
} LecCodec;

typedef struct {
    LecCodec codec;
    guint8 payload_type;
    guint8 rtx_payload_type; /* RFC 4588; 0: no retransmission */
    guint32 clock_rate;      /* Hz */
    guint8 channels;         /* audio; 0 for video */
    char fmtp[128];          /* format parameters as written, empty where there are none */
    bool nack;               /* a=rtcp-fb nack */
    bool pli;                /* a=rtcp-fb nack pli */
    bool transport_cc;       /* a=rtcp-fb transport-cc */
} LecCodecParams;

typedef struct {
    LecMediaKind kind;
    bool rejected;               /* holds its place and nothing else: no codecs, inactive */
    char other[64];              /* OTHER: "application UDP/DTLS/SCTP webrtc-datachannel" */
    LecMediaDirection direction; /* as seen by the one who wrote the description */
    char mid[17];
    LecCodecParams codecs[LEC_MEDIA_MAX_CODECS]; /* in order of preference */
    guint n_codecs;
    guint8 transport_cc_id; /* header extension ids (RFC 8285, 1 to 14); 0: not offered */
    guint8 mid_id;
    guint32 ssrc; /* 0: not announced */
    guint32 rtx_ssrc;
} LecMediaSection;

/* A plain value but for the candidates; make with lec_media_params_new(). */
typedef struct {
    char ice_ufrag[257]; /* RFC 8839 §5.4: 4 to 256 characters */
    char ice_pwd[257];   /* 22 to 256 characters */
    LecFingerprint fingerprint;
    LecSetup setup;
    LecMediaSection sections[LEC_MEDIA_MAX_SECTIONS];
    guint n_sections;
    GArray *candidates; /* of LecCandidate, never NULL, may be empty */
    bool end_of_candidates;
} LecMediaParams;

LecMediaParams *lec_media_params_new(void);
LecMediaParams *lec_media_params_copy(const LecMediaParams *self);
void lec_media_params_free(LecMediaParams *self); /* wipes the ICE password */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecMediaParams, lec_media_params_free)

/*
 * Whether a later description has the sections that were agreed on: as many, and each that the
 * answer accepted is accepted still, of the same kind and with the same mid.
 */
bool lec_media_params_keeps_sections(const LecMediaParams *later, const LecMediaParams *answer);

/* "H264" for LEC_CODEC_H264 and so on, the names of the SDP registry. */
const char *lec_codec_name(LecCodec codec);
