/* The names that the box goes by. */
#include "receiver/web-names.h"

#include "common/base/config.h"

static void expect(const char *host_names, const char *machine, const char *published,
                   const char *wanted) {
    g_auto(GStrv) names = lec_web_names_list(host_names, machine, published);
    g_autofree char *text = g_strjoinv(" ", names);
    g_assert_cmpstr(text, ==, wanted);
}

static void test_list(void) {
    expect("", "room12", NULL, "room12 room12.local");
    expect("", "Room12.Example.org", "room12-2.local.",
           "room12 room12.local room12.example.org room12-2.local");
    expect("share.example.org, room12", "room12", "room12.local",
           "share.example.org room12 room12.local");
    expect("", "not a name", NULL, "");
}

static void test_bad_names(void) {
    static const char *const bad[] = {"https://box", "box:443",  "10.0.0.1", "*.example.org",
                                      "a..b",        "good b/d", "[::1]"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(lec_web_names_read(bad[i], &error));
        g_assert_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE);
    }
    g_auto(GStrv) names = lec_web_names_read(" a.example ,b ", NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 2);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web-names/list", test_list);
    g_test_add_func("/web-names/bad-names", test_bad_names);
    return g_test_run();
}
