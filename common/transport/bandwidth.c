/* How much the path bears: rate control over the delay trend (draft-ietf-rmcat-gcc-02 §5.5) and the
 * loss (§6). */
#include "common/transport/bandwidth.h"

#include "common/transport/queue-delay.h"
#include "common/transport/rate-window.h"
#include "common/transport/trendline.h"

#include <math.h>

#define DEFAULT_START_KBPS 8000
#define DEFAULT_MIN_KBPS 150
#define DEFAULT_MAX_KBPS 50000
#define BUCKET_US 10000
#define SHORT_BUCKETS 20 /* 200 ms: what arrives now */
#define LONG_BUCKETS 50  /* 500 ms: what we send on average */

#define SURGE_BUCKETS 10 /* 100 ms: what arrives since the path narrowed */

/* What we go down to once the queue is gone: little below what got through, for the queue itself is
 * drained by going lower for just as long as it lasts. */
#define DECREASE_FACTOR 0.925
#define DRAIN_HORIZON_US 150000.0
#define DRAIN_LEAST 0.25 /* of the capacity */
#define DRAINED_US 8000
#define DRAINED_SEEN_US 12000
#define DRAIN_GIVEN_UP_US (3 * G_USEC_PER_SEC)
#define APP_LIMITED 0.6 /* of the estimate: who sends less does not fill the path */
#define APP_LIMITED_FACTOR 0.7
#define DRAINING_FACTOR 0.7
#define APP_LIMITED_DECREASE_US 200000
#define MIN_DECREASE_US 100000
#define MAX_DECREASE_US 300000
/* The draft grows by 8 % a second, and libwebrtc makes up for that by probing. We do not probe: a
 * screen that wakes up must not wait half a minute for a sharp picture, and overshooting costs
 * little while overuse is found in 100 ms. */
#define INCREASE_A_SECOND 0.25
/* Near the capacity that was seen to be too much, by nearly the same amount whatever the rate,
 * while decreases are in proportion to it: of two who share a path the smaller gains on the larger.
 * kbit/s a second, for a rate of 1 Mbit/s; found by simulation (tests/unit/test-bandwidth-goals.c).
 */
#define NEAR_INCREASE_POWER 0.05
#define NEAR_INCREASE_KBPS 520.0
#define NEAR_CAPACITY 0.15
#define CAPACITY_SMOOTHING 0.8
#define CAPACITY_VALID_US (60 * G_USEC_PER_SEC)
#define MAX_OVER_ACKNOWLEDGED 1.5
#define ACKNOWLEDGED_MARGIN_KBPS 100

#define LOSS_WINDOW_US 300000
#define LOSS_MIN_PACKETS 20
#define LOSS_HIGH 0.10 /* §6: above it down, below the other up */
#define LOSS_LOW 0.02
#define SILENCE_US 500000

struct LecBandwidth {
    LecBandwidthConfig config;
    LecTrendline trendline;
    LecQueueDelay queue;
    LecRateWindow sent, acknowledged;
    double delay_kbps;    /* what the delay allows */
    double loss_kbps;     /* what the loss allows */
    double capacity_kbps; /* what got through when it was too much; 0: not known */
    gint64 capacity_us;
    double peak_kbps; /* of the acknowledged rate, forgotten within seconds */
    gint64 updated_us, decreased_us, loss_updated_us;
    guint window_packets, window_lost;
    float loss;
    bool has_feedback;
    gint64 rtt_us, least_rtt_us;
    double drain_kbps; /* what is sent while a queue of ours drains; 0: there is none */
    gint64 heard_us;   /* the last feedback, or the last time that nothing was in flight */
};

LecBandwidth *lec_bandwidth_new(const LecBandwidthConfig *config) {
    LecBandwidth *self = g_new0(LecBandwidth, 1);
    self->config = (LecBandwidthConfig){
        .start_kbps = config->start_kbps ? config->start_kbps : DEFAULT_START_KBPS,
        .min_kbps = config->min_kbps ? config->min_kbps : DEFAULT_MIN_KBPS,
        .max_kbps = config->max_kbps ? config->max_kbps : DEFAULT_MAX_KBPS,
    };
    g_assert(self->config.min_kbps <= self->config.max_kbps);
    lec_trendline_init(&self->trendline);
    self->sent.width_us = self->acknowledged.width_us = BUCKET_US;
    self->delay_kbps = CLAMP(self->config.start_kbps, self->config.min_kbps, self->config.max_kbps);
    self->loss_kbps = self->config.max_kbps;
    return self;
}

void lec_bandwidth_free(LecBandwidth *self) {
    g_free(self);
}

