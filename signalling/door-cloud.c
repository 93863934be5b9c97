/* Joins the cloud link, the room and its occupants. */
#include "signalling/door-cloud.h"

#include "common/base/log.h"
#include "signalling/door-session.h"
#include "signalling/extdisco.h"
#include "signalling/meeting-room.h"
#include "signalling/news.h"
#include "signalling/xmpp.h"

#include <sodium.h>
#include <string.h>

#define MAX_PEERS 64
#define TICK_MS 250
#define RELAYS_RETRY_S 30
#define NS_MUC_ADMIN "http://jabber.org/protocol/muc#admin"

typedef struct {
    LecDoorPeer base; /* first */
    LecDoorCloud *door;
    char *nick;
    LecDoorSession *session;
    bool announced; /* the owner knows it and is owed gone() */
    bool kept;      /* the owner has let it in */
    bool over;      /* waits to be buried */
    GList link;
} Peer;

struct LecDoorCloud {
    LecDoorCloudEvents events;
    void *user;
    char *jid, *full_jid, *domain; /* ours, with the resource, and the server's name */
    LecCloudLink *link;
    LecMeetingRoom *room;
    LecNews *news;
    GQueue peers; /* of Peer, oldest first, those that are over included */
    guint tick, burial;
    bool connected;
    guint asked, kicked;  /* numbers in our requests' ids */
    gint64 ask_relays_us; /* when to ask for relays again; G_MAXINT64: not now */
};

static void send_stanza(LecDoorCloud *self, const LecStanza *stanza) {
    g_autofree char *text = lec_stanza_write(stanza);
    lec_cloud_link_send(self->link, text);
}

/* ---- peers ---- */

static void peer_free(Peer *self) {
    lec_door_session_free(self->session);
    g_free(self->nick);
    g_free(self);
}

/* Peers end on the loop, never inside a call of theirs or of their owner's. */
static gboolean door_bury(gpointer data) {
    LecDoorCloud *self = data;
    self->burial = 0;
    for (GList *l = self->peers.head, *next; l; l = next) {
        Peer *peer = l->data;
        next = l->next;
        if (!peer->over)
            continue;
        g_queue_unlink(&self->peers, &peer->link);
        if (peer->announced)
            self->events.door.gone(&peer->base, self->user);
        peer_free(peer);
    }
    return G_SOURCE_REMOVE;
}

static void peer_set_over(Peer *self) {
    self->over = true;
    if (!self->door->burial)
        self->door->burial = g_idle_add_full(G_PRIORITY_DEFAULT, door_bury, self->door, NULL);
}

/* XEP-0045 §8.2. The room is ours; who has no session with us has no business in it. */
static void kick(LecDoorCloud *self, const char *nick) {
    g_autoptr(LecStanza) iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    g_autofree char *id = g_strdup_printf("kick-%u", ++self->kicked);
    lec_stanza_set(iq, "type", "set");
    lec_stanza_set(iq, "id", id);
    lec_stanza_set(iq, "to", lec_meeting_room_get_jid(self->room));
    LecStanza *query = lec_stanza_add_new(iq, "query", NS_MUC_ADMIN, NULL);
    LecStanza *item = lec_stanza_add_new(query, "item", NULL, NULL);
    lec_stanza_set(item, "nick", nick);
    lec_stanza_set(item, "role", "none");
    send_stanza(self, iq);
}

/* Whoever has left may have left his name to another. */
static void on_session_send(const char *text, void *user) {
    Peer *self = user;
    if (!self->over)
        lec_cloud_link_send(self->door->link, text);
}

static void on_session_payload(const LecStanza *payload, void *user) {
    Peer *self = user;
    self->announced = true;
    self->door->events.door.payload(&self->base, payload, self->door->user);
}

static void on_session_ended(const char *why, void *user) {
    Peer *self = user;
    if (self->over)
        return;
    lec_debug("A session through the cloud ended: %s", why);
    kick(self->door, self->nick);
    peer_set_over(self);
}

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

static Peer *peer_new(LecDoorCloud *door, const char *nick) {
    static const LecDoorClass klass = {peer_send, peer_close, peer_keep, peer_count_unacknowledged};
    static const LecDoorSessionEvents events = {on_session_send, on_session_payload,
                                                on_session_ended};
    g_autofree char *jid = g_strdup_printf("%s/%s", lec_meeting_room_get_jid(door->room), nick);
    Peer *self = g_new0(Peer, 1);
    self->base = (LecDoorPeer){.klass = &klass, .source = LEC_DOOR_CLOUD_SOURCE, .remote = true};
    self->door = door;
    self->nick = g_strdup(nick);
    self->session =
        lec_door_session_new_occupant(door->full_jid, jid, &events, self, g_get_monotonic_time());
    self->link.data = self;
    return self;
}

