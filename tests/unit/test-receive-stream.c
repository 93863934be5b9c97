/* The incoming stream: order, loss, NACK schedule and reports, in chosen cases and on random paths.
 */
#include <glib.h>
#include <string.h>

#include "common/transport/clock.h"
#include "common/transport/receive-stream.h"
#include "common/transport/wire.h"

#define PACKET_BYTES 14 /* the header and two bytes of payload */
#define US_PER_PACKET 1000

typedef struct {
    LecReceiveStream *stream;
    GString *log;   /* "5 6 !9": given out, ! after a discontinuity */
    gint64 last;    /* unwrapped sequence last given out; -1: none */
    gint64 given;   /* how many */
    gint64 skipped; /* jumps in the sequence, which must be marked */
    bool holes;     /* packets without payload leave some */
    gint64 sender_us, release_us;
} Probe;

static void on_packet(const LecReceivedPacket *packet, void *user) {
    Probe *probe = user;
    g_string_append_printf(probe->log, "%s%s%" G_GINT64_FORMAT, probe->log->len ? " " : "",
                           packet->discontinuity ? "!" : "", packet->sequence);
    g_assert_cmpuint(packet->len, ==, PACKET_BYTES);
    g_assert_cmpuint(lec_wire_get_u16(packet->data + 2), ==, (guint16)packet->sequence);
    g_assert_cmpuint(lec_wire_get_u16(packet->data + 12), ==, (guint16)(packet->sequence * 7));
    if (probe->last >= 0 && !probe->holes) {
        g_assert_cmpint(packet->sequence, >, probe->last);
        g_assert_true(packet->discontinuity == (packet->sequence != probe->last + 1));
        probe->skipped += packet->sequence - probe->last - 1;
    }
    probe->last = packet->sequence;
    probe->given++;
    probe->sender_us = packet->sender_us;
    probe->release_us = packet->release_us;
}

static void probe_init(Probe *probe, const LecReceiveConfig *config) {
    *probe = (Probe){.log = g_string_new(NULL), .last = -1};
    probe->stream = lec_receive_stream_new(77, config, &(LecReceiveEvents){on_packet}, probe);
}

