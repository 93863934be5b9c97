/* Tunnels over real sockets, through real proxies, inside real TLS. */
#include "common/net/tunnel.h"
#include "tests/support/far-host.h"
#include "tests/support/proxies.h"
#include "tests/support/until.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

static char *own_path;

/* ---- a user of a tunnel: says all, hears all, on a thread of its own ---- */

typedef struct {
    GThread *thread;
    guint16 port;
    gsize len;    /* bytes to say */
    guint rounds; /* 0: all at once; otherwise each is waited for */
    gsize heard;  /* bytes that came back and were the right ones */
    gint done;
} Talk;

static guint8 byte_at(gsize i) {
    return (guint8)(i * 31 + i / 251);
}

static gpointer say_all(gpointer data) {
    GSocketConnection *connection = data;
    const gsize len = GPOINTER_TO_SIZE(g_object_get_data(G_OBJECT(connection), "len"));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    guint8 buffer[5000];
    for (gsize sent = 0, n; sent < len; sent += n) {
        n = MIN(sizeof buffer, len - sent);
        for (gsize i = 0; i < n; i++)
            buffer[i] = byte_at(sent + i);
        if (!g_output_stream_write_all(out, buffer, n, NULL, NULL, NULL))
            break;
    }
    g_socket_shutdown(g_socket_connection_get_socket(connection), FALSE, TRUE, NULL);
    return NULL;
}

static gsize hear(GSocketConnection *connection, gsize from, gsize at_most) {
    guint8 buffer[5000];
    gsize heard = 0;
    gssize n;
    while (heard < at_most &&
           (n = g_input_stream_read(g_io_stream_get_input_stream(G_IO_STREAM(connection)), buffer,
                                    MIN(sizeof buffer, at_most - heard), NULL, NULL)) > 0)
        for (gssize i = 0; i < n; i++, heard++)
            if (buffer[i] != byte_at(from + heard))
                return heard;
    return heard;
}

static void take_turns(Talk *self, GSocketConnection *connection) {
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    g_socket_set_option(g_socket_connection_get_socket(connection), IPPROTO_TCP, TCP_NODELAY, 1,
                        NULL);
    for (guint i = 0; i < self->rounds; i++) {
        /* Two writes: with Nagle's algorithm (RFC 896) the second waits for the first's ACK. */
        for (gsize j = 0; j < 2; j++) {
            const guint8 byte = byte_at(2 * i + j);
            if (!g_output_stream_write_all(out, &byte, 1, NULL, NULL, NULL))
                return;
        }
        self->heard += hear(connection, 2 * i, 2);
    }
}

static gpointer talk(gpointer data) {
    Talk *self = data;
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_to_host(client, "127.0.0.1", self->port, NULL, NULL);
    if (connection && self->rounds > 0) {
        take_turns(self, connection);
    } else if (connection) {
        g_object_set_data(G_OBJECT(connection), "len", GSIZE_TO_POINTER(self->len));
        GThread *speaker = g_thread_new("speaker", say_all, connection);
        self->heard = hear(connection, 0, G_MAXSIZE);
        g_thread_join(speaker);
    }
    g_atomic_int_set(&self->done, 1);
    return NULL;
}

static gsize exchange_rounds(const LecTunnel *tunnel, gsize len, guint rounds) {
    Talk self = {.port = lec_tunnel_get_port(tunnel), .len = len, .rounds = rounds};
    self.thread = g_thread_new("talk", talk, &self);
    LEC_UNTIL(g_atomic_int_get(&self.done));
    g_thread_join(self.thread);
    return self.heard;
}

static gsize exchange(const LecTunnel *tunnel, gsize len) {
    return exchange_rounds(tunnel, len, 0);
}

/* ---- a tunnel to a far host ---- */

static LecTunnelConfig config_for(LecFarHost *host, bool tls) {
    return (LecTunnelConfig){
        .host = "127.0.0.1",
        .port = lec_far_host_get_port(host),
        .tls = tls,
        .tls_name = LEC_FAR_NAME,
        .anchors = lec_far_host_get_anchors(host),
    };
}

static LecTunnel *open_tunnel(const LecTunnelConfig *config) {
    g_autoptr(GError) error = NULL;
    LecTunnel *tunnel = lec_tunnel_new(config, NULL, &error);
    g_assert_no_error(error);
    return tunnel;
}

static void close_tunnel(LecTunnel *tunnel) {
    lec_tunnel_free(tunnel);
    while (g_main_context_iteration(NULL, FALSE)) /* what was under way comes back */
        ;
}

static void expect_error(const LecTunnel *tunnel, const char *word) {
    LEC_UNTIL(lec_tunnel_get_error(tunnel));
    const char *sentence = lec_tunnel_get_error(tunnel)->message;
    if (!strstr(sentence, word))
        g_error("\"%s\" says nothing of \"%s\"", sentence, word);
}

