/* lectern-share: puts this machine's screen on a box. */
#include <glib-unix.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/log.h"
#include "sender/own-identity.h"
#include "sender/terminal.h"
#include "sender/window-program.h"

typedef struct {
    GMainLoop *loop;
    LecShareStatus status;
} Run;

static void on_ended(LecShareStatus status, const char *sentence, void *user) {
    Run *run = user;
    if (sentence)
        fprintf(stderr, "lectern-share: %s\n", sentence);
    run->status = status;
    g_main_loop_quit(run->loop);
}

static gboolean on_signal(gpointer user) {
    Run *run = user;
    run->status = LEC_SHARE_ENDED;
    g_main_loop_quit(run->loop);
    return G_SOURCE_CONTINUE;
}

static int share(const LecShareOptions *options) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecIdentity) identity = lec_own_identity_get(options, &error);
    if (!identity) {
        fprintf(stderr, "lectern-share: %s\n", error->message);
        return 1;
    }
    Run run = {.loop = g_main_loop_new(NULL, FALSE)};
    const guint on_int = g_unix_signal_add(SIGINT, on_signal, &run);
    const guint on_term = g_unix_signal_add(SIGTERM, on_signal, &run);
    const guint on_hup = g_unix_signal_add(SIGHUP, on_signal, &run);
    LecTerminal *terminal = lec_terminal_new(options, identity, on_ended, &run);
    g_main_loop_run(run.loop);
    lec_terminal_free(terminal);
    g_source_remove(on_int);
    g_source_remove(on_term);
    g_source_remove(on_hup);
    g_main_loop_unref(run.loop);
    return (int)run.status;
}

int main(int argc, char **argv) {
    lec_language_init();
    g_autoptr(GError) error = NULL;
    g_auto(LecShareOptions) options = {0};
    if (!lec_share_options_read(argc, argv, &options, &error)) {
        fprintf(stderr, "lectern-share: %s\n", error->message);
        return LEC_SHARE_USAGE;
    }
    if (options.version) {
        puts("lectern-share " LEC_VERSION);
        return 0;
    }
    if (options.window) {
        lec_window_program_become(argv, &error);
        fprintf(stderr, "lectern-share: %s\n", error->message);
        return LEC_SHARE_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    lec_log_init(options.verbose ? LEC_LOG_DEBUG : LEC_LOG_WARNING);
    gst_registry_fork_set_enabled(FALSE);
    gst_init(NULL, NULL);
    return share(&options);
}