static void probe_clear(Probe *probe) {
    lec_receive_stream_free(probe->stream);
    g_string_free(probe->log, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Probe, probe_clear)

static const LecReceiveConfig with_nack = {.clock_rate = 90000, .nack = true};

static void push_full(Probe *probe, guint16 sequence, guint32 timestamp, gsize len, bool again,
                      gint64 now_us) {
    guint8 bytes[PACKET_BYTES] = {0x80, 96};
    lec_wire_put_u16(bytes + 2, sequence);
    lec_wire_put_u32(bytes + 4, timestamp);
    lec_wire_put_u32(bytes + 8, 77);
    lec_wire_put_u16(bytes + 12, (guint16)(sequence * 7));
    g_autofree guint8 *exact = g_memdup2(bytes, len);
    LecRtpPacket packet;
    g_assert_true(lec_rtp_parse(exact, len, &packet, NULL));
    lec_receive_stream_push(probe->stream, &packet, exact, len, again, now_us);
}

static void push(Probe *probe, guint16 sequence, gint64 now_us) {
    push_full(probe, sequence, 0, PACKET_BYTES, false, now_us);
}

static void push_again(Probe *probe, guint16 sequence, gint64 now_us) {
    push_full(probe, sequence, 0, PACKET_BYTES, true, now_us);
}

static void expect_log(Probe *probe, const char *expected) {
    g_assert_cmpstr(probe->log->str, ==, expected);
    g_string_truncate(probe->log, 0);
}

/* The NACKs at now_us as text. */
static void expect_nacks(Probe *probe, gint64 now_us, const char *expected) {
    guint16 nacks[LEC_RECEIVE_MAX_NACKS];
    gsize n = lec_receive_stream_tick(probe->stream, now_us, nacks, G_N_ELEMENTS(nacks));
    g_autoptr(GString) text = g_string_new(NULL);
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", nacks[i]);
    g_assert_cmpstr(text->str, ==, expected);
}

static LecReceiveStats stats_of(Probe *probe) {
    LecReceiveStats stats;
    lec_receive_stream_get_stats(probe->stream, &stats);
    return stats;
}

static void test_in_order(void) {
    g_auto(Probe) probe;
    probe_init(&probe, &with_nack);
    for (guint16 i = 0; i < 4; i++)
        push(&probe, (guint16)(65534 + i), 100 + i);
    expect_log(&probe, "65534 65535 65536 65537");
    g_assert_cmpint(probe.release_us, ==, 103);
    g_assert_cmpint(lec_receive_stream_get_next_us(probe.stream), ==, G_MAXINT64);
    g_assert_false(lec_receive_stream_take_loss(probe.stream));
}

static void test_reordered(void) {
    g_auto(Probe) probe;
    probe_init(&probe, &with_nack);
    push(&probe, 1, 0);
    push(&probe, 3, 1000);
    expect_log(&probe, "1");
    g_assert_cmpint(lec_receive_stream_get_next_us(probe.stream), ==, 4000);
    expect_nacks(&probe, 3999, ""); /* the allowance for reordering */
    push(&probe, 2, 3999);
    push(&probe, 2, 4000);
    push(&probe, 3, 4000);
    expect_log(&probe, "2 3");
    g_assert_cmpint(lec_receive_stream_get_next_us(probe.stream), ==, G_MAXINT64);
    LecReceiveStats stats = stats_of(&probe);
    g_assert_cmpuint(stats.duplicate_packets, ==, 2);
    g_assert_cmpuint(stats.received_packets, ==, 3);
    g_assert_cmpuint(stats.lost_packets, ==, 0);
}

static void test_nack_schedule(void) {
    g_auto(Probe) probe;
    probe_init(&probe, &with_nack);
    push(&probe, 10, 0);
    push(&probe, 13, 1000);
    push(&probe, 14, 1500); /* a second packet after the gap: no need to wait for 3 ms */
    g_assert_cmpint(lec_receive_stream_get_next_us(probe.stream), <=, 1500);
    expect_nacks(&probe, 1500, "11 12");
    g_assert_cmpint(lec_receive_stream_get_next_us(probe.stream), ==, 21500);
    expect_nacks(&probe, 21499, "");
    push_again(&probe, 12, 21000);
    expect_nacks(&probe, 21500, "11");
    push_again(&probe, 11, 30000);
    expect_log(&probe, "10 11 12 13 14");
    g_assert_cmpint(probe.release_us, ==, 30000);
    LecReceiveStats stats = stats_of(&probe);
    g_assert_cmpuint(stats.recovered_packets, ==, 2);
    g_assert_cmpuint(stats.nacked_packets, ==, 3);
    g_assert_cmpuint(stats.held_packets, ==, 0);
}

static void test_nack_paced_by_rtt(void) {
    g_auto(Probe) probe;
    probe_init(&probe, &with_nack);
    lec_receive_stream_set_rtt(probe.stream, 50000);
    push(&probe, 1, 0);
    push(&probe, 3, 0);
    expect_nacks(&probe, 3000, "2");
    expect_nacks(&probe, 52999, "");
    expect_nacks(&probe, 53000, "2");
    expect_nacks(&probe, 119999, "2"); /* two round trips and 20 ms */
    expect_log(&probe, "1");
    expect_nacks(&probe, 120000, "");
    expect_log(&probe, "!3");
}

static void test_give_up(void) {
    g_auto(Probe) probe;
    probe_init(&probe, &with_nack);
    push(&probe, 1, 0);
    push(&probe, 3, 1000);
    push(&probe, 5, 11000);
    expect_nacks(&probe, 60999, "2 4");
    expect_log(&probe, "1");
    g_assert_false(lec_receive_stream_take_loss(probe.stream));
    expect_nacks(&probe, 61000, "");
    expect_log(&probe, "!3");
    g_assert_true(lec_receive_stream_take_loss(probe.stream));
    g_assert_false(lec_receive_stream_take_loss(probe.stream));
    g_assert_cmpint(lec_receive_stream_get_next_us(probe.stream), ==, 71000);
    push_again(&probe, 2, 62000);
    push_again(&probe, 2, 63000);
    push(&probe, 4, 64000);
    expect_log(&probe, "4 5");
    LecReceiveStats stats = stats_of(&probe);
    g_assert_cmpuint(stats.lost_packets, ==, 1);
    g_assert_cmpuint(stats.late_packets, ==, 1);
    g_assert_cmpuint(stats.duplicate_packets, ==, 1);
}

static void test_windows(void) {
    static const struct {
        bool nack;
        gint64 rtt_us, window_us;
    } cases[] = {
        {true, 0, 60000},       {true, 1000, 60000},    {true, 40000, 100000},
        {true, 100000, 220000}, {true, 200000, 250000}, {true, 300000, 30000},
        {false, 0, 30000},      {false, 100000, 30000},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Probe) probe;
        LecReceiveConfig config = {.clock_rate = 90000, .nack = cases[i].nack};
        guint16 nacks[4];
        probe_init(&probe, &config);
        lec_receive_stream_set_rtt(probe.stream, cases[i].rtt_us);
        push(&probe, 1, 0);
        push(&probe, 3, 0);
        lec_receive_stream_tick(probe.stream, cases[i].window_us - 1, nacks, 4);
        expect_log(&probe, "1");
        lec_receive_stream_tick(probe.stream, cases[i].window_us, nacks, 4);
        expect_log(&probe, "!3");
    }
}

