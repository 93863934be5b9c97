/* Which addresses are offered to a peer: a table of addresses against the rule, and the real list.
 */
#include "common/transport/interfaces.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

typedef struct {
    const char *name;
    guint flags;
    const char *address;
    bool loopback;
    bool wanted;
} Row;

static const Row rows[] = {
    {"eth0", IFF_UP, "192.0.2.7", false, true},
    {"eth0", IFF_UP, "10.1.2.3", false, true},
    {"eth0", IFF_UP, "169.254.3.4", false, true}, /* a cable between two machines has no other */
    {"eth0", IFF_UP, "2001:db8::1", false, true},
    {"eth0", IFF_UP, "fd00::2", false, true},
    {"eth0", 0, "192.0.2.7", false, false}, /* down */
    {"eth0", IFF_UP, "fe80::1", false, false},
    {"eth0", IFF_UP, "::ffff:192.0.2.1", false, false},
    {"eth0", IFF_UP, "ff02::1", false, false},
    {"eth0", IFF_UP, "0.0.0.0", false, false},
    {"ap0", IFF_UP, "192.0.2.7", false, false}, /* denied */
    {"ap0", IFF_UP, "2001:db8::1", true, false},
    {"lo", IFF_UP | IFF_LOOPBACK, "127.0.0.1", false, false},
    {"lo", IFF_UP | IFF_LOOPBACK, "127.0.0.1", true, true},
    {"lo", IFF_UP | IFF_LOOPBACK, "127.0.0.2", true, false},
    {"lo", IFF_UP | IFF_LOOPBACK, "192.0.2.9", true, false}, /* a service address on loopback */
    {"lo", IFF_UP | IFF_LOOPBACK, "::1", true, false},
};

static const char *const denied[] = {"ap0", "wlan7", NULL};

static void test_rule(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *row = &rows[i];
        struct sockaddr_in ipv4 = {.sin_family = AF_INET};
        struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
        bool is_ipv6 = strchr(row->address, ':') != NULL;
        g_assert_cmpint(inet_pton(is_ipv6 ? AF_INET6 : AF_INET, row->address,
                                  is_ipv6 ? (void *)&ipv6.sin6_addr : (void *)&ipv4.sin_addr),
                        ==, 1);
        const struct sockaddr *address =
            is_ipv6 ? (struct sockaddr *)&ipv6 : (struct sockaddr *)&ipv4;
        g_test_message("%s %s", row->name, row->address);
        g_assert_cmpint(
            lec_interface_is_wanted(row->name, row->flags, address, denied, row->loopback), ==,
            row->wanted);
    }
    g_assert_false(lec_interface_is_wanted("tun0", IFF_UP, NULL, NULL, true)); /* has no address */
}

static void test_list(void) {
    g_autoptr(GPtrArray) with = lec_interfaces_list(NULL, true);
    g_autoptr(GPtrArray) without = lec_interfaces_list(NULL, false);
    g_assert_cmpuint(with->len, <=, LEC_INTERFACES_MAX);
    g_assert_true(g_ptr_array_find_with_equal_func(with, "127.0.0.1", g_str_equal, NULL));
    g_assert_false(g_ptr_array_find_with_equal_func(without, "127.0.0.1", g_str_equal, NULL));
    const char *const all[] = {"lo", NULL};
    g_autoptr(GPtrArray) denied_lo = lec_interfaces_list(all, true);
    g_assert_false(g_ptr_array_find_with_equal_func(denied_lo, "127.0.0.1", g_str_equal, NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/interfaces/rule", test_rule);
    g_test_add_func("/interfaces/list", test_list);
    return g_test_run();
}
