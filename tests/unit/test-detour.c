/* When a call over a relay looks for a direct path. */
#include "sender/detour.h"

#include <string.h>

#define SECOND ((gint64)G_USEC_PER_SEC)

static LecLinkStats path(const char *local, const char *remote) {
    LecLinkStats stats = {0};
    g_strlcpy(stats.local_candidate, local, sizeof stats.local_candidate);
    g_strlcpy(stats.remote_candidate, remote, sizeof stats.remote_candidate);
    return stats;
}

static guint count_due(LecDetour *detour, const LecLinkStats *stats, guint from_s, guint to_s) {
    guint due = 0;
    for (guint s = from_s; s < to_s; s++)
        due += lec_detour_is_due(detour, stats, s * SECOND);
    return due;
}

static void test_direct(void) {
    LecDetour detour = {0};
    const LecLinkStats direct = path("udp host 192.0.2.1:5", "udp srflx 198.51.100.7:6");
    g_assert_cmpuint(count_due(&detour, &direct, 1, 2000), ==, 0);
}

static void test_waits_longer(void) {
    LecDetour detour = {0};
    const LecLinkStats relayed = path("tls relay 203.0.113.1:5", "udp host 192.0.2.9:6");
    g_assert_cmpuint(count_due(&detour, &relayed, 1, 16), ==, 0);
    g_assert_cmpuint(count_due(&detour, &relayed, 16, 17), ==, 1);
    g_assert_cmpuint(count_due(&detour, &relayed, 17, 46), ==, 0);
    g_assert_cmpuint(count_due(&detour, &relayed, 46, 47), ==, 1);
    /* 60, 120, 240, and from then on 300 s. */
    g_assert_cmpuint(count_due(&detour, &relayed, 47, 467), ==, 3);
    g_assert_cmpuint(count_due(&detour, &relayed, 467, 467 + 3000), ==, 10);
}

static void test_begins_anew(void) {
    LecDetour detour = {0};
    const LecLinkStats relayed = path("udp host 192.0.2.1:5", "udp relay 203.0.113.1:6");
    const LecLinkStats direct = path("udp host 192.0.2.1:5", "udp host 192.0.2.9:6");
    g_assert_cmpuint(count_due(&detour, &relayed, 1, 400), >, 3);
    g_assert_false(lec_detour_is_due(&detour, &direct, 400 * SECOND));
    g_assert_cmpuint(count_due(&detour, &relayed, 401, 416), ==, 0);
    g_assert_true(lec_detour_is_due(&detour, &relayed, 416 * SECOND));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detour/direct", test_direct);
    g_test_add_func("/detour/waits-longer", test_waits_longer);
    g_test_add_func("/detour/begins-anew", test_begins_anew);
    return g_test_run();
}
