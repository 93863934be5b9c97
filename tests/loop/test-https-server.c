/* The HTTPS server under strangers: limits, stalls and floods over real sockets on loopback. */
#include "signalling/https-server.h"
#include "tests/support/until.h"

#include <gio/gio.h>
#include <libsoup/soup.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    LecIdentity *identity;
    LecHttpsServer *server;
    guint16 port;
    guint requests;
    char *scheme;
    GPtrArray *kept; /* WebSockets */
    guint websockets, messages;
} Fixture;

static void on_page(SoupServer *soup, SoupServerMessage *request, const char *path,
                    GHashTable *query, gpointer user) {
    Fixture *fixture = user;
    fixture->requests++;
    g_free(fixture->scheme);
    fixture->scheme = g_strdup(g_uri_get_scheme(soup_server_message_get_uri(request)));
    soup_server_message_set_response(request, "text/plain", SOUP_MEMORY_STATIC, "page", 4);
    soup_server_message_set_status(request, SOUP_STATUS_OK, NULL);
}

static void on_websocket_message(SoupWebsocketConnection *websocket, gint type, GBytes *message,
                                 gpointer user) {
    ((Fixture *)user)->messages++;
}

static void on_websocket(SoupServer *soup, SoupServerMessage *request, const char *path,
                         SoupWebsocketConnection *websocket, gpointer user) {
    Fixture *fixture = user;
    fixture->websockets++;
    g_signal_connect(websocket, "message", G_CALLBACK(on_websocket_message), fixture);
    g_ptr_array_add(fixture->kept, g_object_ref(websocket));
}

static void fixture_open(Fixture *fixture, const LecGateLimits *limits) {
    g_autoptr(GError) error = NULL;
    *fixture = (Fixture){.identity = lec_identity_new_ephemeral("Room 12", &error)};
    g_assert_no_error(error);
    fixture->server = lec_https_server_new_with_limits(
        fixture->identity, 0, limits ? limits : &lec_gate_limits_default, &error);
    g_assert_no_error(error);
    fixture->kept = g_ptr_array_new_with_free_func(g_object_unref);
    fixture->port = lec_https_server_get_port(fixture->server);
    SoupServer *soup = lec_https_server_get_soup(fixture->server);
    soup_server_add_handler(soup, "/page", on_page, fixture, NULL);
    soup_server_add_websocket_handler(soup, "/socket", NULL, NULL, on_websocket, fixture, NULL);
}

static void fixture_close(Fixture *fixture) {
    lec_https_server_free(fixture->server);
    lec_identity_free(fixture->identity);
    g_ptr_array_unref(fixture->kept);
    g_free(fixture->scheme);
}

/* A client that sends what it likes over TLS, and collects what comes. */

typedef struct {
    GSocketClient *client;
    GIOStream *stream;
    GString *heard;
    char buffer[4096];
    GCancellable *cancellable;
    bool failed, closed, reading;
} Client;

static gboolean on_accept(GTlsConnection *tls, GTlsCertificate *certificate,
                          GTlsCertificateFlags errors, gpointer user) {
    return TRUE;
}

static void on_client_event(GSocketClient *client, GSocketClientEvent event, GSocketConnectable *to,
                            GIOStream *stream, gpointer user) {
    if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
        g_signal_connect(stream, "accept-certificate", G_CALLBACK(on_accept), NULL);
}

static void on_client_connected(GObject *object, GAsyncResult *result, gpointer user) {
    Client *client = user;
    client->stream =
        G_IO_STREAM(g_socket_client_connect_finish(G_SOCKET_CLIENT(object), result, NULL));
    client->failed = !client->stream;
}

static void client_open(Client *client, guint16 port) {
    *client = (Client){.client = g_socket_client_new(),
                       .cancellable = g_cancellable_new(),
                       .heard = g_string_new(NULL)};
    g_socket_client_set_tls(client->client, TRUE);
    g_socket_client_set_enable_proxy(client->client, FALSE);
    g_signal_connect(client->client, "event", G_CALLBACK(on_client_event), NULL);
    g_socket_client_connect_to_host_async(client->client, "127.0.0.1", port, NULL,
                                          on_client_connected, client);
}

