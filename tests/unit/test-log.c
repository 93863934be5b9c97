/* What the log writes to standard error, read back from a file put in its place. */
#include "common/base/log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    int saved_stderr;
    char *path;
} Capture;

static void begin(Capture *self, bool as_journal) {
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("lectern-log-XXXXXX", &self->path, &error);
    g_assert_no_error(error);
    struct stat file;
    g_assert_cmpint(fstat(fd, &file), ==, 0);
    g_autofree char *stream =
        g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)file.st_dev,
                        (guint64)file.st_ino + (as_journal ? 0 : 1));
    g_setenv("JOURNAL_STREAM", stream, true);
    fflush(stderr);
    self->saved_stderr = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

static char *finish(Capture *self) {
    dup2(self->saved_stderr, STDERR_FILENO);
    close(self->saved_stderr);
    char *text = NULL;
    g_assert_true(g_file_get_contents(self->path, &text, NULL, NULL));
    g_unlink(self->path);
    g_clear_pointer(&self->path, g_free);
    return text;
}

static void test_lines(void) {
    Capture capture;
    begin(&capture, false); /* a JOURNAL_STREAM that is somebody else's */
    lec_log_init(LEC_LOG_INFO);
    lec_info("One line.\nStill the %s.", "same");
    lec_debug("Not to be seen.");
    g_warning("From %s.", "GLib");
    g_autofree char *text = finish(&capture);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 3); /* two, and the empty end */
    g_assert_true(g_regex_match_simple(
        "^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} info One line\\. Still the same\\.$",
        lines[0], 0, 0));
    g_assert_true(g_str_has_suffix(lines[1], "warning From GLib."));
}

static void test_journal(void) {
    Capture capture;
    begin(&capture, true);
    lec_log_init(LEC_LOG_DEBUG);
    lec_error("E");
    lec_warning("W");
    lec_info("I");
    lec_debug("D");
    g_autofree char *text = finish(&capture);
    g_assert_cmpstr(text, ==, "<3>E\n<4>W\n<6>I\n<7>D\n");
}

static char *log_one(const char *sentence) {
    Capture capture;
    begin(&capture, true);
    lec_log_init(LEC_LOG_INFO);
    lec_info("%s", sentence);
    return finish(&capture);
}

static void test_secrets(void) {
    lec_log_add_secret("482913");
    lec_log_add_secret("482913");
    lec_log_add_secret("4829");
    lec_log_add_secret("9135");
    lec_log_add_secret("abc"); /* too short to be looked for */
    g_autofree char *twice = log_one("PIN 482913 and 482913, abc");
    g_assert_cmpstr(twice, ==, "<6>PIN [secret] and [secret], abc\n");
    g_autofree char *overlapping = log_one("x4829135y"); /* no digit of either may stay */
    g_assert_cmpstr(overlapping, ==, "<6>x[secret]y\n");

    lec_log_remove_secret("482913");
    g_autofree char *still = log_one("482913");
    g_assert_cmpstr(still, ==, "<6>[secret]\n");
    lec_log_remove_secret("482913");
    lec_log_remove_secret("4829");
    lec_log_remove_secret("9135");
    lec_log_remove_secret("abc");
    lec_log_remove_secret("never registered");
    g_autofree char *gone = log_one("482913");
    g_assert_cmpstr(gone, ==, "<6>482913\n");
}

static void test_long_line(void) {
    g_autofree char *flood = g_strnfill(1 << 20, 'x');
    g_autofree char *text = log_one(flood);
    g_assert_cmpuint(strlen(text), <, 5000);
    g_assert_true(g_str_has_suffix(text, "…\n"));
}

static gpointer log_much(gpointer user) {
    for (guint i = 0; i < 200; i++) {
        lec_log_add_secret("2468ace");
        lec_info("thread says 2468ace here");
        lec_log_remove_secret("2468ace");
    }
    return NULL;
}

static void test_threads(void) {
    Capture capture;
    begin(&capture, true);
    lec_log_init(LEC_LOG_INFO);
    GThread *threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("logger", log_much, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_autofree char *text = finish(&capture);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 801);
    for (guint i = 0; i < 800; i++)
        g_assert_cmpstr(lines[i], ==, "<6>thread says [secret] here");
}

static void assert_text(const char *from, const char *to) {
    g_autofree char *text = lec_log_text(from);
    g_assert_cmpstr(text, ==, to);
}

static void test_peer_text(void) {
    assert_text("Anna’s Laptop", "Anna’s Laptop");
    assert_text("a\nb\x1b[31m", "a\\x0ab\\x1b[31m");
    assert_text("bad \xff\xc3", "bad \\xff\\xc3");
    assert_text("\xe2\x80\xae"
                "evil",
                "\\u{202e}evil"); /* right-to-left override */
    assert_text("\xe2\x80\xa8", "\\u{2028}");
    assert_text("a\\x0a", "a\\\\x0a"); /* an escape cannot be forged */
    assert_text("", "");
    assert_text(NULL, "(nothing)");
    g_autofree char *flood = g_strnfill(100000, '\x01');
    g_autofree char *text = lec_log_text(flood);
    g_assert_cmpuint(strlen(text), <=, 200);
    g_assert_true(g_str_has_suffix(text, "…"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(
        G_LOG_FATAL_MASK); /* g_test_init makes warnings fatal; one is logged here on purpose */
    g_test_add_func("/log/lines", test_lines);
    g_test_add_func("/log/journal", test_journal);
    g_test_add_func("/log/secrets", test_secrets);
    g_test_add_func("/log/long-line", test_long_line);
    g_test_add_func("/log/threads", test_threads);
    g_test_add_func("/log/peer-text", test_peer_text);
    return g_test_run();
}
