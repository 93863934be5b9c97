/* The dialler's carrier on libsoup: one session, one WebSocket. */
#include "signalling/dial-soup.h"
#include "common/base/i18n.h"

#include "common/net/failure.h"
#include "common/net/local-host.h"
#include "signalling/websocket-close.h"
#include "signalling/xmpp.h"

#include <libsoup/soup.h>

#define TOO_MANY_REQUESTS 429 /* RFC 6585 §4 */
#define SERVER_NAME "box.lectern.invalid"

struct LecCarrier {
    LecCarrierEvents events;
    void *user;
    const LecProxy *proxy; /* NULL: none */
    SoupSession *session;
    SoupMessage *request; /* while connecting */
    GCancellable *cancellable;
    SoupWebsocketConnection *websocket;
    guint bad_address; /* idle source: the address cannot even be written as a URI */
    bool proxied;      /* a proxy was asked for the way */
    bool secured;      /* whoever answers from now on is at the address, not on the way */
    bool connecting;   /* libsoup holds self until its callback */
    bool freed;
    bool cloud; /* its certificate counts */
    GTlsCertificateFlags flaws;
};

static void carrier_destroy(LecCarrier *self) {
    if (self->request)
        g_signal_handlers_disconnect_by_data(self->request, self);
    g_clear_object(&self->request);
    g_clear_object(&self->cancellable);
    g_clear_object(&self->session);
    g_free(self);
}

static GError *dial_error(LecDialError code, const char *sentence) {
    return g_error_new_literal(LEC_DIAL_ERROR, code, sentence);
}

static GError *explain(const GError *cause) {
    if (cause->domain == G_RESOLVER_ERROR ||
        g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND))
        return dial_error(LEC_DIAL_ERROR_UNREACHABLE, "There is no host of that name.");
    if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
        return dial_error(LEC_DIAL_ERROR_UNREACHABLE,
                          "The machine at that address is there, but no box answers on it.");
    if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE) ||
        g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) ||
        g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        return dial_error(LEC_DIAL_ERROR_UNREACHABLE,
                          "That address cannot be reached from here; check the network.");
    return g_error_new(LEC_DIAL_ERROR, LEC_DIAL_ERROR_NOT_A_BOX,
                       _("Something answers at that address, but it is not a Lectern box (%s)."),
                       cause->message);
}

/* RFC 9110 §15.5.8; libsoup has tried what it was given. */
static GError *explain_proxy(const LecCarrier *self, const GError *cause) {
    GUri *uri = soup_message_get_uri(self->request);
    const guint status = soup_message_get_status(self->request);
    const LecFailure failure = {
        .host = g_uri_get_host(uri), .port = (guint16)g_uri_get_port(uri), .via_proxy = true};
    const char *user, *password;
    const bool login = self->proxy && lec_proxy_get_login(self->proxy, &user, &password);
    g_autoptr(GError) answer =
        status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED
            ? g_error_new_literal(
                  G_IO_ERROR, login ? G_IO_ERROR_PROXY_AUTH_FAILED : G_IO_ERROR_PROXY_NEED_AUTH, "")
        : status >= SOUP_STATUS_BAD_REQUEST
            ? g_error_new(G_IO_ERROR, G_IO_ERROR_PROXY_FAILED, "%u %s", status,
                          soup_status_get_phrase(status))
            : g_error_copy(cause);
    g_autoptr(GError) explained = lec_failure_explain(&failure, answer);
    return g_error_new_literal(LEC_DIAL_ERROR, LEC_DIAL_ERROR_UNREACHABLE, explained->message);
}

static GError *explain_cloud(const LecCarrier *self, const GError *cause) {
    GUri *uri = soup_message_get_uri(self->request);
    if (soup_message_get_status(self->request) == TOO_MANY_REQUESTS)
        return dial_error(LEC_DIAL_ERROR_UNREACHABLE, _("Too many meetings were tried from this "
                                                        "network; try again in a while."));
    const LecFailure failure = {.host = g_uri_get_host(uri),
                                .port = (guint16)g_uri_get_port(uri),
                                .via_proxy = self->proxied,
                                .flaws = self->flaws,
                                .tls_name = g_uri_get_host(uri)};
    g_autoptr(GError) explained = lec_failure_explain(&failure, cause);
    return dial_error(LEC_DIAL_ERROR_UNREACHABLE, explained->message);
}

