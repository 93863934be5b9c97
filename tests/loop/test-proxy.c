/* How proxies are chosen: by name, environment and PAC files that are fetched and really run. */
#include "common/net/pac-fetch.h"
#include "common/net/pac-run.h"
#include "common/net/proxy.h"
#include "common/net/tunnel.h"
#include "tests/support/far-host.h"
#include "tests/support/proxies.h"
#include "tests/support/until.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- asking a resolver as GIO does ---- */

typedef struct {
    char **found;
    GError *error;
    bool done;
} Asked;

static void on_found(GObject *object, GAsyncResult *result, gpointer user) {
    Asked *self = user;
    self->found = g_proxy_resolver_lookup_finish(G_PROXY_RESOLVER(object), result, &self->error);
    self->done = true;
}

static char *ask(GProxyResolver *resolver, const char *uri, GError **error) {
    Asked self = {0};
    g_proxy_resolver_lookup_async(resolver, uri, NULL, on_found, &self);
    LEC_UNTIL(self.done);
    char *text = self.found ? g_strjoinv(" ", self.found) : NULL;
    g_strfreev(self.found);
    if (self.error)
        g_propagate_error(error, self.error);
    return text;
}

static void expect(GProxyResolver *resolver, const char *uri, const char *urls) {
    g_autoptr(GError) error = NULL;
    g_autofree char *found = ask(resolver, uri, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(found, ==, urls);
    g_auto(GStrv) now = g_proxy_resolver_lookup(resolver, uri, NULL, &error);
    g_autofree char *same = g_strjoinv(" ", now);
    g_assert_cmpstr(same, ==, urls);
}

static LecProxy *make(const char *text, const char *credentials) {
    g_autoptr(GError) error = NULL;
    LecProxy *proxy = lec_proxy_new(text, credentials, &error);
    g_assert_no_error(error);
    return proxy;
}

static void clear_environment(void) {
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_unsetenv(names[i]);
}

/* ---- by name ---- */

static void test_named(void) {
    g_autoptr(LecProxy) none = make("none", NULL);
    expect(lec_proxy_get_resolver(none), "https://example.org:443", "direct://");
    g_assert_cmpstr(lec_proxy_get_description(none), ==, "none");
    g_autoptr(LecProxy) named = make("http://proxy.example:3128", NULL);
    expect(lec_proxy_get_resolver(named), "https://example.org:443", "http://proxy.example:3128");
    expect(lec_proxy_get_resolver(named), "https://10.0.0.1:443", "http://proxy.example:3128");
    char *file = lec_test_file_make("ann\nse cret\n");
    g_autoptr(LecProxy) secret = make("socks5://proxy.example", file);
    expect(lec_proxy_get_resolver(secret), "https://example.org:443",
           "socks5://ann:se%20cret@proxy.example:1080");
    g_assert_cmpstr(lec_proxy_get_description(secret), ==, "SOCKS5 proxy proxy.example:1080");
    g_chmod(file, 0644);
    g_autoptr(GError) error = NULL;
    g_assert_null(lec_proxy_new("socks5://proxy.example", file, &error));
    g_assert_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_CREDENTIALS);
    lec_test_file_remove(file);
}

static void test_boxes(void) {
    g_autoptr(LecProxy) named = make("http://proxy.example:3128", NULL);
    GProxyResolver *resolver = lec_proxy_get_box_resolver(named);
    expect(resolver, "wss://example.org/xmpp", "http://proxy.example:3128");
    expect(resolver, "wss://192.168.1.7/xmpp", "direct:// http://proxy.example:3128");
    expect(resolver, "wss://room12.local:8443/xmpp", "direct:// http://proxy.example:3128");
    expect(resolver, "wss://127.0.0.1:8443/xmpp", "direct://");
    clear_environment();
    g_setenv("https_proxy", "http://proxy.example:3128", TRUE);
    g_autoptr(LecProxy) system = make("system", NULL);
    resolver = lec_proxy_get_box_resolver(system);
    expect(resolver, "wss://example.org/xmpp", "http://proxy.example:3128");
    expect(resolver, "wss://192.168.1.7/xmpp", "direct://");
    expect(resolver, "wss://[fe80::1]/xmpp", "direct://");
    clear_environment();
}

/* ---- the environment ---- */

static void expect_environment(const char *uri, const char *urls) {
    g_autoptr(LecProxy) proxy = make(NULL, NULL);
    expect(lec_proxy_get_resolver(proxy), uri, urls);
}