static void on_client_read(GObject *object, GAsyncResult *result, gpointer user) {
    Client *client = user;
    gssize n = g_input_stream_read_finish(G_INPUT_STREAM(object), result, NULL);
    client->reading = false;
    if (n <= 0) {
        client->closed = true;
        return;
    }
    g_string_append_len(client->heard, client->buffer, n);
    client->reading = true;
    g_input_stream_read_async(G_INPUT_STREAM(object), client->buffer, sizeof client->buffer,
                              G_PRIORITY_DEFAULT, client->cancellable, on_client_read, client);
}

static void client_listen(Client *client) {
    GInputStream *in = g_io_stream_get_input_stream(client->stream);
    client->reading = true;
    g_input_stream_read_async(in, client->buffer, sizeof client->buffer, G_PRIORITY_DEFAULT,
                              client->cancellable, on_client_read, client);
}

/* As much as goes without waiting; what the far end does with it is the test's matter. */
static bool client_send(Client *client, const void *data, gsize len) {
    GPollableOutputStream *out =
        G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(client->stream));
    g_autoptr(GError) error = NULL;
    while (len) {
        g_clear_error(&error);
        gssize n = g_pollable_output_stream_write_nonblocking(out, data, len, NULL, &error);
        if (n < 0 && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            return false;
        if (n < 0) {
            g_main_context_iteration(NULL, FALSE);
            continue;
        }
        data = (const char *)data + n;
        len -= (gsize)n;
    }
    return true;
}

static void client_say(Client *client, const char *text) {
    client_send(client, text, strlen(text));
}

static void client_connect(Client *client, guint16 port) {
    client_open(client, port);
    LEC_UNTIL(client->stream || client->failed);
    g_assert_nonnull(client->stream);
    client_listen(client);
}

static void client_clear(Client *client) {
    if (client->stream) {
        g_cancellable_cancel(client->cancellable);
        LEC_UNTIL(!client->reading);
        g_io_stream_close(client->stream, NULL, NULL);
    }
    g_clear_object(&client->cancellable);
    g_clear_object(&client->stream);
    g_clear_object(&client->client);
    g_string_free(client->heard, TRUE);
}

static void client_get(Client *client, const char *path) {
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    client_say(client, request);
}

/* A whole visit by somebody well-meaning. */
static void visit(Fixture *fixture) {
    Client client;
    guint before = fixture->requests;
    gint64 from_us = g_get_monotonic_time();
    client_connect(&client, fixture->port);
    client_get(&client, "/page");
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\npage"));
    g_assert_cmpuint(fixture->requests, ==, before + 1);
    g_test_message("served in %.0f ms", (double)(g_get_monotonic_time() - from_us) / 1000);
    client_clear(&client);
}

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

static bool plain_is_closed(GSocket *socket) {
    char byte;
    g_autoptr(GError) error = NULL;
    gssize n = g_socket_receive(socket, &byte, 1, NULL, &error);
    return n == 0 || (n < 0 && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK));
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

static void test_plain_requests(void) {
    Fixture fixture;
    Client client;
    fixture_open(&fixture, NULL);
    client_connect(&client, fixture.port);
    client_get(&client, "/");
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\n"));
    g_assert_true(g_str_has_prefix(client.heard->str, "HTTP/1.1 404 "));
    g_assert_null(strstr(client.heard->str, "libsoup"));
    g_string_truncate(client.heard, 0);
    client_get(&client, "/page/../etc");
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\n"));
    g_assert_false(g_str_has_prefix(client.heard->str, "HTTP/1.1 200 "));
    client_get(&client, "/page"); /* the same connection */
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\npage"));
    g_assert_cmpstr(fixture.scheme, ==, "https");
    g_assert_cmpuint(lec_https_server_count_connections(fixture.server), ==, 1);
    client_clear(&client);
    LEC_UNTIL(!lec_https_server_count_connections(fixture.server));
    fixture_close(&fixture);
}

