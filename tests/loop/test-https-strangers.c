/* The HTTPS server under strangers: limits, stalls and floods over real sockets on loopback. */
#include "tests/support/https-rig.h"
#include "tests/support/tls-client.h"
#include "tests/support/until.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Plain sockets, for those who do not get as far as TLS. */

static GSocket *plain_connect(guint16 port) {
    g_autoptr(GError) error = NULL;
    GSocket *socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
    g_assert_no_error(error);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", port);
    g_socket_connect(socket, address, NULL, &error);
    g_assert_no_error(error);
    g_socket_set_blocking(socket, FALSE);
    return socket;
}

/* What came is thrown away. */
static bool plain_is_closed(GSocket *socket) {
    char bytes[4096];
    g_autoptr(GError) error = NULL;
    gssize n;
    do
        n = g_socket_receive(socket, bytes, sizeof bytes, NULL, &error);
    while (n > 0);
    return n == 0 || !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

/*
 * A true TLS 1.2 ClientHello: random, no session, ECDHE-ECDSA suites, no compression; extensions
 * for P-256, plain points, ECDSA signatures, extended master secret and renegotiation. The server
 * answers and waits for what never comes.
 */
static const guint8 client_hello[] = {
    22, 3,  1,   0,  82,  1,  0,  0,  78, 3,  3,  1,  2,  3,  4,  5,  6,   7,  8,  9,  10, 11,
    12, 13, 14,  15, 16,  17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,  29, 30, 31, 32, 0,
    0,  4,  192, 43, 192, 35, 1,  0,  0,  33, 0,  10, 0,  4,  0,  2,  0,   23, 0,  11, 0,  2,
    1,  0,  0,   13, 0,   6,  0,  4,  4,  3,  5,  3,  0,  23, 0,  0,  255, 1,  0,  1,  0};

static void test_time_limits(void) {
    LecGateLimits limits = lec_gate_limits_default;
    limits.handshake_ms = 1000;
    limits.first_request_ms = 200;
    limits.idle_ms = 200;
    limits.handshake_patience_ms = 500;
    LecHttpsRig rig;
    LecTlsClient client;
    lec_https_rig_open(&rig, &limits);

    g_autoptr(GSocket) silent = plain_connect(rig.port);
    g_autoptr(GSocket) drop_by_drop = plain_connect(rig.port);
    g_autoptr(GSocket) half = plain_connect(rig.port);
    g_socket_send(drop_by_drop, (const char *)client_hello, 3, NULL, NULL);
    g_socket_send(half, (const char *)client_hello, sizeof client_hello, NULL, NULL);
    LEC_UNTIL(plain_is_closed(silent) && plain_is_closed(drop_by_drop) && plain_is_closed(half));

    lec_tls_client_connect(&client, rig.port); /* and no request */
    LEC_UNTIL(client.closed);
    lec_tls_client_clear(&client);
    lec_tls_client_connect(&client, rig.port);
    lec_tls_client_say(&client, "GET /page HTTP/1.1\r\n"); /* and no end of it */
    LEC_UNTIL(client.closed);
    lec_tls_client_clear(&client);
    lec_tls_client_connect(&client, rig.port);
    lec_tls_client_get(&client, "/page"); /* and no second */
    LEC_UNTIL(client.closed);
    g_assert_nonnull(strstr(client.heard->str, "page"));
    lec_tls_client_clear(&client);
    LEC_UNTIL(!lec_https_server_count_connections(rig.server));
    lec_https_rig_close(&rig);
}

/* A WebSocket lives as long as its owner wishes: no time limit of the server's is for it. */
static void test_websocket_stays(void) {
    static const guint8 frame[] = {0x81, 0x82, 0, 0, 0, 0, 'h', 'i'};
    LecGateLimits limits = lec_gate_limits_default;
    limits.first_request_ms = limits.busy_ms = limits.idle_ms = 200;
    limits.handshake_patience_ms = 100;
    LecHttpsRig rig;
    LecTlsClient socket, clock;
    lec_https_rig_open(&rig, &limits);
    lec_tls_client_connect(&socket, rig.port);
    lec_tls_client_upgrade(&socket, "");
    for (guint i = 0; i < 3; i++) { /* each takes longer than every limit */
        lec_tls_client_connect(&clock, rig.port);
        lec_tls_client_get(&clock, "/page");
        LEC_UNTIL(clock.closed);
        lec_tls_client_clear(&clock);
    }
    lec_tls_client_send(&socket, frame, sizeof frame);
    LEC_UNTIL(rig.messages == 1);
    g_assert_false(socket.closed);
    lec_tls_client_clear(&socket);
    lec_https_rig_close(&rig);
}

static void test_not_tls(void) {
    LecHttpsRig rig;
    lec_https_rig_open(&rig, NULL);
    g_autoptr(GSocket) socket = plain_connect(rig.port);
    gint64 from_us = g_get_monotonic_time();
    g_socket_send(socket, "GET / HTTP/1.0\r\n\r\n", 18, NULL, NULL);
    LEC_UNTIL(plain_is_closed(socket));
    g_assert_cmpint(g_get_monotonic_time() - from_us, <, 3 * G_USEC_PER_SEC); /* at once */
    lec_https_rig_close(&rig);
}

static void test_limit_a_source(void) {
    LecGateLimits limits = lec_gate_limits_default;
    limits.connections_loopback = 4;
    LecHttpsRig rig;
    lec_https_rig_open(&rig, &limits);
    GSocket *sockets[12];
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        sockets[i] = plain_connect(rig.port);
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    LEC_UNTIL(plain_is_closed(sockets[7]));
    g_assert_cmpuint(lec_https_server_count_connections(rig.server), ==, 4);
    g_assert_false(plain_is_closed(sockets[11])); /* the newest are those that stay */
    lec_https_rig_visit(&rig);
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++)
        g_object_unref(sockets[i]);
    lec_https_rig_close(&rig);
}

