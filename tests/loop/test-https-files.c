/* Files over the real HTTPS server: tags, coding, policy, what is not there. */
#include "signalling/https-files.h"
#include "tests/support/https-client.h"
#include "tests/support/until.h"

#include <string.h>

typedef struct {
    LecIdentity *identity;
    LecHttpsServer *server;
    LecHttpsFiles *files;
    LecHttpsClient *client;
} Fixture;

static void put(Fixture *fixture, const char *path, const char *type, const char *body,
                const char *gzip, bool immutable) {
    g_autoptr(GBytes) plain = g_bytes_new_static(body, strlen(body));
    g_autoptr(GBytes) packed = gzip ? g_bytes_new_static(gzip, strlen(gzip)) : NULL;
    const LecHttpsFile file = {type, "abc", immutable, plain, packed};
    lec_https_files_put(fixture->files, path, &file);
}

static void fixture_open(Fixture *fixture) {
    g_autoptr(GError) error = NULL;
    fixture->identity = lec_identity_new_ephemeral("Room 12", &error);
    g_assert_no_error(error);
    LecGateLimits limits = lec_gate_limits_default;
    limits.busy_ms = 2000;                                     /* for who does not read */
    limits.connections_loopback = limits.connections_a_source; /* as if we came from elsewhere */
    fixture->server = lec_https_server_new_with_limits(fixture->identity, 0, &limits, &error);
    g_assert_no_error(error);
    fixture->files = lec_https_files_serve(fixture->server);
    put(fixture, "/", "text/html; charset=utf-8", "the page", "packed page", false);
    put(fixture, "/app/main-1.js", "text/javascript; charset=utf-8", "program", NULL, true);
    fixture->client = lec_https_client_new(lec_https_server_get_port(fixture->server));
}

static void fixture_close(Fixture *fixture) {
    lec_https_client_free(fixture->client);
    lec_https_server_free(fixture->server);
    lec_identity_free(fixture->identity);
}

static void expect_body(const LecHttpsReply *visit, const char *body) {
    g_assert_cmpmem(visit->body, visit->len, body, strlen(body));
}

static void visit_do(LecHttpsReply *visit, Fixture *fixture, const char *method, const char *path,
                     const char *name, const char *value, guint status) {
    const LecHttpsQuestion question = {.method = method, .path = path, .headers = {name, value}};
    lec_https_client_ask(fixture->client, &question, visit);
    g_assert_cmpuint(visit->status, ==, status);
    g_assert_nonnull(
        strstr(lec_https_reply_header(visit, "Content-Security-Policy"), "default-src 'none'"));
    g_assert_nonnull(strstr(lec_https_reply_header(visit, "Content-Security-Policy"),
                            "connect-src 'self' wss://127.0.0.1:"));
    g_assert_cmpstr(lec_https_reply_header(visit, "X-Content-Type-Options"), ==, "nosniff");
    g_assert_cmpstr(lec_https_reply_header(visit, "Referrer-Policy"), ==, "no-referrer");
    g_assert_cmpstr(lec_https_reply_header(visit, "Cross-Origin-Opener-Policy"), ==, "same-origin");
    g_assert_cmpstr(lec_https_reply_header(visit, "Permissions-Policy"), ==,
                    "display-capture=(self), camera=(self), microphone=(self)");
    g_assert_null(lec_https_reply_header(visit, "Strict-Transport-Security"));
    g_assert_null(lec_https_reply_header(visit, "Set-Cookie"));
}

static void test_plain(Fixture *fixture, gconstpointer data) {
    LecHttpsReply visit;
    visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", "identity", 200);
    expect_body(&visit, "the page");
    g_assert_cmpstr(lec_https_reply_header(&visit, "Content-Type"), ==, "text/html; charset=utf-8");
    g_assert_cmpstr(lec_https_reply_header(&visit, "ETag"), ==, "\"abc\"");
    g_assert_cmpstr(lec_https_reply_header(&visit, "Cache-Control"), ==, "no-cache");
    g_assert_cmpstr(lec_https_reply_header(&visit, "Vary"), ==, "Accept-Encoding");
    g_assert_null(lec_https_reply_header(&visit, "Content-Encoding"));
    lec_https_reply_clear(&visit);
    visit_do(&visit, fixture, "GET", "/app/main-1.js?x=y", NULL, NULL, 200);
    expect_body(&visit, "program");
    g_assert_cmpstr(lec_https_reply_header(&visit, "Cache-Control"), ==,
                    "public, max-age=31536000, immutable");
    lec_https_reply_clear(&visit);
}

static void test_coding(Fixture *fixture, gconstpointer data) {
    static const struct {
        const char *accepted;
        bool packed;
    } cases[] = {{"gzip", true},        {"br, gzip, deflate", true},
                 {"GZIP;q=0.5", true},  {"gzip;q=0", false},
                 {"br", false},         {"", false},
                 {"*;q=0, gzip", true}, {"xgzip", false}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        LecHttpsReply visit;
        visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", cases[i].accepted, 200);
        expect_body(&visit, cases[i].packed ? "packed page" : "the page");
        g_assert_cmpstr(lec_https_reply_header(&visit, "Content-Encoding"), ==,
                        cases[i].packed ? "gzip" : NULL);
        g_assert_cmpstr(lec_https_reply_header(&visit, "ETag"), ==,
                        cases[i].packed ? "\"abc-gz\"" : "\"abc\"");
        lec_https_reply_clear(&visit);
    }
}

