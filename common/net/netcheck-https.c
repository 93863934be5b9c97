/* One connection, taken as far as it goes. The certificate is looked at and not insisted on,
 * because nothing is said that anybody may not hear. */
#include "common/net/netcheck-https.h"

#include "common/base/key-pin.h"
#include "common/net/failure.h"

#include <libsoup/soup.h>
#include <string.h>

#define PORT 443
#define HEAD_BYTES 4096

/* Each operation under way holds a reference. */
struct LecNetHttpsProbe {
    LecNetHttps *facts; /* NULL: freed */
    void (*done)(void *user);
    void *user;
    char *host;
    GTlsDatabase *anchors;
    GArray *pins; /* LecFingerprint */
    bool ask_time;
    guint timeout_s;
    bool late;
    GSocketClient *client;
    GIOStream *tls;
    GCancellable *cancellable;
    guint timeout; /* source id */
    char head[HEAD_BYTES + 1];
    gsize head_len;
};

static void clear(gpointer data) {
    LecNetHttpsProbe *self = data;
    g_free(self->host);
    g_clear_object(&self->anchors);
    g_clear_object(&self->client);
    g_clear_object(&self->tls);
    g_clear_object(&self->cancellable);
    g_array_unref(self->pins);
}

static void release(LecNetHttpsProbe *self) {
    g_rc_box_release_full(self, clear);
}

/* The end of an operation: error NULL where the try has come as far as it can. */
static void end(LecNetHttpsProbe *self, const GError *error) {
    LecNetHttps *facts = self->facts;
    if (facts) {
        if (error) {
            const LecFailure failure = {.host = self->host,
                                        .port = PORT,
                                        .via_proxy = facts->via_proxy,
                                        .tls_name = self->host,
                                        .timeout_s = self->late ? self->timeout_s : 0};
            g_autoptr(GError) why = lec_failure_explain(&failure, error);
            facts->why = g_strdup(why->message);
        }
        g_clear_handle_id(&self->timeout, g_source_remove);
        self->facts = NULL;
        self->done(self->user);
    }
    release(self);
}

/* ---- the answer ---- */

static void read_date(LecNetHttpsProbe *self) {
    char *at = strcasestr(self->head, "\r\ndate:");
    if (!at)
        return;
    at += strlen("\r\ndate:");
    g_autofree char *text = g_strstrip(g_strndup(at, strcspn(at, "\r\n")));
    g_autoptr(GDateTime) date = soup_date_time_new_from_http_string(text);
    if (!date)
        return;
    self->facts->date_s = g_date_time_to_unix(date);
    self->facts->own_s = g_get_real_time() / G_USEC_PER_SEC;
}

static void read_more(LecNetHttpsProbe *self);

static void on_read(GObject *stream, GAsyncResult *result, gpointer data) {
    LecNetHttpsProbe *self = data;
    const gssize len = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, NULL);
    if (len > 0) {
        self->head_len += (gsize)len;
        self->head[self->head_len] = '\0';
    }
    if (self->facts && len > 0 && self->head_len < HEAD_BYTES && !strstr(self->head, "\r\n\r\n")) {
        read_more(self);
        return;
    }
    if (self->facts)
        read_date(self);
    end(self, NULL); /* without a date the try has still shown what it was for */
}

static void read_more(LecNetHttpsProbe *self) {
    g_input_stream_read_async(g_io_stream_get_input_stream(self->tls), self->head + self->head_len,
                              HEAD_BYTES - self->head_len, G_PRIORITY_DEFAULT, self->cancellable,
                              on_read, self);
}

static void on_asked(GObject *stream, GAsyncResult *result, gpointer data) {
    LecNetHttpsProbe *self = data;
    if (g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, NULL) &&
        self->facts)
        read_more(self);
    else
        end(self, NULL);
}

static void ask(LecNetHttpsProbe *self) {
    g_autofree char *request =
        g_strdup_printf("HEAD / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", self->host);
    const gsize len = MIN(strlen(request), HEAD_BYTES);
    memcpy(self->head, request, len); /* it lasts as long as the writing */
    g_output_stream_write_all_async(g_io_stream_get_output_stream(self->tls), self->head, len,
                                    G_PRIORITY_DEFAULT, self->cancellable, on_asked, self);
}

/* ---- the handshake ---- */

static void look_at(LecNetHttpsProbe *self, GTlsCertificate *leaf) {
    GTlsCertificate *top = leaf;
    while (g_tls_certificate_get_issuer(top))
        top = g_tls_certificate_get_issuer(top);
    self->facts->issuer = g_tls_certificate_get_issuer_name(top);
    self->facts->pinned = self->pins->len > 0;
    g_autoptr(GByteArray) der = NULL;
    g_object_get(leaf, "certificate", &der, NULL);
    LecFingerprint key;
    bool found = false;
    if (der && lec_key_pin_of_certificate(der->data, der->len, &key))
        for (guint i = 0; i < self->pins->len; i++)
            found |= lec_fingerprint_equal(&g_array_index(self->pins, LecFingerprint, i), &key);
    self->facts->pin_differs = self->facts->pinned && !found;
}

