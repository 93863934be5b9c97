/* Two links over loopback: connecting, media both ways, keyframe requests, figures, and how long
 * things take. */
#include "tests/support/link-pair.h"
#include "tests/support/udp-relay.h"

#include <stdlib.h>
#include <string.h>

static void test_connect(void) {
    gint64 took[7];
    for (gsize i = 0; i < G_N_ELEMENTS(took); i++) {
        LinkPair pair;
        link_pair_init(&pair);
        link_pair_connect(&pair);
        took[i] = MAX(pair.a.connected_us, pair.b.connected_us) - pair.started_us;
        g_assert_cmpuint(pair.a.n_states, ==, 3); /* connecting, securing, connected */
        g_assert_cmpuint(pair.b.n_states, ==, 3);
        g_assert_cmpuint(pair.a.n_candidates, ==, 3); /* UDP, TCP active, TCP passive */
        link_pair_clear(&pair);
    }
    for (gsize i = 1; i < G_N_ELEMENTS(took); i++) {
        for (gsize j = i; j > 0 && took[j] < took[j - 1]; j--) {
            gint64 swap = took[j];
            took[j] = took[j - 1];
            took[j - 1] = swap;
        }
    }
    g_test_message("start to connected: median %.1f ms, most %.1f ms", (double)took[3] / 1000,
                   (double)took[6] / 1000);
    g_assert_cmpint(took[3], <, 500000);
}

static bool both_have_stats(gpointer data) {
    LinkPair *pair = data;
    return pair->a.n_stats > 0 && pair->b.n_stats > 0 && pair->b.stats.rtt_us > 0;
}

static void test_stats(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_connect(&pair);
    link_send(&pair.a, LINK_VIDEO, 10, 1000);
    link_send(&pair.b, LINK_VIDEO, 10, 1000);
    link_wait(both_have_stats, &pair, 10);
    g_assert_cmpstr(pair.a.stats.srtp_profile, ==, "AEAD_AES_256_GCM");
    g_assert_cmpstr(pair.b.stats.srtp_profile, ==, "AEAD_AES_256_GCM");
    g_assert_true(g_str_has_prefix(pair.a.stats.local_candidate, "udp host 127.0.0.1:"));
    g_assert_true(g_str_has_prefix(pair.a.stats.remote_candidate, "udp host 127.0.0.1:"));
    g_assert_cmpuint(pair.a.stats.sent_packets - pair.a.stats.retransmitted_packets, ==, 10);
    g_assert_cmpuint(pair.a.stats.retransmitted_packets, <=, 1); /* the last, once it is quiet */
    g_assert_cmpuint(pair.a.stats.received_packets, >=, 10);
    g_assert_cmpuint(pair.a.stats.received_packets, <=, 11);
    g_assert_cmpuint(pair.a.stats.sent_bytes, >, 10000);
    g_assert_cmpuint(pair.a.stats.received_bytes, >, 10000);
    g_assert_cmpuint(pair.a.stats.lost_packets, ==, 0);
    g_assert_cmpuint(pair.a.stats.dropped_srtp, ==, 0);
    g_assert_cmpuint(pair.a.stats.rtt_us, <, 100000);
    g_test_message("rtt %u us, estimate %u kbit/s", pair.b.stats.rtt_us,
                   pair.b.stats.estimate_kbps);
    link_pair_clear(&pair);
}

typedef struct {
    LinkSide *side;
    guint n;
} Expectation;

static bool has_received(gpointer data) {
    Expectation *expected = data;
    return link_count_received(expected->side) >= expected->n;
}

static void wait_received(LinkSide *side, guint n, guint seconds) {
    Expectation expected = {side, n};
    link_wait(has_received, &expected, seconds);
}

/* Each section in order, nothing twice, nothing missing; the times on the sender's clock are those
 * of capture. */
static void check_received(const LinkSide *side, guint n_video, guint n_audio) {
    guint32 next[2] = {0, 0};
    gint64 worst_us = 0;
    for (guint i = 0; i < link_count_received(side); i++) {
        const LinkReceived *received = &side->received[i];
        g_assert_cmpuint(received->number, ==, next[received->section]);
        next[received->section]++;
        g_assert_false(received->discontinuity);
        g_assert_cmpint(received->sender_us, !=, 0); /* a report goes before the first packet */
        worst_us = MAX(worst_us, ABS(received->sender_us - received->sent_us));
    }
    g_assert_cmpuint(next[LINK_VIDEO], ==, n_video);
    g_assert_cmpuint(next[LINK_AUDIO], ==, n_audio);
    g_assert_cmpint(worst_us, <, 1000);
}

