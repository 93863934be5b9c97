/* What does not count in a PIN, and what does. */
#include "signalling/pin.h"

#include <glib.h>
#include <string.h>

static void test_tidy(void) {
    static const struct {
        const char *written, *meant;
    } pins[] = {
        {"123456", "123456"},
        {"  123456\t", "123456"},
        {"123 456", "123456"},
        {"1 2 3  4", "1234"},
        {" blue chair ", "blue chair"},
        {"12 chairs", "12 chairs"},
        {"grün & Öl <7>", "grün & Öl <7>"},
        {"   ", ""},
        {"", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(pins); i++) {
        const gsize size = strlen(pins[i].written) + 1;
        g_autofree char *pin = g_strdup(pins[i].written);
        lec_pin_tidy(pin);
        g_assert_cmpstr(pin, ==, pins[i].meant);
        if (g_ascii_isdigit(pins[i].written[0])) /* nothing of it stays behind the end */
            for (gsize rest = strlen(pin); rest < size; rest++)
                g_assert_cmpint(pin[rest], ==, '\0');
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pin/tidy", test_tidy);
    return g_test_run();
}
