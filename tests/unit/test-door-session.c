/* The door's session, pure: RFC 7395 step by step, disorder, limits and time-outs. */
#include "signalling/call.h"
#include "signalling/door-session.h"
#include "signalling/xmpp.h"

#include <string.h>

#define OPEN "<open xmlns='" LEC_XMPP_NS_FRAMING "' to='192.0.2.7' version='1.0'/>"
#define AUTH "<auth xmlns='" LEC_XMPP_NS_SASL "' mechanism='ANONYMOUS'/>"
#define BIND                                                                           \
    "<iq xmlns='jabber:client' type='set' id='b&amp;1'><bind xmlns='" LEC_XMPP_NS_BIND \
    "'><resource>mine</resource></bind></iq>"
#define CALL(id)                                                                                 \
    "<iq xmlns='jabber:client' type='set' id='" id "' to='192.0.2.7'><hello xmlns='" LEC_CALL_NS \
    "'>hi</hello></iq>"
#define S G_USEC_PER_SEC

typedef struct {
    LecDoorSession *session;
    GPtrArray *sent; /* since last looked */
    guint payloads, ended;
    char *why;
    bool close_on_payload;
} Fixture;

static void on_send(const char *text, void *user) {
    Fixture *fixture = user;
    g_assert_cmpuint(fixture->ended, ==, 0);
    g_ptr_array_add(fixture->sent, g_strdup(text));
}

static void on_payload(const LecStanza *payload, void *user) {
    Fixture *fixture = user;
    g_assert_true(lec_stanza_is(payload, "hello", LEC_CALL_NS));
    fixture->payloads++;
    if (fixture->close_on_payload)
        lec_door_session_close(fixture->session, NULL, "enough");
}

static void on_ended(const char *why, void *user) {
    Fixture *fixture = user;
    fixture->ended++;
    fixture->why = g_strdup(why);
}

static void fixture_init(Fixture *fixture) {
    static const LecDoorSessionEvents events = {on_send, on_payload, on_ended};
    *fixture = (Fixture){.sent = g_ptr_array_new_with_free_func(g_free)};
    fixture->session = lec_door_session_new(&events, fixture, 0);
}

static void fixture_clear(Fixture *fixture) {
    lec_door_session_free(fixture->session);
    g_ptr_array_unref(fixture->sent);
    g_free(fixture->why);
}

static void say(Fixture *fixture, const char *text, gint64 now_us) {
    g_ptr_array_set_size(fixture->sent, 0);
    lec_door_session_receive(fixture->session, text, strlen(text), now_us);
}

static const char *heard(Fixture *fixture, guint i) {
    g_assert_cmpuint(i, <, fixture->sent->len);
    return fixture->sent->pdata[i];
}

static void hears(Fixture *fixture, guint i, const char *part) {
    if (!strstr(heard(fixture, i), part))
        g_error("'%s' is not in '%s'", part, heard(fixture, i));
}

static void bind_at(Fixture *fixture, gint64 now_us) {
    fixture_init(fixture);
    say(fixture, OPEN, now_us);
    say(fixture, AUTH, now_us);
    say(fixture, OPEN, now_us);
    say(fixture, BIND, now_us);
    g_assert_cmpuint(fixture->ended, ==, 0);
}

static void test_happy(void) {
    Fixture f;
    fixture_init(&f);
    say(&f, OPEN, 0);
    g_autoptr(LecStanza) open = lec_stanza_parse(heard(&f, 0), strlen(heard(&f, 0)), NULL);
    g_assert_true(lec_stanza_is(open, "open", LEC_XMPP_NS_FRAMING));
    g_assert_cmpstr(lec_stanza_get(open, "from"), ==, "192.0.2.7");
    g_assert_cmpstr(lec_stanza_get(open, "version"), ==, "1.0");
    g_autoptr(LecStanza) features = lec_stanza_parse(heard(&f, 1), strlen(heard(&f, 1)), NULL);
    g_assert_true(lec_stanza_is(features, "features", LEC_XMPP_NS_STREAM));
    const LecStanza *mechanisms = lec_stanza_child(features, "mechanisms", LEC_XMPP_NS_SASL);
    g_assert_cmpstr(lec_stanza_get_text(lec_stanza_first(mechanisms)), ==, "ANONYMOUS");
    g_assert_null(lec_stanza_next(lec_stanza_first(mechanisms)));
    say(&f, AUTH, 0);
    hears(&f, 0, "<success");
    say(&f, OPEN, 0);
    hears(&f, 1, LEC_XMPP_NS_BIND);
    say(&f, BIND, 0);
    g_autoptr(LecStanza) bound = lec_stanza_parse(heard(&f, 0), strlen(heard(&f, 0)), NULL);
    g_assert_cmpstr(lec_stanza_get(bound, "id"), ==, "b&1");
    const LecStanza *bind = lec_stanza_child(bound, "bind", LEC_XMPP_NS_BIND);
    const char *jid = lec_stanza_get_text(lec_stanza_child(bind, "jid", LEC_XMPP_NS_BIND));
    g_assert_nonnull(strstr(jid, "@192.0.2.7/"));
    g_assert_null(strstr(jid, "mine"));

    g_assert_false(lec_door_session_has_spoken(f.session));
    say(&f, CALL("c1"), S);
    g_assert_cmpuint(f.payloads, ==, 1);
    hears(&f, 0, "result");
    hears(&f, 0, "c1");
    g_assert_true(lec_door_session_has_spoken(f.session));

    lec_door_session_send(f.session, lec_stanza_new("challenge", LEC_CALL_NS));
    hears(&f, 1, "id='b0'");
    say(&f, "<iq xmlns='jabber:client' type='result' id='b0'/>", S);
    g_assert_cmpuint(f.ended, ==, 0);
    say(&f, "<close xmlns='" LEC_XMPP_NS_FRAMING "'/>", S);
    hears(&f, 0, "<close");
    g_assert_cmpuint(f.ended, ==, 1);
    say(&f, CALL("c2"), S); /* too late */
    lec_door_session_send(f.session, lec_stanza_new("challenge", LEC_CALL_NS));
    g_assert_cmpuint(f.sent->len, ==, 0);
    g_assert_cmpuint(f.payloads, ==, 1);
    fixture_clear(&f);
}

