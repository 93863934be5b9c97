/* Asks a few times, for a datagram may be lost, and takes down what each server has seen. */
#include "common/net/netcheck-stun.h"

#include "common/net/netcheck-own.h"
#include "common/net/stun-binding.h"

#include <sys/random.h>

#define ASK_EVERY_MS 250
#define ASKED_TIMES 10

struct LecNetStunProbe {
    LecNetStun *facts;
    void (*done)(void *user);
    void *user;
    GSocket *socket;
    GSource *readable;
    guint asking; /* source id */
    guint times;
    GSocketAddress *servers[LEC_NET_STUN_SERVERS];
    guint8 ids[LEC_NET_STUN_SERVERS][LEC_STUN_ID_BYTES];
};

static void stop(LecNetStunProbe *self) {
    g_clear_handle_id(&self->asking, g_source_remove);
    if (self->readable)
        g_source_destroy(self->readable);
    g_clear_pointer(&self->readable, g_source_unref);
}

/* The first place is for who answers first. */
static void take(LecNetStun *facts, GSocketAddress *mapped) {
    GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS(mapped);
    const guint place = facts->answered++;
    facts->mapped[place] = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(mapped));
    if (place == 0)
        facts->own_address = lec_net_is_own(g_inet_socket_address_get_address(inet));
}

static gboolean on_readable(GSocket *socket, GIOCondition condition, gpointer data) {
    LecNetStunProbe *self = data;
    guint8 packet[1500];
    const gssize len = g_socket_receive(socket, (char *)packet, sizeof packet, NULL, NULL);
    for (guint i = 0; len > 0 && i < self->facts->asked; i++) {
        g_autoptr(GSocketAddress) mapped = lec_stun_read_mapped(packet, (gsize)len, self->ids[i]);
        if (!mapped || !self->servers[i])
            continue;
        g_clear_object(&self->servers[i]); /* asked and heard no more */
        take(self->facts, mapped);
    }
    if (self->facts->answered < self->facts->asked)
        return G_SOURCE_CONTINUE;
    stop(self);
    self->done(self->user);
    return G_SOURCE_REMOVE;
}

static gboolean on_ask(gpointer data) {
    LecNetStunProbe *self = data;
    if (self->times++ == ASKED_TIMES) {
        self->asking = 0;
        stop(self);
        self->done(self->user);
        return G_SOURCE_REMOVE;
    }
    for (guint i = 0; i < self->facts->asked; i++) {
        guint8 request[LEC_STUN_REQUEST_BYTES];
        g_autoptr(GError) error = NULL;
        lec_stun_write_request(self->ids[i], request);
        if (self->servers[i] && g_socket_send_to(self->socket, self->servers[i], (char *)request,
                                                 sizeof request, NULL, &error) < 0) {
            g_free(self->facts->why);
            self->facts->why = g_strdup(error->message);
        }
    }
    return G_SOURCE_CONTINUE;
}

static void choose_servers(LecNetStunProbe *self, GList *addresses) {
    const GSocketFamily family = g_inet_address_get_family(addresses->data);
    for (GList *at = addresses; at && self->facts->asked < LEC_NET_STUN_SERVERS; at = at->next) {
        if (g_inet_address_get_family(at->data) != family)
            continue;
        if (getrandom(self->ids[self->facts->asked], LEC_STUN_ID_BYTES, 0) != LEC_STUN_ID_BYTES)
            break;
        self->servers[self->facts->asked++] =
            g_inet_socket_address_new(at->data, LEC_NET_STUN_PORT);
    }
    self->socket = g_socket_new(family, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
}

LecNetStunProbe *lec_net_stun_probe_new(GList *addresses, LecNetStun *facts,
                                        void (*done)(void *user), void *user) {
    LecNetStunProbe *self = g_new0(LecNetStunProbe, 1);
    self->facts = facts;
    self->done = done;
    self->user = user;
    choose_servers(self, addresses);
    if (self->socket) {
        g_socket_set_blocking(self->socket, FALSE);
        self->readable = g_socket_create_source(self->socket, G_IO_IN, NULL);
        g_source_set_callback(self->readable, G_SOURCE_FUNC(on_readable), self, NULL);
        g_source_attach(self->readable, NULL);
    } else {
        facts->asked = 0;
        self->times = ASKED_TIMES; /* nothing can be asked */
    }
    self->asking = g_timeout_add(ASK_EVERY_MS, on_ask, self);
    return self;
}

void lec_net_stun_probe_free(LecNetStunProbe *self) {
    if (!self)
        return;
    stop(self);
    for (guint i = 0; i < LEC_NET_STUN_SERVERS; i++)
        g_clear_object(&self->servers[i]);
    g_clear_object(&self->socket);
    g_free(self);
}
