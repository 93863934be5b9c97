/* Tells from departures and arrivals whether a queue grows or drains on the path. */
#include "common/transport/trendline.h"

#include <math.h>

/* The constants are libwebrtc's. */
#define GROUP_US 5000
#define MAX_BURST_US 100000
#define SMOOTHING 0.9
#define GAIN 4.0
#define MAX_DELTAS 60
#define INITIAL_THRESHOLD_MS 12.5
#define MIN_THRESHOLD_MS 6.0
#define MAX_THRESHOLD_MS 600.0
#define THRESHOLD_UP 0.0087
#define THRESHOLD_DOWN 0.039
#define MAX_ADAPT_OFFSET_MS 15.0
#define MAX_ADAPT_STEP_MS 100.0
#define OVERUSE_MS 10.0
/* After such a silence the old delays say nothing of the path as it is. */
#define STALE_US (2 * G_USEC_PER_SEC)

void lec_trendline_init(LecTrendline *self) {
    *self = (LecTrendline){.threshold_ms = INITIAL_THRESHOLD_MS, .overusing_ms = -1};
}

/* The slope of the least-squares line through the points, in ms of delay per ms. */
static double slope(const LecTrendline *self) {
    double mean_x = 0, mean_y = 0, numerator = 0, denominator = 0;
    for (guint i = 0; i < self->n_points; i++) {
        mean_x += self->points[i].arrival_ms / self->n_points;
        mean_y += self->points[i].delay_ms / self->n_points;
    }
    for (guint i = 0; i < self->n_points; i++) {
        double x = self->points[i].arrival_ms - mean_x;
        numerator += x * (self->points[i].delay_ms - mean_y);
        denominator += x * x;
    }
    return denominator > 0 ? numerator / denominator : 0;
}

/* §5.4: the threshold follows the trend slowly, so that a competing loss-based flow does not starve
 * us. */
static void adapt_threshold(LecTrendline *self, double trend_ms, gint64 arrival_us) {
    double magnitude = fabs(trend_ms);
    double step_ms =
        self->threshold_updated_us ? (arrival_us - self->threshold_updated_us) / 1000. : 0;
    self->threshold_updated_us = arrival_us;
    /* A sudden peak, such as a route change, is not to raise it. */
    if (magnitude > self->threshold_ms + MAX_ADAPT_OFFSET_MS)
        return;
    double k = magnitude < self->threshold_ms ? THRESHOLD_DOWN : THRESHOLD_UP;
    self->threshold_ms +=
        k * (magnitude - self->threshold_ms) * CLAMP(step_ms, 0, MAX_ADAPT_STEP_MS);
    self->threshold_ms = CLAMP(self->threshold_ms, MIN_THRESHOLD_MS, MAX_THRESHOLD_MS);
}

static void detect(LecTrendline *self, double trend, double sent_delta_ms, gint64 arrival_us) {
    double modified = MIN(self->n_deltas, MAX_DELTAS) * trend * GAIN;
    if (modified > self->threshold_ms) {
        /* The overuse began somewhere between the two groups. */
        self->overusing_ms =
            self->overusing_ms < 0 ? sent_delta_ms / 2 : self->overusing_ms + sent_delta_ms;
        self->overusing_count++;
        if (self->overusing_ms > OVERUSE_MS && self->overusing_count > 1 &&
            trend >= self->previous_trend) {
            self->overusing_ms = 0;
            self->overusing_count = 0;
            self->usage = LEC_BANDWIDTH_OVERUSE;
        }
    } else {
        self->overusing_ms = -1;
        self->overusing_count = 0;
        self->usage =
            modified < -self->threshold_ms ? LEC_BANDWIDTH_UNDERUSE : LEC_BANDWIDTH_NORMAL;
    }
    self->previous_trend = trend;
    adapt_threshold(self, modified, arrival_us);
}

/* The current group is complete: how much longer did it take than the one before? */
static void complete_group(LecTrendline *self) {
    const LecTrendlineGroup *now = &self->current, *before = &self->previous;
    double sent_ms = (now->last_sent_us - before->last_sent_us) / 1000.;
    double arrival_ms = (now->last_arrival_us - before->last_arrival_us) / 1000.;
    if (arrival_ms < 0)
        return; /* groups reordered on the path: no measure of a queue */
    if (self->n_deltas == 0)
        self->origin_us = now->last_arrival_us;
    self->n_deltas++;
    self->accumulated_ms += arrival_ms - sent_ms;
    self->smoothed_ms = SMOOTHING * self->smoothed_ms + (1 - SMOOTHING) * self->accumulated_ms;
    self->points[self->next_point].arrival_ms = (now->last_arrival_us - self->origin_us) / 1000.;
    self->points[self->next_point].delay_ms = self->smoothed_ms;
    self->next_point = (self->next_point + 1) % LEC_TRENDLINE_WINDOW;
    self->n_points = MIN(self->n_points + 1, LEC_TRENDLINE_WINDOW);
    double trend = self->n_points == LEC_TRENDLINE_WINDOW ? slope(self) : self->previous_trend;
    detect(self, trend, sent_ms, now->last_arrival_us);
}

static bool belongs(const LecTrendlineGroup *group, gint64 sent_us, gint64 arrival_us) {
    if (sent_us - group->first_sent_us <= GROUP_US)
        return true;
    /* §5.2: what the path held back and let go in one burst counts as one group. */
    gint64 sent_delta = sent_us - group->last_sent_us,
           arrival_delta = arrival_us - group->last_arrival_us;
    return arrival_delta < sent_delta && arrival_delta <= GROUP_US &&
           arrival_us - group->first_arrival_us < MAX_BURST_US;
}

void lec_trendline_add(LecTrendline *self, gint64 sent_us, gint64 arrival_us) {
    LecTrendlineGroup *group = &self->current;
    if (group->any && sent_us < group->first_sent_us)
        return;
    if (group->any && sent_us - group->last_sent_us > STALE_US)
        lec_trendline_init(self);
    if (group->any && belongs(group, sent_us, arrival_us)) {
        group->last_sent_us = MAX(group->last_sent_us, sent_us);
        group->last_arrival_us = MAX(group->last_arrival_us, arrival_us);
        return;
    }
    if (group->any && self->previous.any)
        complete_group(self);
    if (group->any)
        self->previous = *group;
    *group = (LecTrendlineGroup){.first_sent_us = sent_us,
                                 .last_sent_us = sent_us,
                                 .first_arrival_us = arrival_us,
                                 .last_arrival_us = arrival_us,
                                 .any = true};
}
