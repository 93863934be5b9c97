/* Who may ask the box something: Host headers of every kind, and the one rule for all requests. */
#include "signalling/http-rules.h"

static void test_hosts(void) {
    static const struct {
        const char *text, *name;
        bool is_address;
        guint16 port;
    } good[] = {
        {"10.0.0.7", "10.0.0.7", true, 0},
        {"10.0.0.7:8443", "10.0.0.7", true, 8443},
        {"[fe80::1]", "fe80::1", true, 0},
        {"[FE80:0:0:0:0:0:0:1]:443", "fe80::1", true, 443},
        {"[::ffff:10.0.0.7]", "::ffff:10.0.0.7", true, 0},
        {"localhost", "localhost", false, 0},
        {"Room12.LOCAL", "room12.local", false, 0},
        {"room12.local.:8443", "room12.local", false, 8443},
        {"xn--mller-kva.example", "xn--mller-kva.example", false, 0},
        {"a_b.example", "a_b.example", false, 0},
        {"1box", "1box", false, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        LecHttpHost host;
        g_assert_true(lec_http_host_parse(good[i].text, &host));
        g_assert_cmpstr(host.name, ==, good[i].name);
        g_assert_true(host.is_address == good[i].is_address);
        g_assert_cmpuint(host.port, ==, good[i].port);
    }
}

static void test_bad_hosts(void) {
    static const char *const bad[] = {
        "",           " ",          "box ",           " box",       "a,b",        "box, box",
        "user@box",   "box/",       "box?",           "box#",       "box:",       "box:0",
        "box:65536",  "box:+80",    "box:80:80",      "box:8 0",    "[::1",       "::1",
        "[::1]80",    "[10.0.0.1]", "[fe80::1%eth0]", "[]",         "]",          "10.1",
        "10.0.0.256", "0x7f.0.0.1", "010.0.0.1.",     "2130706433", "box.1",      ".",
        "..",         "box..local", ".local",         "-box",       "box-.local", "b\xc3\xb6x",
        "*.example",  "box%00",     "[:::1]",
    };
    LecHttpHost host = {.port = 7};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        if (lec_http_host_parse(bad[i], &host))
            g_error("\"%s\" was taken for %s", bad[i], host.name);
    }
    g_assert_false(lec_http_host_parse(NULL, &host));
    g_autofree char *label = g_strnfill(64, 'a');
    g_assert_false(lec_http_host_parse(label, &host));
    label[63] = '\0';
    g_assert_true(lec_http_host_parse(label, &host));
    g_autofree char *most = g_strdup_printf("%s.%s.%s.%.61s", label, label, label, label);
    g_assert_true(lec_http_host_parse(most, &host));
    g_autofree char *more = g_strconcat(most, "a", NULL);
    g_assert_false(lec_http_host_parse(more, &host));
}

static void test_formatting(void) {
    g_autofree char *name = lec_http_host_format("box.local", 0);
    g_autofree char *address = lec_http_host_format("fe80::1", 8443);
    g_assert_cmpstr(name, ==, "box.local");
    g_assert_cmpstr(address, ==, "[fe80::1]:8443");
}

static bool has(const LecHttpNames *names, const char *text) {
    LecHttpHost host;
    g_assert_true(lec_http_host_parse(text, &host));
    return lec_http_names_has(names, &host);
}

static void test_names(void) {
    g_autoptr(LecHttpNames) names = lec_http_names_new();
    g_assert_true(lec_http_names_add(names, "Room12.local."));
    g_assert_true(lec_http_names_add(names, "*.rooms.example"));
    g_assert_false(lec_http_names_add(names, "no name"));
    g_assert_false(lec_http_names_add(names, "*"));
    g_assert_false(lec_http_names_add(names, "a.*.example"));
    g_assert_false(lec_http_names_add(names, ""));
    g_assert_true(has(names, "localhost:8443"));
    g_assert_true(has(names, "room12.LOCAL"));
    g_assert_true(has(names, "twelve.rooms.example"));
    g_assert_true(has(names, "192.0.2.1"));
    g_assert_true(has(names, "[2001:db8::1]:443"));
    g_assert_false(has(names, "rooms.example"));
    g_assert_false(has(names, "a.twelve.rooms.example"));
    g_assert_false(has(names, "room12"));
    g_assert_false(has(names, "room12.local.attacker.example"));
    lec_http_names_clear(names);
    g_assert_false(has(names, "room12.local"));
    g_assert_true(has(names, "localhost"));
}

