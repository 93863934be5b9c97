/* The bandwidth estimate against a simulated bottleneck: pictures at 60 Hz, a queue, loss, and real
 * feedback packets. */
#include <glib.h>
#include <string.h>

#include "common/transport/bandwidth.h"

#define PACKET_BYTES 1200
#define ONE_WAY_US 10000
#define QUEUE_LIMIT_US 1000000
#define FRAME_US 16667

typedef struct {
    gint64 arrival_us;
    guint16 sequence;
} Flying;

typedef struct {
    LecBandwidth *bandwidth;
    LecFeedbackSender *sender;
    LecFeedbackReceiver *receiver;
    GQueue flying; /* of Flying, in order of arrival */
    GArray *results;
    GArray *queue_us; /* gint64: the delay that each packet met */
    GRand *random;
    gint64 now_us;
    gint64 link_free_us;
    guint32 capacity_kbps;
    double loss;
    gint64 jitter_us;
    guint32 content_kbps; /* what there is to send; G_MAXUINT32: as much as allowed */
    double owed_bytes;
    bool deaf;            /* no feedback comes through */
    guint reported, lost; /* packets, by the feedback of the last run() */
} Path;

static void path_init(Path *path, guint32 capacity_kbps) {
    *path = (Path){
        .bandwidth = lec_bandwidth_new(&(LecBandwidthConfig){0}),
        .sender = lec_feedback_sender_new(),
        .receiver = lec_feedback_receiver_new(),
        .flying = G_QUEUE_INIT,
        .results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult)),
        .queue_us = g_array_new(FALSE, FALSE, sizeof(gint64)),
        .random = g_rand_new_with_seed(7),
        .now_us = 1000000000,
        .capacity_kbps = capacity_kbps,
        .content_kbps = G_MAXUINT32,
    };
}

static void path_clear(Path *path) {
    lec_bandwidth_free(path->bandwidth);
    lec_feedback_sender_free(path->sender);
    lec_feedback_receiver_free(path->receiver);
    g_queue_clear_full(&path->flying, g_free);
    g_array_unref(path->results);
    g_array_unref(path->queue_us);
    g_rand_free(path->random);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Path, path_clear)

static void send_packet(Path *path) {
    guint16 sequence = lec_feedback_sender_add(path->sender, PACKET_BYTES, path->now_us);
    gint64 start_us = MAX(path->link_free_us, path->now_us);
    gint64 queue_us = start_us - path->now_us;
    if (queue_us > QUEUE_LIMIT_US || g_rand_double(path->random) < path->loss)
        return;
    g_array_append_val(path->queue_us, queue_us);
    path->link_free_us = start_us + PACKET_BYTES * 8000 / path->capacity_kbps;
    Flying *flying = g_new(Flying, 1);
    gint64 jitter_us =
        path->jitter_us ? g_rand_int_range(path->random, 0, (gint32)path->jitter_us) : 0;
    const Flying *last = g_queue_peek_tail(&path->flying);
    flying->arrival_us =
        MAX(path->link_free_us + ONE_WAY_US + jitter_us, last ? last->arrival_us : 0);
    flying->sequence = sequence;
    g_queue_push_tail(&path->flying, flying);
}

static void send_frame(Path *path) {
    guint32 kbps = MIN(lec_bandwidth_get_kbps(path->bandwidth), path->content_kbps);
    double size = g_rand_double_range(path->random, 0.6, 1.4); /* no encoder hits its mark */
    path->owed_bytes += kbps / 8. * (FRAME_US / 1000.) * size;
    for (; path->owed_bytes >= PACKET_BYTES; path->owed_bytes -= PACKET_BYTES)
        send_packet(path);
}

static void feed_back(Path *path) {
    guint8 fci[1100];
    for (gsize len; (len = lec_feedback_receiver_write(path->receiver, fci, sizeof fci)) > 0;) {
        g_array_set_size(path->results, 0);
        g_assert_true(lec_feedback_sender_read(path->sender, fci, len, path->results, NULL));
        path->reported += path->results->len;
        for (guint i = 0; i < path->results->len; i++)
            path->lost += g_array_index(path->results, LecFeedbackResult, i).lost;
        lec_bandwidth_on_feedback(path->bandwidth, (const LecFeedbackResult *)path->results->data,
                                  path->results->len, 2 * ONE_WAY_US, path->now_us + ONE_WAY_US);
    }
}

