/* Starts and ends a virtual X display. */
#include "tests/support/xvfb.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define START_MS 20000

/* The server writes its number and a newline once it listens. */
static char *read_number(int fd) {
    char number[16] = ":";
    gsize length = 1;
    while (length < sizeof number - 1) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (poll(&poll_fd, 1, START_MS) != 1 || read(fd, number + length, 1) != 1)
            return NULL;
        if (number[length] == '\n')
            return length > 1 ? g_strndup(number, length) : NULL;
        length++;
    }
    return NULL;
}

/* A test that crashes takes its server along. */
static void die_with_parent(gpointer unused) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

LecXvfb *lec_xvfb_start(guint width, guint height, GError **error) {
    int fds[2];
    if (!g_unix_open_pipe(fds, FD_CLOEXEC, error))
        return NULL;
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDERR_SILENCE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_subprocess_launcher_take_fd(launcher, fds[1], 3);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    g_autofree char *screen = g_strdup_printf("%ux%ux24", width, height);
    GSubprocess *process =
        g_subprocess_launcher_spawn(launcher, error, "Xvfb", "-displayfd", "3", "-screen", "0",
                                    screen, "-nolisten", "tcp", "-noreset", NULL);
    g_clear_object(&launcher); /* closes our end of what the server writes to */
    char *name = process ? read_number(fds[0]) : NULL;
    close(fds[0]);
    if (!process)
        return NULL;
    if (!name) {
        g_subprocess_force_exit(process);
        g_object_unref(process);
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "Xvfb did not start.");
        return NULL;
    }
    LecXvfb *self = g_new0(LecXvfb, 1);
    self->process = process;
    self->name = name;
    return self;
}

void lec_xvfb_kill(LecXvfb *self) {
    g_subprocess_force_exit(self->process);
    g_subprocess_wait(self->process, NULL, NULL);
}

void lec_xvfb_free(LecXvfb *self) {
    if (!self)
        return;
    g_subprocess_send_signal(self->process, SIGTERM);
    g_subprocess_wait(self->process, NULL, NULL);
    g_object_unref(self->process);
    g_free(self->name);
    g_free(self);
}
