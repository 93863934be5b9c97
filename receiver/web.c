/* The web's parts and how they are joined. */
#include "receiver/web.h"

#include "common/base/log.h"
#include "receiver/web-names.h"
#include "receiver/web-pages.h"
#include "signalling/http-answer.h"
#include "signalling/http-plain.h"
#include "signalling/source.h"
#include "web-resources.h"

struct LecWeb {
    const LecSettings *settings;
    LecHttpsServer *server;
    LecHttpPlain *plain; /* NULL: there is no plain HTTP */
    char *published;     /* may be NULL */
};

static void renew_names(LecWeb *self) {
    LecHttpNames *allowed = lec_https_server_get_names(self->server);
    g_auto(GStrv) names =
        lec_web_names_list(self->settings->host_names, g_get_host_name(), self->published);
    lec_http_names_clear(allowed);
    for (char **name = names; *name; name++)
        lec_http_names_add(allowed, *name);
}

static GBytes *on_asked(const char *head, gsize len, GSocketAddress *local, void *user) {
    LecWeb *self = user;
    g_autofree char *address = lec_source_address(local);
    const LecHttpAnswers answers = {
        .names = lec_https_server_get_names(self->server),
        .address = address,
        .https_port = lec_https_server_get_port(self->server),
        .challenges = self->settings->acme_challenges,
    };
    return lec_http_answer(head, len, &answers);
}

/* A convenience: the box does as well without. */
static void open_plain(LecWeb *self) {
    static const LecHttpPlainEvents events = {.asked = on_asked};
    if (!self->settings->http_port)
        return;
    g_autoptr(GError) error = NULL;
    self->plain = lec_http_plain_new((guint16)self->settings->http_port,
                                     &lec_http_plain_limits_default, &events, self, &error);
    if (!self->plain)
        lec_info("Plain HTTP leads nobody to the box: port %d is not to be had (%s).",
                 self->settings->http_port, error->message);
}

LecWeb *lec_web_new(const LecSettings *settings, LecHttpsServer *server, GError **error) {
    g_autoptr(LecWeb) self = g_new0(LecWeb, 1);
    self->settings = settings;
    self->server = server;
    lec_web_register_resource();
    if (!lec_web_pages_put(lec_web_get_resource(), lec_https_files_serve(server), error))
        return NULL;
    renew_names(self);
    open_plain(self);
    return g_steal_pointer(&self);
}

void lec_web_free(LecWeb *self) {
    if (!self)
        return;
    g_clear_pointer(&self->plain, lec_http_plain_free);
    g_free(self->published);
    g_free(self);
}

void lec_web_set_published(LecWeb *self, const char *host) {
    g_free(self->published);
    self->published = g_strdup(host);
    renew_names(self);
}