static GError *explain_answer(const LecCarrier *self, const GError *cause) {
    SoupMessage *request = self->request;
    const bool far =
        self->proxy && !lec_local_host_is(g_uri_get_host(soup_message_get_uri(request)));
    if ((self->proxied && !self->secured) || cause->domain == LEC_PROXY_ERROR ||
        (far && g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)))
        return explain_proxy(self, cause);
    if (self->cloud)
        return explain_cloud(self, cause);
    if (soup_message_get_status(request) == SOUP_STATUS_MISDIRECTED_REQUEST)
        return dial_error(LEC_DIAL_ERROR_NOT_A_BOX,
                          "A box is there, but it does not answer to that name: use its meeting ID "
                          "or address, or add the name to its setting host-names.");
    return explain(cause);
}

static void on_message(SoupWebsocketConnection *websocket, SoupWebsocketDataType type,
                       GBytes *message, gpointer user) {
    LecCarrier *self = user;
    gsize len;
    const char *text = g_bytes_get_data(message, &len);
    self->events.message(text ? text : "", len, self->user);
}

static void on_closed(SoupWebsocketConnection *websocket, gpointer user) {
    LecCarrier *self = user;
    g_autoptr(GError) error =
        dial_error(LEC_DIAL_ERROR_CLOSED, self->cloud ? "The connection to the cloud was closed."
                                                      : "The connection to the box was closed.");
    self->events.closed(error, self->user);
}

static void on_connected(GObject *object, GAsyncResult *result, gpointer user) {
    LecCarrier *self = user;
    g_autoptr(GError) cause = NULL;
    g_autoptr(SoupWebsocketConnection) websocket =
        soup_session_websocket_connect_finish(SOUP_SESSION(object), result, &cause);
    self->connecting = false;
    if (self->freed) {
        carrier_destroy(self);
        return;
    }
    if (!websocket) {
        g_autoptr(GError) error = explain_answer(self, cause);
        self->events.closed(error, self->user);
        return;
    }
    self->websocket = g_steal_pointer(&websocket);
    soup_websocket_connection_set_max_incoming_payload_size(self->websocket, LEC_STANZA_MAX_BYTES);
    g_signal_connect(self->websocket, "message", G_CALLBACK(on_message), self);
    g_signal_connect(self->websocket, "closed", G_CALLBACK(on_closed), self);
    self->events.opened(self->user);
}

/* See the header: who the box is, the PIN proof tells. Called only where something is wrong. */
static gboolean on_accept_certificate(SoupMessage *request, GTlsCertificate *certificate,
                                      GTlsCertificateFlags errors, gpointer user) {
    LecCarrier *self = user;
    self->flaws = errors;
    return !self->cloud;
}

/* GIO would send an IPv6 address as the server's name, which RFC 6066 §3 forbids and GnuTLS
 * refuses: send a name. */
static void on_network_event(SoupMessage *request, GSocketClientEvent event, GIOStream *connection,
                             gpointer user) {
    LecCarrier *self = user;
    self->proxied |= event == G_SOCKET_CLIENT_PROXY_NEGOTIATING;
    self->secured |= event == G_SOCKET_CLIENT_TLS_HANDSHAKED;
    if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING || !G_IS_TLS_CLIENT_CONNECTION(connection) ||
        !g_hostname_is_ip_address(g_uri_get_host(soup_message_get_uri(request))))
        return;
    g_autoptr(GSocketConnectable) name = g_network_address_new(SERVER_NAME, 0);
    g_tls_client_connection_set_server_identity(G_TLS_CLIENT_CONNECTION(connection), name);
}

static gboolean on_bad_address(gpointer user) {
    LecCarrier *self = user;
    self->bad_address = 0;
    g_autoptr(GError) error =
        dial_error(LEC_DIAL_ERROR_UNREACHABLE, "That is not an address that can be dialled.");
    self->events.closed(error, self->user);
    return G_SOURCE_REMOVE;
}