/* Told of no round-trip time, a receiver that keeps losing to a short window learns it from late
 * answers. */
static void test_measures_rtt(void) {
    g_auto(Probe) probe;
    probe_init(&probe, &with_nack);
    push(&probe, 1, 0);
    push(&probe, 3, 0);
    expect_nacks(&probe, 3000, "2");
    expect_nacks(&probe, 60000, "");
    expect_log(&probe, "1 !3");
    push_again(&probe, 2, 93000);
    push(&probe, 5, 100000);
    expect_nacks(&probe, 103000, "4");
    expect_nacks(&probe, 192999, ""); /* repeats wait for 90 ms now */
    expect_nacks(&probe, 193000, "4");
    push_again(&probe, 4, 199000);
    expect_log(&probe, "4 5");
}

static void test_wide_gap(void) {
    g_auto(Probe) probe;
    LecReceiveConfig config = {.clock_rate = 90000, .nack = true, .max_packets = 16};
    probe_init(&probe, &config);
    push(&probe, 0, 0);
    push(&probe, 2, 0);
    for (guint16 i = 4; i <= 17; i++)
        push(&probe, i, 0);
    expect_log(&probe, "0 !2"); /* 17 does not fit beside 1, but beside 3 it does */
    g_assert_cmpuint(stats_of(&probe).held_packets, ==, 14);
    push(&probe, 217, 0);
    expect_log(&probe, "!4 5 6 7 8 9 10 11 12 13 14 15 16 17");
    expect_nacks(&probe, 3000, "202 203 204 205 206 207 208 209 210 211 212 213 214 215 216");
    g_assert_cmpuint(stats_of(&probe).lost_packets, ==, 1 + 1 + 184);
    g_assert_true(lec_receive_stream_take_loss(probe.stream));
}

static void test_restart(void) {
    g_auto(Probe) probe;
    probe_init(&probe, &with_nack);
    push(&probe, 100, 0);
    push(&probe, 102, 0);
    push(&probe, 40000, 10); /* one stray packet is not believed */
    push(&probe, 103, 20);
    push(&probe, 40001, 30);
    expect_log(&probe, "100");
    probe.last = -1;
    push(&probe, 40002, 40);
    push(&probe, 40003, 50);
    expect_log(&probe, "!40002 40003");
    g_assert_true(lec_receive_stream_take_loss(probe.stream));
    g_assert_cmpuint(stats_of(&probe).held_packets, ==, 0);
    push_again(&probe, 101, 60); /* a retransmission from before */
    expect_log(&probe, "");
}

static void test_without_payload(void) {
    g_auto(Probe) probe;
    probe_init(&probe, &with_nack);
    probe.holes = true;
    push(&probe, 1, 0);
    push_full(&probe, 2, 0, 12, false, 0);
    push(&probe, 4, 0);
    push_full(&probe, 5, 0, 12, false, 0);
    push(&probe, 6, 0);
    expect_log(&probe, "1");
    push(&probe, 3, 0);
    expect_log(&probe, "3 4 6");
    g_assert_cmpuint(stats_of(&probe).lost_packets, ==, 0);
    g_assert_cmpuint(stats_of(&probe).held_packets, ==, 0);
}