guint32 lec_bandwidth_get_kbps(const LecBandwidth *self) {
    double kbps = MIN(self->delay_kbps, self->loss_kbps);
    if (self->drain_kbps > 0)
        kbps = MIN(kbps, self->drain_kbps);
    return (guint32)CLAMP(kbps, self->config.min_kbps, self->config.max_kbps);
}

guint32 lec_bandwidth_get_acknowledged_kbps(const LecBandwidth *self) {
    return lec_rate_window_get_kbps(&self->acknowledged, SHORT_BUCKETS);
}

static bool is_app_limited(const LecBandwidth *self) {
    return lec_rate_window_get_kbps(&self->sent, LONG_BUCKETS) <
           APP_LIMITED * lec_bandwidth_get_kbps(self);
}

/* What got through while the path was overfull is its capacity, less what others take. */
static void learn_capacity(LecBandwidth *self, double acknowledged, gint64 now_us) {
    bool near = self->capacity_kbps > 0 &&
                acknowledged > self->capacity_kbps * (1 - NEAR_CAPACITY) &&
                acknowledged < self->capacity_kbps * (1 + NEAR_CAPACITY);
    self->capacity_kbps =
        near ? CAPACITY_SMOOTHING * self->capacity_kbps + (1 - CAPACITY_SMOOTHING) * acknowledged
             : acknowledged;
    self->capacity_us = now_us;
}

/* The queue that the bytes in flight make, over what is in flight without one. */
static double standing_queue_us(const LecBandwidth *self, gsize in_flight_bytes) {
    double free_us = (double)self->least_rtt_us + LEC_FEEDBACK_INTERVAL_US;
    return MAX((double)in_flight_bytes * 8000 / self->capacity_kbps - free_us, 0);
}

static void drain(LecBandwidth *self, gsize in_flight_bytes, gint64 now_us) {
    if (self->drain_kbps <= 0)
        return;
    double queue_us = standing_queue_us(self, in_flight_bytes);
    double factor = 1 - MIN(queue_us / DRAIN_HORIZON_US, 1 - DRAIN_LEAST);
    bool drained = queue_us < DRAINED_US && lec_queue_delay_get_us(&self->queue) < DRAINED_SEEN_US;
    bool given_up = now_us - self->decreased_us > DRAIN_GIVEN_UP_US;
    self->drain_kbps = drained || given_up ? 0 : self->capacity_kbps * factor;
}

/* The path is overfull. surge: that is beyond doubt, and new. */
static void decrease(LecBandwidth *self, bool surge, gint64 now_us) {
    bool app_limited = !surge && is_app_limited(self);
    gint64 shortest_us = app_limited ? APP_LIMITED_DECREASE_US : MIN_DECREASE_US;
    if (now_us - self->decreased_us < CLAMP(self->rtt_us, shortest_us, MAX_DECREASE_US))
        return;
    double acknowledged =
        lec_rate_window_get_kbps(&self->acknowledged, surge ? SURGE_BUCKETS : SHORT_BUCKETS);
    double target = DECREASE_FACTOR * acknowledged;
    if (app_limited)
        /* Little was sent, so little arrived, and what held it up may have been a stall of the
         * radio: go down in steps, not to nothing. */
        target = MAX(target, APP_LIMITED_FACTOR * self->delay_kbps);
    else
        learn_capacity(self, acknowledged, now_us);
    /* While we send little to drain the queue little of ours arrives, whoever fills it. */
    if (self->drain_kbps > 0)
        target = MAX(target, DRAINING_FACTOR * self->delay_kbps);
    self->delay_kbps = MIN(self->delay_kbps, target);
    if (!app_limited)
        self->drain_kbps = self->delay_kbps;
    self->decreased_us = now_us;
}

/* How far the estimate may grow: what is proven by arrivals and half as much again. Where too
 * little is sent to prove anything, what has been lost to a false alarm comes back up to the
 * capacity last seen, or to where we began. */
static double growth_limit(const LecBandwidth *self) {
    double proven = MAX_OVER_ACKNOWLEDGED * self->peak_kbps + ACKNOWLEDGED_MARGIN_KBPS;
    double fallback =
        self->capacity_kbps > 0 ? self->capacity_kbps * DECREASE_FACTOR : self->config.start_kbps;
    return MIN(MAX(proven, fallback), self->config.max_kbps);
}

static void increase(LecBandwidth *self, double seconds) {
    double near_low = self->capacity_kbps * (1 - NEAR_CAPACITY);
    double near_high = self->capacity_kbps * (1 + NEAR_CAPACITY);
    bool near =
        self->capacity_kbps > 0 && self->delay_kbps > near_low && self->delay_kbps < near_high;
    double near_kbps = NEAR_INCREASE_KBPS * pow(self->delay_kbps / 1000, NEAR_INCREASE_POWER);
    /* Far below it no slower than near: who lost most of its share to a newcomer's start is not to
     * wait for it. */
    double grown = self->delay_kbps + seconds * near_kbps;
    if (!near)
        grown = MAX(grown, self->delay_kbps * (1 + seconds * INCREASE_A_SECOND));
    double limit = growth_limit(self);
    if (self->delay_kbps < limit)
        self->delay_kbps = MIN(grown, limit);
}

