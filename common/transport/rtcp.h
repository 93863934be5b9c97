/* RTCP as bytes: a strict parser that reports typed values, and writers that append to a caller's
 * buffer. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_RTCP_ERROR (lec_rtcp_error_quark())
GQuark lec_rtcp_error_quark(void);

typedef enum {
    LEC_RTCP_ERROR_TRUNCATED, /* shorter than a header or a length field says */
    LEC_RTCP_ERROR_VERSION,   /* not RTCP version 2 */
    LEC_RTCP_ERROR_MALFORMED, /* counts or padding that do not fit the length */
} LecRtcpError;

#define LEC_RTCP_MAX_BLOCKS 31 /* report blocks in one packet: a 5-bit count */
#define LEC_RTCP_MAX_NACKS \
    1024 /* sequence numbers that one NACK packet asks for; more are ignored */
#define LEC_RTCP_MAX_CNAME 255
#define LEC_RTCP_MAX_PACKET 1200 /* what the writers are meant to fill at most */

typedef struct {
    guint32 ssrc;         /* of the stream reported on */
    guint8 fraction_lost; /* /256, since the last report */
    gint32 cumulative_lost;
    guint32 highest_sequence;    /* extended */
    guint32 jitter;              /* in RTP timestamp units */
    guint32 last_sr;             /* middle 32 bits of the last SR's NTP; 0: none yet */
    guint32 delay_since_last_sr; /* 16.16 s */
} LecRtcpReportBlock;

typedef struct {
    guint32 ssrc;
    guint64 ntp; /* clock.h */
    guint32 rtp_timestamp;
    guint32 packets;
    guint32 bytes; /* payload alone */
} LecRtcpSenderInfo;

/* Members may be NULL. Pointers are borrowed for the call. sender_ssrc: who sent the RTCP packet.
 */
typedef struct {
    void (*on_sender_report)(const LecRtcpSenderInfo *info, void *user);
    void (*on_report_block)(guint32 sender_ssrc, const LecRtcpReportBlock *block, void *user);
    void (*on_cname)(guint32 ssrc, const char *cname, gsize len,
                     void *user); /* not NUL-terminated */
    void (*on_bye)(guint32 ssrc, void *user);
    void (*on_nack)(guint32 media_ssrc, const guint16 *sequences, gsize n, void *user);
    /* PLI, or one FIR entry. A FIR repeated with the same fir_sequence is one request (RFC 5104
     * §4.3.1.2). */
    void (*on_pli)(guint32 media_ssrc, void *user);
    void (*on_fir)(guint32 media_ssrc, guint8 fir_sequence, void *user);
    /* The feedback control information, for lec_feedback_sender_read(). */
    void (*on_transport_feedback)(const guint8 *fci, gsize len, void *user);
} LecRtcpEvents;

/*
 * A compound or reduced-size packet (RFC 3550 §6.1, RFC 5506). The whole is checked before the
 * first event, so a bad one causes none. Packet types and feedback formats that we do not use
 * (REMB, XR, APP) are skipped.
 */
bool lec_rtcp_parse(const guint8 *data, gsize len, const LecRtcpEvents *events, void *user,
                    GError **error);

/* A compound being written: start with lec_rtcp_writer() and append. len is what has been written
 * so far. */
typedef struct {
    guint8 *data;
    gsize size;
    gsize len;
} LecRtcpWriter;

static inline LecRtcpWriter lec_rtcp_writer(guint8 *data, gsize size) {
    return (LecRtcpWriter){.data = data, .size = size};
}

/* Each returns false, with nothing written, where the packet does not fit. n of blocks: at most 31.
 */
bool lec_rtcp_write_sr(LecRtcpWriter *self, const LecRtcpSenderInfo *info,
                       const LecRtcpReportBlock *blocks, gsize n);
bool lec_rtcp_write_rr(LecRtcpWriter *self, guint32 sender_ssrc, const LecRtcpReportBlock *blocks,
                       gsize n);
bool lec_rtcp_write_sdes(LecRtcpWriter *self, guint32 ssrc,
                         const char *cname); /* cname: to 255 bytes */
/* sequences in ascending order (modulo 2^16), as lec_receive_stream_tick() gives them; n at
 * least 1. */
bool lec_rtcp_write_nack(LecRtcpWriter *self, guint32 sender_ssrc, guint32 media_ssrc,
                         const guint16 *sequences, gsize n);
bool lec_rtcp_write_pli(LecRtcpWriter *self, guint32 sender_ssrc, guint32 media_ssrc);
/* fci as lec_feedback_receiver_write() makes it, padded here to whole words. */
bool lec_rtcp_write_transport_feedback(LecRtcpWriter *self, guint32 sender_ssrc, guint32 media_ssrc,
                                       const guint8 *fci, gsize len);
