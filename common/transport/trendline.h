/*
 * Tells from departures and arrivals whether a queue grows or drains on the path: the arrival-time
 * filter and the overuse detector of draft-ietf-rmcat-gcc-02 §5, with libwebrtc's trendline in
 * place of the Kalman filter.
 */
#pragma once

#include "common/transport/bandwidth.h"

#define LEC_TRENDLINE_WINDOW 20

/* Packets that left within 5 ms, as one pacer burst or picture leaves. */
typedef struct {
    gint64 first_sent_us, last_sent_us;
    gint64 first_arrival_us, last_arrival_us;
    bool any;
} LecTrendlineGroup;

/* Plain value; lec_trendline_init() it. */
typedef struct {
    LecTrendlineGroup current, previous;
    guint n_deltas;
    double accumulated_ms, smoothed_ms; /* one-way delay against the first group's */
    gint64 origin_us;                   /* arrival of the first group */
    guint n_points, next_point;
    struct {
        double arrival_ms, delay_ms;
    } points[LEC_TRENDLINE_WINDOW];
    double threshold_ms;
    double previous_trend;
    gint64 threshold_updated_us;
    double overusing_ms; /* for how long the trend has been above; negative: it is not */
    guint overusing_count;
    LecBandwidthUsage usage;
} LecTrendline;

void lec_trendline_init(LecTrendline *self);

/* A packet that arrived, in order of departure; times as in LecFeedbackResult. */
void lec_trendline_add(LecTrendline *self, gint64 sent_us, gint64 arrival_us);
