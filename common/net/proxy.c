/* What a proxy's setting means: the resolver that GIO and libsoup ask, and a name for people. */
#include "common/net/proxy.h"

#include <string.h>

#include "common/base/i18n.h"
#include "common/net/credentials.h"
#include "common/net/proxy-environment.h"
#include "common/net/proxy-url.h"
#include "common/net/resolver.h"

G_DEFINE_QUARK(lec_proxy_error, lec_proxy_error)

struct LecProxy {
    LecCredentials *credentials;
    LecProxyUrl *url; /* the one that is named, or the environment's */
    GProxyResolver *resolver;
    char *description;
};

static char **find_none(const char *uri, GCancellable *cancellable, gpointer data, GError **error) {
    return g_strdupv((char *[]){(char *)"direct://", NULL});
}

static char **find_named(const char *uri, GCancellable *cancellable, gpointer data,
                         GError **error) {
    return g_strdupv((char *[]){data, NULL});
}

static void wipe(gpointer data) {
    explicit_bzero(data, strlen(data));
    g_free(data);
}

static void use_system(LecProxy *self) {
    self->resolver = lec_proxy_environment_get(&self->url);
    if (self->resolver) {
        g_autofree char *name = lec_proxy_url_describe(self->url);
        self->description = g_strdup_printf(_("%s, of the environment"), name);
        return;
    }
    self->resolver = g_object_ref(g_proxy_resolver_get_default());
    self->description = g_strdup(_("the system's proxy settings"));
}

static bool use_url(LecProxy *self, const char *text, GError **error) {
    self->url = lec_proxy_url_parse(text, false, false, error);
    if (!self->url)
        return false;
    self->resolver = lec_resolver_new(find_named, false,
                                      lec_proxy_url_write(self->url, self->credentials), wipe);
    self->description = lec_proxy_url_describe(self->url);
    return true;
}

static bool set_up(LecProxy *self, const char *text, GError **error) {
    if (!text || g_str_equal(text, "system")) {
        use_system(self);
    } else if (g_str_equal(text, "none")) {
        self->resolver = lec_resolver_new(find_none, false, NULL, NULL);
        self->description = g_strdup(_("none"));
    } else {
        return use_url(self, text, error);
    }
    return true;
}

LecProxy *lec_proxy_new(const char *text, const char *credentials_file, GError **error) {
    g_autoptr(LecProxy) self = g_new0(LecProxy, 1);
    if (credentials_file) {
        self->credentials = lec_credentials_read(credentials_file, error);
        if (!self->credentials)
            return NULL;
    }
    return set_up(self, text, error) ? g_steal_pointer(&self) : NULL;
}

void lec_proxy_free(LecProxy *self) {
    if (!self)
        return;
    g_clear_object(&self->resolver);
    lec_credentials_free(self->credentials);
    lec_proxy_url_free(self->url);
    g_free(self->description);
    g_free(self);
}

GProxyResolver *lec_proxy_get_resolver(const LecProxy *self) {
    return self->resolver;
}

const char *lec_proxy_get_description(const LecProxy *self) {
    return self->description;
}
