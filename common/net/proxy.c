/* What a proxy's setting means: the resolver that GIO and libsoup ask, and a name for people. */
#include "common/net/proxy.h"

#include <string.h>

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "common/net/credentials.h"
#include "common/net/local-host.h"
#include "common/net/pac.h"
#include "common/net/proxy-environment.h"
#include "common/net/proxy-url.h"
#include "common/net/resolver.h"

G_DEFINE_QUARK(lec_proxy_error, lec_proxy_error)

struct LecProxy {
    LecCredentials *credentials;
    LecProxyUrl *url; /* the one that is named, or the environment's */
    GProxyResolver *resolver, *box_resolver;
    char *description;
};

static char **list_direct(void) {
    return g_strdupv((char *[]){(char *)"direct://", NULL});
}

static char **find_none(const char *uri, GCancellable *cancellable, gpointer data, GError **error) {
    return list_direct();
}

static char **find_named(const char *uri, GCancellable *cancellable, gpointer data,
                         GError **error) {
    return g_strdupv((char *[]){data, NULL});
}

static void wipe(gpointer data) {
    explicit_bzero(data, strlen(data));
    g_free(data);
}

/* What a WebSocket or a tunnel leads to is https to whoever chooses by the scheme, and its path is
 * nobody's business. */
static char *as_https(const char *uri) {
    g_autoptr(GUri) parts = g_uri_parse(uri, G_URI_FLAGS_NONE, NULL);
    const bool http = parts && (g_str_equal(g_uri_get_scheme(parts), "http") ||
                                g_str_equal(g_uri_get_scheme(parts), "ws"));
    return parts ? g_uri_join(G_URI_FLAGS_NONE, http ? "http" : "https", NULL,
                              g_uri_get_host(parts), g_uri_get_port(parts), "/", NULL, NULL)
                 : g_strdup(uri);
}

/* Each proxy with the login that is given, or none: NULL leaves SOCKS with its own. */
static void set_logins(char **found, const LecCredentials *credentials) {
    for (char **url = found; *url; url++) {
        g_autoptr(LecProxyUrl) parts = lec_proxy_url_parse(*url, false, true, NULL);
        if (!parts)
            continue; /* direct:// */
        if (!credentials && g_str_has_prefix(parts->scheme, "http"))
            g_clear_pointer(&parts->user, g_free);
        wipe(*url);
        *url = lec_proxy_url_write(parts, credentials);
    }
}

static char **find_system(const char *uri, GCancellable *cancellable, gpointer data,
                          GError **error) {
    g_autofree char *https = as_https(uri);
    char **found =
        g_proxy_resolver_lookup(g_proxy_resolver_get_default(), https, cancellable, error);
    if (found && data)
        set_logins(found, data);
    return found;
}

static char **find_by_pac(const char *uri, GCancellable *cancellable, gpointer data,
                          GError **error) {
    g_autofree char *https = as_https(uri);
    return lec_pac_find(https, cancellable, data, error);
}

/* ---- boxes ---- */

typedef struct {
    GProxyResolver *inner;
    bool named; /* in so many words, by the user */
} BoxWay;

static void box_way_free(gpointer data) {
    BoxWay *self = data;
    g_object_unref(self->inner);
    g_free(self);
}

static char **find_for_box(const char *uri, GCancellable *cancellable, gpointer data,
                           GError **error) {
    const BoxWay *self = data;
    g_autoptr(GUri) parts = g_uri_parse(uri, G_URI_FLAGS_NONE, NULL);
    const char *host = parts ? g_uri_get_host(parts) : NULL;
    const bool local = host && lec_local_host_is(host);
    if (local && (!self->named || lec_local_host_is_loopback(host)))
        return list_direct();
    g_auto(GStrv) found = g_proxy_resolver_lookup(self->inner, uri, cancellable, error);
    if (found)
        set_logins(found, NULL);
    if (!found || !local || g_str_equal(found[0], "direct://"))
        return g_steal_pointer(&found);
    g_autoptr(GStrvBuilder) both = g_strv_builder_new();
    g_strv_builder_add(both, "direct://");
    g_strv_builder_addv(both, (const char **)found);
    return g_strv_builder_end(both);
}

