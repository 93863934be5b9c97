/* XEP-0215: what ejabberd says, what is passed over, and when to ask again. */
#include "signalling/extdisco.h"

#include <string.h>

#define NOW 1795214000 /* 2026-11-20T22:33:20Z */

static LecRelays *read_text(const char *text, guint *ret_lifetime_s) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) services = lec_stanza_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    return lec_extdisco_read(services, NOW, ret_lifetime_s);
}

#define SERVICES(inner) "<services xmlns='urn:xmpp:extdisco:2'>" inner "</services>"

static void test_ejabberd(void) {
    guint lifetime_s = 0;
    g_autoptr(LecRelays) relays = read_text(
        SERVICES("<service type='stun' transport='udp' restricted='false' port='3478' "
                 "host='turn.example.org'/>"
                 "<service username='1795214340:fcd7' type='turn' transport='udp' port='3478' "
                 "restricted='true' password='y0' host='turn.example.org' "
                 "expires='2026-11-20T22:43:20Z'/>"
                 "<service username='1795214340:fcd7' type='turns' transport='tcp' port='443' "
                 "restricted='true' password='y1' host='turn.example.org' "
                 "expires='2026-11-20T22:38:20Z'/>"),
        &lifetime_s);
    g_assert_cmpuint(lec_relays_count(relays), ==, 3);
    const LecRelay *stun = lec_relays_get(relays, 0), *udp = lec_relays_get(relays, 1),
                   *tls = lec_relays_get(relays, 2);
    g_assert_cmpint(stun->kind, ==, LEC_RELAY_STUN);
    g_assert_null(stun->password);
    g_assert_cmpint(udp->kind, ==, LEC_RELAY_TURN_UDP);
    g_assert_cmpstr(udp->password, ==, "y0");
    g_assert_cmpint(tls->kind, ==, LEC_RELAY_TURN_TLS);
    g_assert_cmpuint(tls->port, ==, 443);
    g_assert_cmpstr(tls->username, ==, "1795214340:fcd7");
    g_assert_cmpstr(tls->host, ==, "turn.example.org");
    g_assert_cmpuint(lifetime_s, ==, 300);
}

static void test_passed_over(void) {
    static const char *const services[] = {
        SERVICES("<service type='ftp' transport='tcp' host='a' port='20'/>"),
        SERVICES("<service type='turn' transport='tcp' host='a' username='u' password='p'/>"),
        SERVICES("<service type='turns' transport='udp' host='a' username='u' password='p'/>"),
        SERVICES("<service type='turn' host='a'/>"),
        SERVICES("<service type='turn' host='a' username='u'/>"),
        SERVICES("<service type='turn' host='a' username='' password='p'/>"),
        SERVICES("<service type='turn' host='a' username='u&#10;x' password='p'/>"),
        SERVICES("<service type='stun' host=''/>"),
        SERVICES("<service type='stun' host='-a'/>"),
        SERVICES("<service type='stun' host='a/b'/>"),
        SERVICES("<service type='stun' host='a b'/>"),
        SERVICES("<service type='stun' host='127.0.0.1'/>"),
        SERVICES("<service type='stun' host='::1'/>"),
        SERVICES("<service type='stun' host='0.0.0.0'/>"),
        SERVICES("<service type='stun' host='169.254.1.1'/>"),
        SERVICES("<service type='stun' host='224.0.0.251'/>"),
        SERVICES("<service type='stun' host='a' port='0'/>"),
        SERVICES("<service type='stun' host='a' port='65536'/>"),
        SERVICES("<service type='stun' host='a' port=' 1'/>"),
        SERVICES("<service type='stun' host='a' expires='2020-01-01T00:00:00Z'/>"),
        SERVICES("<service type='stun' host='a' expires='soon'/>"),
        SERVICES("<service xmlns='other' type='stun' host='a'/>"),
        SERVICES("<service/>"),
    };
    for (guint i = 0; i < G_N_ELEMENTS(services); i++) {
        guint lifetime_s = 0;
        g_autoptr(LecRelays) relays = read_text(services[i], &lifetime_s);
        if (lec_relays_count(relays) != 0)
            g_error("accepted: %s", services[i]);
        g_assert_cmpuint(lifetime_s, ==, 3600);
    }
}

static void test_bounds(void) {
    guint lifetime_s = 0;
    g_autoptr(GString) many = g_string_new("<services xmlns='urn:xmpp:extdisco:2'>");
    for (guint i = 0; i < 50; i++)
        g_string_append(many, "<service type='stun' host='a' expires='2026-11-20T22:33:21Z'/>");
    g_string_append(many, "</services>");
    g_autoptr(LecRelays) relays = read_text(many->str, &lifetime_s);
    g_assert_cmpuint(lec_relays_count(relays), ==, LEC_RELAYS_MAX);
    g_assert_cmpuint(lifetime_s, ==, 60); /* a server in a hurry does not make us one */

    g_autofree char *long_host = g_strnfill(300, 'a');
    g_autofree char *text =
        g_strdup_printf(SERVICES("<service type='stun' host='%s'/>"), long_host);
    g_autoptr(LecRelays) none = read_text(text, &lifetime_s);
    g_assert_cmpuint(lec_relays_count(none), ==, 0);
    g_assert_null(read_text("<services xmlns='urn:xmpp:extdisco:1'/>", &lifetime_s));
}

static void test_ask(void) {
    g_autoptr(LecStanza) ask = lec_extdisco_ask();
    g_assert_true(lec_stanza_is(ask, "services", LEC_EXTDISCO_NS));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extdisco/ejabberd", test_ejabberd);
    g_test_add_func("/extdisco/passed-over", test_passed_over);
    g_test_add_func("/extdisco/bounds", test_bounds);
    g_test_add_func("/extdisco/ask", test_ask);
    return g_test_run();
}
