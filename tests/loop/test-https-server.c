/* What the HTTPS server takes and what it turns away, over real sockets on loopback. */
#include "tests/support/https-rig.h"
#include "tests/support/tls-client.h"
#include "tests/support/until.h"

#include <string.h>
#include <unistd.h>

static void test_plain_requests(void) {
    LecHttpsRig rig;
    LecTlsClient client;
    lec_https_rig_open(&rig, NULL);
    lec_tls_client_connect(&client, rig.port);
    lec_tls_client_get(&client, "/");
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\n"));
    g_assert_true(g_str_has_prefix(client.heard->str, "HTTP/1.1 404 "));
    g_assert_null(strstr(client.heard->str, "libsoup"));
    g_string_truncate(client.heard, 0);
    lec_tls_client_get(&client, "/page/../etc");
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\n"));
    g_assert_false(g_str_has_prefix(client.heard->str, "HTTP/1.1 200 "));
    lec_tls_client_get(&client, "/page"); /* the same connection */
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\npage"));
    g_assert_cmpstr(rig.scheme, ==, "https");
    g_assert_cmpuint(lec_https_server_count_connections(rig.server), ==, 1);
    lec_tls_client_clear(&client);
    LEC_UNTIL(!lec_https_server_count_connections(rig.server));
    lec_https_rig_close(&rig);
}

static void test_ports(void) {
    LecHttpsRig rig;
    g_autoptr(GError) error = NULL;
    lec_https_rig_open(&rig, NULL);
    g_assert_null(lec_https_server_new(rig.identity, rig.port, &error));
    g_assert_error(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_PORT_TAKEN);
    g_test_message("%s", error->message);
    /* Free again at once afterwards, connections or not. */
    guint16 port = rig.port;
    lec_https_rig_visit(&rig);
    g_clear_pointer(&rig.server, lec_https_server_free);
    g_clear_error(&error);
    rig.server = lec_https_server_new(rig.identity, port, &error);
    g_assert_no_error(error);
    lec_https_rig_close(&rig);
}

static void test_port_denied(void) {
    g_autoptr(GError) error = NULL;
    if (!geteuid() && seteuid(65534)) {
        g_test_skip("cannot become somebody without rights");
        return;
    }
    g_autoptr(LecIdentity) identity = lec_identity_new_ephemeral("Room 12", &error);
    g_assert_no_error(error);
    g_autoptr(LecHttpsServer) server = lec_https_server_new(identity, 443, &error);
    g_assert_cmpint(seteuid(getuid()), ==, 0);
    if (server || g_error_matches(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_PORT_TAKEN)) {
        g_test_skip("port 443 is anybody's here, or taken");
        return;
    }
    g_assert_error(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_PORT_DENIED);
    g_test_message("%s", error->message);
}

/*
 * GnuTLS reads what it may speak from the environment, once: hence a process for each version.
 * clang 14's leak checker crashes at the end of these;
 * the other tests look for the same leaks.
 */
static void run_with_tls(const char *version, const char *test) {
    g_autofree char *priority = g_strdup_printf("NORMAL:-VERS-ALL:+VERS-%s", version);
    g_autofree char *sanitizer = g_strdup(g_getenv("ASAN_OPTIONS"));
    g_setenv("G_TLS_GNUTLS_PRIORITY", priority, TRUE);
    g_setenv("ASAN_OPTIONS", "detect_leaks=0", TRUE);
    g_test_trap_subprocess(test, 0, 0);
    g_unsetenv("G_TLS_GNUTLS_PRIORITY");
    g_setenv("ASAN_OPTIONS", sanitizer ? sanitizer : "", TRUE);
    g_test_trap_assert_passed();
}

static void test_served_process(void) {
    LecHttpsRig rig;
    lec_https_rig_open(&rig, NULL);
    lec_https_rig_visit(&rig);
    lec_https_rig_close(&rig);
}

static void test_refused_process(void) {
    LecHttpsRig rig;
    LecTlsClient client;
    lec_https_rig_open(&rig, NULL);
    lec_tls_client_open(&client, rig.port);
    LEC_UNTIL(client.stream || client.failed);
    if (client.stream) {
        lec_tls_client_listen(&client);
        lec_tls_client_get(&client, "/page");
        LEC_UNTIL(client.closed);
    }
    g_assert_cmpuint(rig.requests, ==, 0);
    lec_tls_client_clear(&client);
    lec_https_rig_close(&rig);
}

static void test_tls_versions(void) {
    run_with_tls("TLS1.3", "/https-server/tls-versions/subprocess/served");
    run_with_tls("TLS1.2", "/https-server/tls-versions/subprocess/served");
    run_with_tls("TLS1.1", "/https-server/tls-versions/subprocess/refused");
}

