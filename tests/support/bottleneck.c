/* The simulated path, a millisecond at a time. */
#include "tests/support/bottleneck.h"

#define PACKET_BYTES 1200
#define ONE_WAY_US 10000
#define FRAME_US 16667
#define STEP_US 1000
#define ARRIVAL_CLOCK_US 777000000 /* the peer's clock is another */

typedef struct {
    guint flow;
    guint16 sequence;
    gint64 sent_us, arrival_us;
    bool first; /* of its picture: what it waits, others made it wait */
} Packet;

void lec_bottleneck_init(LecBottleneck *self, guint n_flows, guint32 capacity_kbps) {
    *self = (LecBottleneck){
        .n_flows = n_flows,
        .capacity_kbps = capacity_kbps,
        .queue_limit_ms = 1000,
        .now_us = 1000000000,
        .queue = G_QUEUE_INIT,
        .flying = G_QUEUE_INIT,
        .queue_us = g_array_new(FALSE, FALSE, sizeof(gint64)),
        .results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult)),
        .random = g_rand_new_with_seed(7),
    };
    for (guint i = 0; i < n_flows; i++)
        self->flows[i] = (LecFlow){
            .bandwidth = lec_bandwidth_new(&(LecBandwidthConfig){0}),
            .sender = lec_feedback_sender_new(),
            .receiver = lec_feedback_receiver_new(),
            .content_kbps = G_MAXUINT32,
            .next_frame_us = self->now_us + (gint64)i * 5100,
            .next_feedback_us = self->now_us + (gint64)i * 13000,
        };
}

void lec_bottleneck_clear(LecBottleneck *self) {
    for (guint i = 0; i < self->n_flows; i++) {
        lec_bandwidth_free(self->flows[i].bandwidth);
        lec_feedback_sender_free(self->flows[i].sender);
        lec_feedback_receiver_free(self->flows[i].receiver);
    }
    g_queue_clear_full(&self->queue, g_free);
    g_queue_clear_full(&self->flying, g_free);
    g_array_unref(self->queue_us);
    g_array_unref(self->results);
    g_rand_free(self->random);
}

static void send_packet(LecBottleneck *self, guint index, bool first) {
    LecFlow *flow = &self->flows[index];
    const guint16 sequence = lec_feedback_sender_add(flow->sender, PACKET_BYTES, self->now_us);
    const guint64 limit_bytes = (guint64)self->capacity_kbps * self->queue_limit_ms / 8;
    if (self->queued_bytes > limit_bytes || g_rand_double(self->random) < self->loss)
        return;
    Packet *packet = g_new(Packet, 1);
    *packet =
        (Packet){.flow = index, .sequence = sequence, .sent_us = self->now_us, .first = first};
    g_queue_push_tail(&self->queue, packet);
    self->queued_bytes += PACKET_BYTES;
}

static void send_frame(LecBottleneck *self, guint index) {
    LecFlow *flow = &self->flows[index];
    const guint32 kbps = MIN(lec_bandwidth_get_kbps(flow->bandwidth), flow->content_kbps);
    const double size = g_rand_double_range(self->random, 0.6, 1.4); /* no encoder hits its mark */
    flow->owed_bytes += kbps / 8. * (FRAME_US / 1000.) * size;
    for (bool first = true; flow->owed_bytes >= PACKET_BYTES; first = false) {
        send_packet(self, index, first);
        flow->owed_bytes -= PACKET_BYTES;
    }
}

/* The link serves what a millisecond of its capacity is worth. */
static void serve(LecBottleneck *self) {
    if (self->now_us < self->stalled_until_us)
        return;
    self->offered_bits += self->capacity_kbps;
    self->credit_bits = g_queue_is_empty(&self->queue)
                            ? 0
                            : MIN(self->credit_bits, PACKET_BYTES * 8.) + self->capacity_kbps;
    while (self->credit_bits >= PACKET_BYTES * 8 && !g_queue_is_empty(&self->queue)) {
        Packet *packet = g_queue_pop_head(&self->queue);
        self->credit_bits -= PACKET_BYTES * 8;
        self->queued_bytes -= PACKET_BYTES;
        self->flows[packet->flow].delivered_bytes += PACKET_BYTES;
        const gint64 waited_us = self->now_us - packet->sent_us;
        if (packet->first)
            g_array_append_val(self->queue_us, waited_us);
        const Packet *last = g_queue_peek_tail(&self->flying);
        const gint64 jitter_us =
            self->jitter_us ? g_rand_int_range(self->random, 0, (gint32)self->jitter_us) : 0;
        packet->arrival_us =
            MAX(self->now_us + ONE_WAY_US + jitter_us, last ? last->arrival_us : 0);
        g_queue_push_tail(&self->flying, packet);
    }
}

