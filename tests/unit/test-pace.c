/* Pacing lets a steady source through whatever its jitter, and holds a fast one to the display's
 * rate; meters count. */
#include "receiver/stage/meter.h"
#include "receiver/stage/pace.h"

#define INTERVAL 16667

/* How many of n pictures, one each period with jitter, are shown at once or within wait of
 * arriving. */
static guint count_shown(guint n, gint64 period, gint64 jitter, gint64 *ret_longest_wait) {
    LecPace pace = {0};
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    guint shown = 0;
    gint64 waiting = 0;
    *ret_longest_wait = 0;
    for (guint i = 1; i <= n; i++) {
        gint64 now = 1000000 + i * period + g_rand_int_range(rand, (int)-jitter, (int)jitter + 1);
        gint64 earliest = lec_pace_earliest(&pace, INTERVAL);
        if (waiting && earliest <= now) { /* its turn came before this one */
            lec_pace_took(&pace, INTERVAL, earliest);
            *ret_longest_wait = MAX(*ret_longest_wait, earliest - waiting);
            shown++;
            waiting = 0;
            earliest = lec_pace_earliest(&pace, INTERVAL);
        }
        if (earliest > now) {
            waiting = now;
            continue;
        }
        lec_pace_took(&pace, INTERVAL, now);
        shown++;
        waiting = 0;
    }
    return shown;
}

static void test_steady(void) {
    gint64 wait;
    g_assert_cmpuint(count_shown(600, INTERVAL, 0, &wait), ==, 600);
    g_assert_cmpint(wait, ==, 0);
    g_assert_cmpuint(count_shown(600, INTERVAL, 3500, &wait), ==, 600);
    g_assert_cmpint(wait, ==, 0);
    g_assert_cmpuint(count_shown(600, 16200, 3000, &wait), >=, 598); /* a clock 3 % fast */
    g_assert_cmpuint(count_shown(600, 33333, 8000, &wait), ==, 600);
}

static void test_fast(void) {
    gint64 wait;
    guint shown = count_shown(1200, INTERVAL / 2, 1000, &wait); /* 120 Hz for 10 s */
    g_assert_cmpuint(shown, >=, 590);
    g_assert_cmpuint(shown, <=, 640);
}

static void test_meter(void) {
    LecMeter meter;
    LecTileStats stats;
    lec_meter_init(&meter);
    lec_meter_presented(&meter, 5); /* nothing was handed over */
    for (gint64 i = 1; i <= 1001; i++) {
        lec_meter_handed(&meter, i * 10000);
        lec_meter_presented(&meter, i * 10000 + 1000 + i % 3);
    }
    lec_meter_handed(&meter, 0); /* a still: shown, with no time of its own */
    lec_meter_presented(&meter, 99);
    lec_meter_take(&meter, &stats);
    g_assert_cmpuint(stats.shown, ==, 1002);
    g_assert_cmpuint(stats.display_us, ==, 1001);
    g_assert_cmpint(stats.newest_arrival_us, ==, 10010000);
    lec_meter_take(&meter, &stats);
    g_assert_cmpuint(stats.shown, ==, 0);
    g_assert_cmpuint(stats.display_us, ==, 0);
    g_assert_cmpint(stats.newest_arrival_us, ==, 10010000);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pace/steady", test_steady);
    g_test_add_func("/pace/fast", test_fast);
    g_test_add_func("/meter", test_meter);
    return g_test_run();
}
