/* Reaches the cloud and makes sure that it is the cloud. */
#include "signalling/cloud-connect.h"

#include "common/base/key-pin.h"
#include "common/base/log.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#define TIMEOUT_S 15
#define OWNER "lectern-owner" /* on an object whose call is under way; none: it was given up */

G_DEFINE_QUARK(lec_cloud_error, lec_cloud_error)

struct LecCloudConnect {
    const LecCloudServer *server;
    LecCloudConnectEvents events;
    void *user;
    GSocketClient *client;
    GCancellable *cancellable;
    GSource *watchdog;
    GIOStream *tls;
    GTlsCertificateFlags trouble; /* what was found wrong with the certificate */
    bool late;
};

static void drop_watchdog(LecCloudConnect *self) {
    if (self->watchdog)
        g_source_destroy(self->watchdog);
    g_clear_pointer(&self->watchdog, g_source_unref);
}

static void finish_failed(LecCloudConnect *self, GError *why) {
    g_autoptr(GError) error = why;
    drop_watchdog(self);
    self->events.failed(error, self->user);
}

static const char *describe(GTlsCertificateFlags trouble) {
    if (trouble & G_TLS_CERTIFICATE_BAD_IDENTITY)
        return "its certificate is for another name";
    if (trouble & G_TLS_CERTIFICATE_EXPIRED)
        return "its certificate has expired";
    if (trouble & G_TLS_CERTIFICATE_NOT_ACTIVATED)
        return "its certificate is not valid yet (is the clock right?)";
    if (trouble & G_TLS_CERTIFICATE_UNKNOWN_CA)
        return "its certificate was issued by nobody this display trusts";
    return "its certificate is not valid";
}

static void fail_untrusted(LecCloudConnect *self, const char *why) {
    finish_failed(self,
                  g_error_new(LEC_CLOUD_ERROR, LEC_CLOUD_ERROR_UNTRUSTED,
                              "The cloud at %s is not trusted: %s.", self->server->name, why));
}

static void fail_unreachable(LecCloudConnect *self, const GError *why) {
    finish_failed(self, g_error_new(LEC_CLOUD_ERROR, LEC_CLOUD_ERROR_UNREACHABLE,
                                    "The cloud at %s cannot be reached: %s", self->server->name,
                                    self->late ? "it does not answer in time." : why->message));
}

/* An own authority counts besides those of the system; all that it says must be in order. */
static GTlsCertificateFlags judge(const LecCloudConnect *self, GTlsCertificate *certificate,
                                  GTlsCertificateFlags found) {
    if (!self->server->ca_file)
        return found;
    g_autoptr(GError) error = NULL;
    g_autoptr(GTlsDatabase) own = g_tls_file_database_new(self->server->ca_file, &error);
    if (!own) {
        lec_warning("The cloud's authority cannot be read from %s: %s", self->server->ca_file,
                    error->message);
        return found;
    }
    g_autoptr(GSocketConnectable) identity =
        g_network_address_new(self->server->name, self->server->port);
    return g_tls_database_verify_chain(own, certificate, G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER,
                                       identity, NULL, G_TLS_DATABASE_VERIFY_NONE, NULL, NULL);
}

static gboolean on_accept_certificate(GTlsConnection *tls, GTlsCertificate *certificate,
                                      GTlsCertificateFlags found, gpointer user) {
    LecCloudConnect *self = user;
    if (self->server->trust == LEC_CLOUD_TRUST_FIRST_USE)
        return TRUE; /* the key is what counts, and is looked at after the handshake */
    self->trouble = judge(self, certificate, found);
    return self->trouble == 0;
}

static bool read_key(GTlsConnection *tls, LecFingerprint *ret) {
    GTlsCertificate *certificate = g_tls_connection_get_peer_certificate(tls);
    g_autoptr(GByteArray) der = NULL;
    if (certificate)
        g_object_get(certificate, "certificate", &der, NULL);
    return der && lec_key_pin_of_certificate(der->data, der->len, ret);
}

static bool is_pinned(const LecCloudServer *server, const LecFingerprint *key) {
    for (guint i = 0; i < server->n_pins; i++) {
        if (lec_fingerprint_equal(&server->pins[i], key))
            return true;
    }
    return server->n_pins == 0;
}

