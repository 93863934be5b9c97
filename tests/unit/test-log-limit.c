/* Strangers' lines: the first, then a count a minute, and a first one again after a quiet minute.
 */
#include "common/base/log-limit.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define START (1000 * SECOND)

static void test_first(void) {
    LecLogLimit limit = {0};
    g_assert_cmpuint(lec_log_limit_take(&limit, START), ==, 0);
    g_assert_true(lec_log_limit_may(&limit, START));
    g_assert_cmpuint(lec_log_limit_take(&limit, START + 59 * SECOND), ==, 0);
    g_assert_cmpuint(lec_log_limit_take(&limit, START + 60 * SECOND), ==,
                     0); /* there was but one */
    g_assert_true(lec_log_limit_may(&limit, START + 60 * SECOND));
}

/* A flood of three minutes, looked at each second as the programs do. */
static void test_flood(void) {
    LecLogLimit limit = {0};
    guint lines = 0, counts = 0, counted = 0;
    for (guint second = 0; second < 240; second++) {
        const gint64 now_us = START + second * SECOND;
        for (guint i = 0; i < 100 && second < 180; i++)
            lines += lec_log_limit_may(&limit, now_us);
        const guint left_out = lec_log_limit_take(&limit, now_us);
        counts += left_out > 0;
        counted += left_out;
    }
    g_assert_cmpuint(lines, ==, 1);
    g_assert_cmpuint(counts, ==, 3);
    g_assert_cmpuint(lines + counted, ==, 18000); /* none is forgotten */
}

/* After a minute without any, the next is written again. */
static void test_again(void) {
    LecLogLimit limit = {0};
    g_assert_true(lec_log_limit_may(&limit, START));
    g_assert_false(lec_log_limit_may(&limit, START + SECOND));
    g_assert_cmpuint(lec_log_limit_take(&limit, START + 60 * SECOND), ==, 1);
    g_assert_false(lec_log_limit_may(&limit, START + 61 * SECOND)); /* it goes on */
    g_assert_cmpuint(lec_log_limit_take(&limit, START + 120 * SECOND), ==, 1);
    g_assert_cmpuint(lec_log_limit_take(&limit, START + 180 * SECOND), ==, 0);
    g_assert_true(lec_log_limit_may(&limit, START + 181 * SECOND));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log-limit/first", test_first);
    g_test_add_func("/log-limit/flood", test_flood);
    g_test_add_func("/log-limit/again", test_again);
    return g_test_run();
}
