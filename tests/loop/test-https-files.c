/* Files over the real HTTPS server: tags, coding, policy, what is not there. */
#include "signalling/https-files.h"
#include "tests/support/until.h"

#include <libsoup/soup.h>
#include <string.h>

typedef struct {
    LecIdentity *identity;
    LecHttpsServer *server;
    LecHttpsFiles *files;
    SoupSession *session;
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
    fixture->session =
        soup_session_new_with_options("proxy-resolver", NULL, "tls-database", NULL,
                                      "max-conns-per-host", 64, "max-conns", 64, NULL);
}

static void fixture_close(Fixture *fixture) {
    soup_session_abort(fixture->session);
    g_object_unref(fixture->session);
    lec_https_server_free(fixture->server);
    lec_identity_free(fixture->identity);
}

static gboolean on_certificate(SoupMessage *message, GTlsCertificate *certificate,
                               GTlsCertificateFlags errors, gpointer user) {
    return TRUE;
}

typedef struct {
    SoupMessage *message;
    GBytes *body;
} Visit;

static void on_answer(GObject *session, GAsyncResult *result, gpointer user) {
    g_autoptr(GError) error = NULL;
    ((Visit *)user)->body =
        soup_session_send_and_read_finish(SOUP_SESSION(session), result, &error);
    g_assert_no_error(error);
}

static void visit_begin(Visit *visit, Fixture *fixture, const char *method, const char *path,
                        const char *name, const char *value) {
    g_autofree char *uri =
        g_strdup_printf("https://127.0.0.1:%u%s", lec_https_server_get_port(fixture->server), path);
    *visit = (Visit){.message = soup_message_new(method, uri)};
    g_signal_connect(visit->message, "accept-certificate", G_CALLBACK(on_certificate), NULL);
    if (name)
        soup_message_headers_append(soup_message_get_request_headers(visit->message), name, value);
    soup_session_send_and_read_async(fixture->session, visit->message, G_PRIORITY_DEFAULT, NULL,
                                     on_answer, visit);
}

static void visit_clear(Visit *visit) {
    g_object_unref(visit->message);
    g_bytes_unref(visit->body);
}

static const char *header(const Visit *visit, const char *name) {
    return soup_message_headers_get_list(soup_message_get_response_headers(visit->message), name);
}

static void expect_body(const Visit *visit, const char *body) {
    gsize len;
    const char *data = g_bytes_get_data(visit->body, &len);
    g_assert_cmpmem(data, len, body, strlen(body));
}

static void visit_do(Visit *visit, Fixture *fixture, const char *method, const char *path,
                     const char *name, const char *value, guint status) {
    visit_begin(visit, fixture, method, path, name, value);
    LEC_UNTIL(visit->body);
    g_assert_cmpuint(soup_message_get_status(visit->message), ==, status);
    g_assert_nonnull(strstr(header(visit, "Content-Security-Policy"), "default-src 'none'"));
    g_assert_nonnull(
        strstr(header(visit, "Content-Security-Policy"), "connect-src 'self' wss://127.0.0.1:"));
    g_assert_cmpstr(header(visit, "X-Content-Type-Options"), ==, "nosniff");
    g_assert_cmpstr(header(visit, "Referrer-Policy"), ==, "no-referrer");
    g_assert_cmpstr(header(visit, "Cross-Origin-Opener-Policy"), ==, "same-origin");
    g_assert_cmpstr(header(visit, "Permissions-Policy"), ==,
                    "display-capture=(self), camera=(self), microphone=(self)");
    g_assert_null(header(visit, "Strict-Transport-Security"));
    g_assert_null(header(visit, "Set-Cookie"));
}

static void test_plain(Fixture *fixture, gconstpointer data) {
    Visit visit;
    visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", "identity", 200);
    expect_body(&visit, "the page");
    g_assert_cmpstr(header(&visit, "Content-Type"), ==, "text/html; charset=utf-8");
    g_assert_cmpstr(header(&visit, "ETag"), ==, "\"abc\"");
    g_assert_cmpstr(header(&visit, "Cache-Control"), ==, "no-cache");
    g_assert_cmpstr(header(&visit, "Vary"), ==, "Accept-Encoding");
    g_assert_null(header(&visit, "Content-Encoding"));
    visit_clear(&visit);
    visit_do(&visit, fixture, "GET", "/app/main-1.js?x=y", NULL, NULL, 200);
    expect_body(&visit, "program");
    g_assert_cmpstr(header(&visit, "Cache-Control"), ==, "public, max-age=31536000, immutable");
    visit_clear(&visit);
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
        Visit visit;
        visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", cases[i].accepted, 200);
        expect_body(&visit, cases[i].packed ? "packed page" : "the page");
        g_assert_cmpstr(header(&visit, "Content-Encoding"), ==, cases[i].packed ? "gzip" : NULL);
        g_assert_cmpstr(header(&visit, "ETag"), ==, cases[i].packed ? "\"abc-gz\"" : "\"abc\"");
        visit_clear(&visit);
    }
}

