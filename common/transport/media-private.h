/* The parts of LecMedia, for the media-*.c files alone. */
#pragma once

#include "common/transport/bandwidth.h"
#include "common/transport/feedback.h"
#include "common/transport/history.h"
#include "common/transport/media.h"
#include "common/transport/pacer.h"
#include "common/transport/receive-stream.h"
#include "common/transport/rtcp.h"
#include "common/transport/rtp.h"

#define LEC_MEDIA_MAX_SSRCS 32                        /* of a peer, in the life of a link */
#define LEC_MEDIA_KEYFRAME_INTERVAL_US G_USEC_PER_SEC /* between two requests, each way */
#define LEC_MEDIA_CNAME_PREFIX "lectern-" /* by this a peer is known to report every second */

typedef struct {
    bool enabled;
    LecMediaSection section; /* local's SSRCs and ids, remote's codecs: what the peer accepts */
    LecHistory *history;
    guint16 rtx_sequence;
    bool started;
    guint16 last_in, last_out; /* the payloader's sequence number and ours */
    guint32 packets, payload_bytes;
    guint32 last_timestamp;
    gint64 last_capture_us;
    guint32 clock_rate;
    gint64
        last_request_us;  /* when we last told the owner that the peer wants a keyframe; 0: never */
    bool request_waiting; /* one came too early and is kept */
    int last_fir;         /* -1: none yet */
    float loss;
} LecMediaOut;

typedef struct {
    LecMedia *media;
    guint index;
    bool enabled;
    LecMediaSection section;  /* local's codecs and ids, remote's SSRCs and mid */
    guint32 ssrc;             /* of stream */
    LecReceiveStream *stream; /* NULL: nothing has come */
    guint8 payload_type;      /* of the last packet */
    gint64 last_pli_us;       /* 0: never */
    bool pli_waiting;
    guint64 trouble;      /* lost and NACKed packets as of the last report */
    LecReceiveStats past; /* of streams that this section had before */
} LecMediaIn;

typedef struct {
    guint32 ssrc;
    guint8 section;
    bool is_rtx;
} LecMediaSource;

/* A sender report from before its stream's first packet: ours come just ahead of it. */
typedef struct {
    LecRtcpSenderInfo info;
    gint64 arrival_us;
} LecMediaEarlyReport;

struct LecMedia {
    LecMediaEvents events;
    void *user;
    GSource *timer;
    bool started;
    LecMediaOut out[LEC_MEDIA_MAX_SECTIONS];
    LecMediaIn in[LEC_MEDIA_MAX_SECTIONS];
    guint n_sections;
    LecMediaSource sources[LEC_MEDIA_MAX_SSRCS];
    guint n_sources;
    LecMediaEarlyReport early[LEC_MEDIA_MAX_SECTIONS]; /* the last ones, round about */
    guint next_early;

    LecPacer *pacer;
    guint64 next_frame;
    LecFeedbackSender *sent;
    LecBandwidth *bandwidth;
    LecFeedbackReceiver *arrived;
    bool feedback_waiting;
    guint32 last_ssrc; /* that the peer sent */

    guint32 own_ssrc; /* that signs our reports */
    char cname[24];
    bool peer_promises_reports;
    gint64 last_heard_us;
    gint64 now_us; /* of the RTCP packet being read */

    gint64 next_report_us, next_feedback_us, next_bandwidth_us;
    gint64 rtt_us, first_rtt_us;
    guint32 told_kbps; /* the estimate that the owner knows */
    guint64 sent_bytes, sent_packets, resent_packets;
    guint64 received_bytes, received_packets;
    guint64 nacks_sent, plis_sent, plis_received;
    gint64 rates_since_us;
    guint64 rates_sent_bytes, rates_received_bytes;
};

/* media.c */
void lec_media_schedule(LecMedia *self,
                        gint64 now_us); /* after anything that may make something due */

/* media-out.c */
LecPacer *lec_media_out_make_pacer(guint32 rate_kbps);
void lec_media_out_init(LecMediaOut *self, const LecMediaSection *local,
                        const LecMediaSection *remote);
void lec_media_out_clear(LecMediaOut *self);
LecMediaOut *lec_media_out_find(LecMedia *self, guint32 ssrc);
void lec_media_out_drain(LecMedia *self, gint64 now_us); /* sends what the pacer lets go */
void lec_media_out_resend(LecMedia *self, guint32 ssrc, const guint16 *sequences, gsize n,
                          gint64 now_us);
gint64 lec_media_out_get_tail_us(
    const LecMediaOut *self); /* when draining will repeat the last packet; G_MAXINT64: not */
void lec_media_out_want_keyframe(LecMedia *self, guint section, gint64 now_us);

/* media-in.c */
void lec_media_in_init(LecMediaIn *self, LecMedia *media, guint index, const LecMediaSection *local,
                       const LecMediaSection *remote);
void lec_media_in_clear(LecMediaIn *self);
void lec_media_in_on_sender_report(LecMedia *self, const LecRtcpSenderInfo *info, gint64 now_us);
void lec_media_in_move(LecMedia *self, gint64 now_us); /* asks anew on another path */
void lec_media_in_tick(LecMedia *self, gint64 now_us); /* NACKs, lost packets, waiting PLIs */
void lec_media_in_get_stats(const LecMediaIn *self, LecReceiveStats *ret_stats);

/* media-rtcp.c */
void lec_media_send_sender_report(LecMedia *self, LecMediaOut *out, gint64 now_us);
void lec_media_send_reports(LecMedia *self, gint64 now_us);
void lec_media_send_feedback(LecMedia *self);
void lec_media_send_nack(LecMedia *self, guint32 ssrc, const guint16 *sequences, gsize n);
void lec_media_send_pli(LecMedia *self, guint32 ssrc);
