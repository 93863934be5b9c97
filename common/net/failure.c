/* Makes sentences of what GIO, a proxy or a certificate says. */
#include "common/net/failure.h"

#include "common/base/i18n.h"
#include "common/net/proxy.h"

static char *explain_certificate(const LecFailure *self) {
    if (self->flaws & G_TLS_CERTIFICATE_UNKNOWN_CA)
        return g_strdup_printf(
            _("The certificate that came from %s is signed by an authority that this machine does "
              "not know: something on the way may be opening the connection."),
            self->host);
    if (self->flaws & G_TLS_CERTIFICATE_BAD_IDENTITY)
        return g_strdup_printf(_("The certificate that came from %s is for another name than %s."),
                               self->host, self->tls_name);
    if (self->flaws & G_TLS_CERTIFICATE_EXPIRED)
        return g_strdup_printf(_("The certificate of %s has expired, or this machine's clock is "
                                 "wrong."),
                               self->host);
    if (self->flaws & G_TLS_CERTIFICATE_NOT_ACTIVATED)
        return g_strdup_printf(_("The certificate of %s is not valid yet: this machine's clock may "
                                 "be wrong."),
                               self->host);
    if (self->flaws & G_TLS_CERTIFICATE_REVOKED)
        return g_strdup_printf(_("The certificate of %s was revoked."), self->host);
    return g_strdup_printf(_("The certificate of %s cannot be trusted."), self->host);
}

static char *explain_proxy(const LecFailure *self, const GError *cause) {
    switch (cause->domain == G_IO_ERROR ? cause->code : -1) {
    case G_IO_ERROR_PROXY_AUTH_FAILED:
        return g_strdup(_("The proxy does not accept the user name and password."));
    case G_IO_ERROR_PROXY_NEED_AUTH:
        return g_strdup(_("The proxy asks for a user name and a password."));
    case G_IO_ERROR_PROXY_NOT_ALLOWED:
        return g_strdup_printf(_("The proxy does not allow connections to %s on port %u."),
                               self->host, self->port);
    case G_IO_ERROR_PROXY_FAILED:
        return g_strdup_printf(_("The proxy does not connect to %s on port %u (%s)."), self->host,
                               self->port, cause->message);
    default:
        return NULL;
    }
}

static char *explain_network(const LecFailure *self, const GError *cause) {
    if (cause->domain == G_RESOLVER_ERROR)
        return self->via_proxy ? g_strdup(_("The proxy's name is not known to the name service."))
                               : g_strdup_printf(_("There is no host of the name %s."), self->host);
    switch (cause->domain == G_IO_ERROR ? cause->code : -1) {
    case G_IO_ERROR_CONNECTION_REFUSED:
        return g_strdup_printf(
            _("Nothing answers on port %u of %s, or a proxy on the way is not running."),
            self->port, self->host);
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
        return g_strdup_printf(_("%s cannot be reached from this network."), self->host);
    default:
        return NULL;
    }
}

static char *explain(const LecFailure *self, const GError *cause) {
    if (self->timeout_s > 0)
        return g_strdup_printf(_("%s on port %u did not answer within %u s."), self->host,
                               self->port, self->timeout_s);
    if (cause->domain == LEC_PROXY_ERROR)
        return g_strdup(cause->message); /* ours already */
    if (self->flaws)
        return explain_certificate(self);
    char *sentence = explain_proxy(self, cause);
    if (!sentence)
        sentence = explain_network(self, cause);
    if (!sentence && cause->domain == G_TLS_ERROR)
        return g_strdup_printf(_("%s does not speak TLS on port %u as it should (%s)."), self->host,
                               self->port, cause->message);
    return sentence ? sentence
                    : g_strdup_printf(_("The connection to %s on port %u failed (%s)."), self->host,
                                      self->port, cause->message);
}

GError *lec_failure_explain(const LecFailure *self, const GError *cause) {
    g_autofree char *sentence = explain(self, cause);
    if (self->timeout_s > 0)
        return g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT, sentence);
    if (self->flaws)
        return g_error_new_literal(G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, sentence);
    return g_error_new_literal(cause->domain, cause->code, sentence);
}
