/* A loopback port of ours that leads to one host far away. */
#include "common/net/tunnel.h"

#include "common/base/log.h"
#include "common/net/failure.h"
#include "common/net/own-socket.h"
#include "common/net/pipe.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#define MAX_ROUTES 16
#define TIMEOUT_S 10
#define REST_MS 1000

/* One connection through the tunnel. Each operation under way holds a reference. */
typedef struct {
    LecTunnel *tunnel; /* NULL: freed */
    GSocketConnection *near, *far;
    GTlsCertificateFlags flaws;
    bool via_proxy;
    GCancellable *cancellable;
    GSource *timeout;
    LecPipe *pipe;
} Route;

struct LecTunnel {
    char *host, *tls_name;
    guint16 port;
    bool tls;
    GTlsDatabase *anchors;
    guint timeout_s;
    GProxyResolver *resolver;
    GMainContext *context;
    GSocket *listener;
    GSource *accepting; /* or resting */
    guint16 own_port;
    GPtrArray *routes;
    GError *error;
    bool warned;
};

static void route_clear(gpointer data) {
    Route *self = data;
    g_clear_object(&self->near);
    g_clear_object(&self->far);
    g_clear_object(&self->cancellable);
}

static void route_release(Route *self) {
    g_rc_box_release_full(self, route_clear);
}

/* The tunnel's hold on it. */
static void route_free(gpointer data) {
    Route *self = data;
    self->tunnel = NULL;
    if (self->timeout)
        g_source_destroy(self->timeout);
    g_clear_pointer(&self->timeout, g_source_unref);
    g_cancellable_cancel(self->cancellable);
    g_clear_pointer(&self->pipe, lec_pipe_free);
    g_socket_shutdown(g_socket_connection_get_socket(self->near), TRUE, TRUE, NULL);
    route_release(self);
}

static void fail(Route *self, const GError *cause, bool late) {
    LecTunnel *tunnel = self->tunnel;
    const LecFailure failure = {
        .host = tunnel->host,
        .port = tunnel->port,
        .via_proxy = self->via_proxy,
        .flaws = self->flaws,
        .tls_name = tunnel->tls_name,
        .timeout_s = late ? tunnel->timeout_s : 0,
    };
    g_clear_error(&tunnel->error);
    tunnel->error = lec_failure_explain(&failure, cause);
    lec_debug("A tunnel has failed: %s", tunnel->error->message);
    g_ptr_array_remove_fast(tunnel->routes, self);
}

static gboolean on_timeout(gpointer user) {
    fail(user, NULL, true);
    return G_SOURCE_REMOVE;
}

static void on_ended(const GError *error, void *user) {
    Route *self = user;
    if (error)
        fail(self, error, false);
    else
        g_ptr_array_remove_fast(self->tunnel->routes, self);
}

static void no_delay(GSocketConnection *connection) {
    g_socket_set_option(g_socket_connection_get_socket(connection), IPPROTO_TCP, TCP_NODELAY, 1,
                        NULL);
}

static void join(Route *self, GIOStream *far) {
    g_source_destroy(self->timeout);
    g_clear_pointer(&self->timeout, g_source_unref);
    g_clear_error(&self->tunnel->error);
    self->pipe = lec_pipe_new(self->near, self->far, far, on_ended, self);
}

/* ---- TLS ---- */

static gboolean on_certificate(GTlsConnection *connection, GTlsCertificate *certificate,
                               GTlsCertificateFlags flaws, gpointer user) {
    Route *self = user;
    self->flaws = flaws;
    return FALSE;
}

static void on_secured(GObject *object, GAsyncResult *result, gpointer user) {
    Route *self = user;
    g_autoptr(GError) error = NULL;
    const bool secured =
        g_tls_connection_handshake_finish(G_TLS_CONNECTION(object), result, &error);
    g_signal_handlers_disconnect_by_data(object, self);
    if (self->tunnel && !secured)
        fail(self, error, false);
    else if (self->tunnel)
        join(self, G_IO_STREAM(object));
    route_release(self);
}

static void secure(Route *self) {
    const LecTunnel *tunnel = self->tunnel;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnectable) identity = g_network_address_new(tunnel->tls_name, tunnel->port);
    g_autoptr(GIOStream) tls =
        g_tls_client_connection_new(G_IO_STREAM(self->far), identity, &error);
    if (!tls) {
        fail(self, error, false);
        return;
    }
    if (tunnel->anchors)
        g_tls_connection_set_database(G_TLS_CONNECTION(tls), tunnel->anchors);
    g_signal_connect(tls, "accept-certificate", G_CALLBACK(on_certificate), self);
    g_tls_connection_handshake_async(G_TLS_CONNECTION(tls), G_PRIORITY_DEFAULT, self->cancellable,
                                     on_secured, g_rc_box_acquire(self));
}

/* ---- the way there ---- */

static void on_connected(GObject *object, GAsyncResult *result, gpointer user) {
    Route *self = user;
    g_autoptr(GError) error = NULL;
    self->far = g_socket_client_connect_finish(G_SOCKET_CLIENT(object), result, &error);
    g_signal_handlers_disconnect_by_data(object, self);
    if (self->tunnel && !self->far) {
        fail(self, error, false);
    } else if (self->tunnel) {
        no_delay(self->far);
        g_socket_set_keepalive(g_socket_connection_get_socket(self->far), TRUE);
        if (self->tunnel->tls)
            secure(self);
        else
            join(self, G_IO_STREAM(self->far));
    }
    route_release(self);
}

static void on_event(GSocketClient *client, GSocketClientEvent event, GSocketConnectable *to,
                     GIOStream *connection, gpointer user) {
    Route *self = user;
    if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATING)
        self->via_proxy = true;
}