static Peer *door_find(LecDoorCloud *self, const char *nick) {
    for (GList *l = self->peers.head; l; l = l->next) {
        Peer *peer = l->data;
        if (!peer->over && strcmp(peer->nick, nick) == 0)
            return peer;
    }
    return NULL;
}

/* The oldest that has not said anything yet, else the oldest that the owner has not let in. NULL:
 * it has let all in. */
static Peer *door_find_victim(LecDoorCloud *self) {
    Peer *victim = NULL;
    for (GList *l = self->peers.head; l; l = l->next) {
        Peer *peer = l->data;
        if (peer->over || peer->kept)
            continue;
        if (!lec_door_session_has_spoken(peer->session))
            return peer;
        if (!victim)
            victim = peer;
    }
    return victim;
}

static bool door_make_room(LecDoorCloud *self) {
    guint alive = 0;
    for (GList *l = self->peers.head; l; l = l->next)
        alive += !((const Peer *)l->data)->over;
    if (alive < MAX_PEERS)
        return true;
    Peer *victim = door_find_victim(self);
    if (victim)
        lec_door_session_close(victim->session, NULL, "Room was made for another.");
    return victim != NULL;
}

/* ---- the room ---- */

static void on_room_send(const LecStanza *stanza, void *user) {
    send_stanza(user, stanza);
}

static void on_room_meeting(const char *number, void *user) {
    LecDoorCloud *self = user;
    self->events.meeting(number, self->user);
}

static void on_room_occupant(const char *nick, bool present, void *user) {
    LecDoorCloud *self = user;
    Peer *peer = door_find(self, nick);
    if (peer && !present) {
        peer_set_over(peer);
    } else if (!peer && present && door_make_room(self)) {
        peer = peer_new(self, nick);
        g_queue_push_tail_link(&self->peers, &peer->link);
    } else if (!peer && present) {
        kick(self, nick);
    }
}

static void on_room_emptied(void *user) {
    LecDoorCloud *self = user;
    for (GList *l = self->peers.head; l; l = l->next)
        peer_set_over(l->data);
}

static guint32 on_room_random(guint32 below, void *user) {
    return randombytes_uniform(below);
}

/* ---- relays ---- */

static void ask_for_relays(LecDoorCloud *self) {
    g_autoptr(LecStanza) iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    g_autofree char *id = g_strdup_printf("relays-%u", ++self->asked);
    lec_stanza_set(iq, "type", "get");
    lec_stanza_set(iq, "id", id);
    lec_stanza_set(iq, "to", self->domain);
    lec_stanza_add(iq, lec_extdisco_ask());
    self->ask_relays_us = g_get_monotonic_time() + RELAYS_RETRY_S * G_USEC_PER_SEC;
    send_stanza(self, iq);
}

static void take_relays(LecDoorCloud *self, const LecStanza *iq) {
    const LecStanza *services = lec_stanza_first(iq);
    guint lifetime_s = 0;
    g_autoptr(LecRelays) relays =
        services ? lec_extdisco_read(services, g_get_real_time() / G_USEC_PER_SEC, &lifetime_s)
                 : NULL;
    if (!relays) /* asked again in half a minute */
        return;
    /* Well before they expire: whoever is given them now is to have them for some time. */
    self->ask_relays_us = g_get_monotonic_time() + (gint64)lifetime_s * G_USEC_PER_SEC / 2;
    self->events.relays(relays, self->user);
}

static bool take_server(LecDoorCloud *self, const LecStanza *stanza) {
    g_autofree char *id = g_strdup_printf("relays-%u", self->asked);
    if (!lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT) ||
        g_strcmp0(lec_stanza_get(stanza, "from"), self->domain) != 0 ||
        g_strcmp0(lec_stanza_get(stanza, "id"), id) != 0)
        return false;
    if (g_strcmp0(lec_stanza_get(stanza, "type"), "result") == 0)
        take_relays(self, stanza);
    return true;
}

/* ---- news ---- */

static void on_news_send(const LecStanza *stanza, void *user) {
    send_stanza(user, stanza);
}

static void on_news_list(const GArray *revocations, void *user) {
    LecDoorCloud *self = user;
    self->events.revocations(revocations, self->user);
}

static void on_news_revoked(const LecRevocation *revocation, void *user) {
    LecDoorCloud *self = user;
    self->events.revoked(revocation, self->user);
}

static void on_news_restored(const LecFingerprint *device, void *user) {
    LecDoorCloud *self = user;
    self->events.restored(device, self->user);
}

/* ---- the link ---- */

static void on_link_ready(bool resumed, void *user) {
    LecDoorCloud *self = user;
    self->connected = true;
    if (!resumed || self->ask_relays_us == G_MAXINT64)
        ask_for_relays(self);
    lec_meeting_room_connected(self->room, resumed, g_get_monotonic_time());
    if (!resumed)
        lec_news_connected(self->news, g_get_monotonic_time());
}