static void test_known_already(Fixture *fixture, gconstpointer data) {
    static const char *const known[] = {"\"abc\"", "W/\"abc-gz\"", "\"x\", \"abc\"", "*"};
    Visit visit;
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        visit_do(&visit, fixture, "GET", "/", "If-None-Match", known[i], 304);
        expect_body(&visit, "");
        g_assert_nonnull(header(&visit, "ETag"));
        g_assert_cmpstr(header(&visit, "Cache-Control"), ==, "no-cache");
        visit_clear(&visit);
    }
    visit_do(&visit, fixture, "GET", "/", "If-None-Match", "\"abcd\"", 200);
    visit_clear(&visit);
}

static void test_head(Fixture *fixture, gconstpointer data) {
    Visit visit;
    visit_do(&visit, fixture, "HEAD", "/", "Accept-Encoding", "identity", 200);
    expect_body(&visit, "");
    g_assert_cmpstr(header(&visit, "Content-Length"), ==, "8");
    visit_clear(&visit);
    visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", "identity", 200); /* still in step */
    expect_body(&visit, "the page");
    visit_clear(&visit);
}

static void test_missing(Fixture *fixture, gconstpointer data) {
    static const char *const paths[] = {"/app",         "/app/",       "/app/main-1.j",
                                        "/index.html",  "/%2e%2e/etc", "/app%2Fmain",
                                        "/favicon.ico", "//"};
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        Visit visit;
        visit_do(&visit, fixture, "GET", paths[i], NULL, NULL, 404);
        g_assert_nonnull(g_strstr_len(g_bytes_get_data(visit.body, NULL), -1, "nothing at this"));
        g_assert_cmpstr(header(&visit, "Cache-Control"), ==, "no-store");
        visit_clear(&visit);
    }
}

static void test_methods(Fixture *fixture, gconstpointer data) {
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"};
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        Visit visit;
        visit_do(&visit, fixture, methods[i], "/", "Authorization", "Bearer x", 405);
        g_assert_cmpstr(header(&visit, "Allow"), ==, "GET, HEAD");
        visit_clear(&visit);
    }
}

/* A file put again is another one from then on. */
static void test_replaced(Fixture *fixture, gconstpointer data) {
    Visit visit;
    put(fixture, "/", "text/plain", "another", NULL, false);
    visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", "gzip", 200);
    expect_body(&visit, "another");
    visit_clear(&visit);
}

/* Twelve browsers behind one router load the page at once, over as many connections as they use. */
static void test_crowd(Fixture *fixture, gconstpointer data) {
    enum { N = 60 };
    Visit visits[N];
    for (guint i = 0; i < N; i++)
        visit_begin(&visits[i], fixture, "GET", i % 2 ? "/" : "/app/main-1.js", NULL, NULL);
    for (guint i = 0; i < N; i++) {
        LEC_UNTIL(visits[i].body);
        g_assert_cmpuint(soup_message_get_status(visits[i].message), ==, 200);
        visit_clear(&visits[i]);
    }
    g_assert_cmpuint(lec_https_server_count_connections(fixture->server), >, 6);
}

/* Who asks for much and reads nothing is cut off in time. */
static void test_no_reader(Fixture *fixture, gconstpointer data) {
    enum { BYTES = 32 * 1024 * 1024 };
    g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(BYTES), BYTES);
    const LecHttpsFile file = {"application/octet-stream", "large", true, large, NULL};
    lec_https_files_put(fixture->files, "/large", &file);
    g_autofree char *uri =
        g_strdup_printf("https://127.0.0.1:%u/large", lec_https_server_get_port(fixture->server));
    g_autoptr(SoupMessage) message = soup_message_new("GET", uri);
    g_signal_connect(message, "accept-certificate", G_CALLBACK(on_certificate), NULL);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    soup_session_send_async(fixture->session, message, G_PRIORITY_DEFAULT, cancellable, NULL, NULL);
    LEC_UNTIL(lec_https_server_count_connections(fixture->server) == 1);
    LEC_UNTIL(!lec_https_server_count_connections(fixture->server));
    g_cancellable_cancel(cancellable);
    Visit visit; /* others are served as ever */
    visit_do(&visit, fixture, "GET", "/", "Accept-Encoding", "identity", 200);
    visit_clear(&visit);
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