static void test_environment(void) {
    clear_environment();
#ifndef LEC_SANITIZED /* libproxy throws, which LLVM's sanitizer cannot follow out of a C program \
                       */
    expect_environment("https://example.org:443", "direct://");
#endif
    g_setenv("http_proxy", "http://three:1", TRUE);
    expect_environment("https://example.org:443", "http://three:1");
    g_setenv("ALL_PROXY", "socks5h://two:2", TRUE);
    expect_environment("https://example.org:443", "socks5://two:2");
    g_setenv("https_proxy", "ann:s%20t@one:1", TRUE);
    expect_environment("https://example.org:443", "http://ann:s%20t@one:1");
    g_setenv("no_proxy", "localhost, .example.net,10.0.0.0/8,other.org", TRUE);
    expect_environment("https://example.org:443", "http://ann:s%20t@one:1");
    expect_environment("https://a.example.net:443", "direct://");
    expect_environment("https://a.other.org:443", "direct://");
    expect_environment("https://10.7.7.7:443", "direct://");
    expect_environment("https://11.7.7.7:443", "http://ann:s%20t@one:1");
    g_autoptr(LecProxy) proxy = make(NULL, NULL);
    g_assert_null(strstr(lec_proxy_get_description(proxy), "s t"));
    g_setenv("no_proxy", "*", TRUE);
    expect_environment("https://example.org:443", "direct://");
    clear_environment();
}

/* ---- PAC files ---- */

static void expect_pac(const char *script, const char *uri, const char *urls) {
    char *file = lec_test_file_make(script);
    g_autofree char *text = g_strconcat("pac:", file, NULL);
    g_autoptr(LecProxy) proxy = make(text, NULL);
    expect(lec_proxy_get_resolver(proxy), uri, urls);
    lec_test_file_remove(file);
}

static void test_pac(void) {
    const char *script =
        "function FindProxyForURL(url, host) {\n"
        "  if (isPlainHostName(host) || isInNet(host, '10.0.0.0', '255.0.0.0')) return 'DIRECT';\n"
        "  if (shExpMatch(host, '*.example.org') && url.substring(0, 6) == 'https:')\n"
        "    return 'PROXY a:3128; SOCKS5 b:1080; DIRECT';\n"
        "  return url + '';\n"
        "}\n";
    expect_pac(script, "https://a.example.org:443", "http://a:3128 socks5://b:1080 direct://");
    expect_pac(script, "wss://a.example.org/xmpp?secret",
               "http://a:3128 socks5://b:1080 direct://");
    expect_pac(script, "https://10.2.3.4:443", "direct://");
    expect_pac("function FindProxyForURL(u, h) { return null; }", "https://a.org", "direct://");
}

static void expect_trouble(const char *script, const char *word) {
    char *file = lec_test_file_make(script);
    g_autofree char *text = g_strconcat("pac:", file, NULL);
    g_autoptr(LecProxy) proxy = make(text, NULL);
    g_autoptr(GError) error = NULL;
    const gint64 start_us = g_get_monotonic_time();
    g_autofree char *found = ask(lec_proxy_get_resolver(proxy), "https://example.org", &error);
    g_assert_null(found);
    g_assert_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_PAC);
    if (!strstr(error->message, word))
        g_error("\"%s\" says nothing of \"%s\"", error->message, word);
    g_assert_cmpint(g_get_monotonic_time() - start_us, <, (LEC_PAC_RUN_S + 5) * G_USEC_PER_SEC);
    lec_test_file_remove(file);
}

static void test_bad_pac(void) {
    expect_trouble("this is no JavaScript", "FindProxyForURL");
    expect_trouble("function other() {}", "FindProxyForURL");
    expect_trouble("function FindProxyForURL(u, h) { return 'NOTHING x'; }", "names no proxy");
    expect_trouble("function FindProxyForURL(u, h) { for (;;); }", "in time");
    expect_trouble("for (;;);", "in time");
    expect_trouble("function FindProxyForURL(u, h) { var s = 'PROXY a:1;'; while (s.length < 9000) "
                   "s += s; return s; }",
                   "");
    expect_trouble("function FindProxyForURL(u, h) { return f(); } function f() { return f(); }",
                   "");
}

/* It asks for more than it gets, and falls; we do not. */
static void test_greedy_pac(void) {
    expect_trouble("function FindProxyForURL(u, h) { var a = []; for (;;) a.push(new Array(9999)"
                   ".join('xxxxxxxx') + a.length); }",
                   "");
}

/* ---- PAC files from web servers ---- */

typedef struct {
    GSocketService *service;
    const char *status;
    gsize padding;
    bool stalls;
    gint asked, closing;
    char *url;
} WebServer;

static gboolean on_web(GThreadedSocketService *service, GSocketConnection *connection,
                       GObject *source, gpointer user) {
    WebServer *self = user;
    char buffer[2048];
    g_autoptr(GString) answer = g_string_new(NULL);
    g_input_stream_read(g_io_stream_get_input_stream(G_IO_STREAM(connection)), buffer,
                        sizeof buffer, NULL, NULL);
    const int asked = g_atomic_int_add(&self->asked, 1);
    g_string_printf(answer,
                    "HTTP/1.1 %s\r\nConnection: close\r\n\r\nfunction FindProxyForURL(u, h) { "
                    "return 'PROXY a:%d'; }\n",
                    self->status, asked + 1);
    for (gsize i = 0; i < self->padding; i++)
        g_string_append_c(answer, ' ');
    while (self->stalls && !g_atomic_int_get(&self->closing))
        g_usleep(1000);
    g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), answer->str,
                              answer->len, NULL, NULL, NULL);
    return TRUE;
}

