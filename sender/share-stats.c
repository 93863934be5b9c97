/* The sharing's figures. */
#include "sender/share-stats.h"

#include <stdio.h>

void lec_share_stats_captured(LecShareStats *self, gint64 us) {
    const gint before = g_atomic_int_get(&self->captured_us);
    const gint now = (gint)CLAMP(us, 0, 10 * G_USEC_PER_SEC);
    g_atomic_int_set(&self->captured_us, before == 0 ? now : before + (now - before) / 8);
}

void lec_share_stats_link(LecShareStats *self, const LecLinkStats *link) {
    self->link = *link;
    self->encode_us = (guint32)g_atomic_int_get(&self->captured_us);
}

void lec_share_stats_report(LecShareStats *self, const LecCallReport *report) {
    self->report = *report;
}

guint32 lec_share_stats_get_latency_us(const LecShareStats *self) {
    return self->encode_us + self->link.pacer_queue_us + self->link.rtt_us / 2 +
           self->report.display_us;
}

void lec_share_stats_print(const LecShareStats *self, const char *encoder) {
    const LecLinkStats *link = &self->link;
    printf(
        "{\"latency_ms\":%.1f,\"encode_ms\":%.1f,\"pacer_ms\":%.1f,\"rtt_ms\":%.1f,\"display_ms\":%"
        ".1f,"
        "\"encoder\":\"%s\",\"srtp\":\"%s\",\"local\":\"%s\",\"remote\":\"%s\",\"sending_kbps\":%u,"
        "\"estimate_kbps\":%u,\"loss\":%.4f,\"retransmitted\":%" G_GUINT64_FORMAT "}\n",
        lec_share_stats_get_latency_us(self) / 1000.0, self->encode_us / 1000.0,
        link->pacer_queue_us / 1000.0, link->rtt_us / 1000.0, self->report.display_us / 1000.0,
        encoder, link->srtp_profile, link->local_candidate, link->remote_candidate,
        link->sending_kbps, link->estimate_kbps, (double)link->loss, link->retransmitted_packets);
    fflush(stdout);
}
