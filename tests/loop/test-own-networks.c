/* Addresses of own networks, and sockets that hear of nobody else. */
#include "common/net/own-networks.h"

#include <string.h>

static void test_contain(void) {
    const char *const prefixes[] = {"192.0.2.0/25", "2001:db8:0:1::/64", "203.0.113.7/32", NULL};
    static const struct {
        const char *address;
        bool own;
    } cases[] = {
        {"192.0.2.0", true},         {"192.0.2.127", true},   {"192.0.2.128", false},
        {"203.0.113.7", true},       {"203.0.113.6", false},  {"2001:db8:0:1:ffff::1", true},
        {"2001:db8:0:2::1", false},  {"127.0.0.1", false},    {"::ffff:192.0.2.1", false},
        {"host.example.org", false}, {"192.0.2.1:80", false}, {"", false},
    };
    g_autoptr(LecOwnNetworks) networks = lec_own_networks_new(prefixes);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_true(lec_own_networks_contain(networks, cases[i].address) == cases[i].own);
}

static void test_find(void) {
    g_autoptr(LecOwnNetworks) networks = lec_own_networks_find();
    g_assert_true(lec_own_networks_contain(networks, "127.0.0.1"));
    g_assert_true(lec_own_networks_contain(networks, "::1"));
    g_assert_true(lec_own_networks_contain(networks, "fe80::1"));
    g_assert_false(lec_own_networks_contain(networks, "8.8.8.8"));
    g_assert_false(lec_own_networks_contain(networks, "2001:4860:4860::8888"));
}

/* ---- the guard ---- */

static GSocket *open_socket(const char *address, GSocketType type) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketAddress) at = g_inet_socket_address_new_from_string(address, 0);
    GSocket *socket =
        g_socket_new(g_socket_address_get_family(at), type, G_SOCKET_PROTOCOL_DEFAULT, &error);
    g_assert_no_error(error);
    g_assert_true(g_socket_bind(socket, at, FALSE, &error));
    return socket;
}

static GSocketAddress *address_of(GSocket *socket, const char *text) {
    g_autoptr(GSocketAddress) local = g_socket_get_local_address(socket, NULL);
    return g_inet_socket_address_new_from_string(
        text, g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(local)));
}

static void guard(GSocket *socket, const char *prefix) {
    const char *const prefixes[] = {prefix, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(LecOwnNetworks) networks = lec_own_networks_new(prefixes);
    g_assert_true(lec_own_networks_guard(networks, socket, &error));
    g_assert_no_error(error);
}

/* What from says arrives; loopback hands it over before send() returns. */
static bool is_heard(GSocket *socket, const char *to, const char *from) {
    g_autoptr(GSocket) sender = open_socket(from, G_SOCKET_TYPE_DATAGRAM);
    g_autoptr(GSocketAddress) target = address_of(socket, to);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(g_socket_send_to(sender, target, "hello", 5, NULL, &error), ==, 5);
    char got[8];
    g_socket_set_blocking(socket, FALSE);
    return g_socket_receive(socket, got, sizeof got, NULL, NULL) == 5;
}

static void test_udp(void) {
    g_autoptr(GSocket) ipv4 = open_socket("127.0.0.1", G_SOCKET_TYPE_DATAGRAM);
    g_assert_true(is_heard(ipv4, "127.0.0.1", "127.1.0.9"));
    guard(ipv4, "127.0.0.0/16");
    g_assert_true(is_heard(ipv4, "127.0.0.1", "127.0.0.9"));
    g_assert_true(is_heard(ipv4, "127.0.0.1", "127.0.255.9"));
    g_assert_false(is_heard(ipv4, "127.0.0.1", "127.1.0.9"));
    guard(ipv4, "127.1.0.0/16"); /* another network now */
    g_assert_true(is_heard(ipv4, "127.0.0.1", "127.1.0.9"));
    g_assert_false(is_heard(ipv4, "127.0.0.1", "127.0.0.9"));
    guard(ipv4, "::1/128"); /* a socket of the other family is not meant */
    g_assert_false(is_heard(ipv4, "127.0.0.1", "127.0.0.9"));
}

static void test_udp_ipv6(void) {
    g_autoptr(GSocket) probe =
        g_socket_new(G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
    g_autoptr(GSocketAddress) loopback = g_inet_socket_address_new_from_string("::1", 0);
    if (!probe || !g_socket_bind(probe, loopback, FALSE, NULL)) {
        g_test_skip("this machine has no IPv6");
        return;
    }
    g_autoptr(GSocket) both = open_socket("::", G_SOCKET_TYPE_DATAGRAM);
    guard(both, "::1/128");
    g_assert_true(is_heard(both, "::1", "::1"));
    g_assert_false(is_heard(both, "127.0.0.1", "127.0.0.1"));
    guard(both, "::2/127");
    g_assert_false(is_heard(both, "::1", "::1"));
    guard(both, "::/126"); /* the mask ends within the last word */
    g_assert_true(is_heard(both, "::1", "::1"));
    guard(both, "127.0.0.0/8");
    g_assert_true(is_heard(both, "127.0.0.1", "127.0.0.1"));
    g_assert_false(is_heard(both, "::1", "::1"));
}

/* No answer at all: neither a connection nor a refusal. */
static void test_tcp(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) listener = open_socket("127.0.0.1", G_SOCKET_TYPE_STREAM);
    guard(listener, "127.0.0.0/16");
    g_assert_true(g_socket_listen(listener, &error));
    g_autoptr(GSocketAddress) target = address_of(listener, "127.0.0.1");
    g_autoptr(GSocket) near = open_socket("127.0.0.9", G_SOCKET_TYPE_STREAM);
    g_assert_true(g_socket_connect(near, target, NULL, &error));
    g_autoptr(GSocket) far = open_socket("127.1.0.9", G_SOCKET_TYPE_STREAM);
    g_socket_set_blocking(far, FALSE);
    g_assert_false(g_socket_connect(far, target, NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_PENDING);
    g_clear_error(&error);
    g_assert_false(g_socket_condition_timed_wait(far, G_IO_OUT | G_IO_ERR | G_IO_HUP,
                                                 300 * G_TIME_SPAN_MILLISECOND, NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/own-networks/contain", test_contain);
    g_test_add_func("/own-networks/find", test_find);
    g_test_add_func("/own-networks/udp", test_udp);
    g_test_add_func("/own-networks/udp-ipv6", test_udp_ipv6);
    g_test_add_func("/own-networks/tcp", test_tcp);
    return g_test_run();
}
