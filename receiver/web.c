/* The web's parts and how they are joined. */
#include "receiver/web.h"

#include "receiver/web-names.h"
#include "receiver/web-pages.h"
#include "web-resources.h"

struct LecWeb {
    const LecSettings *settings;
    LecHttpsServer *server;
    char *published; /* may be NULL */
};

static void renew_names(LecWeb *self) {
    LecHttpNames *allowed = lec_https_server_get_names(self->server);
    g_auto(GStrv) names =
        lec_web_names_list(self->settings->host_names, g_get_host_name(), self->published);
    lec_http_names_clear(allowed);
    for (char **name = names; *name; name++)
        lec_http_names_add(allowed, *name);
}

LecWeb *lec_web_new(const LecSettings *settings, LecHttpsServer *server, GError **error) {
    g_autoptr(LecWeb) self = g_new0(LecWeb, 1);
    self->settings = settings;
    self->server = server;
    if (!lec_web_pages_put(lec_web_get_resource(), lec_https_files_serve(server), error))
        return NULL;
    renew_names(self);
    return g_steal_pointer(&self);
}

void lec_web_free(LecWeb *self) {
    if (!self)
        return;
    g_free(self->published);
    g_free(self);
}

void lec_web_set_published(LecWeb *self, const char *host) {
    g_free(self->published);
    self->published = g_strdup(host);
    renew_names(self);
}