static void run(Path *path, double seconds) {
    g_array_set_size(path->queue_us, 0);
    path->reported = path->lost = 0;
    gint64 end_us = path->now_us + (gint64)(seconds * 1e6);
    gint64 frame_us = path->now_us, feedback_us = path->now_us;
    for (; path->now_us < end_us; path->now_us += 1000) {
        for (; frame_us <= path->now_us; frame_us += FRAME_US)
            send_frame(path);
        for (Flying *f; (f = g_queue_peek_head(&path->flying)) && f->arrival_us <= path->now_us;) {
            lec_feedback_receiver_add(path->receiver, f->sequence, f->arrival_us + 777000000);
            g_free(g_queue_pop_head(&path->flying));
        }
        if (path->now_us - feedback_us < LEC_FEEDBACK_INTERVAL_US)
            continue;
        feedback_us = path->now_us;
        if (!path->deaf)
            feed_back(path);
        lec_bandwidth_tick(path->bandwidth,
                           lec_feedback_sender_get_in_flight_bytes(path->sender, path->now_us),
                           path->now_us);
    }
}

static int compare(gconstpointer a, gconstpointer b) {
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return (x > y) - (x < y);
}

/* Percentile p of the queueing delay in the last run(), in ms. */
static double queue_ms(Path *path, double p) {
    g_assert_cmpuint(path->queue_us->len, >, 0);
    g_array_sort(path->queue_us, compare);
    return g_array_index(path->queue_us, gint64, (guint)(p * (path->queue_us->len - 1))) / 1000.;
}

static double loss(const Path *path) {
    return path->reported ? (double)path->lost / path->reported : 0;
}

static guint32 kbps(const Path *path) {
    return lec_bandwidth_get_kbps(path->bandwidth);
}

static void report(Path *path, const char *when) {
    g_test_message("%s: estimate %u kbps, acknowledged %u, queue p50 %.1f p95 %.1f ms, loss %.3f",
                   when, kbps(path), lec_bandwidth_get_acknowledged_kbps(path->bandwidth),
                   queue_ms(path, 0.5), queue_ms(path, 0.95), loss(path));
}

static void test_start(void) {
    g_auto(Path) path;
    path_init(&path, 20000);
    g_assert_cmpuint(kbps(&path), ==, 8000);
    run(&path, 15);
    report(&path, "15 s");
    g_assert_cmpuint(kbps(&path), >, 14000);
    g_assert_cmpuint(kbps(&path), <, 24000);
    run(&path, 30);
    report(&path, "settled");
    g_assert_cmpfloat(queue_ms(&path, 0.95), <, 60);
}

static void test_drop_and_return(void) {
    g_auto(Path) path;
    path_init(&path, 20000);
    run(&path, 30);
    path.capacity_kbps = 2000;
    run(&path, 2);
    report(&path, "2 s after the drop");
    g_assert_cmpuint(kbps(&path), <, 2600);
    run(&path, 2);
    report(&path, "4 s after the drop");
    run(&path, 20);
    report(&path, "settled at 2 Mbit/s");
    g_assert_cmpuint(kbps(&path), >, 1200);
    g_assert_cmpuint(kbps(&path), <, 2600);
    g_assert_cmpfloat(queue_ms(&path, 0.5), <, 60);
    g_assert_cmpfloat(queue_ms(&path, 0.95), <, 120);
    path.capacity_kbps = 20000;
    run(&path, 25);
    report(&path, "25 s after the return");
    g_assert_cmpuint(kbps(&path), >, 12000);
}

static void test_random_loss(void) {
    g_auto(Path) path;
    path_init(&path, 20000);
    path.loss = 0.02;
    run(&path, 30);
    report(&path, "2 % loss");
    g_assert_cmpuint(kbps(&path), >, 10000);
    g_assert_cmpfloat(loss(&path), >, 0.001);
    path.loss = 0.3;
    run(&path, 10);
    report(&path, "30 % loss");
    g_assert_cmpuint(kbps(&path), <, 2000);
    path.loss = 0;
    run(&path, 20);
    report(&path, "no loss again");
    g_assert_cmpuint(kbps(&path), >, 5000);
}

static void test_jitter(void) {
    g_auto(Path) path;
    path_init(&path, 50000);
    path.jitter_us = 8000; /* a busy radio */
    run(&path, 30);
    report(&path, "jitter");
    g_assert_cmpuint(kbps(&path), >, 8000);
}

