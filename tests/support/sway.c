/* Starts a headless sway with software rendering in a directory of its own, and takes pictures of
 * it. */
#include "tests/support/sway.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <wayland-client.h>

#define START_MS 20000
#define TICK_MS 20

#define NOBODY 65534

/* sway refuses to run as root, as tests in a container do. */
static void set_up_child(gpointer unused) {
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean on_tick(gpointer unused) {
    return G_SOURCE_CONTINUE;
}

/* The socket that the compositor made; it names it wayland-1 in an empty directory. */
static bool wait_for_socket(GSubprocess *process) {
    gint64 end_us = g_get_monotonic_time() + START_MS * 1000;
    guint tick = g_timeout_add(TICK_MS, on_tick, NULL);
    struct wl_display *display = NULL;
    while (!display && g_get_monotonic_time() < end_us && g_subprocess_get_identifier(process)) {
        g_main_context_iteration(NULL, TRUE);
        display = wl_display_connect("wayland-1");
    }
    g_source_remove(tick);
    if (display)
        wl_display_disconnect(display);
    return display != NULL;
}

static GSubprocess *spawn(const char *dir, guint width, guint height, GError **error) {
    g_autofree char *config = g_build_filename(dir, "config", NULL);
    g_autofree char *text =
        g_strdup_printf("output * resolution %ux%u\noutput * background #102030 solid_color\n"
                        "default_border none\nxwayland disable\n",
                        width, height);
    if (!g_file_set_contents(config, text, -1, error))
        return NULL;
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDERR_SILENCE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_subprocess_launcher_set_child_setup(launcher, set_up_child, NULL, NULL);
    g_subprocess_launcher_setenv(launcher, "WLR_BACKENDS", "headless", TRUE);
    g_subprocess_launcher_setenv(launcher, "WLR_RENDERER", "pixman", TRUE);
    g_subprocess_launcher_setenv(launcher, "WLR_LIBINPUT_NO_DEVICES", "1", TRUE);
    g_subprocess_launcher_unsetenv(launcher, "WAYLAND_DISPLAY");
    g_subprocess_launcher_unsetenv(launcher, "DISPLAY");
    g_subprocess_launcher_unsetenv(launcher, "LD_PRELOAD");
    return g_subprocess_launcher_spawn(launcher, error, "sway", "-c", config, NULL);
}

LecSway *lec_sway_start(guint width, guint height, GError **error) {
    g_autofree char *grim = g_find_program_in_path("grim");
    if (!grim) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "grim is not installed.");
        return NULL;
    }
    if (access("/dev/shm", W_OK) != 0) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no /dev/shm.");
        return NULL;
    }
    LecSway *self = g_new0(LecSway, 1);
    self->runtime_dir = g_dir_make_tmp("lectern-sway-XXXXXX", error);
    if (!self->runtime_dir) {
        lec_sway_free(self);
        return NULL;
    }
    if (geteuid() == 0 && chown(self->runtime_dir, NOBODY, NOBODY) != 0) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "sway cannot run as root here.");
        lec_sway_free(self);
        return NULL;
    }
    g_setenv("XDG_RUNTIME_DIR", self->runtime_dir, TRUE);
    g_autofree char *ipc = g_build_filename(self->runtime_dir, "ipc", NULL);
    g_setenv("SWAYSOCK", ipc, TRUE);
    self->process = spawn(self->runtime_dir, width, height, error);
    if (self->process && wait_for_socket(self->process)) {
        g_setenv("WAYLAND_DISPLAY", "wayland-1", TRUE);
        return self;
    }
    if (self->process)
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "sway did not start.");
    lec_sway_free(self);
    return NULL;
}

void lec_sway_kill(LecSway *self) {
    g_subprocess_force_exit(self->process);
    g_subprocess_wait(self->process, NULL, NULL);
}

void lec_sway_free(LecSway *self) {
    if (!self)
        return;
    if (self->process)
        lec_sway_kill(self);
    g_clear_object(&self->process);
    GDir *dir = self->runtime_dir ? g_dir_open(self->runtime_dir, 0, NULL) : NULL;
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(self->runtime_dir, name, NULL);
        g_remove(path);
    }
    g_clear_pointer(&dir, g_dir_close);
    if (self->runtime_dir)
        g_rmdir(self->runtime_dir);
    g_free(self->runtime_dir);
    g_free(self);
}

/* "P6 width height 255", one blank, pixels. */
static guint8 *read_ppm(GBytes *bytes, guint *ret_width, guint *ret_height) {
    gsize length;
    const char *text = g_bytes_get_data(bytes, &length);
    guint values[3] = {0};
    gsize at = 2;
    if (length < 16 || memcmp(text, "P6", 2) != 0)
        return NULL;
    for (guint i = 0; i < 3; i++) {
        while (at < length && g_ascii_isspace(text[at]))
            at++;
        while (at < length && g_ascii_isdigit(text[at]))
            values[i] = values[i] * 10 + (guint)(text[at++] - '0');
    }
    at++;
    gsize need = (gsize)values[0] * values[1] * 3;
    if (values[2] != 255 || at > length || length - at != need)
        return NULL;
    *ret_width = values[0];
    *ret_height = values[1];
    return g_memdup2(text + at, need);
}

guint8 *lec_sway_look(LecSway *self, guint *ret_width, guint *ret_height) {
    g_autoptr(GBytes) output = NULL;
    g_autoptr(GSubprocess) grim =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL,
                         "grim", "-t", "ppm", "-", NULL);
    if (!grim || !g_subprocess_communicate(grim, NULL, NULL, &output, NULL, NULL) ||
        !g_subprocess_get_successful(grim))
        return NULL;
    return read_ppm(output, ret_width, ret_height);
}

bool lec_sway_command(LecSway *self, const char *command) {
    g_autoptr(GSubprocess) swaymsg =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                         NULL, "swaymsg", command, NULL);
    return swaymsg && g_subprocess_wait_check(swaymsg, NULL, NULL);
}
