/* Reads and writes the URL of one proxy. */
#include "common/net/proxy-url.h"

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "common/net/proxy.h"

#include <string.h>

#define MAX_BYTES 512

static const struct {
    const char *scheme, *gio, *name;
    int port;
} kinds[] = {
    {"http", "http", "HTTP", 8080},       {"https", "https", "HTTPS", 443},
    {"socks5", "socks5", "SOCKS5", 1080}, {"socks5h", "socks5", "SOCKS5", 1080},
    {"socks", "socks5", "SOCKS5", 1080},  {"socks4a", "socks4a", "SOCKS4", 1080},
};

static int find_kind(const char *scheme) {
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_ascii_strcasecmp(kinds[i].scheme, scheme) == 0)
            return (int)i;
    return -1;
}

static LecProxyUrl *refuse(GError **error, const char *sentence) {
    g_set_error_literal(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_USAGE, sentence);
    return NULL;
}

static bool is_name(const char *host) {
    for (const char *c = host; *c; c++)
        if ((guchar)*c < 0x80 && !g_ascii_isalnum(*c) && !strchr(".-_:", *c))
            return false;
    return *host != '\0';
}

static bool is_plain(GUri *uri) {
    const char *path = g_uri_get_path(uri);
    const char *host = g_uri_get_host(uri);
    return (!*path || g_str_equal(path, "/")) && !g_uri_get_query(uri) &&
           !g_uri_get_fragment(uri) && host && is_name(host) && g_uri_get_port(uri) != 0;
}

/* g_uri's own parser would keep what follows it, with the password in it, in its error. */
static GUri *parse(const char *text, bool bare) {
    if (strlen(text) > MAX_BYTES || !g_utf8_validate(text, -1, NULL))
        return NULL;
    g_autofree char *whole =
        bare && !strstr(text, "://") ? g_strconcat("http://", text, NULL) : NULL;
    return g_uri_parse(whole ? whole : text, G_URI_FLAGS_HAS_PASSWORD, NULL);
}

LecProxyUrl *lec_proxy_url_parse(const char *text, bool bare, bool secrets, GError **error) {
    g_autoptr(GUri) uri = parse(text, bare);
    const int kind = uri ? find_kind(g_uri_get_scheme(uri)) : -1;
    if (uri && g_uri_get_userinfo(uri) && !secrets)
        return refuse(error, _("A proxy's user name and password do not belong in its URL, which "
                               "others can read: put them into a file (proxy-credentials)."));
    if (kind < 0 || !is_plain(uri))
        return refuse(error, _("A proxy is system, none, http://HOST:PORT, https://HOST:PORT, "
                               "socks5://HOST:PORT, pac:FILE or pac+https://…"));
    LecProxyUrl *self = g_new0(LecProxyUrl, 1);
    self->scheme = g_strdup(kinds[kind].gio);
    self->host = g_strdup(g_uri_get_host(uri));
    self->port = g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : kinds[kind].port;
    self->user = g_strdup(g_uri_get_user(uri));
    self->password = g_strdup(g_uri_get_password(uri));
    if (self->password)
        lec_log_add_secret(self->password);
    return self;
}

void lec_proxy_url_free(LecProxyUrl *self) {
    if (!self)
        return;
    if (self->password) {
        lec_log_remove_secret(self->password);
        explicit_bzero(self->password, strlen(self->password));
    }
    g_free(self->scheme);
    g_free(self->host);
    g_free(self->user);
    g_free(self->password);
    g_free(self);
}

char *lec_proxy_url_write(const LecProxyUrl *self, const LecCredentials *credentials) {
    const char *user = credentials ? credentials->user : self->user;
    const char *password = credentials ? credentials->password : self->password;
    return g_uri_join_with_user(G_URI_FLAGS_NONE, self->scheme, user, user ? password : NULL, NULL,
                                self->host, self->port, "", NULL, NULL);
}

char *lec_proxy_url_describe(const LecProxyUrl *self) {
    const char *name = self->scheme;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(kinds[i].scheme, self->scheme))
            name = kinds[i].name;
    const bool brackets = strchr(self->host, ':') != NULL;
    return g_strdup_printf(brackets ? _("%s proxy [%s]:%d") : _("%s proxy %s:%d"), name, self->host,
                           self->port);
}