static void test_app_limited(void) {
    g_auto(Path) path;
    path_init(&path, 100000);
    path.content_kbps = 300;
    run(&path, 60);
    report(&path, "quiet content");
    g_assert_cmpuint(kbps(&path), ==, 8000); /* unproven: neither grows nor shrinks */
    path.content_kbps = 7000;
    run(&path, 20);
    report(&path, "busy content");
    g_assert_cmpuint(kbps(&path), >, 9000);
    g_assert_cmpuint(kbps(&path), <, 7000 * 2);
}

/* The path narrows to half of what is sent, which was little beside the estimate. */
static void test_narrows_below_content(void) {
    g_auto(Path) path;
    path_init(&path, 50000);
    path.content_kbps = 4000;
    run(&path, 5);
    path.capacity_kbps = 2000;
    run(&path, 4);
    report(&path, "4 s after the path narrowed");
    g_assert_cmpuint(kbps(&path), <, 2500);
    run(&path, 4);
    report(&path, "8 s after");
    g_assert_cmpfloat(queue_ms(&path, 0.5), <, 100);
}

/* A radio that stalls for a while now and then, under a screen that sends little: the next large
 * picture must not find the estimate in ruins. */
static void test_stalls(void) {
    g_auto(Path) path;
    path_init(&path, 50000);
    path.content_kbps = 2000;
    guint32 lowest = G_MAXUINT32;
    for (guint i = 0; i < 20; i++) {
        path.link_free_us = MAX(path.link_free_us, path.now_us) + 50000 * (i % 6);
        for (guint k = 0; k < 30; k++) {
            run(&path, 0.1);
            lowest = MIN(lowest, kbps(&path));
        }
    }
    g_test_message("lowest estimate %u kbps, at the end %u", lowest, kbps(&path));
    g_assert_cmpuint(lowest, >=, 3000);
    g_assert_cmpuint(kbps(&path), >=, 6000);
}

static void test_narrow_path_wide_start(void) {
    g_auto(Path) path;
    path_init(&path, 1000);
    run(&path, 3);
    report(&path, "3 s");
    g_assert_cmpuint(kbps(&path), <, 1500);
    run(&path, 20);
    report(&path, "settled at 1 Mbit/s");
    g_assert_cmpfloat(queue_ms(&path, 0.95), <, 150);
}

static void test_silence(void) {
    g_auto(Path) path;
    path_init(&path, 20000);
    run(&path, 5);
    guint32 before = kbps(&path);
    path.deaf = true;
    run(&path, 0.8);
    g_assert_cmpuint(kbps(&path), ==, before / 2);
    run(&path, 1.1);
    g_assert_cmpuint(kbps(&path), <=, before / 4);
    run(&path, 60);
    g_assert_cmpuint(kbps(&path), ==, 150);
}

static void test_loss_reports(void) {
    g_autoptr(LecBandwidth) bandwidth = lec_bandwidth_new(
        &(LecBandwidthConfig){.start_kbps = 4000, .min_kbps = 500, .max_kbps = 6000});
    lec_bandwidth_on_loss(bandwidth, 0.05f, 1000000);
    g_assert_cmpuint(lec_bandwidth_get_kbps(bandwidth), ==, 4000);
    lec_bandwidth_on_loss(bandwidth, 0.5f, 2000000);
    g_assert_cmpuint(lec_bandwidth_get_kbps(bandwidth), ==, 3000);
    lec_bandwidth_on_loss(bandwidth, 0, 3000000);
    g_assert_cmpuint(lec_bandwidth_get_kbps(bandwidth), ==, 3750);
    for (gint64 i = 4; i < 40; i++)
        lec_bandwidth_on_loss(bandwidth, 1, i * 1000000);
    g_assert_cmpuint(lec_bandwidth_get_kbps(bandwidth), ==, 500);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bandwidth/start", test_start);
    g_test_add_func("/bandwidth/drop-and-return", test_drop_and_return);
    g_test_add_func("/bandwidth/random-loss", test_random_loss);
    g_test_add_func("/bandwidth/jitter", test_jitter);
    g_test_add_func("/bandwidth/app-limited", test_app_limited);
    g_test_add_func("/bandwidth/narrows-below-content", test_narrows_below_content);
    g_test_add_func("/bandwidth/stalls", test_stalls);
    g_test_add_func("/bandwidth/narrow-path-wide-start", test_narrow_path_wide_start);
    g_test_add_func("/bandwidth/silence", test_silence);
    g_test_add_func("/bandwidth/loss-reports", test_loss_reports);
    return g_test_run();
}