static void web_open(WebServer *self) {
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_autoptr(GSocketAddress) bound = NULL;
    self->service = g_threaded_socket_service_new(8);
    g_signal_connect(self->service, "run", G_CALLBACK(on_web), self);
    g_socket_listener_add_address(G_SOCKET_LISTENER(self->service), any, G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_TCP, NULL, &bound, NULL);
    self->url = g_strdup_printf("pac+http://127.0.0.1:%u/proxy.pac",
                                g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
}

static void web_close(WebServer *self) {
    g_atomic_int_set(&self->closing, 1);
    lec_far_host_service_end(self->service);
    g_free(self->url);
}

static void test_pac_from_the_web(void) {
    WebServer web = {.status = "200 OK"};
    web_open(&web);
    g_autoptr(LecProxy) proxy = make(web.url, NULL);
    expect(lec_proxy_get_resolver(proxy), "https://example.org", "http://a:1");
    expect(lec_proxy_get_resolver(proxy), "https://example.org", "http://a:1"); /* kept */
    g_assert_cmpint(g_atomic_int_get(&web.asked), ==, 1);
    web_close(&web);
}

static void expect_web_trouble(WebServer *web, const char *word) {
    web_open(web);
    g_autoptr(LecProxy) proxy = make(web->url, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *found = ask(lec_proxy_get_resolver(proxy), "https://example.org", &error);
    g_assert_null(found);
    g_assert_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_PAC);
    if (!strstr(error->message, word))
        g_error("\"%s\" says nothing of \"%s\"", error->message, word);
    web_close(web);
}

static void test_bad_pac_from_the_web(void) {
    expect_web_trouble(&(WebServer){.status = "404 Not Found"}, "Not Found");
    expect_web_trouble(&(WebServer){.status = "200 OK", .padding = LEC_PAC_MAX_BYTES}, "1 MiB");
    expect_web_trouble(&(WebServer){.status = "200 OK", .stalls = true}, "cannot be had");
}

/* ---- all together ---- */

typedef struct {
    guint16 port;
    bool heard;
    gint done;
} Hello;

static gpointer say_hello(gpointer data) {
    Hello *self = data;
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_to_host(client, "127.0.0.1", self->port, NULL, NULL);
    char back[5] = "";
    if (connection &&
        g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), "hello",
                                  5, NULL, NULL, NULL))
        g_input_stream_read_all(g_io_stream_get_input_stream(G_IO_STREAM(connection)), back, 5,
                                NULL, NULL, NULL);
    self->heard = memcmp(back, "hello", 5) == 0;
    g_atomic_int_set(&self->done, 1);
    return NULL;
}

/* The first two proxies are not there; the third is, and asks for a password. */
static void test_pac_with_tunnel(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecTestProxy) server = lec_test_proxy_socks5("ann", "se cret", &error);
    if (!server) {
        g_test_skip(error->message);
        return;
    }
    g_autoptr(LecFarHost) host = lec_far_host_new(&(LecFarHostConfig){.tls = true});
    g_autofree char *script = g_strdup_printf(
        "function FindProxyForURL(u, h) { return 'PROXY 127.0.0.1:1; SOCKS5 127.0.0.1:2; SOCKS5 "
        "127.0.0.1:%u'; }",
        server->port);
    char *pac = lec_test_file_make(script), *file = lec_test_file_make("ann\nse cret\n");
    g_autofree char *text = g_strconcat("pac:", pac, NULL);
    g_autoptr(LecProxy) proxy = make(text, file);
    const LecTunnelConfig config = {
        .host = "127.0.0.1",
        .port = lec_far_host_get_port(host),
        .proxy = proxy,
        .tls = true,
        .tls_name = LEC_FAR_NAME,
        .anchors = lec_far_host_get_anchors(host),
    };
    LecTunnel *tunnel = lec_tunnel_new(&config, NULL, &error);
    g_assert_no_error(error);
    Hello hello = {.port = lec_tunnel_get_port(tunnel)};
    GThread *thread = g_thread_new("hello", say_hello, &hello);
    LEC_UNTIL(g_atomic_int_get(&hello.done));
    g_thread_join(thread);
    g_assert_true(hello.heard);
    lec_tunnel_free(tunnel);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    lec_test_file_remove(pac);
    lec_test_file_remove(file);
}

int main(int argc, char **argv) {
    clear_environment();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/proxy/named", test_named);
    g_test_add_func("/proxy/boxes", test_boxes);
    g_test_add_func("/proxy/environment", test_environment);
    g_test_add_func("/proxy/pac", test_pac);
    g_test_add_func("/proxy/bad-pac", test_bad_pac);
    g_test_add_func("/proxy/greedy-pac", test_greedy_pac);
    g_test_add_func("/proxy/pac-from-the-web", test_pac_from_the_web);
    g_test_add_func("/proxy/bad-pac-from-the-web", test_bad_pac_from_the_web);
    g_test_add_func("/proxy/pac-with-tunnel", test_pac_with_tunnel);
    return g_test_run();
}
