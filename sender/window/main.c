/* lectern-window: the sharing in a window. lectern-share becomes it where no box is named. */
#include <glib-unix.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>

#include "common/base/i18n.h"
#include "common/base/language.h"
#include "common/base/log.h"
#include "sender/address.h"
#include "sender/own-identity.h"
#include "sender/window/appearance.h"
#include "sender/window/window.h"

#define APPLICATION_ID "org.lectern.Share"

typedef struct {
    const LecShareOptions *options;
    const LecIdentity *identity;
    LecAppearance *appearance;
    LecWindow *window; /* while it is open */
} Run;

static void on_closed(GtkApplication *application, GtkWindow *window, gpointer user) {
    ((Run *)user)->window = NULL;
}

static void present(GApplication *application, Run *run, const char *target) {
    if (!run->appearance)
        run->appearance = lec_appearance_new(gdk_display_get_default());
    if (!run->window)
        run->window = lec_window_new(GTK_APPLICATION(application), run->options, run->identity);
    lec_window_present(run->window, target);
}

static void on_activate(GApplication *application, gpointer user) {
    Run *run = user;
    present(application, run, run->options->target);
}

/* From the desktop, or from a second start, to the one that runs. */
static void on_open(GApplication *application, GFile **files, int n, const char *hint,
                    gpointer user) {
    g_autofree char *address = g_file_get_uri(files[0]);
    g_autoptr(GError) error = NULL;
    g_autofree char *target = lec_address_is(address) ? lec_address_read(address, &error) : NULL;
    if (error)
        lec_warning("%s", error->message);
    present(application, user, target);
}

/* The box is told goodbye. */
static gboolean on_signal(gpointer user) {
    Run *run = user;
    if (run->window)
        lec_window_close(run->window);
    return G_SOURCE_CONTINUE;
}

static int run_window(const LecShareOptions *options, char *program, GError **error) {
    g_autoptr(LecIdentity) identity = lec_own_identity_get(options, error);
    if (!identity)
        return 1;
    Run run = {.options = options, .identity = identity};
    g_autoptr(GtkApplication) application =
        gtk_application_new(APPLICATION_ID, G_APPLICATION_HANDLES_OPEN);
    g_signal_connect(application, "activate", G_CALLBACK(on_activate), &run);
    g_signal_connect(application, "open", G_CALLBACK(on_open), &run);
    g_signal_connect(application, "window-removed", G_CALLBACK(on_closed), &run);
    g_autofree char *address =
        options->target ? g_strconcat("lectern:", options->target, NULL) : NULL;
    char *arguments[] = {program, address, NULL};
    const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    guint watches[G_N_ELEMENTS(signals)];
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
        watches[i] = g_unix_signal_add(signals[i], on_signal, &run);
    const int status = g_application_run(G_APPLICATION(application), address ? 2 : 1, arguments);
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
        g_source_remove(watches[i]);
    lec_appearance_free(run.appearance);
    return status;
}

int main(int argc, char **argv) {
    lec_language_init();
    g_autoptr(GError) error = NULL;
    g_auto(LecShareOptions) options = {0};
    if (!lec_share_options_read(argc, argv, &options, &error)) {
        fprintf(stderr, "lectern-share: %s\n", error->message);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    lec_log_init(options.verbose ? LEC_LOG_DEBUG : LEC_LOG_WARNING);
    gst_registry_fork_set_enabled(FALSE);
    gst_init(NULL, NULL);
    gtk_disable_setlocale();       /* numbers keep their form: see lec_language_init() */
    g_set_prgname(APPLICATION_ID); /* by which a desktop finds the icon under Wayland */
    g_set_application_name("Lectern");
    const int status = run_window(&options, argv[0], &error);
    if (error)
        fprintf(stderr, "lectern-share: %s\n", error->message);
    return status;
}