/* Nobody who is served loses the connection to a newcomer. */
static void test_the_served_stay(void) {
    LecGateLimits limits = lec_gate_limits_default;
    limits.connections_loopback = 2;
    LecHttpsRig rig;
    LecTlsClient first, second;
    lec_https_rig_open(&rig, &limits);
    lec_tls_client_connect(&first, rig.port);
    lec_tls_client_upgrade(&first, "");
    g_assert_cmpuint(rig.websockets, ==, 1);
    lec_tls_client_connect(&second, rig.port);
    lec_tls_client_upgrade(&second, "");
    g_autoptr(GSocket) late = plain_connect(rig.port);
    LEC_UNTIL(plain_is_closed(late));
    g_assert_false(first.closed || second.closed);
    lec_tls_client_clear(&first);
    lec_tls_client_clear(&second);
    lec_https_rig_close(&rig);
}

/* 200 connections that say nothing and 100 handshakes that stall, and more than there is room for.
 */
static void test_flood(void) {
    enum { N_SILENT = 200, N_STALLED = 100 };
    LecHttpsRig rig;
    lec_https_rig_open(&rig, NULL);
    GSocket *sockets[N_SILENT + N_STALLED];
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        sockets[i] = plain_connect(rig.port);
        if (i >= N_SILENT)
            g_socket_send(sockets[i], (const char *)client_hello, sizeof client_hello, NULL, NULL);
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    g_assert_cmpuint(lec_https_server_count_connections(rig.server), <=, 256);
    gint64 from_us = g_get_monotonic_time();
    lec_https_rig_visit(&rig);
    g_assert_cmpint(g_get_monotonic_time() - from_us, <, 10 * G_USEC_PER_SEC);
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++)
        g_object_unref(sockets[i]);
    lec_https_rig_visit(&rig);
    lec_https_rig_close(&rig);
}

static gboolean on_tenth(gpointer data) {
    (*(guint *)data)++;
    return G_SOURCE_CONTINUE;
}

/* Where the system gives no more descriptors the box rests, neither spinning nor giving up. */
static void test_no_descriptors(void) {
    LecHttpsRig rig;
    lec_https_rig_open(&rig, NULL);
    lec_https_rig_visit(&rig); /* whatever is opened once is open */
    int clients[8];
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct rlimit before;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    const struct rlimit none = {(rlim_t)clients[G_N_ELEMENTS(clients) - 1] + 1, before.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(rig.port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
        g_assert_cmpint(
            connect(clients[i], (const struct sockaddr *)(const void *)&address, sizeof address),
            ==, 0);
    guint tenths = 0, turns = 0;
    const guint timer = g_timeout_add(100, on_tenth, &tenths);
    while (tenths < 10) {
        g_main_context_iteration(NULL, TRUE);
        turns++;
    }
    g_source_remove(timer);
    g_assert_cmpuint(turns, <, 200);
    g_assert_cmpuint(lec_https_server_count_connections(rig.server), <, G_N_ELEMENTS(clients));
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
        close(clients[i]);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
    lec_https_rig_visit(&rig);
    lec_https_rig_close(&rig);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/https-strangers/time-limits", test_time_limits);
    g_test_add_func("/https-strangers/websocket-stays", test_websocket_stays);
    g_test_add_func("/https-strangers/not-tls", test_not_tls);
    g_test_add_func("/https-strangers/limit-a-source", test_limit_a_source);
    g_test_add_func("/https-strangers/the-served-stay", test_the_served_stay);
    g_test_add_func("/https-strangers/flood", test_flood);
    g_test_add_func("/https-strangers/no-descriptors", test_no_descriptors);
    return g_test_run();
}
