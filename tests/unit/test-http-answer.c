/* What plain HTTP is answered with, byte by byte as devices send it. */
#include "signalling/http-answer.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define TOKEN "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"

typedef struct {
    LecHttpNames *names;
    char *folder;
    LecHttpAnswers answers;
} Fixture;

static void fixture_open(Fixture *self, gconstpointer data) {
    self->names = lec_http_names_new();
    lec_http_names_add(self->names, "room12.local");
    self->folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    self->answers = (LecHttpAnswers){
        .names = self->names,
        .address = "10.0.0.7",
        .https_port = 8443,
        .authority = g_bytes_new_static("-----BEGIN CERTIFICATE-----\n", 28),
        .challenges = self->folder,
    };
}

static void fixture_close(Fixture *self, gconstpointer data) {
    lec_http_names_free(self->names);
    g_bytes_unref(self->answers.authority);
    g_rmdir(self->folder);
    g_free(self->folder);
}

static char *ask(Fixture *self, const char *request) {
    g_autoptr(GBytes) response = lec_http_answer(request, strlen(request), &self->answers);
    if (!response)
        return NULL;
    gsize len;
    const char *data = g_bytes_get_data(response, &len);
    return g_strndup(data, len);
}

static void expect(Fixture *self, const char *request, const char *beginning, const char *part) {
    g_autofree char *response = ask(self, request);
    if (!response || !g_str_has_prefix(response, beginning) || !strstr(response, part))
        g_error("%s was answered with %s", request, response);
    g_assert_nonnull(strstr(response, "\r\nConnection: close\r\n"));
    g_assert_nonnull(strstr(response, "\r\nCache-Control: no-store\r\n"));
    g_assert_null(strstr(response, "Strict-Transport-Security"));
    g_assert_null(strstr(response, "Set-Cookie"));
    g_assert_null(strstr(response, "<form"));
}

#define GET(path, host) "GET " path " HTTP/1.1\r\nHost: " host "\r\nAccept: */*\r\n\r\n"

