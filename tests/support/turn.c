/* coturn as a child, with no configuration but ours. */
#include "tests/support/turn.h"

#include "common/base/authority.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/prctl.h>

#define START_TIMEOUT_US (10 * G_USEC_PER_SEC)
#define USER "test"
#define PASSWORD "a password for tests"

struct TestTurn {
    GSubprocess *process;
    char *folder;
    guint16 port, tls_port;
    GTlsDatabase *anchors;
};

static void die_with_parent(gpointer unused) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A port that is free for UDP and TCP now; somebody else may take it before coturn does. */
static guint16 find_port(void) {
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    const guint16 port = g_socket_listener_add_any_inet_port(listener, NULL, NULL);
    g_socket_listener_close(listener);
    return port;
}

static char *path_in(const TestTurn *self, const char *name) {
    return g_build_filename(self->folder, name, NULL);
}

static bool write_file(const TestTurn *self, const char *name, const char *text, GError **error) {
    g_autofree char *path = path_in(self, name);
    return g_file_set_contents(path, text, -1, error);
}

static bool make_certificate(TestTurn *self, GError **error) {
    const char *const names[] = {"localhost", "127.0.0.1", NULL};
    const gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(LecAuthority) authority =
        lec_authority_load_or_make(self->folder, "test", names, names + 1, now_s, error);
    if (authority == NULL)
        return false;
    g_autoptr(LecCertificate) leaf = lec_authority_issue(authority, names, now_s, error);
    if (leaf == NULL || !write_file(self, "turn.crt", lec_certificate_get_pem(leaf), error) ||
        !write_file(self, "turn.key", lec_certificate_get_key_pem(leaf), error))
        return false;
    g_autofree char *root = path_in(self, "authority.crt");
    self->anchors = g_tls_file_database_new(root, error);
    return self->anchors != NULL;
}

static bool spawn(TestTurn *self, GError **error) {
    g_autofree char *configuration = path_in(self, "turn.conf");
    g_autofree char *text = g_strdup_printf(
        "listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nlistening-port=%u\ntls-listening-port=%u\n"
        "cert=%s/turn.crt\npkey=%s/turn.key\nlt-cred-mech\nuser=" USER ":" PASSWORD "\n"
        "realm=lectern.test\nallow-loopback-peers\nno-cli\nno-dtls\nno-tcp-relay\n"
        "pidfile=%s/turn.pid\nuserdb=%s/turn.db\nlog-file=stdout\nrelay-threads=1\n",
        self->port, self->tls_port, self->folder, self->folder, self->folder, self->folder);
    if (!g_file_set_contents(configuration, text, -1, error))
        return false;
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    self->process =
        g_subprocess_launcher_spawn(launcher, error, "turnserver", "-c", configuration, NULL);
    return self->process != NULL;
}

static bool answers(guint16 port) {
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_to_host(client, "127.0.0.1", port, NULL, NULL);
    return connection != NULL;
}

TestTurn *test_turn_start(GError **error) {
    g_autoptr(TestTurn) self = g_new0(TestTurn, 1);
    self->folder = g_dir_make_tmp("lectern-turn-XXXXXX", error);
    self->port = find_port();
    self->tls_port = find_port();
    if (self->folder == NULL || !make_certificate(self, error) || !spawn(self, error))
        return NULL;
    const gint64 deadline_us = g_get_monotonic_time() + START_TIMEOUT_US;
    while (!(answers(self->tls_port) && answers(self->port))) {
        if (g_get_monotonic_time() > deadline_us) {
            g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "coturn does not answer");
            return NULL;
        }
        g_thread_yield();
    }
    return g_steal_pointer(&self);
}

static void remove_folder(const char *path) {
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    for (const char *name; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_remove(file);
    }
    g_rmdir(path);
}

void test_turn_free(TestTurn *self) {
    if (self == NULL)
        return;
    if (self->process != NULL) {
        g_subprocess_force_exit(self->process);
        g_subprocess_wait(self->process, NULL, NULL);
    }
    g_clear_object(&self->process);
    g_clear_object(&self->anchors);
    if (self->folder != NULL)
        remove_folder(self->folder);
    g_free(self->folder);
    g_free(self);
}

LecRelays *test_turn_list(const TestTurn *self, const LecRelayKind *kinds, guint count,
                          const char *password) {
    LecRelay relays[LEC_RELAYS_MAX];
    g_assert_cmpuint(count, <=, LEC_RELAYS_MAX);
    for (guint i = 0; i < count; i++) {
        const bool tls = kinds[i] == LEC_RELAY_TURN_TLS, stun = kinds[i] == LEC_RELAY_STUN;
        relays[i] = (LecRelay){.kind = kinds[i],
                               .host = (char *)"127.0.0.1",
                               .port = tls ? self->tls_port : self->port,
                               .username = stun ? NULL : (char *)USER,
                               .password = stun ? NULL : (char *)(password ? password : PASSWORD)};
    }
    return lec_relays_new(relays, count);
}

GTlsDatabase *test_turn_get_anchors(const TestTurn *self) {
    return self->anchors;
}

const char *test_turn_get_pid(const TestTurn *self) {
    return g_subprocess_get_identifier(self->process);
}