static void forget_old(LecBandwidth *self, double seconds, gint64 now_us) {
    double acknowledged = lec_bandwidth_get_acknowledged_kbps(self);
    self->peak_kbps = MAX(acknowledged, self->peak_kbps * (1 - MIN(seconds, 1) / 2));
    bool surpassed = acknowledged > self->capacity_kbps * (1 + NEAR_CAPACITY);
    if (surpassed || now_us - self->capacity_us > CAPACITY_VALID_US)
        self->capacity_kbps = 0;
}

static void control_by_delay(LecBandwidth *self, bool surge, gint64 now_us) {
    double seconds = self->updated_us ? MIN(now_us - self->updated_us, G_USEC_PER_SEC) / 1e6 : 0;
    self->updated_us = now_us;
    forget_old(self, seconds, now_us);
    switch (surge ? LEC_BANDWIDTH_OVERUSE : self->trendline.usage) {
    case LEC_BANDWIDTH_OVERUSE:
        if (self->drain_kbps <= 0 || surge)
            decrease(self, surge, now_us);
        break;
    case LEC_BANDWIDTH_UNDERUSE:
        break; /* let the queue drain */
    case LEC_BANDWIDTH_NORMAL:
        if (self->drain_kbps <= 0)
            increase(self, seconds);
        break;
    }
    self->delay_kbps = CLAMP(self->delay_kbps, self->config.min_kbps, self->config.max_kbps);
}

static void control_by_loss(LecBandwidth *self, float loss, gint64 now_us) {
    double seconds =
        self->loss_updated_us ? MIN(now_us - self->loss_updated_us, G_USEC_PER_SEC) / 1e6 : 0;
    self->loss_updated_us = now_us;
    self->loss = loss;
    if (self->drain_kbps > 0)
        return; /* the queue ran over: that has been seen to */
    if (loss > LOSS_HIGH)
        self->loss_kbps = lec_bandwidth_get_kbps(self) * (1 - 0.5 * loss);
    else if (loss < LOSS_LOW)
        self->loss_kbps *= 1 + seconds * INCREASE_A_SECOND;
    self->loss_kbps = CLAMP(self->loss_kbps, self->config.min_kbps, self->config.max_kbps);
}

static void note(LecBandwidth *self, const LecFeedbackResult *result) {
    lec_rate_window_add(&self->sent, result->sent_us, result->bytes);
    self->window_packets++;
    self->window_lost += result->lost;
    if (result->lost)
        return;
    lec_rate_window_add(&self->acknowledged, result->arrival_us, result->bytes);
    lec_trendline_add(&self->trendline, result->sent_us, result->arrival_us);
}

void lec_bandwidth_on_feedback(LecBandwidth *self, const LecFeedbackResult *results, gsize n,
                               gint64 rtt_us, gint64 now_us) {
    self->has_feedback = true;
    self->heard_us = now_us;
    self->rtt_us = rtt_us;
    if (rtt_us > 0 && (self->least_rtt_us == 0 || rtt_us < self->least_rtt_us))
        self->least_rtt_us = rtt_us;
    for (gsize i = 0; i < n; i++)
        note(self, &results[i]);
    control_by_delay(self, lec_queue_delay_add(&self->queue, results, n, now_us), now_us);
    if (self->window_packets < LOSS_MIN_PACKETS || now_us - self->loss_updated_us < LOSS_WINDOW_US)
        return;
    control_by_loss(self, (float)self->window_lost / (float)self->window_packets, now_us);
    self->window_packets = self->window_lost = 0;
}

void lec_bandwidth_on_loss(LecBandwidth *self, float loss, gint64 now_us) {
    if (!self->has_feedback)
        control_by_loss(self, CLAMP(loss, 0, 1), now_us);
}

void lec_bandwidth_tick(LecBandwidth *self, gsize in_flight_bytes, gint64 now_us) {
    if (in_flight_bytes == 0)
        self->heard_us = now_us;
    drain(self, in_flight_bytes, now_us);
    if (!self->has_feedback || now_us - self->heard_us <= MAX(SILENCE_US, 3 * self->rtt_us))
        return;
    self->heard_us = now_us;
    self->delay_kbps = MAX(lec_bandwidth_get_kbps(self) / 2., self->config.min_kbps);
}
