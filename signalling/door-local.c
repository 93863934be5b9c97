/* The local door: joins libsoup's WebSockets to sessions, and bounds how many there are. */
#include "signalling/door-local.h"

#include "common/base/log.h"
#include "signalling/door-session.h"
#include "signalling/source.h"
#include "signalling/websocket-close.h"
#include "signalling/xmpp.h"

#include <libsoup/soup.h>
#include <string.h>

#define MAX_PEERS 64
#define TICK_MS 250

typedef struct {
    LecDoorPeer base; /* first; source is ours */
    LecDoorLocal *door;
    SoupWebsocketConnection *websocket;
    LecDoorSession *session;
    LecMeter *meter; /* NULL where the gate had closed the connection by then */
    bool announced;  /* the owner knows it and is owed gone() */
    bool kept;       /* the owner has let it in */
    bool over;       /* waits to be buried */
    GList link;
} Peer;

struct LecDoorLocal {
    SoupServer *soup;
    LecDoorEvents events;
    void *user;
    GQueue peers; /* of LecDoorPeer, oldest first, those that are over included */
    guint tick;
    guint burial;
};

static void peer_free(Peer *self) {
    g_signal_handlers_disconnect_by_data(self->websocket, self);
    lec_websocket_close(self->websocket);
    lec_door_session_free(self->session);
    g_clear_object(&self->meter);
    g_free((char *)self->base.source);
    g_free(self);
}

/* Peers end on the loop, never inside a call of theirs or of their owner's. */
static gboolean door_bury(gpointer data) {
    LecDoorLocal *self = data;
    self->burial = 0;
    for (GList *l = self->peers.head, *next; l; l = next) {
        Peer *peer = l->data;
        next = l->next;
        if (!peer->over)
            continue;
        g_queue_unlink(&self->peers, &peer->link);
        if (peer->announced)
            self->events.gone(&peer->base, self->user);
        peer_free(peer);
    }
    if (!self->peers.length)
        g_clear_handle_id(&self->tick, g_source_remove);
    return G_SOURCE_REMOVE;
}

static void peer_set_over(Peer *self) {
    self->over = true;
    if (!self->door->burial)
        self->door->burial = g_idle_add_full(G_PRIORITY_DEFAULT, door_bury, self->door, NULL);
}

