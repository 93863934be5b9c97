/* The receiver's command line and file: what they set, what they refuse, and that the man page
 * knows every key. */
#include <glib/gstdio.h>
#include <string.h>

#include "receiver/settings.h"

#define ARGUMENTS(...)                        \
    (const char *[]) {                        \
        "lectern-receiver", __VA_ARGS__, NULL \
    }

static bool parse(const char **arguments, LecSettings *settings, LecOptions *options,
                  GError **error) {
    g_auto(GStrv) copy = g_strdupv((char **)arguments);
    g_autofree char **line = g_memdup2(copy, (g_strv_length(copy) + 1) * sizeof *copy);
    return lec_settings_read((int)g_strv_length(copy), line, settings, options, error);
}

static void test_defaults_need_no_file(void) {
    g_auto(LecSettings) settings = {0};
    LecOptions options;
    g_autoptr(GError) error = NULL;
    g_assert_true(parse(ARGUMENTS(NULL), &settings, &options, &error));
    g_assert_cmpint(settings.pin, ==, LEC_PIN_ROTATING);
    g_assert_cmpint(settings.max_presenters, ==, 9);
    g_assert_true(settings.sound);
    g_assert_cmpint(options.start, ==, LEC_START_RUN);
}

static void test_options(void) {
    g_auto(LecSettings) settings = {0};
    LecOptions options;
    g_autoptr(GError) error = NULL;
    g_assert_true(
        parse(ARGUMENTS("--name", "Room 12", "--port", "8443", "--pin", "file:/etc/pin",
                        "--display", "none", "--size", "1280x720", "--no-sound", "--announce"),
              &settings, &options, &error));
    g_assert_cmpstr(settings.name, ==, "Room 12");
    g_assert_cmpint(settings.port, ==, 8443);
    g_assert_cmpint(settings.pin, ==, LEC_PIN_FIXED);
    g_assert_cmpstr(settings.pin_file, ==, "/etc/pin");
    g_assert_cmpint(settings.width, ==, 1280);
    g_assert_cmpint(settings.height, ==, 720);
    g_assert_false(settings.sound);
    g_assert_true(options.announce);
}

static void test_refusals(void) {
    static const char *const lines[][3] = {
        {"--port", "65536", "--port"},    {"--port", "http", "--port"},
        {"--pin", "1234", "--pin"},       {"--pin", "file", "pin-file"},
        {"--display", "tv", "--display"}, {"--size", "1280", "--size"},
        {"--colour", "red", "--colour"},  {"--config", "/nonexistent/file", "/nonexistent/file"},
        {"--announce", "more", "more"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_auto(LecSettings) settings = {0};
        LecOptions options;
        g_autoptr(GError) error = NULL;
        g_assert_false(parse(ARGUMENTS(lines[i][0], lines[i][1]), &settings, &options, &error));
        g_assert_nonnull(strstr(error->message, lines[i][2]));
    }
}

static void test_file_and_option(void) {
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    g_close(g_file_open_tmp("lectern-XXXXXX", &path, &error), NULL);
    g_assert_true(g_file_set_contents(path, "[box]\nname=From the file\n[display]\ndark=false\n",
                                      -1, &error));
    g_auto(LecSettings) settings = {0};
    LecOptions options;
    g_assert_true(
        parse(ARGUMENTS("--config", path, "--name", "From the line"), &settings, &options, &error));
    g_assert_cmpstr(settings.name, ==, "From the line");
    g_assert_false(settings.dark);
    g_unlink(path);
}

/* Every key of the table stands in the man page with its default, and nothing else does. */
static void test_man_page_knows_every_key(void) {
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "..", "..", "docs", "man",
                                                  "lectern-receiver.conf.5", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    guint n_fields = 0;
    for (const LecConfigField *field = lec_settings_fields; field->group; field++, n_fields++) {
        g_autofree char *group = g_strdup_printf(".SH [%s]", field->group);
        g_autofree char *key = g_strdup_printf("\n.BR %s ", field->key);
        g_auto(GStrv) words = g_strsplit(key, "-", 0);
        g_autofree char *dashed = g_strjoinv("\\-", words);
        if (!strstr(text, group) || !strstr(text, dashed))
            g_error("The man page lacks %s in [%s].", field->key, field->group);
    }
    guint n_documented = 0;
    for (const char *at = text; (at = strstr(at, "\n.TP\n.BR ")) != NULL; at++)
        n_documented++;
    g_assert_cmpuint(n_documented, ==, n_fields);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/defaults-need-no-file", test_defaults_need_no_file);
    g_test_add_func("/settings/options", test_options);
    g_test_add_func("/settings/refusals", test_refusals);
    g_test_add_func("/settings/file-and-option", test_file_and_option);
    g_test_add_func("/settings/man-page", test_man_page_knows_every_key);
    return g_test_run();
}
