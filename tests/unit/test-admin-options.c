/* lectern-admin's command line: what it takes, and what it refuses. */
#include "admin/options.h"

#include <string.h>

#define NOW_S 1800000000
#define AB                                                                                       \
    "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:" \
    "AB:AB"

static bool read_line(const char *line, LecAdminOptions *options, GError **error) {
    g_autofree char *whole = g_strconcat("lectern-admin --cloud c.example.org ", line, NULL);
    g_auto(GStrv) words = g_strsplit(whole, " ", -1);
    return lec_admin_options_read((int)g_strv_length(words), words, NOW_S, options, error);
}

static void test_good(void) {
    static const struct {
        const char *line;
        LecAdminCommand command;
        gint64 until_s;
    } cases[] = {
        {"boxes", LEC_ADMIN_BOXES, 0},
        {"status --json", LEC_ADMIN_STATUS, 0},
        {"enrol --name lobby-2", LEC_ADMIN_ENROL, 0},
        {"revoke lobby", LEC_ADMIN_REVOKE, 0},
        {"restore lobby", LEC_ADMIN_RESTORE, 0},
        {"remove lobby", LEC_ADMIN_REMOVE, 0},
        {"revoke --device " AB, LEC_ADMIN_REVOKE, 0},
        {"revoke --device " AB " --for 90m --reason lost", LEC_ADMIN_REVOKE, NOW_S + 5400},
        {"restore --device " AB, LEC_ADMIN_RESTORE, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(LecAdminOptions) options = {0};
        g_autoptr(GError) error = NULL;
        read_line(cases[i].line, &options, &error);
        g_assert_no_error(error);
        g_assert_cmpint(options.command, ==, cases[i].command);
        g_assert_cmpint(options.until_s, ==, cases[i].until_s);
    }
}

static void test_bad(void) {
    static const char *const bad[] = {
        "",
        "dance",
        "boxes all",
        "enrol",
        "enrol --name Lobby",
        "enrol --name -x",
        "enrol --name lobby 1234567890",
        "revoke",
        "revoke a b",
        "revoke LOBBY",
        "revoke lobby --device " AB,
        "revoke --device AB",
        "remove --device " AB,
        "boxes --name lobby",
        "restore --device " AB " --for 2h",
        "revoke --device " AB " --for 2h --until 2100-01-01",
        "revoke --device " AB " --until 2020-01-01",
        "boxes --cloud https://c.example.org/",
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(LecAdminOptions) options = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(read_line(bad[i], &options, &error));
        g_assert_nonnull(error);
    }
}

static void test_times(void) {
    g_assert_cmpint(lec_admin_read_duration("90m"), ==, 5400);
    g_assert_cmpint(lec_admin_read_duration("2h"), ==, 7200);
    g_assert_cmpint(lec_admin_read_duration("3650d"), ==, 3650LL * 86400);
    static const char *const bad[] = {"",   "h",   "2",    "0h",    "-1h",
                                      "2w", "2 h", "1.5h", "3651d", "99999999999999999999d"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_cmpint(lec_admin_read_duration(bad[i]), ==, 0);
    const gint64 end = lec_admin_read_date("2030-12-24");
    g_assert_cmpint(end - lec_admin_read_date("2030-12-24T18:00"), ==, 6 * 3600 - 1);
    g_assert_cmpint(lec_admin_read_date("tomorrow"), ==, 0);
    g_assert_cmpint(lec_admin_read_date("2030-13-24"), ==, 0);
    g_assert_cmpint(lec_admin_read_date("2030-12-24T25:00"), ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/admin-options/good", test_good);
    g_test_add_func("/admin-options/bad", test_bad);
    g_test_add_func("/admin-options/times", test_times);
    return g_test_run();
}
