/* The words for how a sharing goes. */
#include <glib.h>

#include "sender/window/quality.h"

static LecShareStats good(void) {
    return (LecShareStats){.encode_us = 5000,
                           .link = {.rtt_us = 4000, .estimate_kbps = 8000},
                           .report = {.display_us = 20000}};
}

static void test_judged(void) {
    LecShareStats stats = good();
    g_assert_cmpint(lec_quality_judge(&stats), ==, LEC_QUALITY_GOOD);
    stats.report.display_us = 0;
    g_assert_cmpint(lec_quality_judge(&stats), ==, LEC_QUALITY_UNKNOWN);
    stats = good();
    stats.link.loss = 0.02f;
    g_assert_cmpint(lec_quality_judge(&stats), ==, LEC_QUALITY_FAIR);
    stats.link.loss = 0.2f;
    g_assert_cmpint(lec_quality_judge(&stats), ==, LEC_QUALITY_POOR);
    stats = good();
    stats.link.estimate_kbps = 1000;
    g_assert_cmpint(lec_quality_judge(&stats), ==, LEC_QUALITY_FAIR);
    stats.link.estimate_kbps = 100;
    g_assert_cmpint(lec_quality_judge(&stats), ==, LEC_QUALITY_POOR);
    stats = good();
    stats.link.rtt_us = 800000;
    g_assert_cmpint(lec_quality_judge(&stats), ==, LEC_QUALITY_FAIR);
    stats.link.pacer_queue_us = 900000;
    g_assert_cmpint(lec_quality_judge(&stats), ==, LEC_QUALITY_POOR);
}

static void test_said(void) {
    for (guint i = LEC_QUALITY_UNKNOWN; i <= LEC_QUALITY_POOR; i++)
        g_assert_cmpstr(lec_quality_get_words((LecQuality)i), !=, "");
    g_assert_null(lec_quality_get_advice(LEC_QUALITY_GOOD));
    g_assert_nonnull(lec_quality_get_advice(LEC_QUALITY_POOR));
    g_assert_cmpstr(lec_quality_get_delay_words(119999), !=, lec_quality_get_delay_words(120000));
    g_assert_cmpstr(lec_quality_get_delay_words(299999), ==, lec_quality_get_delay_words(120000));
    g_assert_cmpstr(lec_quality_get_delay_words(299999), !=, lec_quality_get_delay_words(300000));
    g_assert_cmpstr(lec_quality_get_delay_words(699999), !=, lec_quality_get_delay_words(700000));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quality/judged", test_judged);
    g_test_add_func("/quality/said", test_said);
    return g_test_run();
}