static void test_ports(void) {
    Fixture fixture;
    g_autoptr(GError) error = NULL;
    fixture_open(&fixture, NULL);
    g_assert_null(lec_https_server_new(fixture.identity, fixture.port, &error));
    g_assert_error(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_PORT_TAKEN);
    g_test_message("%s", error->message);
    /* Free again at once afterwards, connections or not. */
    guint16 port = fixture.port;
    visit(&fixture);
    g_clear_pointer(&fixture.server, lec_https_server_free);
    g_clear_error(&error);
    fixture.server = lec_https_server_new(fixture.identity, port, &error);
    g_assert_no_error(error);
    fixture_close(&fixture);
}

static void test_port_denied(void) {
    g_autoptr(GError) error = NULL;
    if (!geteuid() && seteuid(65534)) {
        g_test_skip("cannot become somebody without rights");
        return;
    }
    g_autoptr(LecIdentity) identity = lec_identity_new_ephemeral("Room 12", &error);
    g_assert_no_error(error);
    g_autoptr(LecHttpsServer) server = lec_https_server_new(identity, 443, &error);
    g_assert_cmpint(seteuid(getuid()), ==, 0);
    if (server || g_error_matches(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_PORT_TAKEN)) {
        g_test_skip("port 443 is anybody's here, or taken");
        return;
    }
    g_assert_error(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_PORT_DENIED);
    g_test_message("%s", error->message);
}

/*
 * GnuTLS reads what it may speak from the environment, once: hence a process for each version.
 * clang 14's leak checker crashes at the end of these;
 * the other tests look for the same leaks.
 */
static void run_with_tls(const char *version, const char *test) {
    g_autofree char *priority = g_strdup_printf("NORMAL:-VERS-ALL:+VERS-%s", version);
    g_autofree char *sanitizer = g_strdup(g_getenv("ASAN_OPTIONS"));
    g_setenv("G_TLS_GNUTLS_PRIORITY", priority, TRUE);
    g_setenv("ASAN_OPTIONS", "detect_leaks=0", TRUE);
    g_test_trap_subprocess(test, 0, 0);
    g_unsetenv("G_TLS_GNUTLS_PRIORITY");
    g_setenv("ASAN_OPTIONS", sanitizer ? sanitizer : "", TRUE);
    g_test_trap_assert_passed();
}

static void test_served_process(void) {
    Fixture fixture;
    fixture_open(&fixture, NULL);
    visit(&fixture);
    fixture_close(&fixture);
}

static void test_refused_process(void) {
    Fixture fixture;
    Client client;
    fixture_open(&fixture, NULL);
    client_open(&client, fixture.port);
    LEC_UNTIL(client.stream || client.failed);
    if (client.stream) {
        client_listen(&client);
        client_get(&client, "/page");
        LEC_UNTIL(client.closed);
    }
    g_assert_cmpuint(fixture.requests, ==, 0);
    client_clear(&client);
    fixture_close(&fixture);
}

static void test_tls_versions(void) {
    run_with_tls("TLS1.3", "/https-server/tls-versions/subprocess/served");
    run_with_tls("TLS1.2", "/https-server/tls-versions/subprocess/served");
    run_with_tls("TLS1.1", "/https-server/tls-versions/subprocess/refused");
}