static void on_handshake(GObject *source, GAsyncResult *result, gpointer user) {
    g_autoptr(GError) error = NULL;
    const bool good = g_tls_connection_handshake_finish(G_TLS_CONNECTION(source), result, &error);
    LecCloudConnect *self = g_object_get_data(source, OWNER);
    if (!self)
        return; /* freed */
    LecFingerprint key;
    if (!good && self->trouble)
        fail_untrusted(self, describe(self->trouble));
    else if (!good)
        fail_unreachable(self, error);
    else if (!read_key(G_TLS_CONNECTION(source), &key))
        fail_untrusted(self, "its key cannot be read");
    else if (!is_pinned(self->server, &key))
        fail_untrusted(self, "its key is not the one that was agreed on when this display was "
                             "enrolled; run lectern-receiver --forget-cloud if that is right");
    else {
        drop_watchdog(self);
        g_object_set_data(source, OWNER, NULL);
        g_signal_handlers_disconnect_by_data(source, self);
        self->events.connected(g_steal_pointer(&self->tls), &key, self->user);
    }
}

static void shake_hands(LecCloudConnect *self, GSocketConnection *connection) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnectable) identity =
        g_network_address_new(self->server->name, self->server->port);
    self->tls = g_tls_client_connection_new(G_IO_STREAM(connection), identity, &error);
    if (!self->tls) {
        fail_unreachable(self, error);
        return;
    }
    GTlsConnection *tls = G_TLS_CONNECTION(self->tls);
    /* A server that cuts its stream short says so in XML as well. */
    g_tls_connection_set_require_close_notify(tls, FALSE);
    if (self->server->certificate)
        g_tls_connection_set_certificate(tls, self->server->certificate);
    g_signal_connect(tls, "accept-certificate", G_CALLBACK(on_accept_certificate), self);
    g_object_set_data(G_OBJECT(tls), OWNER, self);
    g_tls_connection_handshake_async(tls, G_PRIORITY_DEFAULT, self->cancellable, on_handshake,
                                     NULL);
}

static void on_connected(GObject *source, GAsyncResult *result, gpointer user) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_to_host_finish(G_SOCKET_CLIENT(source), result, &error);
    LecCloudConnect *self = g_object_get_data(source, OWNER);
    if (!self)
        return; /* freed */
    if (!connection) {
        fail_unreachable(self, error);
        return;
    }
    GSocket *socket = g_socket_connection_get_socket(connection);
    g_socket_set_keepalive(socket, TRUE);
    g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
    shake_hands(self, connection);
}

static gboolean on_late(gpointer user) {
    LecCloudConnect *self = user;
    self->late = true;
    g_cancellable_cancel(self->cancellable);
    return G_SOURCE_REMOVE;
}

static void reach(LecCloudConnect *self) {
    g_autoptr(GSocketClient) client = g_socket_client_new();
    const LecCloudServer *server = self->server;
    if (server->resolver)
        g_socket_client_set_proxy_resolver(client, server->resolver);
    g_socket_client_set_enable_proxy(client, server->resolver != NULL);
    g_object_set_data(G_OBJECT(client), OWNER, self);
    g_socket_client_connect_to_host_async(client, server->address ? server->address : server->name,
                                          server->port, self->cancellable, on_connected, NULL);
    self->client = g_steal_pointer(&client);
}

LecCloudConnect *lec_cloud_connect_new(const LecCloudServer *server,
                                       const LecCloudConnectEvents *events, void *user) {
    LecCloudConnect *self = g_new0(LecCloudConnect, 1);
    self->server = server;
    self->events = *events;
    self->user = user;
    self->cancellable = g_cancellable_new();
    self->watchdog = g_timeout_source_new_seconds(TIMEOUT_S);
    g_source_set_callback(self->watchdog, on_late, self, NULL);
    g_source_attach(self->watchdog, g_main_context_get_thread_default());
    reach(self);
    return self;
}

void lec_cloud_connect_free(LecCloudConnect *self) {
    if (!self)
        return;
    drop_watchdog(self);
    g_object_set_data(G_OBJECT(self->client), OWNER, NULL);
    if (self->tls) {
        g_object_set_data(G_OBJECT(self->tls), OWNER, NULL);
        g_signal_handlers_disconnect_by_data(self->tls, self);
    }
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->tls);
    g_clear_object(&self->client);
    g_clear_object(&self->cancellable);
    g_free(self);
}
