/*
 * One incoming RTP stream: puts packets into order, drops duplicates, asks for missing ones, gives
 * up on what cannot come in time, and keeps the figures that receiver reports need. What comes in
 * order leaves in the same call.
 */
#pragma once

#include "common/transport/rtcp.h"
#include "common/transport/rtp.h"

#define LEC_RECEIVE_MAX_NACKS                                           \
    256 /* a good size for the array given to lec_receive_stream_tick() \
         */

typedef struct {
    guint32 clock_rate;    /* Hz; not 0 */
    bool nack;             /* the sender answers NACKs; otherwise a gap only waits for reordering */
    guint max_packets;     /* held back behind a gap; 0: 1024 */
    gint64 loss_window_us; /* how long a gap may hold up what follows; 0: 60 ms. Kept within 30 to
                              250 ms by RTT */
    gint64
        first_rtt_us; /* a first guess, from the handshake; answers to NACKs refine it; 0: none */
} LecReceiveConfig;

/* A packet in order. Borrowed for the call. */
typedef struct {
    const guint8 *data; /* whole, as it was pushed */
    gsize len;
    gint64 sequence;   /* unwrapped */
    gint64 release_us; /* when it, or the last gap before it, arrived or was given up */
    gint64 sender_us;  /* its RTP time on the sender's clock, from sender reports; 0: unknown yet */
    bool discontinuity; /* packets before it are lost for good */
} LecReceivedPacket;

typedef struct {
    void (*on_packet)(const LecReceivedPacket *packet, void *user); /* must not free the stream */
} LecReceiveEvents;

typedef struct {
    guint64 received_packets;  /* first arrivals, retransmitted ones included */
    guint64 received_bytes;    /* whole packets */
    guint64 recovered_packets; /* came by retransmission alone */
    guint64 lost_packets;      /* given up */
    guint64 duplicate_packets;
    guint64 late_packets;   /* came after they had been given up */
    guint64 nacked_packets; /* NACK entries, repeats included */
    guint32 jitter_us;      /* RFC 3550 A.8 */
    guint held_packets;     /* now waiting behind a gap */
} LecReceiveStats;

typedef struct LecReceiveStream LecReceiveStream;
LecReceiveStream *lec_receive_stream_new(guint32 ssrc, const LecReceiveConfig *config,
                                         const LecReceiveEvents *events, void *user);
void lec_receive_stream_free(LecReceiveStream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecReceiveStream, lec_receive_stream_free)

/*
 * A packet from the wire, or with retransmitted, one out of lec_rtp_read_rtx(). data and packet are
 * borrowed; only what has to wait is copied. A packet without payload keeps its place in the order
 * but is not given out. May change what lec_receive_stream_get_next_us() says.
 */
void lec_receive_stream_push(LecReceiveStream *self, const LecRtpPacket *packet, const guint8 *data,
                             gsize len, bool retransmitted, gint64 now_us);

/*
 * Does what is due by now: fills nacks with sequence numbers to ask for, in ascending order, at
 * most max of them (the others stay due), and gives up gaps whose time is over. Returns the number
 * of nacks.
 */
gsize lec_receive_stream_tick(LecReceiveStream *self, gint64 now_us, guint16 *nacks, gsize max);

/* When to call lec_receive_stream_tick() next; G_MAXINT64: not before another packet comes. */
gint64 lec_receive_stream_get_next_us(const LecReceiveStream *self);

/* True once after packets were lost for good: for video, time to ask for a keyframe. */
bool lec_receive_stream_take_loss(LecReceiveStream *self);

/*
 * The path's smoothed round-trip time; 0: unknown, and then it is taken from how long answers to
 * NACKs take. Paces NACK repeats and bounds the loss window.
 */
void lec_receive_stream_set_rtt(LecReceiveStream *self, gint64 rtt_us);

void lec_receive_stream_on_sender_report(LecReceiveStream *self, const LecRtcpSenderInfo *info,
                                         gint64 now_us);

/* Fills a report block and starts the next interval. False, with ret untouched, before the first
 * packet. */
bool lec_receive_stream_report(LecReceiveStream *self, gint64 now_us,
                               LecRtcpReportBlock *ret_block);

void lec_receive_stream_get_stats(const LecReceiveStream *self, LecReceiveStats *ret_stats);