static void arrive(LecBottleneck *self) {
    for (Packet *p; (p = g_queue_peek_head(&self->flying)) && p->arrival_us <= self->now_us;) {
        lec_feedback_receiver_add(self->flows[p->flow].receiver, p->sequence,
                                  p->arrival_us + ARRIVAL_CLOCK_US);
        g_free(g_queue_pop_head(&self->flying));
    }
}

static void feed_back(LecBottleneck *self, LecFlow *flow) {
    guint8 fci[1100];
    for (gsize len; (len = lec_feedback_receiver_write(flow->receiver, fci, sizeof fci)) > 0;) {
        g_array_set_size(self->results, 0);
        g_assert_true(lec_feedback_sender_read(flow->sender, fci, len, self->results, NULL));
        lec_bandwidth_on_feedback(flow->bandwidth,
                                  (const LecFeedbackResult *)(void *)self->results->data,
                                  self->results->len, 2 * ONE_WAY_US, self->now_us + ONE_WAY_US);
    }
}

static void step_flow(LecBottleneck *self, guint index) {
    LecFlow *flow = &self->flows[index];
    if (self->now_us < flow->starts_us)
        return;
    flow->next_frame_us = MAX(flow->next_frame_us, flow->starts_us);
    for (; flow->next_frame_us <= self->now_us; flow->next_frame_us += FRAME_US)
        send_frame(self, index);
    if (self->now_us < flow->next_feedback_us)
        return;
    flow->next_feedback_us = self->now_us + LEC_FEEDBACK_INTERVAL_US;
    if (!flow->deaf)
        feed_back(self, flow);
    lec_bandwidth_tick(flow->bandwidth,
                       lec_feedback_sender_get_in_flight_bytes(flow->sender, self->now_us),
                       self->now_us);
}

void lec_bottleneck_run(LecBottleneck *self, double seconds) {
    lec_bottleneck_forget(self);
    const gint64 end_us = self->now_us + (gint64)(seconds * 1e6);
    for (; self->now_us < end_us; self->now_us += STEP_US) {
        if (self->trace_100kbps)
            self->capacity_kbps =
                100u * self->trace_100kbps[(self->now_us / 100000) % self->n_trace];
        for (guint i = 0; i < self->n_flows; i++)
            step_flow(self, i);
        serve(self);
        arrive(self);
    }
}

void lec_bottleneck_forget(LecBottleneck *self) {
    g_array_set_size(self->queue_us, 0);
    self->offered_bits = 0;
    for (guint i = 0; i < self->n_flows; i++)
        self->flows[i].delivered_bytes = 0;
}

static int compare(gconstpointer a, gconstpointer b) {
    const gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return (x > y) - (x < y);
}

double lec_bottleneck_get_queue_ms(LecBottleneck *self, double p) {
    if (self->queue_us->len == 0)
        return 0;
    g_array_sort(self->queue_us, compare);
    return (double)g_array_index(self->queue_us, gint64, (guint)(p * (self->queue_us->len - 1))) /
           1000;
}

double lec_bottleneck_get_use(const LecBottleneck *self) {
    guint64 bytes = 0;
    for (guint i = 0; i < self->n_flows; i++)
        bytes += self->flows[i].delivered_bytes;
    return self->offered_bits ? (double)bytes * 8 / (double)self->offered_bits : 0;
}

double lec_bottleneck_get_fairness(const LecBottleneck *self) {
    double sum = 0, squares = 0;
    for (guint i = 0; i < self->n_flows; i++) {
        const double share = (double)self->flows[i].delivered_bytes;
        sum += share;
        squares += share * share;
    }
    return squares > 0 ? sum * sum / (self->n_flows * squares) : 1;
}

guint32 lec_bottleneck_get_kbps(const LecBottleneck *self, guint flow) {
    return lec_bandwidth_get_kbps(self->flows[flow].bandwidth);
}
