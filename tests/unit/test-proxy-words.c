/* What is read about proxies: URLs, credentials, answers of PAC files, hosts that are local. */
#include "common/net/credentials.h"
#include "common/net/local-host.h"
#include "common/net/pac-result.h"
#include "common/net/proxy-url.h"
#include "common/net/proxy.h"

#include <glib/gstdio.h>
#include <string.h>

static void test_urls(void) {
    static const char *const good[][3] = {
        {"http://proxy.example:3128", "http://proxy.example:3128", "HTTP proxy proxy.example:3128"},
        {"http://proxy.example/", "http://proxy.example:8080", "HTTP proxy proxy.example:8080"},
        {"HTTPS://proxy.example", "https://proxy.example:443", "HTTPS proxy proxy.example:443"},
        {"socks5://[2001:db8::1]:99", "socks5://[2001:db8::1]:99", "SOCKS5 proxy [2001:db8::1]:99"},
        {"socks5h://10.0.0.1", "socks5://10.0.0.1:1080", "SOCKS5 proxy 10.0.0.1:1080"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LecProxyUrl) url = lec_proxy_url_parse(good[i][0], false, false, &error);
        g_assert_no_error(error);
        g_autofree char *text = lec_proxy_url_write(url, NULL);
        g_autofree char *name = lec_proxy_url_describe(url);
        g_assert_cmpstr(text, ==, good[i][1]);
        g_assert_cmpstr(name, ==, good[i][2]);
    }
}

static void test_bad_urls(void) {
    static const char *const bad[] = {
        "",
        "proxy",
        "proxy:3128",
        "http://",
        "http://:3128",
        "http://a:0",
        "http://a:70000",
        "ftp://a:21",
        "direct://",
        "http://a:1/path",
        "http://a:1?x",
        "http://a:1#x",
        "http://ann:secret@a:1",
        "http://ann@a:1",
        "http://a b:1",
        "http://\xff:1",
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LecProxyUrl) url = lec_proxy_url_parse(bad[i], false, false, &error);
        if (url)
            g_error("\"%s\" was taken", bad[i]);
        g_assert_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_USAGE);
        g_assert_null(strstr(error->message, "secret"));
    }
}

static void test_credentials_in_urls(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecProxyUrl) own = lec_proxy_url_parse("ann:p%40ss@a:1", true, true, &error);
    g_assert_no_error(error);
    g_autofree char *text = lec_proxy_url_write(own, NULL);
    g_assert_cmpstr(text, ==, "http://ann:p%40ss@a:1");
    LecCredentials credentials = {.user = (char *)"b/b", .password = (char *)"x:@ y"};
    g_autofree char *given = lec_proxy_url_write(own, &credentials);
    g_autofree char *user = NULL, *password = NULL;
    g_uri_split_with_user(given, G_URI_FLAGS_HAS_PASSWORD, NULL, &user, &password, NULL, NULL, NULL,
                          NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(user, ==, "b/b");
    g_assert_cmpstr(password, ==, "x:@ y");
}

static void test_credentials(void) {
    static const struct {
        const char *text;
        const char *user, *password;
    } cases[] = {
        {"ann\nsecret\n", "ann", "secret"},
        {"ann\nsecret", "ann", "secret"},
        {"DOMAIN\\ann\r\np w d\r\n", "DOMAIN\\ann", "p w d"},
        {"ann\nse:cret\n", "ann", "se:cret"},
        {"", NULL, NULL},
        {"ann", NULL, NULL},
        {"ann\n", NULL, NULL},
        {"\nsecret\n", NULL, NULL},
        {"a:nn\nsecret\n", NULL, NULL},
        {"ann\nsecret\n\n", NULL, NULL},
        {"ann\nsecret\nmore", NULL, NULL},
        {"ann\nsec\tret\n", NULL, NULL},
        {"\xff\xff\nsecret\n", NULL, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LecCredentials) read =
            lec_credentials_parse(cases[i].text, strlen(cases[i].text), &error);
        g_assert_cmpstr(read ? read->user : NULL, ==, cases[i].user);
        g_assert_cmpstr(read ? read->password : NULL, ==, cases[i].password);
        if (!read)
            g_assert_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_CREDENTIALS);
    }
}