/* Only occupants of our room are listened to, by the name that the server gives them there. */
static bool take_occupant(LecDoorCloud *self, const LecStanza *stanza, gint64 now_us) {
    const char *from = lec_stanza_get(stanza, "from");
    const char *room = lec_meeting_room_get_jid(self->room);
    const gsize len = strlen(room);
    if (!len || !from || strncmp(from, room, len) != 0 || from[len] != '/' ||
        !lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT))
        return false;
    Peer *peer = door_find(self, from + len + 1);
    if (peer)
        lec_door_session_take(peer->session, stanza, now_us);
    return peer != NULL;
}

static void on_link_stanza(const LecStanza *stanza, void *user) {
    LecDoorCloud *self = user;
    const gint64 now_us = g_get_monotonic_time();
    if (take_server(self, stanza) || lec_news_take(self->news, stanza, now_us) ||
        lec_meeting_room_take(self->room, stanza, now_us) || take_occupant(self, stanza, now_us))
        return;
    g_autofree char *from = lec_log_text(lec_stanza_get(stanza, "from"));
    lec_debug("Something from outside the meeting was dropped; it says that it is from %s.", from);
}

static void on_link_state(LecCloudState state, const char *sentence, void *user) {
    LecDoorCloud *self = user;
    if (self->connected && state != LEC_CLOUD_CONNECTED) {
        self->connected = false;
        lec_meeting_room_disconnected(self->room);
    }
    self->events.state(state, sentence, self->user);
}

static void on_link_learned(const LecFingerprint *key, void *user) {
    LecDoorCloud *self = user;
    self->events.learned(key, self->user);
}

static gboolean on_tick(gpointer data) {
    LecDoorCloud *self = data;
    const gint64 now_us = g_get_monotonic_time();
    for (GList *l = self->peers.head; l; l = l->next) {
        Peer *peer = l->data;
        if (!peer->over)
            lec_door_session_tick(peer->session, now_us);
    }
    if (!self->connected)
        return G_SOURCE_CONTINUE;
    lec_meeting_room_tick(self->room, now_us);
    lec_news_tick(self->news, now_us);
    if (now_us >= self->ask_relays_us)
        ask_for_relays(self);
    return G_SOURCE_CONTINUE;
}

LecDoorCloud *lec_door_cloud_new(const LecDoorCloudConfig *config, const LecDoorCloudEvents *events,
                                 void *user) {
    static const LecMeetingRoomEvents room_events = {
        on_room_send, on_room_meeting, on_room_occupant, on_room_emptied, on_room_random};
    static const LecCloudLinkEvents link_events = {on_link_ready, on_link_stanza, on_link_state,
                                                   on_link_learned};
    LecDoorCloud *self = g_new0(LecDoorCloud, 1);
    static const LecNewsEvents news_events = {on_news_send, on_news_list, on_news_revoked,
                                              on_news_restored};
    g_autofree char *service = g_strdup_printf("meet.%s", config->host);
    g_autofree char *news = g_strdup_printf("news.%s", config->host);
    self->events = *events;
    self->user = user;
    self->jid = g_strdup(config->link.jid);
    self->full_jid = g_strdup_printf("%s/" LEC_CLOUD_RESOURCE, config->link.jid);
    self->domain = g_strdup(strchr(self->jid, '@') + 1);
    self->ask_relays_us = G_MAXINT64;
    self->room = lec_meeting_room_new(service, &room_events, self);
    self->news = lec_news_new(news, self->full_jid, &news_events, self);
    self->link = lec_cloud_link_new(&config->link, &link_events, self);
    self->tick = g_timeout_add(TICK_MS, on_tick, self);
    return self;
}

static void ignore_payload(LecDoorPeer *peer, const LecStanza *payload, void *user) {
}

void lec_door_cloud_free(LecDoorCloud *self) {
    if (!self)
        return;
    self->events.door = (LecDoorEvents){.payload = ignore_payload};
    g_clear_handle_id(&self->tick, g_source_remove);
    g_clear_handle_id(&self->burial, g_source_remove);
    lec_meeting_room_leave(self->room);
    lec_cloud_link_free(self->link);
    while (self->peers.head) {
        Peer *peer = self->peers.head->data;
        g_queue_unlink(&self->peers, &peer->link);
        peer_free(peer);
    }
    lec_meeting_room_free(self->room);
    lec_news_free(self->news);
    g_free(self->jid);
    g_free(self->full_jid);
    g_free(self->domain);
    g_free(self);
}

void lec_door_cloud_hurry(LecDoorCloud *self) {
    lec_cloud_link_hurry(self->link);
}

void lec_door_cloud_redraw(LecDoorCloud *self) {
    lec_meeting_room_redraw(self->room, g_get_monotonic_time());
}