static void test_large_requests(void) {
    Fixture fixture;
    Client client;
    fixture_open(&fixture, NULL);
    client_connect(&client, fixture.port);
    client_say(&client, "POST /page HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        "x\r\nContent-Length: 99999999\r\n\r\n");
    g_autofree char *block = g_strnfill(64 * 1024, 'x');
    for (guint i = 0; i < 64 && client_send(&client, block, 64 * 1024); i++)
        g_main_context_iteration(NULL, FALSE);
    LEC_UNTIL(client.closed);
    client_clear(&client);

    /* A body without end, and a head without end. */
    client_connect(&client, fixture.port);
    client_say(&client, "POST /page HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        "x\r\nTransfer-Encoding: chunked\r\n\r\n");
    g_autofree char *chunk = g_strdup_printf("10000\r\n%s\r\n", block);
    for (guint i = 0; i < 64 && client_send(&client, chunk, strlen(chunk)); i++)
        g_main_context_iteration(NULL, FALSE);
    LEC_UNTIL(client.closed);
    client_clear(&client);

    client_connect(&client, fixture.port);
    client_say(&client, "GET /page HTTP/1.1\r\nX: ");
    for (guint i = 0; i < 64 && client_send(&client, block, 64 * 1024); i++)
        g_main_context_iteration(NULL, FALSE);
    LEC_UNTIL(client.closed);
    client_clear(&client);
    g_assert_cmpuint(fixture.requests, ==, 0);
    fixture_close(&fixture);
}

static void upgrade(Client *client, const char *origin) {
    g_autofree char *request = g_strdup_printf(
        "GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
        origin);
    client_say(client, request);
    LEC_UNTIL(strstr(client->heard->str, "\r\n\r\n") || client->closed);
}

static void test_origins(void) {
    static const struct {
        const char *origin;
        const char *status;
    } cases[] = {
        {"", "HTTP/1.1 101 "},
        {"Origin: https://localhost\r\n", "HTTP/1.1 101 "},
        {"Origin: https://elsewhere.example\r\n", "HTTP/1.1 403 "},
        {"Origin: https://localhost.elsewhere.example\r\n", "HTTP/1.1 403 "},
        {"Origin: http://localhost\r\n", "HTTP/1.1 403 "},
        {"Origin: null\r\n", "HTTP/1.1 403 "},
    };
    Fixture fixture;
    fixture_open(&fixture, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Client client;
        client_connect(&client, fixture.port);
        upgrade(&client, cases[i].origin);
        if (!g_str_has_prefix(client.heard->str, cases[i].status))
            g_error("case %u: %s", i, client.heard->str);
        client_clear(&client);
    }
    g_assert_cmpuint(fixture.websockets, ==, 2);
    fixture_close(&fixture);
}

/* The one rule stands before every path; what it refuses reaches no handler and says no more. */
static void test_rules(void) {
    static const struct {
        const char *request, *status;
    } cases[] = {
        {"GET /page HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 421 "},
        {"GET /page HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n\r\n",
         "HTTP/1.1 421 "},
        {"GET /nowhere HTTP/1.1\r\nHost: localhost.attacker.example\r\n\r\n", "HTTP/1.1 421 "},
        {"GET /page HTTP/1.0\r\n\r\n", "HTTP/1.0 421 "},
        {"GET page HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 4"},
        {"GET http://[ HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 4"},
        {"POST api/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 4"},
        {"CONNECT attacker.example:443 HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 4"},
        {"OPTIONS * HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 4"},
        {"POST /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 401 "},
        {"POST /page HTTP/1.1\r\nHost: localhost\r\nOrigin: https://attacker.example\r\n"
         "Content-Length: 1\r\n\r\nx",
         "HTTP/1.1 403 "},
        {"GET /page HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n"
         "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n\r\n",
         "HTTP/1.1 403 "},
    };
    Fixture fixture;
    fixture_open(&fixture, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Client client;
        client_connect(&client, fixture.port);
        client_say(&client, cases[i].request);
        LEC_UNTIL(client.closed);
        if (!g_str_has_prefix(client.heard->str, cases[i].status))
            g_error("case %u: %s", i, client.heard->str);
        g_assert_true(g_str_has_suffix(client.heard->str, "\r\n\r\n")); /* no body */
        client_clear(&client);
    }
    g_assert_cmpuint(fixture.requests, ==, 0);
    g_assert_true(
        lec_http_names_add(lec_https_server_get_names(fixture.server), "attacker.example"));
    Client client;
    client_connect(&client, fixture.port);
    client_say(&client, cases[0].request);
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\npage"));
    client_clear(&client);
    fixture_close(&fixture);
}

/* libsoup collects fragments without limit; the meter does not let it. */
static void test_endless_message(void) {
    Fixture fixture;
    Client client;
    fixture_open(&fixture, NULL);
    client_connect(&client, fixture.port);
    upgrade(&client, "");
    guint8 frame[8 + 1024] = {0x01, 0x80 | 126, 1024 >> 8, 1024 & 0xff}; /* text, not final */
    bool sent = true;
    for (guint i = 0; i < 4096 && sent; i++) {
        sent = client_send(&client, frame, sizeof frame);
        frame[0] = 0x00; /* continuation, not final */
        g_main_context_iteration(NULL, FALSE);
    }
    LEC_UNTIL(client.closed);
    g_assert_cmpuint(fixture.messages, ==, 0);
    client_clear(&client);
    fixture_close(&fixture);
}

static void test_time_limits(void) {
    LecGateLimits limits = lec_gate_limits_default;
    limits.handshake_ms = 1000;
    limits.first_request_ms = 200;
    limits.idle_ms = 200;
    limits.handshake_patience_ms = 500;
    Fixture fixture;
    Client client;
    fixture_open(&fixture, &limits);

    g_autoptr(GSocket) silent = plain_connect(fixture.port);
    g_autoptr(GSocket) drop_by_drop = plain_connect(fixture.port);
    g_autoptr(GSocket) half = plain_connect(fixture.port);
    g_socket_send(drop_by_drop, (const char *)client_hello, 3, NULL, NULL);
    g_socket_send(half, (const char *)client_hello, sizeof client_hello, NULL, NULL);
    LEC_UNTIL(plain_is_closed(silent) && plain_is_closed(drop_by_drop) && plain_is_closed(half));

    client_connect(&client, fixture.port); /* and no request */
    LEC_UNTIL(client.closed);
    client_clear(&client);
    client_connect(&client, fixture.port);
    client_say(&client, "GET /page HTTP/1.1\r\n"); /* and no end of it */
    LEC_UNTIL(client.closed);
    client_clear(&client);
    client_connect(&client, fixture.port);
    client_get(&client, "/page"); /* and no second */
    LEC_UNTIL(client.closed);
    g_assert_nonnull(strstr(client.heard->str, "page"));
    client_clear(&client);
    LEC_UNTIL(!lec_https_server_count_connections(fixture.server));
    fixture_close(&fixture);
}

/* A WebSocket lives as long as its owner wishes: no time limit of the server's is for it. */
static void test_websocket_stays(void) {
    static const guint8 frame[] = {0x81, 0x82, 0, 0, 0, 0, 'h', 'i'};
    LecGateLimits limits = lec_gate_limits_default;
    limits.first_request_ms = limits.busy_ms = limits.idle_ms = 200;
    limits.handshake_patience_ms = 100;
    Fixture fixture;
    Client socket, clock;
    fixture_open(&fixture, &limits);
    client_connect(&socket, fixture.port);
    upgrade(&socket, "");
    for (guint i = 0; i < 3; i++) { /* each takes longer than every limit */
        client_connect(&clock, fixture.port);
        client_get(&clock, "/page");
        LEC_UNTIL(clock.closed);
        client_clear(&clock);
    }
    client_send(&socket, frame, sizeof frame);
    LEC_UNTIL(fixture.messages == 1);
    g_assert_false(socket.closed);
    client_clear(&socket);
    fixture_close(&fixture);
}

static void test_not_tls(void) {
    Fixture fixture;
    fixture_open(&fixture, NULL);
    g_autoptr(GSocket) socket = plain_connect(fixture.port);
    gint64 from_us = g_get_monotonic_time();
    g_socket_send(socket, "GET / HTTP/1.0\r\n\r\n", 18, NULL, NULL);
    LEC_UNTIL(plain_is_closed(socket));
    g_assert_cmpint(g_get_monotonic_time() - from_us, <, 3 * G_USEC_PER_SEC); /* at once */
    fixture_close(&fixture);
}

static void test_limit_a_source(void) {
    LecGateLimits limits = lec_gate_limits_default;
    limits.connections_loopback = 4;
    Fixture fixture;
    fixture_open(&fixture, &limits);
    GSocket *sockets[12];
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        sockets[i] = plain_connect(fixture.port);
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    LEC_UNTIL(plain_is_closed(sockets[7]));
    g_assert_cmpuint(lec_https_server_count_connections(fixture.server), ==, 4);
    g_assert_false(plain_is_closed(sockets[11])); /* the newest are those that stay */
    visit(&fixture);
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++)
        g_object_unref(sockets[i]);
    fixture_close(&fixture);
}

/* Nobody who is served loses the connection to a newcomer. */
static void test_the_served_stay(void) {
    LecGateLimits limits = lec_gate_limits_default;
    limits.connections_loopback = 2;
    Fixture fixture;
    Client first, second;
    fixture_open(&fixture, &limits);
    client_connect(&first, fixture.port);
    upgrade(&first, "");
    g_assert_cmpuint(fixture.websockets, ==, 1);
    client_connect(&second, fixture.port);
    upgrade(&second, "");
    g_autoptr(GSocket) late = plain_connect(fixture.port);
    LEC_UNTIL(plain_is_closed(late));
    g_assert_false(first.closed || second.closed);
    client_clear(&first);
    client_clear(&second);
    fixture_close(&fixture);
}

/* 200 connections that say nothing and 100 handshakes that stall, and more than there is room for.
 */
static void test_flood(void) {
    enum { N_SILENT = 200, N_STALLED = 100 };
    Fixture fixture;
    fixture_open(&fixture, NULL);
    GSocket *sockets[N_SILENT + N_STALLED];
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        sockets[i] = plain_connect(fixture.port);
        if (i >= N_SILENT)
            g_socket_send(sockets[i], (const char *)client_hello, sizeof client_hello, NULL, NULL);
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    g_assert_cmpuint(lec_https_server_count_connections(fixture.server), <=, 256);
    gint64 from_us = g_get_monotonic_time();
    visit(&fixture);
    g_assert_cmpint(g_get_monotonic_time() - from_us, <, 10 * G_USEC_PER_SEC);
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++)
        g_object_unref(sockets[i]);
    visit(&fixture);
    fixture_close(&fixture);
}

