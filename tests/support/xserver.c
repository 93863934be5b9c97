/* Xvfb as a child, which picks its number itself and reports it through a pipe. */
#include "tests/support/xserver.h"

#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CHILD_FD 3
#define START_TIMEOUT_MS 15000

struct TestXServer {
    GSubprocess *process;
    char *display;
};

/* The number comes with a newline at its end. */
static char *read_display(int fd) {
    g_autoptr(GString) line = g_string_new(":");
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char byte = 0;
    while (poll(&ready, 1, START_TIMEOUT_MS) == 1 && read(fd, &byte, 1) == 1 && byte != '\n')
        g_string_append_c(line, byte);
    return byte == '\n' && line->len > 1 ? g_strdup(line->str) : NULL;
}

/* A test that crashes takes its display with it. */
static void on_child(gpointer user) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

TestXServer *test_xserver_start(int width, int height) {
    int fds[2];
    if (!g_unix_open_pipe(fds, FD_CLOEXEC, NULL))
        return NULL;
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_subprocess_launcher_set_child_setup(launcher, on_child, NULL, NULL);
    g_subprocess_launcher_take_fd(launcher, fds[1], CHILD_FD);
    g_autofree char *screen = g_strdup_printf("%dx%dx24", width, height);
    g_autofree char *fd = g_strdup_printf("%d", CHILD_FD);
    g_autoptr(GSubprocess) process =
        g_subprocess_launcher_spawn(launcher, NULL, "Xvfb", "-displayfd", fd, "-screen", "0",
                                    screen, "-nolisten", "tcp", "-noreset", NULL);
    g_subprocess_launcher_close(launcher);
    g_autofree char *display = process != NULL ? read_display(fds[0]) : NULL;
    close(fds[0]);
    if (display == NULL)
        return NULL;
    g_setenv("DISPLAY", display, TRUE);
    TestXServer *self = g_new0(TestXServer, 1);
    self->process = g_steal_pointer(&process);
    self->display = g_steal_pointer(&display);
    return self;
}

void test_xserver_free(TestXServer *self) {
    if (self == NULL)
        return;
    g_subprocess_force_exit(self->process);
    g_subprocess_wait(self->process, NULL, NULL);
    g_clear_object(&self->process);
    g_free(self->display);
    g_free(self);
}

const char *test_xserver_display(const TestXServer *self) {
    return self->display;
}

GPid test_xserver_pid(const TestXServer *self) {
    const char *id = g_subprocess_get_identifier(self->process);
    return id != NULL ? atoi(id) : 0;
}