static void test_plain(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){0});
    const LecTunnelConfig config = config_for(host, false);
    LecTunnel *tunnel = open_tunnel(&config);
    /* All comes back after we have said that we say no more: the other way is still open. */
    g_assert_cmpuint(exchange(tunnel, 100), ==, 100);
    g_assert_cmpuint(exchange(tunnel, 3 * 1000 * 1000), ==, 3 * 1000 * 1000);
    g_assert_null(lec_tunnel_get_error(tunnel));
    close_tunnel(tunnel);
}

static void test_tls(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true});
    const LecTunnelConfig config = config_for(host, true);
    LecTunnel *tunnel = open_tunnel(&config);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 100);
    g_assert_cmpuint(exchange(tunnel, 3 * 1000 * 1000), ==, 3 * 1000 * 1000);
    g_assert_null(lec_tunnel_get_error(tunnel));
    close_tunnel(tunnel);
}

static void test_quick(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true});
    const LecTunnelConfig config = config_for(host, true);
    LecTunnel *tunnel = open_tunnel(&config);
    const gint64 start_us = g_get_monotonic_time();
    g_assert_cmpuint(exchange_rounds(tunnel, 0, 100), ==, 200);
    /* With Nagle's algorithm somewhere on the way each takes 40 ms. */
    g_assert_cmpint(g_get_monotonic_time() - start_us, <, 2 * G_USEC_PER_SEC);
    close_tunnel(tunnel);
}

static void test_unknown_authority(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true});
    LecTunnelConfig config = config_for(host, true);
    config.anchors = NULL;
    LecTunnel *tunnel = open_tunnel(&config);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 0);
    expect_error(tunnel, "authority");
    g_assert_true(
        g_error_matches(lec_tunnel_get_error(tunnel), G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE));
    close_tunnel(tunnel);
}

static void test_wrong_name(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true});
    LecTunnelConfig config = config_for(host, true);
    config.tls_name = "near.example.org";
    LecTunnel *tunnel = open_tunnel(&config);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 0);
    expect_error(tunnel, "near.example.org");
    close_tunnel(tunnel);
    config.tls_name = NULL; /* the address, which the certificate has not either */
    tunnel = open_tunnel(&config);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 0);
    expect_error(tunnel, "another name");
    close_tunnel(tunnel);
}

static void test_no_tls_there(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){0});
    const LecTunnelConfig config = config_for(host, true);
    LecTunnel *tunnel = open_tunnel(&config);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 0);
    expect_error(tunnel, "TLS");
    close_tunnel(tunnel);
}

static void test_ipv6(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true, .ipv6 = true});
    if (!host) {
        g_test_skip("This machine has no IPv6.");
        return;
    }
    LecTunnelConfig config = config_for(host, true);
    config.host = "::1";
    LecTunnel *tunnel = open_tunnel(&config);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 100);
    close_tunnel(tunnel);
}

static void test_nobody(void) {
    LecFarHost *host = lec_far_host_new(&(LecFarHostConfig){0});
    const LecTunnelConfig config = config_for(host, false);
    lec_far_host_free(host);
    LecTunnel *tunnel = open_tunnel(&config);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 0);
    expect_error(tunnel, "Nothing answers");
    close_tunnel(tunnel);
    const LecTunnelConfig nameless = {.host = "nobody.invalid", .port = 443};
    tunnel = open_tunnel(&nameless);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 0);
    expect_error(tunnel, "nobody.invalid");
    close_tunnel(tunnel);
}

static void test_silence(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true, .deaf = true});
    LecTunnelConfig config = config_for(host, true);
    config.timeout_s = 1;
    LecTunnel *tunnel = open_tunnel(&config);
    const gint64 start_us = g_get_monotonic_time();
    g_assert_cmpuint(exchange(tunnel, 100), ==, 0);
    expect_error(tunnel, "did not answer within 1 s");
    g_assert_cmpint(g_get_monotonic_time() - start_us, <, 5 * G_USEC_PER_SEC);
    close_tunnel(tunnel);
}

/* ---- who may ---- */

/* What the child does: 0 where it was turned away without a byte. */
static int be_stranger(const char *port) {
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_host(
        client, "127.0.0.1", (guint16)g_ascii_strtoull(port, NULL, 10), NULL, NULL);
    if (!connection)
        return 3;
    const guint8 byte = byte_at(0);
    send(g_socket_get_fd(g_socket_connection_get_socket(connection)), &byte, 1, MSG_NOSIGNAL);
    return hear(connection, 0, 1) == 0 ? 0 : 4;
}