static void test_credentials_file(void) {
    g_autofree char *folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "proxy", NULL);
    static const int modes[] = {0600, 0400, 0640, 0604, 0644, 0620};
    for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GError) error = NULL;
        g_file_set_contents(path, "ann\nsecret\n", -1, NULL);
        g_chmod(path, modes[i]);
        g_autoptr(LecCredentials) read = lec_credentials_read(path, &error);
        if (modes[i] & 077)
            g_assert_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_CREDENTIALS);
        else
            g_assert_cmpstr(read->password, ==, "secret");
    }
    g_autofree char *much = g_strnfill(LEC_CREDENTIALS_MAX_BYTES + 1, 'a');
    g_chmod(path, 0600);
    g_file_set_contents_full(path, much, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
    g_assert_null(lec_credentials_read(path, NULL));
    g_assert_null(lec_credentials_read(folder, NULL));
    g_unlink(path);
    g_assert_null(lec_credentials_read(path, NULL));
    g_rmdir(folder);
}

static void test_pac_answers(void) {
    static const struct {
        const char *text, *urls; /* NULL: an error */
    } cases[] = {
        {"DIRECT", "direct://"},
        {"", "direct://"},
        {" ; ", "direct://"},
        {"null", "direct://"},
        {"undefined", "direct://"},
        {"PROXY a:3128", "http://a:3128"},
        {"proxy a:3128;direct", "http://a:3128 direct://"},
        {"PROXY a", "http://a:8080"},
        {"HTTPS a:443 ; SOCKS5  b:1080;DIRECT;", "https://a:443 socks5://b:1080 direct://"},
        {"SOCKS b:1", "socks5://b:1 socks4a://b:1"},
        {"SOCKS4 b:1", "socks4a://b:1"},
        {"PROXY [2001:db8::1]:3128", "http://[2001:db8::1]:3128"},
        {"QUIC a:1; PROXY b:2", "http://b:2"},
        {"PROXY ann:pw@a:1", NULL},
        {"PROXY", NULL},
        {"PROXY  ", NULL},
        {"nonsense", NULL},
        {"PROXY a:99999", NULL},
        {"PROXY a:1/x", NULL},
        {"\xff", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) found = lec_pac_result_parse(cases[i].text, NULL, &error);
        g_autofree char *urls = found ? g_strjoinv(" ", found) : NULL;
        g_assert_cmpstr(urls, ==, cases[i].urls);
        if (!found)
            g_assert_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_PAC);
    }
}

static void test_many_pac_answers(void) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < 100; i++)
        g_string_append(text, "PROXY a:1;");
    g_auto(GStrv) found = lec_pac_result_parse(text->str, NULL, NULL);
    g_assert_cmpuint(g_strv_length(found), ==, LEC_PAC_RESULT_MAX_PROXIES);
}

static void test_local(void) {
    static const char *const local[] = {
        "127.0.0.1",   "::1",       "10.1.2.3",   "172.31.0.1",    "192.168.1.1",
        "169.254.7.7", "fe80::1%2", "fd00::1",    "100.64.0.1",    "Room12.local",
        "room12",      "localhost", "box.local.", "box.home.arpa",
    };
    static const char *const far[] = {
        "192.0.2.1",   "172.32.0.1", "100.128.0.1",       "2001:db8::1",
        "example.org", "a.locals",   "local.example.org", "8.8.8.8",
    };
    for (guint i = 0; i < G_N_ELEMENTS(local); i++)
        if (!lec_local_host_is(local[i]))
            g_error("%s is local", local[i]);
    for (guint i = 0; i < G_N_ELEMENTS(far); i++)
        if (lec_local_host_is(far[i]))
            g_error("%s is not local", far[i]);
    g_assert_true(lec_local_host_is_loopback("LOCALHOST"));
    g_assert_true(lec_local_host_is_loopback("127.9.9.9"));
    g_assert_false(lec_local_host_is_loopback("192.168.1.1"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/proxy-words/urls", test_urls);
    g_test_add_func("/proxy-words/bad-urls", test_bad_urls);
    g_test_add_func("/proxy-words/credentials-in-urls", test_credentials_in_urls);
    g_test_add_func("/proxy-words/credentials", test_credentials);
    g_test_add_func("/proxy-words/credentials-file", test_credentials_file);
    g_test_add_func("/proxy-words/pac-answers", test_pac_answers);
    g_test_add_func("/proxy-words/many-pac-answers", test_many_pac_answers);
    g_test_add_func("/proxy-words/local", test_local);
    return g_test_run();
}