static void test_rules(void) {
#define AT .host = "box.local:8443"
#define OWN .origin = "https://box.local:8443"
#define CROSS .fetch_site = "cross-site"
    static const struct {
        LecHttpRequest request;
        guint status;
    } cases[] = {
        {{"GET", AT}, 0},
        {{"HEAD", AT}, 0},
        {{"GET", .host = "10.0.0.7"}, 0},
        /* rebinding, and no Host at all */
        {{"GET", .host = "attacker.example"}, 421},
        {{"GET", .host = "attacker.example", .origin = "https://attacker.example"}, 421},
        {{"GET", .host = "attacker.example", .websocket = true}, 421},
        {{"POST", .host = "attacker.example", .authorization = "Bearer x"}, 421},
        {{"GET"}, 421},
        {{"GET", .host = "box.local, attacker.example"}, 421},
        /* WebSockets */
        {{"GET", AT, .websocket = true}, 0},
        {{"GET", AT, OWN, .websocket = true}, 0},
        {{"GET", AT, OWN, .websocket = true, CROSS}, 0},
        {{"GET", AT, .origin = "https://box.local", .websocket = true}, 403},
        {{"GET", AT, .origin = "http://box.local:8443", .websocket = true}, 403},
        {{"GET", AT, .origin = "https://attacker.example", .websocket = true}, 403},
        {{"GET", AT, .origin = "null", .websocket = true}, 403},
        {{"GET", AT, .origin = "https://box.local:8443, https://attacker.example",
          .websocket = true},
         403},
        /* what changes something, whatever it asks to become */
        {{"POST", AT, .websocket = true}, 401},
        {{"DELETE", AT, OWN, .websocket = true, CROSS}, 403},
        {{"POST", AT}, 401},
        {{"POST", AT, .authorization = "Basic x"}, 401},
        {{"POST", AT, .authorization = "Bearer "}, 401},
        {{"POST", AT, .authorization = "bearer x"}, 0},
        {{"POST", AT, OWN}, 0},
        {{"POST", AT, OWN, .fetch_site = "same-origin"}, 0},
        {{"POST", AT, .origin = "https://attacker.example", .authorization = "Bearer x"}, 403},
        {{"POST", AT, .origin = "null", .authorization = "Bearer x"}, 403},
        {{"DELETE", AT}, 401},
        {{"PATCH", AT, .origin = "https://attacker.example"}, 403},
        {{"OPTIONS", AT, .origin = "https://attacker.example"}, 403},
        {{"TRACE", AT}, 401},
        /* on whose behalf */
        {{"GET", AT, .fetch_site = "same-origin"}, 0},
        {{"GET", AT, .fetch_site = "none"}, 0},
        {{"GET", AT, CROSS, .fetch_mode = "no-cors", .fetch_dest = "image"}, 403},
        {{"GET", AT, CROSS, .fetch_mode = "no-cors", .fetch_dest = "script"}, 403},
        {{"GET", AT, CROSS, .fetch_mode = "cors", .fetch_dest = "empty"}, 403},
        {{"GET", AT, CROSS, .fetch_mode = "navigate", .fetch_dest = "document"}, 0},
        {{"GET", AT, CROSS, .fetch_mode = "navigate", .fetch_dest = "iframe"}, 403},
        {{"GET", AT, CROSS}, 403},
        {{"GET", AT, .fetch_site = "same-site", .fetch_mode = "no-cors"}, 403},
        {{"POST", AT, CROSS, .fetch_mode = "navigate", .fetch_dest = "document",
          .authorization = "Bearer x"},
         403},
    };
    g_autoptr(LecHttpNames) names = lec_http_names_new();
    g_assert_true(lec_http_names_add(names, "box.local"));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint status = lec_http_judge(&cases[i].request, names);
        if (status != cases[i].status)
            g_error("case %u: %u instead of %u", i, status, cases[i].status);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-rules/hosts", test_hosts);
    g_test_add_func("/http-rules/bad-hosts", test_bad_hosts);
    g_test_add_func("/http-rules/formatting", test_formatting);
    g_test_add_func("/http-rules/names", test_names);
    g_test_add_func("/http-rules/rules", test_rules);
    return g_test_run();
}