static void test_stranger(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){0});
    const LecTunnelConfig config = config_for(host, false);
    LecTunnel *tunnel = open_tunnel(&config);
    g_autofree char *port = g_strdup_printf("%u", lec_tunnel_get_port(tunnel));
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < 5; i++) {
        g_autoptr(GSubprocess) child =
            g_subprocess_new(G_SUBPROCESS_FLAGS_NONE, &error, own_path, "--stranger", port, NULL);
        g_assert_no_error(error);
        LEC_UNTIL(!g_subprocess_get_identifier(child));
        g_assert_true(g_subprocess_get_if_exited(child));
        g_assert_cmpint(g_subprocess_get_exit_status(child), ==, 0);
    }
    g_assert_cmpuint(lec_far_host_count(host), ==, 0);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 100);
    g_assert_cmpuint(lec_far_host_count(host), ==, 1);
    close_tunnel(tunnel);
}

/* ---- proxies ---- */

static void through(LecTestProxy *tested, const GError *reason, const char *credentials,
                    const char *trouble) {
    g_autoptr(LecTestProxy) server = tested;
    if (!server) {
        g_test_skip(reason->message);
        return;
    }
    g_autoptr(GError) error = NULL;
    char *file = credentials ? lec_test_file_make(credentials) : NULL;
    g_autoptr(LecProxy) proxy = lec_proxy_new(server->url, file, &error);
    g_assert_no_error(error);
    if (file)
        lec_test_file_remove(file);
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true});
    LecTunnelConfig config = config_for(host, true);
    config.proxy = proxy;
    LecTunnel *tunnel = open_tunnel(&config);
    g_assert_cmpuint(exchange(tunnel, 300000), ==, trouble ? 0 : 300000);
    if (trouble)
        expect_error(tunnel, trouble);
    g_assert_cmpuint(lec_far_host_count(host), ==, trouble ? 0 : 1);
    g_subprocess_force_exit(server->process);
    g_subprocess_wait(server->process, NULL, NULL);
    g_assert_cmpuint(exchange(tunnel, 100), ==, 0); /* so it did go through the proxy */
    expect_error(tunnel, "proxy");
    close_tunnel(tunnel);
}

static void test_http(void) {
    g_autoptr(GError) error = NULL;
    through(lec_test_proxy_http(NULL, NULL, &error), error, NULL, NULL);
}

static void test_http_basic(void) {
    g_autoptr(GError) error = NULL;
    through(lec_test_proxy_http("ann", "t4p.3s-try", &error), error, "ann\nt4p.3s-try\n", NULL);
}

static void test_http_basic_wrong(void) {
    g_autoptr(GError) error = NULL;
    through(lec_test_proxy_http("ann", "right-one", &error), error, "ann\nwrong-one\n",
            "401"); /* which tinyproxy says in place of a second 407 (RFC 9110 §15.5.8) */
}

static void test_http_basic_missing(void) {
    g_autoptr(GError) error = NULL;
    through(lec_test_proxy_http("ann", "right-one", &error), error, NULL, "asks for a user name");
}

static void test_socks(void) {
    g_autoptr(GError) error = NULL;
    through(lec_test_proxy_socks5(NULL, NULL, &error), error, NULL, NULL);
}

static void test_socks_password(void) {
    g_autoptr(GError) error = NULL;
    through(lec_test_proxy_socks5("bob", "p%s w@rd", &error), error, "bob\np%s w@rd\n", NULL);
}

static void test_socks_password_wrong(void) {
    g_autoptr(GError) error = NULL;
    through(lec_test_proxy_socks5("bob", "right-one", &error), error, "bob\nwrong-one\n",
            "user name and password");
}

/* ---- memory and the end ---- */

static GSocket *connect_raw(const LecTunnel *tunnel) {
    g_autoptr(GError) error = NULL;
    GSocket *socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
    g_autoptr(GSocketAddress) address =
        g_inet_socket_address_new_from_string("127.0.0.1", lec_tunnel_get_port(tunnel));
    g_socket_connect(socket, address, NULL, &error);
    g_assert_no_error(error);
    g_socket_set_blocking(socket, FALSE);
    return socket;
}

#define QUIET_US (300 * 1000)

/* Sends until nothing has been taken for a while; how much was. */
static gsize fill(GSocket *socket, gsize at_most) {
    static const char block[65536];
    gsize taken = 0;
    gint64 quiet_since_us = g_get_monotonic_time();
    while (taken < at_most && g_get_monotonic_time() - quiet_since_us < QUIET_US) {
        const gssize n = g_socket_send(socket, block, sizeof block, NULL, NULL);
        if (n > 0) {
            taken += (gsize)n;
            quiet_since_us = g_get_monotonic_time();
        }
        g_main_context_iteration(NULL, FALSE);
    }
    return taken;
}

