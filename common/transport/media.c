/* Media's set-up, its one timer, and its figures. */
#include "common/transport/media-private.h"

#include "common/base/log.h"

#define REPORT_INTERVAL_US G_USEC_PER_SEC
#define REPORT_INTERVAL_IN_TROUBLE_US (G_USEC_PER_SEC / 5)
#define BANDWIDTH_INTERVAL_US (G_USEC_PER_SEC / 10)
#define ESTIMATE_STEPS 20 /* a change of a twentieth is worth telling */
#define MAX_FIRST_RTT_US                                                    \
    (100 * 1000) /* a handshake may be slow for other reasons than the path \
                  */
#define SILENCE_US (7 * G_USEC_PER_SEC)

/* ---- the timer: one source for all that is due at some time ---- */

static bool sends_video(const LecMediaOut *out) {
    return out->enabled && out->section.kind == LEC_MEDIA_VIDEO;
}

/* True where packets were lost or asked for again since the last look. */
static bool is_in_trouble(LecMedia *self) {
    bool trouble = false;
    for (guint i = 0; i < self->n_sections; i++) {
        LecReceiveStats stats;
        lec_media_in_get_stats(&self->in[i], &stats);
        guint64 now = stats.lost_packets + stats.nacked_packets;
        trouble = trouble || now != self->in[i].trouble;
        self->in[i].trouble = now;
    }
    return trouble;
}

static void adapt(LecMedia *self, gint64 now_us) {
    lec_bandwidth_tick(self->bandwidth, lec_feedback_sender_get_in_flight_bytes(self->sent, now_us),
                       now_us);
    guint32 kbps = lec_bandwidth_get_kbps(self->bandwidth);
    lec_pacer_set_rate(self->pacer, kbps);
    guint32 change = kbps > self->told_kbps ? kbps - self->told_kbps : self->told_kbps - kbps;
    if (change <= self->told_kbps / ESTIMATE_STEPS)
        return;
    self->told_kbps = kbps;
    self->events.estimate(kbps, self->user);
}

static void ask_for_waiting_keyframes(LecMedia *self, gint64 now_us) {
    for (guint i = 0; i < self->n_sections; i++) {
        if (self->out[i].request_waiting)
            lec_media_out_want_keyframe(self, i, now_us);
    }
}

static gint64 next_stream_us(const LecMedia *self) {
    gint64 next = G_MAXINT64;
    for (guint i = 0; i < self->n_sections; i++) {
        const LecMediaIn *in = &self->in[i];
        const LecMediaOut *out = &self->out[i];
        if (in->stream != NULL)
            next = MIN(next, lec_receive_stream_get_next_us(in->stream));
        if (in->pli_waiting)
            next = MIN(next, in->last_pli_us + LEC_MEDIA_KEYFRAME_INTERVAL_US);
        next = MIN(next, lec_media_out_get_tail_us(out));
        if (out->request_waiting)
            next = MIN(next, out->last_request_us + LEC_MEDIA_KEYFRAME_INTERVAL_US);
    }
    return next;
}

void lec_media_schedule(LecMedia *self, gint64 now_us) {
    if (!self->started)
        return;
    gint64 next = MIN(self->next_report_us, self->next_bandwidth_us);
    next = MIN(next, lec_pacer_get_next_us(self->pacer, now_us));
    next = MIN(next, next_stream_us(self));
    if (self->feedback_waiting)
        next = MIN(next, self->next_feedback_us);
    g_source_set_ready_time(self->timer, next);
}

void lec_media_run(LecMedia *self, gint64 now_us) {
    if (!self->started)
        return;
    lec_media_out_drain(self, now_us);
    lec_media_in_tick(self, now_us);
    ask_for_waiting_keyframes(self, now_us);
    if (self->feedback_waiting && now_us >= self->next_feedback_us) {
        self->feedback_waiting = false;
        self->next_feedback_us = now_us + LEC_FEEDBACK_INTERVAL_US;
        lec_media_send_feedback(self);
    }
    if (now_us >= self->next_bandwidth_us) {
        self->next_bandwidth_us = now_us + BANDWIDTH_INTERVAL_US;
        adapt(self, now_us);
    }
    if (now_us >= self->next_report_us) {
        lec_media_send_reports(self, now_us);
        self->next_report_us =
            now_us + (is_in_trouble(self) ? REPORT_INTERVAL_IN_TROUBLE_US : REPORT_INTERVAL_US);
    }
    lec_media_schedule(self, now_us);
}

typedef struct {
    GSource base;
    LecMedia *media;
} Timer;

static gboolean dispatch_timer(GSource *source, GSourceFunc callback, gpointer data) {
    LecMedia *self = ((Timer *)source)->media;
    lec_media_run(self, g_get_monotonic_time());
    return G_SOURCE_CONTINUE;
}

static GSource *make_timer(LecMedia *self, GMainContext *context) {
    static GSourceFuncs funcs = {.dispatch = dispatch_timer};
    GSource *timer = g_source_new(&funcs, sizeof(Timer));
    ((Timer *)timer)->media = self;
    g_source_set_static_name(timer, "lectern media");
    g_source_set_priority(timer, G_PRIORITY_HIGH);
    g_source_set_ready_time(timer, -1);
    g_source_attach(timer, context);
    return timer;
}

/* ---- set-up ---- */

static void learn_announced(LecMedia *self, guint section, guint32 ssrc, bool is_rtx) {
    if (ssrc != 0 && self->n_sources < LEC_MEDIA_MAX_SSRCS)
        self->sources[self->n_sources++] = (LecMediaSource){ssrc, (guint8)section, is_rtx};
}