/* What a bound peer may and may not send; NULL: no answer. end: the session is over after it. */
static void test_bound(void) {
    static const struct {
        const char *say, *hear;
        bool end;
    } cases[] = {
        {"<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "result",
         false},
        {"<iq xmlns='jabber:client' type='set' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
         "<service-unavailable", false},
        {"<iq xmlns='jabber:client' type='get' id='1'><hello xmlns='" LEC_CALL_NS "'/></iq>",
         "<service-unavailable", false},
        {"<iq xmlns='jabber:client' type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
         "<service-unavailable", false},
        {"<iq xmlns='jabber:client' type='set' id='1' to='other@x'><hello xmlns='" LEC_CALL_NS
         "'/></iq>",
         "<service-unavailable", false},
        {"<iq xmlns='jabber:client' type='set' id='1'/>", "<bad-request", false},
        {"<iq xmlns='jabber:client' type='set' id='1'><hello xmlns='" LEC_CALL_NS
         "'/><hello xmlns='" LEC_CALL_NS "'/></iq>",
         "<bad-request", false},
        {BIND, "<service-unavailable", false},
        {"<message xmlns='jabber:client' to='192.0.2.7'><body>hello</body></message>", NULL, false},
        {"<presence xmlns='jabber:client'/>", NULL, false},
        {"<iq xmlns='jabber:client' type='set'><hello xmlns='" LEC_CALL_NS "'/></iq>",
         "<invalid-xml", true},
        {"<iq xmlns='jabber:client' type='other' id='1'/>", "<invalid-xml", true},
        {"<iq xmlns='jabber:client' id='1'/>", "<invalid-xml", true},
        {"<iq xmlns='jabber:client' type='result' id='b0'/>", "<policy-violation", true},
        {"<iq xmlns='jabber:client' type='error' id='1'/>", "<close", true},
        {"<iq xmlns='jabber:server' type='get' id='1'/>", "<unsupported-stanza-type", true},
        {OPEN, "<policy-violation", true},
        {AUTH, "<policy-violation", true},
        {"<stanza/>", "<unsupported-stanza-type", true},
        {"<iq xmlns='jabber:client'><!-- --></iq>", "<restricted-xml", true},
        {"", "<not-well-formed", true},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        bind_at(&f, 0);
        say(&f, cases[i].say, 0);
        g_test_message("%s", cases[i].say);
        if (cases[i].hear)
            hears(&f, 0, cases[i].hear);
        else
            g_assert_cmpuint(f.sent->len, ==, 0);
        g_assert_cmpuint(f.ended, ==, cases[i].end);
        g_assert_cmpuint(f.payloads, ==, 0);
        fixture_clear(&f);
    }
}

/* Every order of the elements but the right one ends the session before a payload comes through. */
static void test_every_order(void) {
    static const char *const elements[] = {OPEN, AUTH, BIND, CALL("c")};
    static const guint right[] = {0, 1, 0, 2, 3};
    for (guint n = 0; n < 1024; n++) { /* 4^5 */
        Fixture f;
        bool is_right = true;
        fixture_init(&f);
        for (guint step = 0, rest = n; step < 5; step++, rest /= 4) {
            is_right &= rest % 4 == right[step];
            say(&f, elements[rest % 4], 0);
            if (step < 4) /* once bound, a second bind is answered with an error and no more */
                g_assert_cmpuint(f.ended, ==, !is_right);
        }
        g_assert_cmpuint(f.payloads, ==, is_right);
        fixture_clear(&f);
    }
}

static void test_hosts(void) {
    static const char *const bad[] = {"", "a b", "&lt;x/&gt;", "x@y", "x/y", "h\xc3\xb6st"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        Fixture f;
        fixture_init(&f);
        g_autofree char *open = g_strdup_printf(
            "<open xmlns='" LEC_XMPP_NS_FRAMING "' to='%s' version='1.0'/>", bad[i]);
        say(&f, open, 0);
        hears(&f, 1, "<host-unknown");
        g_assert_cmpuint(f.ended, ==, 1);
        fixture_clear(&f);
    }
    Fixture f;
    fixture_init(&f);
    say(&f, "<open xmlns='" LEC_XMPP_NS_FRAMING "'/>", 0);
    hears(&f, 1, "<unsupported-version");
    fixture_clear(&f);
}