static gsize drain(GSocket *socket) {
    static char block[65536];
    gsize heard = 0;
    gint64 quiet_since_us = g_get_monotonic_time();
    while (g_get_monotonic_time() - quiet_since_us < QUIET_US) {
        const gssize n = g_socket_receive(socket, block, sizeof block, NULL, NULL);
        if (n > 0) {
            heard += (gsize)n;
            quiet_since_us = g_get_monotonic_time();
        }
        g_main_context_iteration(NULL, FALSE);
    }
    return heard;
}

/* The far host reads nothing, then reads but is not listened to: either way the kernel's buffers
 * fill up and nothing of ours grows. */
static void test_back_pressure(void) {
    const gsize plenty = 256u << 20;
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.deaf = true});
    const LecTunnelConfig config = config_for(host, false);
    LecTunnel *tunnel = open_tunnel(&config);
    g_autoptr(GSocket) socket = connect_raw(tunnel);
    LEC_UNTIL(lec_far_host_count(host) == 1);
    gsize taken = fill(socket, plenty);
    g_assert_cmpuint(taken, <, plenty / 4);
    lec_far_host_listen(host);
    taken += fill(socket, plenty);
    g_assert_cmpuint(taken, <, plenty / 2);
    g_socket_shutdown(socket, FALSE, TRUE, NULL);
    g_assert_cmpuint(drain(socket), ==, taken);
    close_tunnel(tunnel);
}

static void test_free_in_the_middle(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true});
    const LecTunnelConfig config = config_for(host, true);
    for (guint turns = 0; turns < 12; turns++) {
        LecTunnel *tunnel = open_tunnel(&config);
        g_autoptr(GSocket) socket = connect_raw(tunnel);
        for (guint i = 0; i < turns; i++)
            g_main_context_iteration(NULL, FALSE);
        lec_tunnel_free(tunnel);
        char byte;
        g_autoptr(GError) error G_GNUC_UNUSED = NULL;
        LEC_UNTIL(g_socket_receive(socket, &byte, 1, NULL, NULL) == 0 ||
                  !g_socket_condition_check(socket, G_IO_OUT) ||
                  (g_socket_condition_check(socket, G_IO_HUP | G_IO_ERR)));
    }
}

/* ---- another thread's context, as the transport's ---- */

static gpointer run_context(gpointer data) {
    g_main_context_push_thread_default(g_main_loop_get_context(data));
    g_main_loop_run(data);
    g_main_context_pop_thread_default(g_main_loop_get_context(data));
    return NULL;
}

static gboolean on_quit(gpointer loop) {
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static gboolean free_there(gpointer tunnel) {
    lec_tunnel_free(tunnel);
    return G_SOURCE_REMOVE;
}

static void test_context(void) {
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true});
    const LecTunnelConfig config = config_for(host, true);
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GMainLoop) loop = g_main_loop_new(context, FALSE);
    GThread *thread = g_thread_new("transport", run_context, loop);
    g_autoptr(GError) error = NULL;
    LecTunnel *tunnel = lec_tunnel_new(&config, context, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(exchange(tunnel, 300000), ==, 300000);
    g_main_context_invoke(context, free_there, tunnel);
    g_main_context_invoke(context, on_quit, loop);
    g_thread_join(thread);
}

int main(int argc, char **argv) {
    if (argc == 3 && g_str_equal(argv[1], "--stranger"))
        return be_stranger(argv[2]);
    own_path = g_file_read_link("/proc/self/exe", NULL);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tunnel/plain", test_plain);
    g_test_add_func("/tunnel/tls", test_tls);
    g_test_add_func("/tunnel/quick", test_quick);
    g_test_add_func("/tunnel/unknown-authority", test_unknown_authority);
    g_test_add_func("/tunnel/wrong-name", test_wrong_name);
    g_test_add_func("/tunnel/no-tls-there", test_no_tls_there);
    g_test_add_func("/tunnel/ipv6", test_ipv6);
    g_test_add_func("/tunnel/nobody", test_nobody);
    g_test_add_func("/tunnel/silence", test_silence);
    g_test_add_func("/tunnel/stranger", test_stranger);
    g_test_add_func("/tunnel/http", test_http);
    g_test_add_func("/tunnel/http-basic", test_http_basic);
    g_test_add_func("/tunnel/http-basic-wrong", test_http_basic_wrong);
    g_test_add_func("/tunnel/http-basic-missing", test_http_basic_missing);
    g_test_add_func("/tunnel/socks", test_socks);
    g_test_add_func("/tunnel/socks-password", test_socks_password);
    g_test_add_func("/tunnel/socks-password-wrong", test_socks_password_wrong);
    g_test_add_func("/tunnel/back-pressure", test_back_pressure);
    g_test_add_func("/tunnel/free-in-the-middle", test_free_in_the_middle);
    g_test_add_func("/tunnel/context", test_context);
    const int status = g_test_run();
    g_free(own_path);
    return status;
}