static void on_session_send(const char *text, void *user) {
    Peer *self = user;
    if (soup_websocket_connection_get_state(self->websocket) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_send_text(self->websocket, text);
}

static void on_session_payload(const LecStanza *payload, void *user) {
    Peer *self = user;
    self->announced = true;
    self->door->events.payload(&self->base, payload, self->door->user);
}

static void on_session_ended(const char *why, void *user) {
    Peer *self = user;
    lec_debug("A session from %s ended: %s", self->base.source, why);
    peer_set_over(self);
}

static void on_message(SoupWebsocketConnection *websocket, SoupWebsocketDataType type,
                       GBytes *message, gpointer user) {
    Peer *self = user;
    gsize len;
    const char *text = g_bytes_get_data(message, &len);
    if (self->meter)
        lec_meter_pay(self->meter, len);
    if (type != SOUP_WEBSOCKET_DATA_TEXT) /* RFC 7395 §3.2 */
        lec_door_session_close(self->session, "policy-violation",
                               "The peer sent a binary message.");
    else
        lec_door_session_receive(self->session, text ? text : "", len, g_get_monotonic_time());
}

static void on_closed(SoupWebsocketConnection *websocket, gpointer user) {
    Peer *self = user;
    if (!self->over)
        lec_debug("A session from %s ended: the connection closed.", self->base.source);
    peer_set_over(self);
}

static gboolean door_on_tick(gpointer data) {
    LecDoorLocal *self = data;
    gint64 now_us = g_get_monotonic_time();
    for (GList *l = self->peers.head; l; l = l->next) {
        Peer *peer = l->data;
        if (!peer->over)
            lec_door_session_tick(peer->session, now_us);
    }
    return G_SOURCE_CONTINUE;
}

/* Of a source's peers those that the owner has not let in. */
static guint door_count_strangers(LecDoorLocal *self, const char *source) {
    guint count = 0;
    for (GList *l = self->peers.head; l; l = l->next) {
        const Peer *peer = l->data;
        count += !peer->over && !peer->kept && !strcmp(peer->base.source, source);
    }
    return count;
}

/*
 * The oldest that has not said anything yet; then, for saying hello costs a stranger nothing, the
 * oldest stranger of the source that has most. NULL: the owner has let all in.
 */
static Peer *door_find_victim(LecDoorLocal *self) {
    Peer *victim = NULL;
    guint most = 0;
    for (GList *l = self->peers.head; l; l = l->next) {
        Peer *peer = l->data;
        if (peer->over || peer->kept)
            continue;
        if (!lec_door_session_has_spoken(peer->session))
            return peer;
        guint count = door_count_strangers(self, peer->base.source);
        if (count > most) {
            most = count;
            victim = peer;
        }
    }
    return victim;
}

/* False: the door is full, and nobody may be dropped. */
static bool door_make_room(LecDoorLocal *self) {
    guint alive = 0;
    for (GList *l = self->peers.head; l; l = l->next)
        alive += !((const Peer *)l->data)->over;
    if (alive < MAX_PEERS)
        return true;
    Peer *victim = door_find_victim(self);
    if (!victim)
        return false;
    lec_door_session_close(victim->session, "resource-constraint", "Room was made for another.");
    return true;
}

/* What LecDoorPeer asks of us. */

static void peer_send(LecDoorPeer *base, LecStanza *payload) {
    lec_door_session_send(((Peer *)base)->session, payload);
}

static void peer_close(LecDoorPeer *base) {
    lec_door_session_close(((Peer *)base)->session, NULL, "The box closed the session.");
}

static void peer_keep(LecDoorPeer *base) {
    ((Peer *)base)->kept = true;
}

static guint peer_count_unacknowledged(const LecDoorPeer *base) {
    return lec_door_session_count_unacknowledged(((const Peer *)base)->session);
}

static const LecDoorClass peer_class = {
    .send = peer_send,
    .close = peer_close,
    .keep = peer_keep,
    .count_unacknowledged = peer_count_unacknowledged,
};

static Peer *peer_new(LecDoorLocal *door, SoupServerMessage *request,
                      SoupWebsocketConnection *websocket) {
    static const LecDoorSessionEvents events = {
        .send = on_session_send,
        .payload = on_session_payload,
        .ended = on_session_ended,
    };
    GSocketAddress *remote = soup_server_message_get_remote_address(request);
    LecMeter *meter = lec_https_request_get_meter(request);
    Peer *self = g_new0(Peer, 1);
    self->base.klass = &peer_class;
    self->door = door;
    self->websocket = g_object_ref(websocket);
    self->session = lec_door_session_new(&events, self, g_get_monotonic_time());
    self->meter = meter ? g_object_ref(meter) : NULL;
    self->base.source = lec_source_key(remote);
    self->base.loopback = lec_source_is_own(soup_server_message_get_local_address(request), remote);
    self->link.data = self;
    return self;
}

static void on_websocket(SoupServer *soup, SoupServerMessage *request, const char *path,
                         SoupWebsocketConnection *websocket, gpointer user) {
    LecDoorLocal *self = user;
    if (g_strcmp0(path, LEC_XMPP_PATH) != 0 ||
        g_strcmp0(soup_websocket_connection_get_protocol(websocket), LEC_XMPP_SUBPROTOCOL) != 0) {
        lec_websocket_close(g_object_ref(websocket));
        return;
    }
    soup_websocket_connection_set_max_incoming_payload_size(websocket, LEC_STANZA_MAX_BYTES);
    bool room = door_make_room(self);
    Peer *peer = peer_new(self, request, websocket);
    g_queue_push_tail_link(&self->peers, &peer->link);
    g_signal_connect(websocket, "message", G_CALLBACK(on_message), peer);
    g_signal_connect(websocket, "closed", G_CALLBACK(on_closed), peer);
    if (!self->tick)
        self->tick = g_timeout_add(TICK_MS, door_on_tick, self);
    if (!room)
        lec_door_session_close(peer->session, "resource-constraint", "The door is full.");
}

LecDoorLocal *lec_door_local_new(LecHttpsServer *server, const LecDoorEvents *events, void *user) {
    static char *protocols[] = {(char *)LEC_XMPP_SUBPROTOCOL, NULL};
    LecDoorLocal *self = g_new0(LecDoorLocal, 1);
    self->soup = g_object_ref(lec_https_server_get_soup(server));
    self->events = *events;
    self->user = user;
    soup_server_add_websocket_handler(self->soup, LEC_XMPP_PATH, NULL, protocols, on_websocket,
                                      self, NULL);
    return self;
}

static void ignore_payload(LecDoorPeer *peer, const LecStanza *payload, void *user) {
}

void lec_door_local_free(LecDoorLocal *self) {
    if (!self)
        return;
    soup_server_remove_handler(self->soup, LEC_XMPP_PATH);
    self->events = (LecDoorEvents){.payload = ignore_payload};
    while (self->peers.head) {
        Peer *peer = self->peers.head->data;
        g_queue_unlink(&self->peers, &peer->link);
        lec_door_session_close(peer->session, "system-shutdown", "The door was closed.");
        peer_free(peer);
    }
    g_clear_handle_id(&self->tick, g_source_remove);
    g_clear_handle_id(&self->burial, g_source_remove);
    g_object_unref(self->soup);
    g_free(self);
}