static gboolean on_certificate(GTlsConnection *tls, GTlsCertificate *leaf,
                               GTlsCertificateFlags flaws, gpointer data) {
    LecNetHttpsProbe *self = data;
    if (self->facts)
        self->facts->flaws = flaws;
    return TRUE;
}

static void on_secured(GObject *tls, GAsyncResult *result, gpointer data) {
    LecNetHttpsProbe *self = data;
    g_autoptr(GError) error = NULL;
    const bool secured = g_tls_connection_handshake_finish(G_TLS_CONNECTION(tls), result, &error);
    if (secured && self->facts) {
        self->facts->secured = true;
        look_at(self, g_tls_connection_get_peer_certificate(G_TLS_CONNECTION(tls)));
        if (self->ask_time) {
            ask(self);
            return;
        }
    }
    end(self, error);
}

static bool secure(LecNetHttpsProbe *self, GSocketConnection *connection, GError **error) {
    g_autoptr(GSocketConnectable) identity = g_network_address_new(self->host, PORT);
    self->tls = g_tls_client_connection_new(G_IO_STREAM(connection), identity, error);
    if (!self->tls)
        return false;
    if (self->anchors)
        g_tls_connection_set_database(G_TLS_CONNECTION(self->tls), self->anchors);
    /* Held by the handshake's reference, and no certificate comes after it. */
    g_signal_connect(self->tls, "accept-certificate", G_CALLBACK(on_certificate), self);
    g_tls_connection_handshake_async(G_TLS_CONNECTION(self->tls), G_PRIORITY_DEFAULT,
                                     self->cancellable, on_secured, self);
    return true;
}

static void on_connected(GObject *client, GAsyncResult *result, gpointer data) {
    LecNetHttpsProbe *self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_to_host_finish(G_SOCKET_CLIENT(client), result, &error);
    if (connection && self->facts) {
        self->facts->connected = true;
        if (secure(self, connection, &error))
            return;
    }
    end(self, error);
}

static void connect_to_host(LecNetHttpsProbe *self) {
    g_socket_client_connect_to_host_async(self->client, self->host, PORT, self->cancellable,
                                          on_connected, self);
}

/* Whether there is a proxy is known before it is tried: it may not answer. */
static void on_proxies(GObject *resolver, GAsyncResult *result, gpointer data) {
    LecNetHttpsProbe *self = data;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) proxies =
        g_proxy_resolver_lookup_finish(G_PROXY_RESOLVER(resolver), result, &error);
    if (self->facts && proxies) {
        self->facts->via_proxy = *proxies && !g_str_has_prefix(*proxies, "direct:");
        connect_to_host(self);
    } else {
        end(self, error);
    }
}

static gboolean on_timeout(gpointer data) {
    LecNetHttpsProbe *self = data;
    self->timeout = 0;
    self->late = true;
    g_cancellable_cancel(self->cancellable);
    return G_SOURCE_REMOVE;
}

LecNetHttpsProbe *lec_net_https_probe_new(const LecNetHttpsConfig *config, LecNetHttps *facts,
                                          void (*done)(void *user), void *user) {
    LecNetHttpsProbe *self = g_rc_box_new0(LecNetHttpsProbe);
    facts->host = g_strdup(config->host);
    self->facts = facts;
    self->done = done;
    self->user = user;
    self->host = g_strdup(config->host);
    self->anchors = config->anchors ? g_object_ref(config->anchors) : NULL;
    self->pins = g_array_new(FALSE, FALSE, sizeof(LecFingerprint));
    g_array_append_vals(self->pins, config->pins, config->n_pins);
    self->ask_time = config->ask_time;
    self->timeout_s = config->timeout_s;
    self->cancellable = g_cancellable_new();
    self->client = g_socket_client_new();
    g_socket_client_set_enable_proxy(self->client, config->resolver != NULL);
    if (config->resolver)
        g_socket_client_set_proxy_resolver(self->client, config->resolver);
    self->timeout = g_timeout_add_seconds(config->timeout_s, on_timeout, self);
    g_rc_box_acquire(self); /* the operation's */
    if (!config->resolver) {
        connect_to_host(self);
        return self;
    }
    g_autofree char *uri = g_strdup_printf("https://%s:%d", self->host, PORT);
    g_proxy_resolver_lookup_async(config->resolver, uri, self->cancellable, on_proxies, self);
    return self;
}

void lec_net_https_probe_free(LecNetHttpsProbe *self) {
    if (!self)
        return;
    self->facts = NULL;
    g_clear_handle_id(&self->timeout, g_source_remove);
    g_cancellable_cancel(self->cancellable);
    release(self);
}