static void set_up_sections(LecMedia *self, const LecMediaParams *local,
                            const LecMediaParams *remote) {
    self->n_sections = MIN(MIN(local->n_sections, remote->n_sections), LEC_MEDIA_MAX_SECTIONS);
    for (guint i = 0; i < self->n_sections; i++) {
        const LecMediaSection *ours = &local->sections[i], *theirs = &remote->sections[i];
        lec_media_out_init(&self->out[i], ours, theirs);
        lec_media_in_init(&self->in[i], self, i, ours, theirs);
        learn_announced(self, i, theirs->ssrc, false);
        learn_announced(self, i, theirs->rtx_ssrc, true);
        if (self->own_ssrc == 0)
            self->own_ssrc = ours->ssrc;
    }
    while (self->own_ssrc == 0)
        self->own_ssrc = g_random_int();
}

LecMedia *lec_media_new(GMainContext *context, const LecMediaParams *local,
                        const LecMediaParams *remote, const LecMediaEvents *events, void *user) {
    LecMedia *self = g_new0(LecMedia, 1);
    self->events = *events;
    self->user = user;
    self->bandwidth = lec_bandwidth_new(&(LecBandwidthConfig){0});
    self->pacer = lec_media_out_make_pacer(lec_bandwidth_get_kbps(self->bandwidth));
    self->sent = lec_feedback_sender_new();
    self->arrived = lec_feedback_receiver_new();
    g_snprintf(self->cname, sizeof self->cname, LEC_MEDIA_CNAME_PREFIX "%08x", g_random_int());
    set_up_sections(self, local, remote);
    self->timer = make_timer(self, context);
    return self;
}

void lec_media_free(LecMedia *self) {
    if (self == NULL)
        return;
    g_source_destroy(self->timer);
    g_source_unref(self->timer);
    lec_pacer_free(self->pacer);
    for (guint i = 0; i < self->n_sections; i++) {
        lec_media_out_clear(&self->out[i]);
        lec_media_in_clear(&self->in[i]);
    }
    lec_feedback_sender_free(self->sent);
    lec_feedback_receiver_free(self->arrived);
    lec_bandwidth_free(self->bandwidth);
    g_free(self);
}

static void want_keyframes(LecMedia *self, gint64 now_us) {
    for (guint i = 0; i < self->n_sections; i++) {
        if (sends_video(&self->out[i]))
            lec_media_out_want_keyframe(self, i, now_us);
    }
}

void lec_media_start(LecMedia *self, gint64 first_rtt_us, gint64 now_us) {
    self->started = true;
    self->first_rtt_us = MIN(first_rtt_us, MAX_FIRST_RTT_US);
    self->last_heard_us = self->rates_since_us = now_us;
    self->next_report_us = now_us; /* at once: it also tells the peer who we are */
    self->next_bandwidth_us = now_us + BANDWIDTH_INTERVAL_US;
    want_keyframes(self, now_us);
    lec_media_run(self, now_us);
}

void lec_media_move(LecMedia *self, gint64 now_us) {
    if (!self->started)
        return;
    self->last_heard_us = now_us;
    self->rtt_us = 0;
    lec_feedback_sender_forget(self->sent);
    lec_bandwidth_free(self->bandwidth);
    self->bandwidth = lec_bandwidth_new(&(LecBandwidthConfig){0});
    self->next_report_us = now_us;
    want_keyframes(self, now_us);
    lec_media_in_move(self, now_us);
    lec_media_run(self, now_us);
}

bool lec_media_has_lost_peer(const LecMedia *self, gint64 now_us) {
    return self->peer_promises_reports && now_us - self->last_heard_us > SILENCE_US;
}

/* ---- figures ---- */

static guint32 rate_kbps(guint64 bytes, gint64 us) {
    return us > 0 ? (guint32)(bytes * 8000 / (guint64)us) : 0;
}

static void fill_rates(LecMedia *self, LecLinkStats *stats, gint64 now_us) {
    gint64 span = now_us - self->rates_since_us;
    stats->sending_kbps = rate_kbps(self->sent_bytes - self->rates_sent_bytes, span);
    stats->receiving_kbps = rate_kbps(self->received_bytes - self->rates_received_bytes, span);
    self->rates_since_us = now_us;
    self->rates_sent_bytes = self->sent_bytes;
    self->rates_received_bytes = self->received_bytes;
}

void lec_media_fill_stats(LecMedia *self, LecLinkStats *stats, gint64 now_us) {
    stats->sent_bytes = self->sent_bytes;
    stats->sent_packets = self->sent_packets;
    stats->retransmitted_packets = self->resent_packets;
    stats->received_bytes = self->received_bytes;
    stats->received_packets = self->received_packets;
    stats->nacks_sent = self->nacks_sent;
    stats->plis_sent = self->plis_sent;
    stats->plis_received = self->plis_received;
    stats->rtt_us = (guint32)self->rtt_us;
    stats->silence_us = (guint32)MIN(now_us - self->last_heard_us, G_MAXUINT32);
    stats->estimate_kbps = lec_bandwidth_get_kbps(self->bandwidth);
    stats->pacer_queue_us = (guint32)lec_pacer_get_queue_us(self->pacer, now_us);
    stats->recovered_packets = stats->lost_packets = 0;
    stats->loss = 0;
    for (guint i = 0; i < self->n_sections; i++) {
        LecReceiveStats in;
        lec_media_in_get_stats(&self->in[i], &in);
        stats->recovered_packets += in.recovered_packets;
        stats->lost_packets += in.lost_packets;
        stats->loss = MAX(stats->loss, self->out[i].loss);
    }
    fill_rates(self, stats, now_us);
}