static void test_report(void) {
    g_auto(Probe) probe;
    LecRtcpReportBlock block = {.jitter = 5};
    probe_init(&probe, &with_nack);
    g_assert_false(lec_receive_stream_report(probe.stream, 0, &block));
    g_assert_cmpuint(block.jitter, ==, 5);
    /* Ten expected (65530 to 65539), two of them missing; one of these comes again, which is no
     * arrival of its own. */
    for (guint i = 0; i < 10; i++)
        if (i != 3 && i != 4)
            push(&probe, (guint16)(65530 + i), 1000);
    push_again(&probe, (guint16)(65533), 1000);
    g_assert_cmpint(probe.given, >, 0);
    g_assert_cmpint(probe.sender_us, ==, 0); /* unknown before the first report */
    LecRtcpSenderInfo info = {.ssrc = 77, .ntp = lec_clock_to_ntp(5000000), .rtp_timestamp = 90000};
    lec_receive_stream_on_sender_report(probe.stream, &info, 2000000);
    g_assert_true(lec_receive_stream_report(probe.stream, 2500000, &block));
    g_assert_cmpuint(block.ssrc, ==, 77);
    g_assert_cmpuint(block.fraction_lost, ==, 2 * 256 / 10);
    g_assert_cmpint(block.cumulative_lost, ==, 2);
    g_assert_cmpuint(block.highest_sequence, ==, 65539);
    g_assert_cmphex(block.last_sr, ==, 0x50000);
    g_assert_cmphex(block.delay_since_last_sr, ==, 0x8000);
    g_assert_true(lec_receive_stream_report(probe.stream, 3500000, &block));
    g_assert_cmpuint(block.fraction_lost, ==, 0);
    g_assert_cmpint(block.cumulative_lost, ==, 2);
    push_full(&probe, 4, 135000, PACKET_BYTES, false, 3500000);
    guint16 nacks[4];
    lec_receive_stream_tick(probe.stream, 3600000, nacks, 4);
    g_assert_cmpint(probe.sender_us, ==, 5500000);
    /* A second of timestamps after the report's is a second later on the sender's clock; before it,
     * earlier. */
    push_full(&probe, 5, 180000, PACKET_BYTES, false, 3700000);
    g_assert_cmpint(probe.sender_us, ==, 6000000);
    push_full(&probe, 6, 45000, PACKET_BYTES, false, 3800000);
    g_assert_cmpint(probe.sender_us, ==, 4500000);
}

static void test_jitter(void) {
    g_auto(Probe) probe;
    LecRtcpReportBlock block;
    probe_init(&probe, &with_nack);
    /* RFC 3550 A.8 with D = 160 units once: 160 / 16 = 10. The second packet of a picture does not
     * count. */
    push_full(&probe, 1, 0, PACKET_BYTES, false, 1000000);
    push_full(&probe, 2, 0, PACKET_BYTES, false, 1009000);
    push_full(&probe, 3, 9000 - 160, PACKET_BYTES, false, 1100000);
    g_assert_true(lec_receive_stream_report(probe.stream, 1100000, &block));
    g_assert_cmpuint(block.jitter, ==, 10);
    g_assert_cmpuint(stats_of(&probe).jitter_us, ==, 111);
    push_full(&probe, 4, 900000000, PACKET_BYTES, false, 1200000); /* a new clock */
    g_assert_true(lec_receive_stream_report(probe.stream, 1100000, &block));
    g_assert_cmpuint(block.jitter, ==, 10);
}

typedef struct {
    gint64 due_us;
    guint16 sequence;
    bool again;
} Flying;

static int by_due(gconstpointer a, gconstpointer b, gpointer user) {
    const Flying *x = a, *y = b;
    return (x->due_us > y->due_us) - (x->due_us < y->due_us);
}

static void fly(GQueue *path, gint64 due_us, guint16 sequence, bool again) {
    Flying *flying = g_new(Flying, 1);
    *flying = (Flying){due_us, sequence, again};
    g_queue_insert_sorted(path, flying, by_due, NULL);
}

