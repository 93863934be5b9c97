/* Sources: what counts as one. */
#include "signalling/source.h"

static GSocketAddress *at(const char *address) {
    GSocketAddress *result = g_inet_socket_address_new_from_string(address, 1234);
    g_assert_nonnull(result);
    return result;
}

static void test_keys(void) {
    static const struct {
        const char *address, *key;
    } cases[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"127.0.0.1", "127.0.0.1"},
        {"::1", "::1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8:1:2::9", "2001:db8:1:2::/64"},
        {"fe80::1:2", "fe80::1:2"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GSocketAddress) address = at(cases[i].address);
        g_autofree char *key = lec_source_key(address);
        g_assert_cmpstr(key, ==, cases[i].key);
    }
}

static void test_own(void) {
    static const struct {
        const char *local, *remote;
        bool own;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", true},
        {"::ffff:127.0.0.1", "::ffff:127.0.0.1", true},
        {"::1", "::1", true},
        {"192.0.2.7", "192.0.2.7", true},
        {"::ffff:192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"2001:db8::1", "2001:db8::2", false},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GSocketAddress) local = at(cases[i].local);
        g_autoptr(GSocketAddress) remote = at(cases[i].remote);
        g_assert_cmpint(lec_source_is_own(local, remote), ==, cases[i].own);
    }
}

static void test_addresses(void) {
    static const char *const cases[][2] = {{"192.0.2.7", "192.0.2.7"},
                                           {"::ffff:192.0.2.7", "192.0.2.7"},
                                           {"2001:db8::7", "2001:db8::7"},
                                           {"fe80::7", "fe80::7"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string(cases[i][0], 1);
        g_autofree char *text = lec_source_address(address);
        g_assert_cmpstr(text, ==, cases[i][1]);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/source/keys", test_keys);
    g_test_add_func("/source/addresses", test_addresses);
    g_test_add_func("/source/own", test_own);
    return g_test_run();
}
