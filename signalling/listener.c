/* Makes listeners, and keeps those guarded that are for this network only. */
#include "signalling/listener.h"

#include "common/base/log.h"
#include "common/net/own-networks.h"

#define GUARD_KEY "lectern-guard"

typedef struct {
    GPtrArray *sockets;
    GNetworkMonitor *monitor; /* borrowed singleton */
    gulong on_changed;
} Guard;

static void guard_free(gpointer data) {
    Guard *self = data;
    g_clear_signal_handler(&self->on_changed, self->monitor);
    g_ptr_array_unref(self->sockets);
    g_free(self);
}

/* Without the guard nobody is let in at all: the promise is to answer nobody elsewhere. */
static void guard(GSocket *socket, const LecOwnNetworks *networks) {
    g_autoptr(GError) error = NULL;
    if (lec_own_networks_guard(networks, socket, &error))
        return;
    lec_error("%s It is closed.", error->message);
    g_socket_close(socket, NULL);
}

static void on_network_changed(GNetworkMonitor *monitor, gboolean available, gpointer user) {
    Guard *self = user;
    g_autoptr(LecOwnNetworks) networks = lec_own_networks_find();
    for (guint i = 0; i < self->sockets->len; i++)
        if (!g_socket_is_closed(self->sockets->pdata[i]))
            guard(self->sockets->pdata[i], networks);
}

/* Between bind() and listen(): nobody comes in before. */
static void on_event(GSocketListener *listener, GSocketListenerEvent event, GSocket *socket,
                     gpointer user) {
    Guard *self = user;
    if (event != G_SOCKET_LISTENER_BOUND)
        return;
    g_autoptr(LecOwnNetworks) networks = lec_own_networks_find();
    g_ptr_array_add(self->sockets, g_object_ref(socket));
    guard(socket, networks);
}

static void keep_guarded(GSocketListener *listener) {
    Guard *self = g_new0(Guard, 1);
    self->sockets = g_ptr_array_new_with_free_func(g_object_unref);
    self->monitor = g_network_monitor_get_default();
    self->on_changed =
        g_signal_connect(self->monitor, "network-changed", G_CALLBACK(on_network_changed), self);
    g_object_set_data_full(G_OBJECT(listener), GUARD_KEY, self, guard_free);
    g_signal_connect(listener, "event", G_CALLBACK(on_event), self);
}

GSocketListener *lec_listener_new(guint16 *port, int backlog, bool own_networks_only,
                                  GError **error) {
    g_autoptr(GSocketListener) self = g_socket_listener_new();
    g_socket_listener_set_backlog(self, backlog);
    if (own_networks_only)
        keep_guarded(self);
    if (*port)
        return g_socket_listener_add_inet_port(self, *port, NULL, error) ? g_steal_pointer(&self)
                                                                         : NULL;
    const guint16 any = g_socket_listener_add_any_inet_port(self, NULL, error);
    if (!any)
        return NULL;
    *port = any;
    return g_steal_pointer(&self);
}