static void test_media(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_connect(&pair);
    for (guint i = 1; i <= 100; i++) {
        link_send(&pair.a, LINK_VIDEO, 20, 1000);
        link_send(&pair.a, LINK_AUDIO, 1, 100);
        link_send(&pair.b, LINK_VIDEO, 5, 1000);
        link_send(&pair.b, LINK_AUDIO, 1, 100);
        wait_received(&pair.b, i * 21, 10);
        wait_received(&pair.a, i * 6, 10);
    }
    check_received(&pair.b, 2000, 100);
    check_received(&pair.a, 500, 100);
    link_pair_clear(&pair);
}

/* A keyframe's burst is spread, not lost. */
static void test_burst(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_connect(&pair);
    link_send(&pair.a, LINK_VIDEO, 300, 1100);
    wait_received(&pair.b, 300, 10);
    check_received(&pair.b, 300, 0);
    g_test_message("300 packets took %.1f ms",
                   (double)(pair.b.received[299].delivered_us - pair.b.received[0].sent_us) / 1000);
    link_pair_clear(&pair);
}

/* An application that begins anew starts at any number; the peer notices nothing. */
static void test_payloader_restart(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_connect(&pair);
    for (guint i = 0; i < 5; i++) {
        link_send(&pair.a, LINK_VIDEO, 10, 500);
        wait_received(&pair.b, (i + 1) * 10, 10);
        pair.a.sequence[LINK_VIDEO] = (guint16)(30000 * (i + 1));
    }
    check_received(&pair.b, 50, 0);
    for (guint i = 1; i < 50; i++)
        g_assert_cmpuint((guint16)(pair.b.received[i].sequence - pair.b.received[i - 1].sequence),
                         ==, 1);
    link_pair_clear(&pair);
}