static void test_known_already(Fixture *fixture, gconstpointer data) {
    static const char *const known[] = {"\"abc\"", "W/\"abc-gz\"", "\"x\", \"abc\"", "*"};
    LecHttpsReply visit;
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        visit_do(&visit, fixture, "GET", "/", "If-None-Match", known[i], 304);
        expect_body(&visit, "");
        g_assert_nonnull(lec_https_reply_header(&visit, "ETag"));
        g_assert_cmpstr(lec_https_reply_header(&visit, "Cache-Control"), ==, "no-cache");
        lec_https_reply_clear(&visit);
    }
    visit_do(&visit, fixture, "GET", "/", "If-None-Match", "\"abcd\"", 200);
    lec_https_reply_clear(&visit);
}

static void test_head(Fixture *fixture, gconstpointer data) {
    LecHttpsReply visit;
    visit_do(&visit, fixture, "HEAD", "/", "Accept-Encoding", "identity", 200);
    expect_body(&visit, "");
    g_assert_cmpstr(lec_https_reply_header(&visit, "Content-Length"), ==, "8");
    lec_https_reply_clear(&visit);
    visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", "identity", 200); /* still in step */
    expect_body(&visit, "the page");
    lec_https_reply_clear(&visit);
}

static void test_missing(Fixture *fixture, gconstpointer data) {
    static const char *const paths[] = {"/app",         "/app/",       "/app/main-1.j",
                                        "/index.html",  "/%2e%2e/etc", "/app%2Fmain",
                                        "/favicon.ico", "//"};
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        LecHttpsReply visit;
        visit_do(&visit, fixture, "GET", paths[i], NULL, NULL, 404);
        g_assert_nonnull(strstr(visit.body, "nothing at this"));
        g_assert_cmpstr(lec_https_reply_header(&visit, "Cache-Control"), ==, "no-store");
        lec_https_reply_clear(&visit);
    }
}

static void test_methods(Fixture *fixture, gconstpointer data) {
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"};
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        LecHttpsReply visit;
        visit_do(&visit, fixture, methods[i], "/", "Authorization", "Bearer x", 405);
        g_assert_cmpstr(lec_https_reply_header(&visit, "Allow"), ==, "GET, HEAD");
        lec_https_reply_clear(&visit);
    }
}

/* A file put again is another one from then on. */
static void test_replaced(Fixture *fixture, gconstpointer data) {
    LecHttpsReply visit;
    put(fixture, "/", "text/plain", "another", NULL, false);
    visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", "gzip", 200);
    expect_body(&visit, "another");
    lec_https_reply_clear(&visit);
}

/* Twelve browsers behind one router load the page at once, over as many connections as they use. */
static void test_crowd(Fixture *fixture, gconstpointer data) {
    enum { N = 60 };
    LecHttpsReply visits[N];
    for (guint i = 0; i < N; i++)
        lec_https_client_begin(
            fixture->client,
            &(LecHttpsQuestion){.method = "GET", .path = i % 2 ? "/" : "/app/main-1.js"},
            &visits[i]);
    for (guint i = 0; i < N; i++) {
        LEC_UNTIL(visits[i].done);
        g_assert_no_error(visits[i].error);
        g_assert_cmpuint(visits[i].status, ==, 200);
        lec_https_reply_clear(&visits[i]);
    }
    g_assert_cmpuint(lec_https_server_count_connections(fixture->server), >, 6);
}

/* Who asks for much and reads nothing is cut off in time. */
static void test_no_reader(Fixture *fixture, gconstpointer data) {
    enum { BYTES = 32 * 1024 * 1024 };
    g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(BYTES), BYTES);
    const LecHttpsFile file = {"application/octet-stream", "large", true, large, NULL};
    lec_https_files_put(fixture->files, "/large", &file);
    g_autoptr(SoupMessage) message = lec_https_client_prepare(
        fixture->client, &(LecHttpsQuestion){.method = "GET", .path = "/large"});
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    soup_session_send_async(fixture->client->session, message, G_PRIORITY_DEFAULT, cancellable,
                            NULL, NULL);
    LEC_UNTIL(lec_https_server_count_connections(fixture->server) == 1);
    LEC_UNTIL(!lec_https_server_count_connections(fixture->server));
    g_cancellable_cancel(cancellable);
    LecHttpsReply visit; /* others are served as ever */
    visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", "identity", 200);
    lec_https_reply_clear(&visit);
}

int main(int argc, char **argv) {
    static const struct {
        const char *path;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        {"plain", test_plain},       {"coding", test_coding},   {"known", test_known_already},
        {"head", test_head},         {"missing", test_missing}, {"methods", test_methods},
        {"replaced", test_replaced}, {"crowd", test_crowd},     {"no-reader", test_no_reader}};
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/https-files/", tests[i].path, NULL);
        g_test_add_vtable(path, sizeof(Fixture), NULL, (GTestFixtureFunc)fixture_open,
                          (GTestFixtureFunc)tests[i].test, (GTestFixtureFunc)fixture_close);
    }
    return g_test_run();
}