/*
 * Once: a second try with the same password is what accounts are locked for. Not by the proxy's
 * URI, from which libsoup 3.2 would try again and again, and then ask for the proxy itself in
 * place of the box.
 */
static gboolean on_authenticate(SoupMessage *request, SoupAuth *auth, gboolean again,
                                gpointer user) {
    LecCarrier *self = user;
    const char *name, *password;
    if (again || !soup_auth_is_for_proxy(auth) || !self->proxy ||
        !lec_proxy_get_login(self->proxy, &name, &password))
        return FALSE;
    soup_auth_authenticate(auth, name, password);
    return TRUE;
}

static SoupMessage *make_request(const char *host, guint16 port) {
    g_autofree char *text =
        g_uri_join(G_URI_FLAGS_NONE, "wss", NULL, host, port, LEC_XMPP_PATH, NULL, NULL);
    g_autoptr(GUri) uri = g_uri_parse(text, SOUP_HTTP_URI_FLAGS, NULL);
    if (!uri || !g_uri_get_host(uri) || !*g_uri_get_host(uri))
        return NULL;
    return soup_message_new_from_uri(SOUP_METHOD_GET, uri);
}

static SoupSession *make_session(const LecPlace *place) {
    SoupSession *session = soup_session_new_with_options(
        "proxy-resolver", place->proxy ? lec_proxy_get_box_resolver(place->proxy) : NULL, NULL);
    /* No certificate store for a box: nothing would be looked up in it, and reading the system's
     * costs more than all the rest of the connection. */
    if (!place->number || place->anchors)
        soup_session_set_tls_database(session, place->number ? place->anchors : NULL);
    soup_session_add_feature_by_type(session, SOUP_TYPE_AUTH_NTLM);
    if (soup_auth_negotiate_supported())
        soup_session_add_feature_by_type(session, SOUP_TYPE_AUTH_NEGOTIATE);
    soup_session_remove_feature_by_type(session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
    return session;
}

static LecCarrier *carrier_open(const LecPlace *place, const LecCarrierEvents *events, void *user) {
    LecCarrier *self = g_new0(LecCarrier, 1);
    self->events = *events;
    self->user = user;
    self->cloud = place->number != NULL;
    self->request = make_request(place->host, place->port);
    if (!self->request) {
        self->bad_address = g_idle_add(on_bad_address, self);
        return self;
    }
    char *protocols[] = {(char *)LEC_XMPP_SUBPROTOCOL, NULL};
    self->proxy = place->proxy;
    self->session = make_session(place);
    /* Whoever answers does not send us to other places, of this network perhaps. */
    soup_message_add_flags(self->request, SOUP_MESSAGE_NO_REDIRECT);
    /* Of proxies alone: a box that asks for the person's login is not one, and gets none. */
    soup_message_disable_feature(self->request, SOUP_TYPE_AUTH_MANAGER);
    self->cancellable = g_cancellable_new();
    self->connecting = true;
    g_signal_connect(self->request, "accept-certificate", G_CALLBACK(on_accept_certificate), self);
    g_signal_connect(self->request, "authenticate", G_CALLBACK(on_authenticate), self);
    g_signal_connect(self->request, "network-event", G_CALLBACK(on_network_event), self);
    soup_session_websocket_connect_async(self->session, self->request, NULL, protocols,
                                         G_PRIORITY_DEFAULT, self->cancellable, on_connected, self);
    return self;
}

static void carrier_send(LecCarrier *self, const char *text) {
    if (self->websocket &&
        soup_websocket_connection_get_state(self->websocket) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_send_text(self->websocket, text);
}

static void carrier_free(LecCarrier *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->bad_address, g_source_remove);
    if (self->websocket) {
        g_signal_handlers_disconnect_by_data(self->websocket, self);
        lec_websocket_close(g_steal_pointer(&self->websocket));
    }
    if (self->connecting) {
        self->freed = true;
        self->proxy = NULL;
        g_cancellable_cancel(self->cancellable);
        return;
    }
    carrier_destroy(self);
}

const LecCarrierClass lec_carrier_soup = {
    .open = carrier_open,
    .send = carrier_send,
    .free = carrier_free,
};