static int compare_times(const void *a, const void *b) {
    const gint64 *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void test_latency(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_connect(&pair);
    enum { N = 300 };
    for (guint i = 1; i <= N; i++) {
        link_send(&pair.a, LINK_VIDEO, 1, 1000);
        wait_received(&pair.b, i, 10);
    }
    gint64 times[N];
    for (guint i = 0; i < N; i++)
        times[i] = pair.b.received[i].delivered_us - pair.b.received[i].sent_us;
    qsort(times, N, sizeof times[0], compare_times);
    g_test_message("lec_link_send() to on_rtp: p50 %" G_GINT64_FORMAT " us, p95 %" G_GINT64_FORMAT
                   " us",
                   times[N / 2], times[N * 95 / 100]);
    g_assert_cmpint(times[N / 2], <, 5000);
    link_pair_clear(&pair);
}

static bool has_three_requests(gpointer data) {
    return ((LinkSide *)data)->n_keyframe_requests >= 3;
}

static bool has_requests(gpointer data) {
    LinkPair *pair = data;
    return pair->a.n_keyframe_requests >= 1 && pair->b.n_keyframe_requests >= 1;
}

static void test_keyframes(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_connect(&pair);
    link_wait(has_requests, &pair, 5); /* at connect, unasked */
    gint64 start_us = g_get_monotonic_time();
    link_send(&pair.a, LINK_VIDEO, 1, 100);
    wait_received(&pair.b, 1, 5);
    for (int i = 0; i < 50; i++)
        lec_link_request_keyframe(pair.b.link, LINK_VIDEO);
    lec_link_request_keyframe(pair.b.link, LINK_AUDIO); /* means nothing */
    lec_link_request_keyframe(pair.b.link, 77);
    link_wait(has_three_requests, &pair.a,
              10); /* one each second: connect, the first, one for all the others */
    g_assert_cmpint(g_get_monotonic_time() - start_us, >, 1500000);
    link_run_for(1200);
    g_assert_cmpuint(pair.a.n_keyframe_requests, ==, 3);
    g_assert_cmpuint(pair.a.stats.plis_received, <=, 3);
    link_pair_clear(&pair);
}

static bool keep_tcp(LinkSide *from, LecCandidate *candidate, gpointer data) {
    return candidate->transport != LEC_CANDIDATE_UDP;
}

static void test_tcp(void) {
    LinkPair pair;
    link_pair_init(&pair);
    pair.carry = keep_tcp;
    link_pair_connect(&pair);
    for (guint i = 1; i <= 20; i++) {
        link_send(&pair.a, LINK_VIDEO, 20, 1000);
        link_send(&pair.b, LINK_AUDIO, 1, 100);
        wait_received(&pair.b, i * 20, 10);
        wait_received(&pair.a, i, 10);
    }
    check_received(&pair.b, 400, 0);
    check_received(&pair.a, 0, 20);
    link_run_for(1100);
    g_assert_true(g_str_has_prefix(pair.a.stats.local_candidate, "tcp"));
    g_assert_true(g_str_has_prefix(pair.b.stats.remote_candidate, "tcp"));
    link_pair_clear(&pair);
}

static void test_no_tcp(void) {
    LinkPair pair;
    link_pair_init(&pair);
    pair.a.config.no_tcp = pair.b.config.no_tcp = true;
    link_pair_connect(&pair);
    g_assert_cmpuint(pair.a.n_candidates, ==, 1);
    link_pair_clear(&pair);
}

/* As in the field: every interface of this machine, its addresses of both families, and loopback.
 */
static void test_every_interface(void) {
    LinkPair pair;
    link_pair_init(&pair);
    pair.a.config.interfaces_denied = pair.b.config.interfaces_denied = NULL;
    link_pair_connect(&pair);
    link_send(&pair.a, LINK_VIDEO, 5, 500);
    wait_received(&pair.b, 5, 5);
    link_run_for(1100);
    g_test_message("%u candidates, connected in %.1f ms over %s", pair.a.n_candidates,
                   (double)(MAX(pair.a.connected_us, pair.b.connected_us) - pair.started_us) / 1000,
                   pair.a.stats.local_candidate);
    link_pair_clear(&pair);
}

static void test_aes_128_policy(void) {
    LinkPair pair;
    link_pair_init(&pair);
    pair.a.config.allow_aes_128 = true;
    link_pair_connect(&pair);
    link_run_for(1100);
    g_assert_cmpstr(pair.a.stats.srtp_profile, ==, "AEAD_AES_256_GCM");
    link_pair_clear(&pair);
}

static void test_passive_answerer(void) {
    LinkPair pair;
    link_pair_init(&pair);
    pair.b.config.setup = LEC_SETUP_PASSIVE;
    link_pair_connect(&pair);
    link_send(&pair.a, LINK_VIDEO, 3, 100);
    wait_received(&pair.b, 3, 5);
    link_pair_clear(&pair);
}

/* A peer that announces no SSRCs is known by its mid, and without that by its payload types. */
static void check_unannounced(bool with_mid) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_open(&pair);
    for (guint i = 0; i < 2; i++) {
        if (!with_mid)
            pair.a.local->sections[i].mid_id = pair.b.local->sections[i].mid_id = 0;
    }
    g_autoptr(LecMediaParams) told = lec_media_params_copy(pair.a.local);
    for (guint i = 0; i < 2; i++)
        told->sections[i].ssrc = told->sections[i].rtx_ssrc = 0;
    g_autoptr(GError) error = NULL;
    pair.started_us = g_get_monotonic_time();
    g_assert_true(lec_link_start(pair.a.link, pair.a.local, pair.b.local, &error));
    g_assert_true(lec_link_start(pair.b.link, pair.b.local, told, &error));
    link_wait(link_pair_is_connected, &pair, 10);
    link_send(&pair.a, LINK_VIDEO, 5, 100);
    link_send(&pair.a, LINK_AUDIO, 1, 100);
    wait_received(&pair.b, 6, 5);
    link_pair_clear(&pair);
}

static void test_unannounced(void) {
    check_unannounced(true);
    check_unannounced(false);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/link/connect", test_connect);
    g_test_add_func("/link/stats", test_stats);
    g_test_add_func("/link/media", test_media);
    g_test_add_func("/link/burst", test_burst);
    g_test_add_func("/link/payloader-restart", test_payloader_restart);
    g_test_add_func("/link/latency", test_latency);
    g_test_add_func("/link/keyframes", test_keyframes);
    g_test_add_func("/link/tcp", test_tcp);
    g_test_add_func("/link/no-tcp", test_no_tcp);
    g_test_add_func("/link/every-interface", test_every_interface);
    g_test_add_func("/link/aes-128-policy", test_aes_128_policy);
    g_test_add_func("/link/passive-answerer", test_passive_answerer);
    g_test_add_func("/link/unannounced", test_unannounced);
    return g_test_run();
}
