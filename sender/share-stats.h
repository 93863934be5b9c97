/* What the sender knows of its own sharing: the delay stage by stage, and the link's figures, as a
 * line of JSON. */
#pragma once

#include "common/transport/link.h"
#include "signalling/call.h"

typedef struct {
    gint captured_us; /* atomic: capture to link of the newest picture, smoothed, from the encoder's
                         thread */
    guint32 encode_us; /* the same, as of the last link figures */
    LecLinkStats link;
    LecCallReport report;
} LecShareStats;

void lec_share_stats_captured(LecShareStats *self, gint64 us); /* any one thread */
void lec_share_stats_link(LecShareStats *self, const LecLinkStats *link);
void lec_share_stats_report(LecShareStats *self, const LecCallReport *report);

/* Capture to display: capture to link, pacer, half the round trip, arrival to display. */
guint32 lec_share_stats_get_latency_us(const LecShareStats *self);
void lec_share_stats_print(const LecShareStats *self, const char *encoder);
