/* The web's parts and how they are joined. */
#include "receiver/web.h"

#include "common/base/log.h"
#include "receiver/certificates.h"
#include "receiver/web-names.h"
#include "receiver/web-pages.h"
#include "signalling/http-answer.h"
#include "signalling/http-plain.h"
#include "signalling/source.h"
#include "web-resources.h"

struct LecWeb {
    const LecSettings *settings;
    LecHttpsServer *server;
    LecHttpsFiles *files; /* the server's */
    LecHttpPlain *plain;
    LecCertificates *certificates;
    char *published; /* may be NULL */
};

static void allow(LecWeb *self, const char *const *names) {
    for (; *names; names++)
        lec_http_names_add(lec_https_server_get_names(self->server), *names);
}

static char **list_names(const LecWeb *self) {
    return lec_web_names_list(self->settings->host_names, g_get_host_name(), self->published);
}

/* A device offers to install it when it is opened. */
static void serve_authority(LecWeb *self) {
    GBytes *pem = lec_certificates_get_authority(self->certificates);
    if (!pem)
        return;
    g_autofree char *etag = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, pem);
    const LecHttpsFile file = {"application/x-x509-ca-cert", etag, false, pem, NULL};
    lec_https_files_put(self->files, "/ca.crt", &file);
}

static void renew_names(LecWeb *self) {
    g_auto(GStrv) names = list_names(self);
    lec_http_names_clear(lec_https_server_get_names(self->server));
    allow(self, (const char *const *)names);
    allow(self, lec_certificates_get_names(self->certificates));
}

static void on_certificate(void *user) {
    LecWeb *self = user;
    renew_names(self);
    serve_authority(self);
}

static void open_certificates(LecWeb *self, const char *box_name) {
    static const LecCertificatesEvents events = {.changed = on_certificate};
    g_auto(GStrv) names = list_names(self);
    self->certificates = lec_certificates_new(self->settings, self->server, box_name,
                                              (const char *const *)names, &events, self);
    on_certificate(self);
}

static GBytes *on_asked(const char *head, gsize len, GSocketAddress *local, void *user) {
    LecWeb *self = user;
    g_autofree char *address = lec_source_address(local);
    const LecHttpAnswers answers = {
        .names = lec_https_server_get_names(self->server),
        .address = address,
        .https_port = lec_https_server_get_port(self->server),
        .authority = lec_certificates_get_authority(self->certificates),
        .challenges = self->settings->acme_challenges,
    };
    return lec_http_answer(head, len, &answers);
}

static void on_plain(GSocketConnection *socket, void *user) {
    LecWeb *self = user;
    lec_http_plain_take(self->plain, socket);
}

/* At the port of HTTPS too. A port of its own is a convenience: the box does as well without. */
static void open_plain(LecWeb *self) {
    static const LecHttpPlainEvents events = {.asked = on_asked};
    g_autoptr(GError) error = NULL;
    LecHttpPlainLimits limits = lec_http_plain_limits_default;
    limits.own_networks_only = self->settings->local_only;
    self->plain = lec_http_plain_new(&limits, &events, self);
    lec_https_server_set_plain(self->server, on_plain, self);
    const guint16 port = (guint16)self->settings->http_port;
    if (port && !lec_http_plain_listen(self->plain, port, &error))
        lec_info("Plain HTTP leads nobody to the box: port %u is not to be had (%s).", port,
                 error->message);
}

LecWeb *lec_web_new(const LecSettings *settings, const char *box_name, LecHttpsServer *server,
                    GError **error) {
    g_autoptr(LecWeb) self = g_new0(LecWeb, 1);
    self->settings = settings;
    self->server = server;
    self->files = lec_https_files_serve(server);
    lec_web_register_resource();
    if (!lec_web_pages_put(lec_web_get_resource(), self->files, error))
        return NULL;
    open_certificates(self, box_name);
    open_plain(self);
    return g_steal_pointer(&self);
}

void lec_web_free(LecWeb *self) {
    if (!self)
        return;
    lec_https_server_set_plain(self->server, NULL, NULL);
    g_clear_pointer(&self->plain, lec_http_plain_free);
    g_clear_pointer(&self->certificates, lec_certificates_free);
    g_free(self->published);
    g_free(self);
}

void lec_web_set_published(LecWeb *self, const char *host) {
    g_free(self->published);
    self->published = g_strdup(host);
    g_auto(GStrv) names = list_names(self);
    lec_certificates_set_names(self->certificates, (const char *const *)names);
    renew_names(self);
}

void lec_web_describe(const LecWeb *self, JsonBuilder *json) {
    lec_certificates_describe(self->certificates, json);
}
