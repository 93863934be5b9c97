/* What the bandwidth estimate is to reach: use of the path, delay of its own making, recovery, fair
 * shares. */
#include <glib.h>

#include "tests/support/bottleneck.h"

static void say(LecBottleneck *path, const char *when) {
    GString *rates = g_string_new(NULL);
    for (guint i = 0; i < path->n_flows; i++)
        g_string_append_printf(rates, " %u", lec_bottleneck_get_kbps(path, i));
    g_test_message("%s: use %.3f, queue p50 %.1f p95 %.1f ms, fairness %.3f, estimates%s", when,
                   lec_bottleneck_get_use(path), lec_bottleneck_get_queue_ms(path, 0.5),
                   lec_bottleneck_get_queue_ms(path, 0.95), lec_bottleneck_get_fairness(path),
                   rates->str);
    g_string_free(rates, TRUE);
}

typedef struct {
    guint32 kbps;
    double queue_ms;
} Goal;

/* On the narrowest one picture alone takes up to 25 ms to pass. */
static const Goal goals[] = {{2000, 65}, {4000, 50}, {8000, 50}, {20000, 50}};

static void test_fills_the_path(gconstpointer data) {
    const Goal *goal = data;
    g_auto(LecBottleneck) path;
    lec_bottleneck_init(&path, 1, goal->kbps);
    lec_bottleneck_run(&path, 20);
    say(&path, "first 20 s");
    lec_bottleneck_run(&path, 60);
    say(&path, "then a minute");
    g_assert_cmpfloat(lec_bottleneck_get_use(&path), >, 0.95);
    g_assert_cmpfloat(lec_bottleneck_get_queue_ms(&path, 0.5), <, 25);
    g_assert_cmpfloat(lec_bottleneck_get_queue_ms(&path, 0.95), <, goal->queue_ms);
}

/* From 20 to 2 Mbit/s: within 3 s the old queue is gone and the path is used again, and stays so.
 */
static void test_recovers(void) {
    g_auto(LecBottleneck) path;
    lec_bottleneck_init(&path, 1, 20000);
    lec_bottleneck_run(&path, 30);
    path.capacity_kbps = 2000;
    lec_bottleneck_run(&path, 0.3);
    say(&path, "0.3 s after the drop");
    g_assert_cmpuint(lec_bottleneck_get_kbps(&path, 0), <, 2000); /* it has been noticed */
    lec_bottleneck_run(&path, 2.7);
    say(&path, "3 s after the drop");
    for (guint i = 0; i < 8; i++) {
        lec_bottleneck_run(&path, 0.5);
        say(&path, "half a second later");
        g_assert_cmpfloat(lec_bottleneck_get_queue_ms(&path, 0.5), <, 50);
        g_assert_cmpfloat(lec_bottleneck_get_use(&path), >, 0.75);
    }
}

#define SEEDS 12

/* One joins after the other; how the shares fall depends on whose picture fills the queue, so that
 * several runs are looked at. */
static void test_shares(gconstpointer data) {
    double fairness = 0, use = 0, queue_ms = 0;
    for (guint seed = 1; seed <= SEEDS; seed++) {
        g_auto(LecBottleneck) path;
        lec_bottleneck_init(&path, 3, GPOINTER_TO_UINT(data));
        g_rand_set_seed(path.random, seed);
        path.flows[1].starts_us = path.now_us + 5 * G_USEC_PER_SEC;
        path.flows[2].starts_us = path.now_us + 10 * G_USEC_PER_SEC;
        lec_bottleneck_run(&path, 25);
        lec_bottleneck_run(&path, 30);
        say(&path, "30 s of three");
        fairness += lec_bottleneck_get_fairness(&path) / SEEDS;
        use += lec_bottleneck_get_use(&path) / SEEDS;
        queue_ms += lec_bottleneck_get_queue_ms(&path, 0.95) / SEEDS;
    }
    g_test_message("mean: fairness %.3f, use %.3f, queue p95 %.1f ms", fairness, use, queue_ms);
    g_assert_cmpfloat(fairness, >=, 0.9);
    g_assert_cmpfloat(use, >, 0.95);
    g_assert_cmpfloat(queue_ms, <, 55);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(goals); i++) {
        g_autofree char *name = g_strdup_printf("/bandwidth-goals/fills-%u-kbps", goals[i].kbps);
        g_test_add_data_func(name, &goals[i], test_fills_the_path);
    }
    g_test_add_func("/bandwidth-goals/recovers", test_recovers);
    g_test_add_data_func("/bandwidth-goals/three-share-6-mbit", GUINT_TO_POINTER(6000),
                         test_shares);
    g_test_add_data_func("/bandwidth-goals/three-share-20-mbit", GUINT_TO_POINTER(20000),
                         test_shares);
    return g_test_run();
}