static void test_time_outs(void) {
    Fixture f;
    fixture_init(&f);
    say(&f, OPEN, 0);
    lec_door_session_tick(f.session, LEC_DOOR_ESTABLISH_US - 1);
    g_assert_cmpuint(f.ended, ==, 0);
    lec_door_session_tick(f.session, LEC_DOOR_ESTABLISH_US);
    g_assert_cmpuint(f.ended, ==, 1);
    lec_door_session_tick(f.session, G_MAXINT64);
    g_assert_cmpuint(f.ended, ==, 1);
    fixture_clear(&f);

    bind_at(&f, S);
    lec_door_session_tick(f.session, S + LEC_DOOR_FIRST_PAYLOAD_US - 1);
    g_assert_cmpuint(f.ended, ==, 0);
    lec_door_session_tick(f.session, S + LEC_DOOR_FIRST_PAYLOAD_US);
    g_assert_cmpuint(f.ended, ==, 1);
    fixture_clear(&f);
}

static void test_pings(void) {
    Fixture f;
    bind_at(&f, 0);
    say(&f, CALL("c"), S);
    gint64 now_us = 0;
    for (guint i = 0; i < 5; i++) {
        now_us = (i + 1) * LEC_DOOR_PING_US;
        g_ptr_array_set_size(f.sent, 0);
        lec_door_session_tick(f.session, now_us - 1);
        g_assert_cmpuint(f.sent->len, ==, 0);
        lec_door_session_tick(f.session, now_us);
        g_autoptr(LecStanza) ping = lec_stanza_parse(heard(&f, 0), strlen(heard(&f, 0)), NULL);
        g_assert_nonnull(lec_stanza_child(ping, "ping", LEC_XMPP_NS_PING));
        g_autofree char *pong = g_strdup_printf("<iq xmlns='jabber:client' type='result' id='%s'/>",
                                                lec_stanza_get(ping, "id"));
        if (i < 4)
            say(&f, pong, now_us + S);
    }
    /* Talking does not help: a ping wants its answer. */
    say(&f, CALL("c"), now_us + 5 * S);
    lec_door_session_tick(f.session, now_us + LEC_DOOR_PONG_US - 1);
    g_assert_cmpuint(f.ended, ==, 0);
    lec_door_session_tick(f.session, now_us + LEC_DOOR_PONG_US);
    g_assert_cmpuint(f.ended, ==, 1);
    fixture_clear(&f);
}

static void test_rate(void) {
    Fixture f;
    guint n = 0;
    bind_at(&f, 0);
    while (!f.ended && n < 1000) {
        say(&f, CALL("c"), 0);
        n++;
    }
    g_assert_cmpuint(f.payloads, ==, LEC_DOOR_BURST_STANZAS - 4);
    hears(&f, 0, "<policy-violation");
    fixture_clear(&f);

    bind_at(&f, 0);
    for (n = 0; n < 2000; n++) /* at the rate allowed, for ever */
        say(&f, CALL("c"), (gint64)n * S / LEC_DOOR_STANZAS_A_SECOND);
    g_assert_cmpuint(f.payloads, ==, 2000);
    say(&f, CALL("c"), 0); /* a clock that steps back gives nothing away */
    g_assert_cmpuint(f.ended, ==, 0);
    fixture_clear(&f);
}

static void test_unacknowledged(void) {
    Fixture f;
    bind_at(&f, 0);
    for (guint i = 0; i < LEC_DOOR_MAX_UNACKNOWLEDGED; i++)
        lec_door_session_send(f.session, lec_stanza_new("candidate", LEC_CALL_NS));
    g_assert_cmpuint(f.ended, ==, 0);
    lec_door_session_send(f.session, lec_stanza_new("candidate", LEC_CALL_NS));
    g_assert_cmpuint(f.ended, ==, 1);
    fixture_clear(&f);
}

static void test_close_in_payload(void) {
    Fixture f;
    bind_at(&f, 0);
    f.close_on_payload = true;
    say(&f, CALL("c"), 0);
    g_assert_cmpuint(f.ended, ==, 1);
    g_assert_cmpstr(f.why, ==, "enough");
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/door-session/happy", test_happy);
    g_test_add_func("/door-session/bound", test_bound);
    g_test_add_func("/door-session/every-order", test_every_order);
    g_test_add_func("/door-session/hosts", test_hosts);
    g_test_add_func("/door-session/time-outs", test_time_outs);
    g_test_add_func("/door-session/pings", test_pings);
    g_test_add_func("/door-session/rate", test_rate);
    g_test_add_func("/door-session/unacknowledged", test_unacknowledged);
    g_test_add_func("/door-session/close-in-payload", test_close_in_payload);
    return g_test_run();
}
