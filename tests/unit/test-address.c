/* lectern: addresses: what is taken of them, and what never is. */
#include <glib.h>

#include "sender/address.h"

static void test_taken(void) {
    static const char *const cases[][2] = {
        {"lectern:3221225985", "3221225985"},
        {"LECTERN:123456", "123456"},
        {"lectern://3221225985/", "3221225985"},
        {"lectern:box.example.org:8443", "box.example.org:8443"},
        {"lectern:[2001:db8::1]:443", "[2001:db8::1]:443"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(lec_address_is(cases[i][0]));
        g_autofree char *target = lec_address_read(cases[i][0], &error);
        g_assert_no_error(error);
        g_assert_cmpstr(target, ==, cases[i][1]);
    }
    g_assert_false(lec_address_is("lecternal.example.org"));
    g_assert_false(lec_address_is("3221225985"));
}

static void test_refused(void) {
    static const char *const cases[] = {
        "lectern:",      "lectern://",     "lectern:1?pin=123456", "lectern:1#123456",
        "lectern:a:b@c", "lectern:a/b",    "lectern:--pin-file",   "lectern:a b",
        "lectern:%31",   "lectern:///etc", "lectern:a\nb",         "lectern:\xc3\xa9",
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(lec_address_read(cases[i], &error));
        g_assert_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
    g_autofree char *host = g_strnfill(254, 'a');
    g_autofree char *endless = g_strconcat("lectern:", host, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_null(lec_address_read(endless, &error));
    g_assert_nonnull(error);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address/taken", test_taken);
    g_test_add_func("/address/refused", test_refused);
    return g_test_run();
}
