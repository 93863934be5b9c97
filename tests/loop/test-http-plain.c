/* Plain HTTP over real sockets: whole, in pieces, too long, too slow, too many. */
#include "signalling/http-plain.h"
#include "tests/support/until.h"

#include <stdbool.h>
#include <string.h>

typedef struct {
    LecHttpPlain *server;
    guint asked;
    gsize len;
} Fixture;

static GBytes *on_asked(const char *head, gsize len, GSocketAddress *local, void *user) {
    Fixture *self = user;
    g_assert_true(G_IS_INET_SOCKET_ADDRESS(local));
    self->asked++;
    self->len = len;
    return g_str_has_prefix(head, "GET ") ? g_bytes_new_static("HTTP/1.1 200 OK\r\n\r\nhello", 24)
                                          : NULL;
}

static void fixture_open(Fixture *self, const LecHttpPlainLimits *limits) {
    static const LecHttpPlainEvents events = {.asked = on_asked};
    g_autoptr(GError) error = NULL;
    *self = (Fixture){0};
    self->server = lec_http_plain_new(limits, &events, self);
    lec_http_plain_listen(self->server, 0, &error);
    g_assert_no_error(error);
}

static void fixture_close(Fixture *self) {
    lec_http_plain_free(self->server);
    while (g_main_context_iteration(NULL, FALSE)) /* what was dropped is freed */
        ;
}

static GSocket *client_new(const Fixture *self) {
    g_autoptr(GError) error = NULL;
    GSocket *socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
    g_autoptr(GSocketAddress) address =
        g_inet_socket_address_new_from_string("127.0.0.1", lec_http_plain_get_port(self->server));
    g_socket_connect(socket, address, NULL, &error);
    g_assert_no_error(error);
    g_socket_set_blocking(socket, FALSE);
    return socket;
}

static void say(GSocket *socket, const char *text) {
    g_assert_cmpint(g_socket_send(socket, text, strlen(text), NULL, NULL), ==,
                    (gssize)strlen(text));
}

static bool is_closed(GSocket *socket, GString *heard) {
    char buffer[256];
    g_autoptr(GError) error = NULL;
    gssize n = g_socket_receive(socket, buffer, sizeof buffer, NULL, &error);
    if (n > 0 && heard)
        g_string_append_len(heard, buffer, n);
    return n == 0 || (n < 0 && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK));
}

static void turn(guint times) {
    while (times--)
        g_main_context_iteration(NULL, FALSE);
}

static void test_whole(void) {
    Fixture fixture;
    fixture_open(&fixture, &lec_http_plain_limits_default);
    g_autoptr(GSocket) socket = client_new(&fixture);
    g_autoptr(GString) heard = g_string_new(NULL);
    say(socket, "GET / HTTP/1.1\r\nHost: x\r\n");
    turn(20);
    g_assert_cmpuint(fixture.asked, ==, 0);
    say(socket, "\r\nand a body that nobody reads");
    LEC_UNTIL(is_closed(socket, heard));
    g_assert_cmpstr(heard->str, ==, "HTTP/1.1 200 OK\r\n\r\nhello");
    g_assert_cmpuint(fixture.len, ==, strlen("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    say(socket, "and more"); /* thrown away, not reset */
    g_socket_close(socket, NULL);
    LEC_UNTIL(!lec_http_plain_count(fixture.server));
    g_assert_cmpuint(fixture.asked, ==, 1);
    fixture_close(&fixture);
}

static void test_refused(void) {
    Fixture fixture;
    fixture_open(&fixture, &lec_http_plain_limits_default);
    g_autoptr(GSocket) other = client_new(&fixture);
    g_autoptr(GString) heard = g_string_new(NULL);
    say(other, "SSH-2.0\r\n\r\n");
    LEC_UNTIL(is_closed(other, heard));
    g_assert_cmpuint(heard->len, ==, 0);
    g_autoptr(GSocket) endless = client_new(&fixture);
    g_autofree char *block = g_strnfill(LEC_HTTP_PLAIN_MAX_HEAD_BYTES, 'x');
    say(endless, block);
    LEC_UNTIL(is_closed(endless, heard));
    g_assert_cmpuint(heard->len, ==, 0);
    g_assert_cmpuint(fixture.asked, ==, 1);
    fixture_close(&fixture);
}

static void test_time(void) {
    static const LecHttpPlainLimits limits = {8, 8, 200};
    Fixture fixture;
    fixture_open(&fixture, &limits);
    g_autoptr(GSocket) silent = client_new(&fixture);
    g_autoptr(GSocket) half = client_new(&fixture);
    g_autoptr(GSocket) lingering = client_new(&fixture); /* has its answer, and does not close */
    say(half, "GET / HT");
    say(lingering, "GET / HTTP/1.1\r\n\r\n");
    LEC_UNTIL(is_closed(silent, NULL) && is_closed(half, NULL));
    LEC_UNTIL(!lec_http_plain_count(fixture.server));
    g_assert_cmpuint(fixture.asked, ==, 1);
    fixture_close(&fixture);
}

static void test_many(void) {
    static const LecHttpPlainLimits limits = {8, 4, 60000};
    Fixture fixture;
    fixture_open(&fixture, &limits);
    GSocket *sockets[20];
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        sockets[i] = client_new(&fixture);
        turn(10);
    }
    LEC_UNTIL(is_closed(sockets[15], NULL));
    g_assert_cmpuint(lec_http_plain_count(fixture.server), ==, 4);
    g_autoptr(GString) heard = g_string_new(NULL);
    say(sockets[19], "GET / HTTP/1.1\r\n\r\n"); /* the newest stay */
    LEC_UNTIL(is_closed(sockets[19], heard));
    g_assert_cmpstr(heard->str, ==, "HTTP/1.1 200 OK\r\n\r\nhello");
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++)
        g_object_unref(sockets[i]);
    fixture_close(&fixture);
}

static void test_taken(void) {
    static const LecHttpPlainEvents events = {.asked = on_asked};
    Fixture fixture;
    g_autoptr(GError) error = NULL;
    fixture_open(&fixture, &lec_http_plain_limits_default);
    g_autoptr(LecHttpPlain) other =
        lec_http_plain_new(&lec_http_plain_limits_default, &events, &fixture);
    g_assert_false(lec_http_plain_listen(other, lec_http_plain_get_port(fixture.server), &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    fixture_close(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-plain/whole", test_whole);
    g_test_add_func("/http-plain/refused", test_refused);
    g_test_add_func("/http-plain/time", test_time);
    g_test_add_func("/http-plain/many", test_many);
    g_test_add_func("/http-plain/taken", test_taken);
    return g_test_run();
}