/* The scheme is what a proxy's settings are chosen by; everything of ours is inside TLS. */
static GSocketConnectable *make_address(const LecTunnel *tunnel, GError **error) {
    g_autofree char *uri =
        g_uri_join(G_URI_FLAGS_NONE, "https", NULL, tunnel->host, tunnel->port, "", NULL, NULL);
    return g_network_address_parse_uri(uri, tunnel->port, error);
}

static void set_out(Route *self) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnectable) address = make_address(self->tunnel, &error);
    if (!address) {
        fail(self, error, false);
        return;
    }
    g_autoptr(GSocketClient) client = g_socket_client_new();
    if (self->tunnel->resolver)
        g_socket_client_set_proxy_resolver(client, self->tunnel->resolver);
    else
        g_socket_client_set_enable_proxy(client, FALSE);
    g_signal_connect(client, "event", G_CALLBACK(on_event), self);
    self->timeout = g_timeout_source_new_seconds(self->tunnel->timeout_s);
    g_source_set_callback(self->timeout, on_timeout, self, NULL);
    g_source_attach(self->timeout, self->tunnel->context);
    g_socket_client_connect_async(client, address, self->cancellable, on_connected,
                                  g_rc_box_acquire(self));
}

/* ---- who comes in ---- */

static void take(LecTunnel *self, GSocket *socket) {
    if (!lec_own_socket_is_peer(socket)) {
        if (!self->warned)
            lec_warning("Another program of this machine tried to use a tunnel of ours: refused.");
        self->warned = true; /* it may try for as long as it likes */
        return;
    }
    if (self->routes->len >= MAX_ROUTES) {
        lec_warning("A tunnel has %d connections already: no more.", MAX_ROUTES);
        return;
    }
    Route *route = g_rc_box_new0(Route);
    route->tunnel = self;
    route->near = g_socket_connection_factory_create_connection(socket);
    route->cancellable = g_cancellable_new();
    no_delay(route->near);
    g_ptr_array_add(self->routes, route);
    set_out(route);
}

static void begin_accepting(LecTunnel *self);

static gboolean on_rested(gpointer user) {
    LecTunnel *self = user;
    g_clear_pointer(&self->accepting, g_source_unref);
    begin_accepting(self);
    return G_SOURCE_REMOVE;
}

/* Who is there waits: with no descriptor left, asking at once would be asking for ever. */
static void rest(LecTunnel *self) {
    g_source_destroy(self->accepting);
    g_source_unref(self->accepting);
    self->accepting = g_timeout_source_new(REST_MS);
    g_source_set_callback(self->accepting, on_rested, self, NULL);
    g_source_attach(self->accepting, self->context);
}

static gboolean on_incoming(GSocket *listener, GIOCondition condition, gpointer user) {
    LecTunnel *self = user;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) socket = g_socket_accept(listener, NULL, &error);
    if (!socket && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        rest(self);
    if (!socket)
        return G_SOURCE_CONTINUE;
    g_socket_set_blocking(socket, FALSE);
    g_main_context_push_thread_default(self->context);
    take(self, socket);
    g_main_context_pop_thread_default(self->context);
    return G_SOURCE_CONTINUE;
}

static void begin_accepting(LecTunnel *self) {
    self->accepting = g_socket_create_source(self->listener, G_IO_IN, NULL);
    g_source_set_callback(self->accepting, G_SOURCE_FUNC(on_incoming), self, NULL);
    g_source_attach(self->accepting, self->context);
}

static bool listen_on_loopback(LecTunnel *self, GSocketFamily family, GError **error) {
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(family);
    g_autoptr(GSocketAddress) any_port = g_inet_socket_address_new(loopback, 0);
    self->listener = g_socket_new(family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
    if (!self->listener || !g_socket_bind(self->listener, any_port, FALSE, error) ||
        !g_socket_listen(self->listener, error))
        return false;
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(self->listener, error);
    if (!bound)
        return false;
    self->own_port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    g_socket_set_blocking(self->listener, FALSE);
    begin_accepting(self);
    return true;
}

LecTunnel *lec_tunnel_new(const LecTunnelConfig *config, GMainContext *context, GError **error) {
    g_autoptr(LecTunnel) self = g_new0(LecTunnel, 1);
    self->host = g_strdup(config->host);
    self->tls_name = g_strdup(config->tls_name ? config->tls_name : config->host);
    self->port = config->port;
    self->tls = config->tls;
    self->timeout_s = config->timeout_s > 0 ? config->timeout_s : TIMEOUT_S;
    g_set_object(&self->anchors, config->anchors);
    if (config->proxy)
        self->resolver = g_object_ref(lec_proxy_get_resolver(config->proxy));
    self->context = context ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    self->routes = g_ptr_array_new_with_free_func(route_free);
    const GSocketFamily family = config->ipv6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4;
    return listen_on_loopback(self, family, error) ? g_steal_pointer(&self) : NULL;
}

void lec_tunnel_free(LecTunnel *self) {
    if (!self)
        return;
    if (self->accepting)
        g_source_destroy(self->accepting);
    g_clear_pointer(&self->accepting, g_source_unref);
    g_clear_pointer(&self->routes, g_ptr_array_unref);
    g_clear_object(&self->listener);
    g_clear_object(&self->resolver);
    g_clear_object(&self->anchors);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_clear_error(&self->error);
    g_free(self->host);
    g_free(self->tls_name);
    g_free(self);
}

guint16 lec_tunnel_get_port(const LecTunnel *self) {
    return self->own_port;
}

const GError *lec_tunnel_get_error(const LecTunnel *self) {
    return self->error;
}