static gboolean on_tenth(gpointer data) {
    (*(guint *)data)++;
    return G_SOURCE_CONTINUE;
}

/* Where the system gives no more descriptors the box rests, neither spinning nor giving up. */
static void test_no_descriptors(void) {
    Fixture fixture;
    fixture_open(&fixture, NULL);
    visit(&fixture); /* whatever is opened once is open */
    int clients[8];
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct rlimit before;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    const struct rlimit none = {(rlim_t)clients[G_N_ELEMENTS(clients) - 1] + 1, before.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(fixture.port),
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
    g_assert_cmpuint(lec_https_server_count_connections(fixture.server), <, G_N_ELEMENTS(clients));
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
        close(clients[i]);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
    visit(&fixture);
    fixture_close(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/https-server/plain-requests", test_plain_requests);
    g_test_add_func("/https-server/ports", test_ports);
    g_test_add_func("/https-server/port-denied", test_port_denied);
    g_test_add_func("/https-server/tls-versions", test_tls_versions);
    g_test_add_func("/https-server/tls-versions/subprocess/served", test_served_process);
    g_test_add_func("/https-server/tls-versions/subprocess/refused", test_refused_process);
    g_test_add_func("/https-server/large-requests", test_large_requests);
    g_test_add_func("/https-server/origins", test_origins);
    g_test_add_func("/https-server/rules", test_rules);
    g_test_add_func("/https-server/endless-message", test_endless_message);
    g_test_add_func("/https-server/time-limits", test_time_limits);
    g_test_add_func("/https-server/websocket-stays", test_websocket_stays);
    g_test_add_func("/https-server/not-tls", test_not_tls);
    g_test_add_func("/https-server/limit-a-source", test_limit_a_source);
    g_test_add_func("/https-server/the-served-stay", test_the_served_stay);
    g_test_add_func("/https-server/flood", test_flood);
    g_test_add_func("/https-server/no-descriptors", test_no_descriptors);
    return g_test_run();
}
