/* pulseaudio as a child, with no configuration but ours. */
#include "tests/support/pulse.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/prctl.h>

#define START_TIMEOUT_US (10 * G_USEC_PER_SEC)

struct TestPulse {
    GSubprocess *process;
    char *folder;
};

static void die_with_parent(gpointer unused) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static bool answers(const char *path) {
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, NULL);
    return connection != NULL;
}

static GSubprocess *spawn(const char *folder, const char *socket, GError **error) {
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    const char *const variables[] = {"HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
                                     "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH"};
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
        g_subprocess_launcher_setenv(launcher, variables[i], folder, TRUE);
    g_autofree char *protocol =
        g_strdup_printf("module-native-protocol-unix auth-anonymous=1 socket=%s", socket);
    return g_subprocess_launcher_spawn(launcher, error, "pulseaudio", "-n", "--daemonize=no",
                                       "--use-pid-file=no", "--exit-idle-time=-1",
                                       "--disable-shm=yes", "-L", protocol, "-L",
                                       "module-null-sink sink_name=silent rate=48000", NULL);
}

TestPulse *test_pulse_start(GError **error) {
    g_autofree char *folder = g_dir_make_tmp("lectern-pulse-XXXXXX", error);
    if (folder == NULL)
        return NULL;
    g_autofree char *socket = g_build_filename(folder, "native", NULL);
    TestPulse *self = g_new0(TestPulse, 1);
    self->folder = g_steal_pointer(&folder);
    self->process = spawn(self->folder, socket, error);
    if (self->process == NULL) {
        test_pulse_free(self);
        return NULL;
    }
    const gint64 deadline_us = g_get_monotonic_time() + START_TIMEOUT_US;
    while (!answers(socket) && g_get_monotonic_time() < deadline_us)
        g_thread_yield();
    g_autofree char *server = g_strconcat("unix:", socket, NULL);
    g_setenv("PULSE_SERVER", server, TRUE);
    return self;
}

void test_pulse_free(TestPulse *self) {
    if (self == NULL)
        return;
    if (self->process != NULL) {
        g_subprocess_send_signal(self->process, SIGTERM);
        g_subprocess_wait(self->process, NULL, NULL);
    }
    g_clear_object(&self->process);
    g_autoptr(GDir) folder = g_dir_open(self->folder, 0, NULL);
    for (const char *name; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *path = g_build_filename(self->folder, name, NULL);
        g_remove(path);
    }
    g_rmdir(self->folder);
    g_free(self->folder);
    g_free(self);
}
