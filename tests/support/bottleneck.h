/*
 * A simulated path: several senders, each with its own estimator and real feedback packets, share
 * one queue in front of a link whose capacity may change with time. Pure: it has its own clock.
 */
#pragma once

#include <glib.h>

#include <stdbool.h>

#include "common/transport/bandwidth.h"

#define LEC_BOTTLENECK_MAX_FLOWS 4

typedef struct {
    LecBandwidth *bandwidth;
    LecFeedbackSender *sender;
    LecFeedbackReceiver *receiver;
    guint32 content_kbps; /* what there is to send; G_MAXUINT32: as much as is allowed */
    gboolean deaf;        /* no feedback comes through */
    gint64 starts_us;     /* of the simulation's clock */
    double owed_bytes;
    gint64 next_frame_us, next_feedback_us;
    guint64 delivered_bytes; /* since lec_bottleneck_forget() */
} LecFlow;

typedef struct {
    LecFlow flows[LEC_BOTTLENECK_MAX_FLOWS];
    guint n_flows;
    guint32 capacity_kbps;        /* now */
    const guint16 *trace_100kbps; /* or, one value each 100 ms, over and over; NULL: none */
    guint n_trace;
    guint queue_limit_ms;
    double loss;
    gint64 jitter_us;
    gint64 stalled_until_us; /* the link serves nothing before */
    gint64 now_us;
    GArray *queue_us; /* gint64: how long the first packet of each picture waited, since forget() */
    guint64 offered_bits; /* what the link could have carried since forget() */
    GQueue queue, flying;
    double credit_bits;
    guint queued_bytes;
    GRand *random;
    GArray *results;
} LecBottleneck;

void lec_bottleneck_init(LecBottleneck *self, guint n_flows, guint32 capacity_kbps);
void lec_bottleneck_clear(LecBottleneck *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LecBottleneck, lec_bottleneck_clear)

void lec_bottleneck_run(LecBottleneck *self, double seconds); /* forgets first */
void lec_bottleneck_forget(LecBottleneck *self);

/* Percentile p (0 to 1) of the waiting since forget(), ms. */
double lec_bottleneck_get_queue_ms(LecBottleneck *self, double p);
/* What was delivered of what the link could have carried, 0 to 1. */
double lec_bottleneck_get_use(const LecBottleneck *self);
/* Jain's index over the flows' delivered bytes: 1 is equal, 1/n is all for one. */
double lec_bottleneck_get_fairness(const LecBottleneck *self);
guint32 lec_bottleneck_get_kbps(const LecBottleneck *self, guint flow); /* its estimate */