static void answer_nacks(Probe *probe, GQueue *path, gint64 now_us) {
    guint16 nacks[LEC_RECEIVE_MAX_NACKS];
    if (lec_receive_stream_get_next_us(probe->stream) > now_us)
        return;
    gsize n = lec_receive_stream_tick(probe->stream, now_us, nacks, G_N_ELEMENTS(nacks));
    for (gsize i = 0; i < n; i++) {
        g_assert_true(i == 0 || (gint16)(guint16)(nacks[i] - nacks[i - 1]) > 0);
        if (g_test_rand_int_range(0, 100) >= 20)
            fly(path, now_us + g_test_rand_int_range(500, 12000), nacks[i], true);
    }
}

/* Random loss, reordering and duplication: everything comes out once and in order, or is declared
 * lost. */
static void run_random(int loss, int reorder_us, bool nack) {
    enum { N = 5000 };
    g_auto(Probe) probe;
    LecReceiveConfig config = {.clock_rate = 90000, .nack = nack, .max_packets = 256};
    probe_init(&probe, &config);
    g_autoptr(GQueue) path = g_queue_new();
    guint16 first = (guint16)g_test_rand_int_range(0, 65536);
    gint64 now = 0;
    for (gint64 i = 0; i < N || !g_queue_is_empty(path) ||
                       lec_receive_stream_get_next_us(probe.stream) != G_MAXINT64;
         i++, now += US_PER_PACKET) {
        bool certain = i == 0 || i == N - 1; /* so that both ends are known */
        if (i < N && (certain || g_test_rand_int_range(0, 100) >= loss))
            fly(path, now + (certain ? 0 : g_test_rand_int_range(0, reorder_us)),
                (guint16)(first + i), false);
        if (i < N && !certain && g_test_rand_int_range(0, 100) < 3)
            fly(path, now + g_test_rand_int_range(0, 2 * reorder_us), (guint16)(first + i), false);
        for (Flying *f; (f = g_queue_peek_head(path)) && f->due_us <= now;) {
            push_full(&probe, f->sequence, 0, PACKET_BYTES, f->again, now);
            g_free(g_queue_pop_head(path));
        }
        answer_nacks(&probe, path, now);
        g_string_truncate(probe.log, 0);
    }
    LecReceiveStats stats = stats_of(&probe);
    g_assert_cmpint(probe.last, ==, (gint64)first + N - 1);
    g_assert_cmpint(probe.given + probe.skipped, ==, N);
    g_assert_cmpuint(stats.lost_packets, ==, (guint64)probe.skipped);
    g_assert_cmpuint(stats.received_packets, ==, (guint64)probe.given);
    g_assert_cmpuint(stats.held_packets, ==, 0);
    if (nack && reorder_us < 20000)
        g_assert_cmpint(probe.skipped, <,
                        N * loss / 1000 + 1); /* NACKs bring back nine in ten and more */
}

static void test_random(void) {
    run_random(0, 1, true);
    run_random(0, 10000, true);
    run_random(2, 1, true);
    run_random(10, 3000, true);
    run_random(10, 5000, false);
    run_random(30, 80000, true);
    run_random(60, 5000, true);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/receive-stream/in-order", test_in_order);
    g_test_add_func("/receive-stream/reordered", test_reordered);
    g_test_add_func("/receive-stream/nack/schedule", test_nack_schedule);
    g_test_add_func("/receive-stream/nack/paced-by-rtt", test_nack_paced_by_rtt);
    g_test_add_func("/receive-stream/nack/measures-rtt", test_measures_rtt);
    g_test_add_func("/receive-stream/give-up", test_give_up);
    g_test_add_func("/receive-stream/windows", test_windows);
    g_test_add_func("/receive-stream/wide-gap", test_wide_gap);
    g_test_add_func("/receive-stream/restart", test_restart);
    g_test_add_func("/receive-stream/without-payload", test_without_payload);
    g_test_add_func("/receive-stream/report", test_report);
    g_test_add_func("/receive-stream/jitter", test_jitter);
    g_test_add_func("/receive-stream/random", test_random);
    return g_test_run();
}
