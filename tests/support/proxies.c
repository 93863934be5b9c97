/* Starts and ends tinyproxy and microsocks. */
#include "tests/support/proxies.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>

#define START_US (10 * G_USEC_PER_SEC)

char *lec_test_file_make(const char *text) {
    g_autofree char *folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    char *path = g_build_filename(folder, "file", NULL);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    return path;
}

void lec_test_file_remove(char *path) {
    g_autofree char *folder = g_path_get_dirname(path);
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
}

static guint16 free_port(void) {
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_assert_true(g_socket_bind(socket, any, FALSE, NULL));
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(socket, NULL);
    return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
}

static bool answers(guint16 port) {
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", port);
    return g_socket_connect(socket, address, NULL, NULL);
}

static void die_with_parent(gpointer unused) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static LecTestProxy *start(const char *const *argv, guint16 port, const char *scheme, char *folder,
                           GError **error) {
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDERR_SILENCE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    g_autoptr(LecTestProxy) self = g_new0(LecTestProxy, 1);
    self->folder = folder;
    self->port = port;
    self->url = g_strdup_printf("%s://127.0.0.1:%u", scheme, port);
    self->process = g_subprocess_launcher_spawnv(launcher, argv, error);
    if (!self->process)
        return NULL;
    const gint64 give_up_us = g_get_monotonic_time() + START_US;
    while (!answers(port)) {
        if (g_get_monotonic_time() > give_up_us)
            g_error("%s does not listen on port %u.", argv[0], port);
        g_thread_yield();
    }
    return g_steal_pointer(&self);
}

LecTestProxy *lec_test_proxy_http(const char *user, const char *password, GError **error) {
    const guint16 port = free_port();
    char *folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "tinyproxy.conf", NULL);
    g_autofree char *login =
        user ? g_strdup_printf("BasicAuth %s %s\n", user, password) : g_strdup("");
    g_autofree char *text = g_strdup_printf("Port %u\nListen 127.0.0.1\nMaxClients 50\nTimeout 60\n"
                                            "LogLevel Critical\n%s",
                                            port, login);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    const char *const argv[] = {"tinyproxy", "-d", "-c", path, NULL};
    return start(argv, port, "http", folder, error);
}

LecTestProxy *lec_test_proxy_socks5(const char *user, const char *password, GError **error) {
    const guint16 port = free_port();
    g_autofree char *number = g_strdup_printf("%u", port);
    const char *const open[] = {"microsocks", "-i", "127.0.0.1", "-p", number, NULL};
    const char *const login[] = {"microsocks", "-i", "127.0.0.1", "-p",     number,
                                 "-u",         user, "-P",        password, NULL};
    return start(user ? login : open, port, "socks5", NULL, error);
}

void lec_test_proxy_free(LecTestProxy *self) {
    if (!self)
        return;
    if (self->process) {
        g_subprocess_force_exit(self->process);
        g_subprocess_wait(self->process, NULL, NULL);
        g_object_unref(self->process);
    }
    if (self->folder) {
        g_autofree char *path = g_build_filename(self->folder, "tinyproxy.conf", NULL);
        g_unlink(path);
        g_rmdir(self->folder);
    }
    g_free(self->folder);
    g_free(self->url);
    g_free(self);
}