static void test_redirects(Fixture *self, gconstpointer data) {
    static const struct {
        const char *request, *status, *location;
    } cases[] = {
        {GET("/", "room12.local"), "308", "https://room12.local:8443/"},
        {GET("/", "Room12.Local:80"), "308", "https://room12.local:8443/"},
        {GET("/host", "10.0.0.9"), "308", "https://10.0.0.9:8443/host"},
        {GET("/host?a=b", "[fe80::1]:80"), "308", "https://[fe80::1]:8443/host"},
        {GET("//attacker.example", "10.0.0.7"), "308", "https://10.0.0.7:8443/"},
        {GET("/<script>", "10.0.0.7"), "308", "https://10.0.0.7:8443/"},
        {GET("/%0d%0aSet-Cookie:x", "10.0.0.7"), "308", "https://10.0.0.7:8443/"},
        {GET("http://attacker.example/x", "10.0.0.7"), "308", "https://10.0.0.7:8443/x"},
        {GET("/", "attacker.example"), "302", "https://10.0.0.7:8443/"},
        {GET("/host", "room12.local.attacker.example"), "302", "https://10.0.0.7:8443/"},
        {"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", "308", "https://localhost:8443/"},
        {"GET / HTTP/1.0\r\n\r\n", "302", "https://10.0.0.7:8443/"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *status = g_strdup_printf("HTTP/1.1 %s ", cases[i].status);
        g_autofree char *location = g_strdup_printf("\r\nLocation: %s\r\n", cases[i].location);
        expect(self, cases[i].request, status, location);
    }
    self->answers.https_port = 443;
    expect(self, GET("/", "localhost"), "HTTP/1.1 308 ", "\r\nLocation: https://localhost/\r\n");
    self->answers.address = "fe80::1";
    expect(self, GET("/", "x.example"), "HTTP/1.1 302 ", "\r\nLocation: https://[fe80::1]/\r\n");
}

/* As recorded from the systems' own documentation and programs. */
static void test_probes(Fixture *self, gconstpointer data) {
    static const char *const nothing[] = {
        "GET /generate_204 HTTP/1.1\r\nConnection: close\r\nUser-Agent: Mozilla/5.0 (X11; Linux "
        "x86_64) AppleWebKit/537.36\r\nHost: connectivitycheck.gstatic.com\r\n"
        "Accept-Encoding: gzip\r\n\r\n",
        GET("/gen_204", "www.google.com"),
        GET("/generate_204", "connect.rom.miui.com"),
        GET("/generate_204", "connectivitycheck.platform.hicloud.com"),
    };
    for (guint i = 0; i < G_N_ELEMENTS(nothing); i++)
        expect(self, nothing[i], "HTTP/1.1 204 No Content\r\n", "nosniff\r\n\r\n");
    expect(self, GET("/", "connectivity-check.ubuntu.com"), "HTTP/1.1 204 ",
           "\r\nX-NetworkManager-Status: online\r\n");
    static const struct {
        const char *request, *body;
    } bodies[] = {
        {"GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: close\r\n"
         "User-Agent: CaptiveNetworkSupport-443 wispr\r\n\r\n",
         "<TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\n"},
        {GET("/library/test/success.html", "www.apple.com"), "<BODY>Success</BODY>"},
        {GET("/connecttest.txt", "www.msftconnecttest.com"), "\r\n\r\nMicrosoft Connect Test"},
        {GET("/ncsi.txt", "www.msftncsi.com"), "\r\n\r\nMicrosoft NCSI"},
        {GET("/success.txt?ipv4", "detectportal.firefox.com"), "\r\n\r\nsuccess\n"},
        {GET("/canonical.html", "detectportal.firefox.com"), "support.mozilla.org/kb/captive"},
        {GET("/check_network_status.txt", "nmcheck.gnome.org"), "NetworkManager is online"},
        {GET("/nm", "network-test.debian.org"), "NetworkManager is online"},
        {GET("/", "networkcheck.kde.org"), "\r\n\r\nOK\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(bodies); i++)
        expect(self, bodies[i].request, "HTTP/1.1 200 OK\r\n", bodies[i].body);
    expect(self, GET("/redirect", "www.msftconnecttest.com"), "HTTP/1.1 302 ", "https://10.0.0.7");
    expect(self, GET("/generate_204", "room12.local"), "HTTP/1.1 308 ", "/generate_204");
    expect(self, GET("/ncsi.txt", "elsewhere.example"), "HTTP/1.1 302 ", "https://10.0.0.7");
}

static void test_refusals(Fixture *self, gconstpointer data) {
    expect(self, "POST / HTTP/1.1\r\nHost: room12.local\r\nContent-Length: 3\r\n\r\n",
           "HTTP/1.1 405 ", "\r\nAllow: GET, HEAD\r\n");
    expect(self, "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP/1.1 4", "");
    expect(self, "OPTIONS * HTTP/1.1\r\nHost: room12.local\r\n\r\n", "HTTP/1.1 4", "");
    expect(self, GET("/", "a b"), "HTTP/1.1 400 ", "");
    expect(self, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 ", "");
    static const char *const others[] = {"", "\r\n\r\n", "GET /\r\n\r\n",
                                         "\x16\x03\x01\x02\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *response = ask(self, others[i]);
        if (response && !g_str_has_prefix(response, "HTTP/1.1 4"))
            g_error("\"%s\" was answered with %s", others[i], response);
    }
}

static void test_authority(Fixture *self, gconstpointer data) {
    expect(self, GET("/ca.crt", "room12.local"), "HTTP/1.1 200 ", "\r\n\r\n-----BEGIN CERT");
    expect(self, GET("/ca.crt", "room12.local"), "HTTP/1.1 200 ", "application/x-x509-ca-cert\r\n");
    g_clear_pointer(&self->answers.authority, g_bytes_unref);
    expect(self, GET("/ca.crt", "room12.local"), "HTTP/1.1 308 ", "8443/ca.crt\r\n");
    self->answers.authority = g_bytes_new_static("", 0);
}

static void test_challenges(Fixture *self, gconstpointer data) {
    g_autofree char *path = g_build_filename(self->folder, TOKEN, NULL);
    g_autofree char *link = g_build_filename(self->folder, "linklinklinklink", NULL);
    g_autofree char *large = g_build_filename(self->folder, "largelargelargelarge", NULL);
    g_autofree char *block = g_strnfill(4096, 'x');
    g_assert_true(g_file_set_contents(path, TOKEN ".thumbprint", -1, NULL));
    g_assert_true(g_file_set_contents(large, block, -1, NULL));
    g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
#define CHALLENGE(name) GET("/.well-known/acme-challenge/" name, "room12.local")
    expect(self, CHALLENGE(TOKEN), "HTTP/1.1 200 ", "\r\n\r\n" TOKEN ".thumbprint");
    static const char *const none[] = {
        CHALLENGE(""),
        CHALLENGE("nosuchnosuchnosuch"),
        CHALLENGE("linklinklinklink"),
        CHALLENGE("short"),
        CHALLENGE("largelargelargelarge"),
        CHALLENGE("../../../etc/passwd"),
        CHALLENGE("..%2f..%2f..%2fetc%2fpasswd"),
    };
    for (guint i = 0; i < G_N_ELEMENTS(none); i++)
        expect(self, none[i], "HTTP/1.1 404 ", "No such challenge.\n");
    expect(self, GET("/.well-known/acme-challenge/" TOKEN, "a.example"), "HTTP/1.1 302 ", "");
    self->answers.challenges = "";
    expect(self, CHALLENGE(TOKEN), "HTTP/1.1 404 ", "");
    g_unlink(path);
    g_unlink(large);
    g_unlink(link);
}

int main(int argc, char **argv) {
    static const struct {
        const char *path;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {{"/http-answer/redirects", test_redirects},
                 {"/http-answer/probes", test_probes},
                 {"/http-answer/refusals", test_refusals},
                 {"/http-answer/authority", test_authority},
                 {"/http-answer/challenges", test_challenges}};
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, fixture_open, tests[i].test, fixture_close);
    return g_test_run();
}
