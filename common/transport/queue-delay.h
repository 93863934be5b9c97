/*
 * How long packets wait on the path, against the least that was seen lately, and whether that rises
 * so fast that the path must have narrowed: sooner than the trend of single groups of packets,
 * which become few just then, can tell. Pure.
 */
#pragma once

#include "common/transport/feedback.h"

#define LEC_QUEUE_DELAY_SPANS 3

/* Plain value; zero to begin. */
typedef struct {
    gint64 base_us[LEC_QUEUE_DELAY_SPANS]; /* least of each span, the newest first */
    guint n_spans;
    gint64 span_began_us;
    gint64 last_us; /* of the newest packet in the last report */
    guint rises;    /* reports running in which it was well above the base, and higher */
} LecQueueDelay;

/* One report's results, with now_us of any one clock. True: a surge. */
bool lec_queue_delay_add(LecQueueDelay *self, const LecFeedbackResult *results, gsize n,
                         gint64 now_us);

/* What the newest packet waited. */
gint64 lec_queue_delay_get_us(const LecQueueDelay *self);
