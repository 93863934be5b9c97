/* What a person types for a box, as far as it needs nobody's answer: a meeting ID, a host, a page.
 */
#include "sender/resolve.h"

#include "tests/support/until.h"

typedef struct {
    char *host;
    guint16 port;
    GError *error;
    guint answers;
} Answer;

static void on_resolved(const char *host, guint16 port, const GError *error, void *user) {
    Answer *self = user;
    self->host = g_strdup(host);
    self->port = port;
    self->error = error ? g_error_copy(error) : NULL;
    self->answers++;
}

static void resolve(const char *target, Answer *ret) {
    *ret = (Answer){0};
    g_autoptr(LecResolve) resolve G_GNUC_UNUSED = lec_resolve_new(target, on_resolved, ret);
    g_assert_cmpuint(ret->answers, ==, 0); /* never from within */
    LEC_UNTIL(ret->answers == 1);
}

static void test_known(void) {
    static const struct {
        const char *target, *host;
        guint16 port;
    } cases[] = {
        {"322 122 5996", "192.0.2.12", 443},
        {" 3221225985 ", "192.0.2.1", 443},
        {"7516193281", "192.0.2.1", 8443},
        {"192.0.2.1", "192.0.2.1", 443},
        {"192.0.2.1:8443", "192.0.2.1", 8443},
        {"[2001:db8::1]:8443", "2001:db8::1", 8443},
        {"room-12.example.org", "room-12.example.org", 443},
        {"room-12:8443", "room-12", 8443},
        {"localhost", "localhost", 443},
        {"https://192.0.2.1/", "192.0.2.1", 443},
        {"https://192.0.2.1:8443", "192.0.2.1", 8443},
        {"HTTPS://room-12.example.org/host#x", "room-12.example.org", 443},
        {"https://[2001:db8::1]/", "2001:db8::1", 443},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Answer answer;
        resolve(cases[i].target, &answer);
        g_assert_no_error(answer.error);
        g_assert_cmpstr(answer.host, ==, cases[i].host);
        g_assert_cmpuint(answer.port, ==, cases[i].port);
        g_free(answer.host);
    }
}

static void test_refused(void) {
    g_autofree char *long_one = g_strnfill(254, 'a');
    const char *const cases[] = {"",
                                 "  ",
                                 "http://192.0.2.1/",
                                 "https:///host",
                                 "https://192.0.2.1:99999/",
                                 "ftp://192.0.2.1",
                                 "192.0.2.1/host",
                                 "192.0.2.1:99999",
                                 "192.0.2.1:",
                                 "\xff",
                                 long_one};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Answer answer;
        resolve(cases[i], &answer);
        g_assert_error(answer.error, LEC_RESOLVE_ERROR, LEC_RESOLVE_ERROR_USAGE);
        g_assert_null(answer.host);
        g_clear_error(&answer.error);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/resolve/known", test_known);
    g_test_add_func("/resolve/refused", test_refused);
    return g_test_run();
}