static void test_large_requests(void) {
    LecHttpsRig rig;
    LecTlsClient client;
    lec_https_rig_open(&rig, NULL);
    lec_tls_client_connect(&client, rig.port);
    lec_tls_client_say(&client, "POST /page HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                "x\r\nContent-Length: 99999999\r\n\r\n");
    g_autofree char *block = g_strnfill(64 * 1024, 'x');
    for (guint i = 0; i < 64 && lec_tls_client_send(&client, block, 64 * 1024); i++)
        g_main_context_iteration(NULL, FALSE);
    LEC_UNTIL(client.closed);
    lec_tls_client_clear(&client);

    /* A body without end, and a head without end. */
    lec_tls_client_connect(&client, rig.port);
    lec_tls_client_say(&client, "POST /page HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                "x\r\nTransfer-Encoding: chunked\r\n\r\n");
    g_autofree char *chunk = g_strdup_printf("10000\r\n%s\r\n", block);
    for (guint i = 0; i < 64 && lec_tls_client_send(&client, chunk, strlen(chunk)); i++)
        g_main_context_iteration(NULL, FALSE);
    LEC_UNTIL(client.closed);
    lec_tls_client_clear(&client);

    lec_tls_client_connect(&client, rig.port);
    lec_tls_client_say(&client, "GET /page HTTP/1.1\r\nX: ");
    for (guint i = 0; i < 64 && lec_tls_client_send(&client, block, 64 * 1024); i++)
        g_main_context_iteration(NULL, FALSE);
    LEC_UNTIL(client.closed);
    lec_tls_client_clear(&client);
    g_assert_cmpuint(rig.requests, ==, 0);
    lec_https_rig_close(&rig);
}

static void test_origins(void) {
    static const struct {
        const char *origin;
        const char *status;
    } cases[] = {
        {"", "HTTP/1.1 101 "},
        {"Origin: https://localhost\r\n", "HTTP/1.1 101 "},
        {"Origin: https://elsewhere.example\r\n", "HTTP/1.1 403 "},
        {"Origin: https://localhost.elsewhere.example\r\n", "HTTP/1.1 403 "},
        {"Origin: http://localhost\r\n", "HTTP/1.1 403 "},
        {"Origin: null\r\n", "HTTP/1.1 403 "},
    };
    LecHttpsRig rig;
    lec_https_rig_open(&rig, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        LecTlsClient client;
        lec_tls_client_connect(&client, rig.port);
        lec_tls_client_upgrade(&client, cases[i].origin);
        if (!g_str_has_prefix(client.heard->str, cases[i].status))
            g_error("case %u: %s", i, client.heard->str);
        lec_tls_client_clear(&client);
    }
    g_assert_cmpuint(rig.websockets, ==, 2);
    lec_https_rig_close(&rig);
}

/* The one rule stands before every path; what it refuses reaches no handler and says no more. */
static void test_rules(void) {
    static const struct {
        const char *request, *status;
    } cases[] = {
        {"GET /page HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 421 "},
        {"GET /page HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n\r\n",
         "HTTP/1.1 421 "},
        {"GET /nowhere HTTP/1.1\r\nHost: localhost.attacker.example\r\n\r\n", "HTTP/1.1 421 "},
        {"GET /page HTTP/1.0\r\n\r\n", "HTTP/1.0 421 "},
        {"GET page HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 4"},
        {"GET http://[ HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 4"},
        {"POST api/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 4"},
        {"CONNECT attacker.example:443 HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 4"},
        {"OPTIONS * HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 4"},
        {"POST /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 401 "},
        {"POST /page HTTP/1.1\r\nHost: localhost\r\nOrigin: https://attacker.example\r\n"
         "Content-Length: 1\r\n\r\nx",
         "HTTP/1.1 403 "},
        {"GET /page HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n"
         "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n\r\n",
         "HTTP/1.1 403 "},
    };
    LecHttpsRig rig;
    lec_https_rig_open(&rig, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        LecTlsClient client;
        lec_tls_client_connect(&client, rig.port);
        lec_tls_client_say(&client, cases[i].request);
        LEC_UNTIL(client.closed);
        if (!g_str_has_prefix(client.heard->str, cases[i].status))
            g_error("case %u: %s", i, client.heard->str);
        g_assert_true(g_str_has_suffix(client.heard->str, "\r\n\r\n")); /* no body */
        lec_tls_client_clear(&client);
    }
    g_assert_cmpuint(rig.requests, ==, 0);
    g_assert_true(lec_http_names_add(lec_https_server_get_names(rig.server), "attacker.example"));
    LecTlsClient client;
    lec_tls_client_connect(&client, rig.port);
    lec_tls_client_say(&client, cases[0].request);
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\npage"));
    lec_tls_client_clear(&client);
    lec_https_rig_close(&rig);
}

/* libsoup collects fragments without limit; the meter does not let it. */
static void test_endless_message(void) {
    LecHttpsRig rig;
    LecTlsClient client;
    lec_https_rig_open(&rig, NULL);
    lec_tls_client_connect(&client, rig.port);
    lec_tls_client_upgrade(&client, "");
    guint8 frame[8 + 1024] = {0x01, 0x80 | 126, 1024 >> 8, 1024 & 0xff}; /* text, not final */
    bool sent = true;
    for (guint i = 0; i < 4096 && sent; i++) {
        sent = lec_tls_client_send(&client, frame, sizeof frame);
        frame[0] = 0x00; /* continuation, not final */
        g_main_context_iteration(NULL, FALSE);
    }
    LEC_UNTIL(client.closed);
    g_assert_cmpuint(rig.messages, ==, 0);
    lec_tls_client_clear(&client);
    lec_https_rig_close(&rig);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/https-server/plain-requests", test_plain_requests);
    g_test_add_func("/https-server/ports", test_ports);
    g_test_add_func("/https-server/port-denied", test_port_denied);
    g_test_add_func("/https-server/tls-versions", test_tls_versions);
    g_test_add_func("/https-server/tls-versions/subprocess/served", test_served_process);
    g_test_add_func("/https-server/tls-versions/subprocess/refused", test_refused_process);
    g_test_add_func("/https-server/large-requests", test_large_requests);
    g_test_add_func("/https-server/origins", test_origins);
    g_test_add_func("/https-server/rules", test_rules);
    g_test_add_func("/https-server/endless-message", test_endless_message);
    return g_test_run();
}
