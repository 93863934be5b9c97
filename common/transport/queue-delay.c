/* Follows the one-way delay of the newest packet of each report. */
#include "common/transport/queue-delay.h"

/* A base older than this is forgotten: clocks drift, and routes change. */
#define SPAN_US (10 * G_USEC_PER_SEC)
#define SURGE_US 40000
#define RISE_US 5000
/* A radio that stalls lets all go at once: one report, in which the newest waited least. Two that
 * rise are a queue. */
#define SURGE_RISES 2

static gint64 base(const LecQueueDelay *self) {
    gint64 least = G_MAXINT64;
    for (guint i = 0; i < self->n_spans; i++)
        least = MIN(least, self->base_us[i]);
    return least;
}

static void note(LecQueueDelay *self, gint64 delay_us, gint64 now_us) {
    if (self->n_spans == 0 || now_us - self->span_began_us > SPAN_US) {
        for (guint i = LEC_QUEUE_DELAY_SPANS - 1; i > 0; i--)
            self->base_us[i] = self->base_us[i - 1];
        self->base_us[0] = delay_us;
        self->n_spans = MIN(self->n_spans + 1, LEC_QUEUE_DELAY_SPANS);
        self->span_began_us = now_us;
    }
    self->base_us[0] = MIN(self->base_us[0], delay_us);
}

bool lec_queue_delay_add(LecQueueDelay *self, const LecFeedbackResult *results, gsize n,
                         gint64 now_us) {
    gint64 newest_us = G_MININT64;
    for (gsize i = 0; i < n; i++) {
        if (results[i].lost)
            continue;
        newest_us = results[i].arrival_us - results[i].sent_us;
        note(self, newest_us, now_us);
    }
    if (newest_us == G_MININT64)
        return false;
    const bool rises = newest_us - base(self) > SURGE_US && newest_us - self->last_us > RISE_US;
    self->rises = rises ? self->rises + 1 : 0;
    self->last_us = newest_us;
    return self->rises >= SURGE_RISES;
}

gint64 lec_queue_delay_get_us(const LecQueueDelay *self) {
    return self->n_spans ? self->last_us - base(self) : 0;
}
