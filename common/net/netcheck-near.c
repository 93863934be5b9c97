/* Asks everybody for their services (RFC 6763 §9), and one machine for a connection. */
#include "common/net/netcheck-near.h"

#include "common/net/netcheck-own.h"

#include <sys/socket.h>

#define GROUP "224.0.0.251"
#define PORT 5353
#define ASK_EVERY_MS 500
#define ASKED_TIMES 4
#define REACH_PORT 443
#define REACH_MS 3000

struct LecNetMulticastProbe {
    LecNetMulticast *facts;
    void (*done)(void *user);
    void *user;
    GSocket *socket;
    GSource *readable;
    guint asking; /* source id */
    guint times;
    GHashTable *heard; /* addresses */
};

/* A query for _services._dns-sd._udp.local, PTR, IN. */
static const char query[] = "\0\0\0\0\0\1\0\0\0\0\0\0"
                            "\x09_services\x07_dns-sd\x04_udp\x05local\0"
                            "\0\x0c\0\1";

static gboolean on_heard(GSocket *socket, GIOCondition condition, gpointer data) {
    LecNetMulticastProbe *self = data;
    g_autoptr(GSocketAddress) from = NULL;
    char packet[9000];
    if (g_socket_receive_from(socket, &from, packet, sizeof packet, NULL, NULL) < 0 || !from)
        return G_SOURCE_CONTINUE;
    GInetAddress *address = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(from));
    if (!lec_net_is_own(address) && g_hash_table_size(self->heard) < 256)
        g_hash_table_add(self->heard, g_inet_address_to_string(address));
    self->facts->others = g_hash_table_size(self->heard);
    return G_SOURCE_CONTINUE;
}

static gboolean on_ask(gpointer data) {
    LecNetMulticastProbe *self = data;
    if (self->facts->why || self->times++ == ASKED_TIMES) {
        self->asking = 0;
        self->done(self->user);
        return G_SOURCE_REMOVE;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketAddress) group = g_inet_socket_address_new_from_string(GROUP, PORT);
    if (g_socket_send_to(self->socket, group, query, sizeof query - 1, NULL, &error) < 0)
        self->facts->why = g_strdup(error->message);
    return G_SOURCE_CONTINUE;
}

/* Beside the system's own mDNS daemon, on the same port. */
static bool join(LecNetMulticastProbe *self, GError **error) {
    g_autoptr(GInetAddress) group = g_inet_address_new_from_string(GROUP);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("0.0.0.0", PORT);
    self->socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);
    if (!self->socket || !g_socket_set_option(self->socket, SOL_SOCKET, SO_REUSEPORT, 1, error) ||
        !g_socket_bind(self->socket, any, TRUE, error) ||
        !g_socket_join_multicast_group(self->socket, group, FALSE, NULL, error))
        return false;
    g_socket_set_multicast_ttl(self->socket, 255); /* RFC 6762 §11 */
    g_socket_set_blocking(self->socket, FALSE);
    self->readable = g_socket_create_source(self->socket, G_IO_IN, NULL);
    g_source_set_callback(self->readable, G_SOURCE_FUNC(on_heard), self, NULL);
    g_source_attach(self->readable, NULL);
    return true;
}

LecNetMulticastProbe *lec_net_multicast_probe_new(LecNetMulticast *facts, void (*done)(void *user),
                                                  void *user) {
    LecNetMulticastProbe *self = g_new0(LecNetMulticastProbe, 1);
    self->facts = facts;
    self->done = done;
    self->user = user;
    self->heard = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GError) error = NULL;
    if (!join(self, &error))
        facts->why = g_strdup(error->message);
    self->asking = g_timeout_add(ASK_EVERY_MS, on_ask, self);
    return self;
}

void lec_net_multicast_probe_free(LecNetMulticastProbe *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->asking, g_source_remove);
    if (self->readable)
        g_source_destroy(self->readable);
    g_clear_pointer(&self->readable, g_source_unref);
    g_clear_object(&self->socket);
    g_hash_table_unref(self->heard);
    g_free(self);
}

/* ---- one machine ---- */

/* The attempt holds a reference. */
struct LecNetReachProbe {
    LecNetReach *facts; /* NULL: freed */
    void (*done)(void *user);
    void *user;
    GSocketClient *client;
    GCancellable *cancellable;
    guint timeout; /* source id */
};

static void reach_clear(gpointer data) {
    LecNetReachProbe *self = data;
    g_clear_object(&self->client);
    g_clear_object(&self->cancellable);
}

static void on_reached(GObject *client, GAsyncResult *result, gpointer data) {
    LecNetReachProbe *self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &error);
    if (self->facts) {
        const bool answered =
            connection || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
        *self->facts = answered ? LEC_NET_REACHES : LEC_NET_SILENCE;
        self->facts = NULL;
        g_clear_handle_id(&self->timeout, g_source_remove);
        self->done(self->user);
    }
    g_rc_box_release_full(self, reach_clear);
}

static gboolean on_reach_timeout(gpointer data) {
    LecNetReachProbe *self = data;
    self->timeout = 0;
    g_cancellable_cancel(self->cancellable);
    return G_SOURCE_REMOVE;
}

LecNetReachProbe *lec_net_reach_probe_new(const char *address, LecNetReach *facts,
                                          void (*done)(void *user), void *user) {
    LecNetReachProbe *self = g_rc_box_new0(LecNetReachProbe);
    self->facts = facts;
    self->done = done;
    self->user = user;
    self->cancellable = g_cancellable_new();
    self->client = g_socket_client_new();
    g_socket_client_set_enable_proxy(self->client, FALSE);
    g_autoptr(GSocketAddress) at = g_inet_socket_address_new_from_string(address, REACH_PORT);
    self->timeout = g_timeout_add(REACH_MS, on_reach_timeout, self);
    g_socket_client_connect_async(self->client, G_SOCKET_CONNECTABLE(at), self->cancellable,
                                  on_reached, g_rc_box_acquire(self));
    return self;
}

void lec_net_reach_probe_free(LecNetReachProbe *self) {
    if (!self)
        return;
    self->facts = NULL;
    g_clear_handle_id(&self->timeout, g_source_remove);
    g_cancellable_cancel(self->cancellable);
    g_rc_box_release_full(self, reach_clear);
}