static void add_box_resolver(LecProxy *self, bool named, bool blocks) {
    BoxWay *way = g_new0(BoxWay, 1);
    way->inner = g_object_ref(self->resolver);
    way->named = named;
    self->box_resolver = lec_resolver_new(find_for_box, blocks, way, box_way_free);
}

/* ---- the kinds ---- */

/* For resolvers, which may outlive the proxy: whoever asks holds them. */
static LecCredentials *copy_login(const LecProxy *self) {
    return self->credentials
               ? lec_credentials_new(self->credentials->user, self->credentials->password)
               : NULL;
}

static void use_none(LecProxy *self) {
    self->resolver = lec_resolver_new(find_none, false, NULL, NULL);
    self->description = g_strdup(_("none"));
    add_box_resolver(self, false, false);
}

static void use_system(LecProxy *self) {
    self->resolver = lec_proxy_environment_get(self->credentials, &self->url);
    if (self->resolver) {
        g_autofree char *name = lec_proxy_url_describe(self->url);
        self->description = g_strdup_printf(_("%s, of the environment"), name);
        add_box_resolver(self, false, false);
        return;
    }
    self->resolver =
        lec_resolver_new(find_system, true, copy_login(self), (GDestroyNotify)lec_credentials_free);
    self->description = g_strdup(_("the system's proxy settings"));
    add_box_resolver(self, false, true);
}

static bool use_url(LecProxy *self, const char *text, GError **error) {
    self->url = lec_proxy_url_parse(text, false, false, error);
    if (!self->url)
        return false;
    self->resolver = lec_resolver_new(find_named, false,
                                      lec_proxy_url_write(self->url, self->credentials), wipe);
    self->description = lec_proxy_url_describe(self->url);
    add_box_resolver(self, true, false);
    return true;
}

static bool use_pac(LecProxy *self, const char *place, GError **error) {
    if (strstr(place, "://") && strchr(place, '@')) {
        g_set_error_literal(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_USAGE,
                            _("A PAC file's URL holds no user name and password."));
        return false;
    }
    LecPac *pac = lec_pac_new(place, copy_login(self));
    self->resolver = lec_resolver_new(find_by_pac, true, pac, (GDestroyNotify)lec_pac_free);
    self->description = g_strdup_printf(_("the PAC file %s"), place);
    add_box_resolver(self, true, true);
    return true;
}

static bool set_up(LecProxy *self, const char *text, GError **error) {
    if (!text || !*text || g_str_equal(text, "system"))
        use_system(self);
    else if (g_str_equal(text, "none"))
        use_none(self);
    else if (g_str_has_prefix(text, "pac:") && text[4])
        return use_pac(self, text + 4, error);
    else if (g_str_has_prefix(text, "pac+http://") || g_str_has_prefix(text, "pac+https://"))
        return use_pac(self, text + 4, error);
    else
        return use_url(self, text, error);
    return true;
}

LecProxy *lec_proxy_new(const char *text, const char *credentials_file, GError **error) {
    g_autoptr(LecProxy) self = g_new0(LecProxy, 1);
    if (credentials_file && *credentials_file) {
        self->credentials = lec_credentials_read(credentials_file, error);
        if (!self->credentials)
            return NULL;
    }
    if (!set_up(self, text, error))
        return NULL;
    lec_debug("Proxy: %s.", self->description);
    return g_steal_pointer(&self);
}

void lec_proxy_free(LecProxy *self) {
    if (!self)
        return;
    g_clear_object(&self->resolver);
    g_clear_object(&self->box_resolver);
    lec_credentials_free(self->credentials);
    lec_proxy_url_free(self->url);
    g_free(self->description);
    g_free(self);
}

GProxyResolver *lec_proxy_get_resolver(const LecProxy *self) {
    return self->resolver;
}

GProxyResolver *lec_proxy_get_box_resolver(const LecProxy *self) {
    return self->box_resolver;
}

bool lec_proxy_get_login(const LecProxy *self, const char **ret_user, const char **ret_password) {
    const char *user = self->credentials ? self->credentials->user
                       : self->url       ? self->url->user
                                         : NULL;
    if (!user)
        return false;
    const char *password = self->credentials ? self->credentials->password : self->url->password;
    *ret_user = user;
    *ret_password = password ? password : "";
    return true;
}

const char *lec_proxy_get_description(const LecProxy *self) {
    return self->description;
}
