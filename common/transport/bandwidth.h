/*
 * How much the path bears: a delay- and loss-based estimate in the manner of Google Congestion
 * Control (draft-ietf-rmcat-gcc-02), fed by transport-wide feedback.
 */
#pragma once

#include "common/transport/feedback.h"

typedef struct {
    guint32 start_kbps; /* 0: 8000 */
    guint32 min_kbps;   /* 0: 150 */
    guint32 max_kbps;   /* 0: 50000 */
} LecBandwidthConfig;

typedef enum {
    LEC_BANDWIDTH_NORMAL,
    LEC_BANDWIDTH_OVERUSE,  /* a queue grows on the path */
    LEC_BANDWIDTH_UNDERUSE, /* a queue drains */
} LecBandwidthUsage;

typedef struct LecBandwidth LecBandwidth;
LecBandwidth *lec_bandwidth_new(const LecBandwidthConfig *config);
void lec_bandwidth_free(LecBandwidth *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecBandwidth, lec_bandwidth_free)

/* What lec_feedback_sender_read() gave. rtt_us: smoothed; 0: unknown. */
void lec_bandwidth_on_feedback(LecBandwidth *self, const LecFeedbackResult *results, gsize n,
                               gint64 rtt_us, gint64 now_us);

/* Loss as a report block says it, for peers that send no transport-wide feedback; ignored once
 * feedback has come. */
void lec_bandwidth_on_loss(LecBandwidth *self, float loss, gint64 now_us);

/*
 * About every 100 ms, with the bytes in flight: where packets are out and no feedback comes for
 * long (500 ms, or three RTTs), the path is taken to be clogged and the estimate is halved, and
 * again each further such time.
 */
void lec_bandwidth_tick(LecBandwidth *self, gsize in_flight_bytes, gint64 now_us);

guint32 lec_bandwidth_get_kbps(const LecBandwidth *self);
guint32 lec_bandwidth_get_acknowledged_kbps(
    const LecBandwidth *self); /* what arrives; 0: unknown yet */
