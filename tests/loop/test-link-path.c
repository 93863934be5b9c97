/* A link over paths as they are outside: narrow, far, lossy. What is sent follows what the path
 * bears, and delay stays bounded. */
#include "tests/support/link-pair.h"
#include "tests/support/udp-relay.h"

#include <stdlib.h>

#define FRAME_MS 33
#define PACKET_BYTES 1000

/* An encoder that obeys the estimate, 30 pictures a second. */
typedef struct {
    LinkPair pair;
    UdpRelay relay;
    guint32 max_kbps;
    guint n_frames;
} Run;

static gboolean on_frame(gpointer data) {
    Run *run = data;
    guint32 kbps = run->pair.a.estimate_kbps > 0 ? run->pair.a.estimate_kbps : 8000;
    guint bytes = MIN(kbps, run->max_kbps) * FRAME_MS / 8;
    link_send(&run->pair.a, LINK_VIDEO, MAX(bytes / PACKET_BYTES, 1), PACKET_BYTES);
    run->n_frames++;
    return G_SOURCE_CONTINUE;
}

static int compare_times(const void *a, const void *b) {
    const gint64 *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* p of 100, of the packets that came since the first'th. */
static gint64 delay_us(const LinkSide *side, guint first, guint p) {
    guint n = link_count_received(side) - first;
    g_assert_cmpuint(n, >, 20);
    g_autofree gint64 *delays = g_new(gint64, n);
    for (guint i = 0; i < n; i++)
        delays[i] = side->received[first + i].delivered_us - side->received[first + i].sent_us;
    qsort(delays, n, sizeof *delays, compare_times);
    return delays[n * p / 100];
}

static void run_init(Run *run, guint32 max_kbps) {
    *run = (Run){.max_kbps = max_kbps};
    link_pair_init(&run->pair);
    udp_relay_init(&run->relay);
    run->pair.carry = udp_relay_carry;
    run->pair.carry_data = &run->relay;
}

static void run_clear(Run *run) {
    link_pair_clear(&run->pair);
    udp_relay_clear(&run->relay);
}

/* 3 Mbit/s where we begin with 8: after some seconds the queue is short and the path well used. */
static void test_narrow(void) {
    Run run;
    run_init(&run, 20000);
    run.relay.to_b = (UdpPath){.rate_kbps = 3000, .delay_ms = 15, .queue_ms = 400};
    run.relay.to_a = (UdpPath){.delay_ms = 15};
    link_pair_connect(&run.pair);
    guint source = g_timeout_add(FRAME_MS, on_frame, &run);
    link_run_for(8000);
    guint first = link_count_received(&run.pair.b);
    link_run_for(4000);
    g_source_remove(source);
    gint64 p50 = delay_us(&run.pair.b, first, 50), p95 = delay_us(&run.pair.b, first, 95);
    guint received_kbps = (link_count_received(&run.pair.b) - first) * PACKET_BYTES * 8 / 4000;
    g_test_message(
        "3 Mbit/s: %u kbit/s arrive, delay p50 %.0f ms, p95 %.0f ms, %u overflowed, estimate %u",
        received_kbps, (double)p50 / 1000, (double)p95 / 1000, run.relay.to_b.n_overflowed,
        run.pair.a.stats.estimate_kbps);
    g_assert_cmpuint(received_kbps, >, 1200);
    g_assert_cmpint(p50, <, 200000);
    run_clear(&run);
}

/* 100 ms away and 2 % lost: nearly all of it is brought back in time. */
static void test_far(void) {
    Run run;
    run_init(&run, 2000);
    run.relay.to_a = run.relay.to_b = (UdpPath){.delay_ms = 50};
    link_pair_connect(&run.pair);
    g_test_message(
        "connected over 100 ms in %.0f ms",
        (double)(MAX(run.pair.a.connected_us, run.pair.b.connected_us) - run.pair.started_us) /
            1000);
    run.relay.drop_percent = 2;
    guint source = g_timeout_add(FRAME_MS, on_frame, &run);
    link_run_for(6000);
    g_source_remove(source);
    run.relay.drop_percent = 0;
    link_run_for(1500);
    const LecLinkStats *stats = &run.pair.b.stats;
    g_test_message(
        "100 ms, 2 %%: %u packets, %u recovered, %u lost for good, delay p50 %.0f ms, p95 %.0f ms",
        (guint)stats->received_packets, (guint)stats->recovered_packets, (guint)stats->lost_packets,
        (double)delay_us(&run.pair.b, 0, 50) / 1000, (double)delay_us(&run.pair.b, 0, 95) / 1000);
    g_assert_cmpuint(stats->recovered_packets, >, 10);
    g_assert_cmpuint(stats->lost_packets * 10, <, stats->recovered_packets + 20);
    g_assert_cmpuint(run.pair.a.stats.rtt_us, >, 95000);
    g_assert_cmpuint(run.pair.a.stats.rtt_us, <, 200000);
    run_clear(&run);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/link-path/narrow", test_narrow);
    g_test_add_func("/link-path/far", test_far);
    return g_test_run();
}
