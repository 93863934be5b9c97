/* The sender's half of a meeting's room (XEP-0045) and of the cloud's relays (XEP-0215). */
#include "signalling/dial-room.h"

#include "signalling/extdisco.h"
#include "signalling/xmpp.h"

#include <string.h>

#define NS_MUC "http://jabber.org/protocol/muc"
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define BOX_NICK "box"
#define ASK_ID "relays"

struct LecDialRoom {
    char *domain; /* "guests.HOST" */
    char *room;   /* "NNNNNN@meet.HOST" */
    char *own, *box;
    bool joined, answered, box_there, ready;
    LecRelays *relays;
    guint lifetime_s;
};

LecDialRoom *lec_dial_room_new(const char *cloud, const char *number, const char *nick) {
    g_autofree char *drawn =
        nick ? g_strdup(nick)
             : g_strdup_printf("%08x%08x", g_random_int(), g_random_int()); /* a name, no secret */
    g_autofree char *host = g_ascii_strdown(cloud, -1); /* as the server writes it */
    LecDialRoom *self = g_new0(LecDialRoom, 1);
    self->domain = g_strdup_printf("guests.%s", host);
    self->room = g_strdup_printf("%s@meet.%s", number, host);
    self->own = g_strdup_printf("%s/%s", self->room, drawn);
    self->box = g_strdup_printf("%s/" BOX_NICK, self->room);
    return self;
}

void lec_dial_room_free(LecDialRoom *self) {
    if (!self)
        return;
    g_clear_pointer(&self->relays, lec_relays_unref);
    g_free(self->domain);
    g_free(self->room);
    g_free(self->own);
    g_free(self->box);
    g_free(self);
}

const char *lec_dial_room_get_domain(const LecDialRoom *self) {
    return self->domain;
}

const char *lec_dial_room_get_box(const LecDialRoom *self) {
    return self->box;
}

LecRelays *lec_dial_room_get_relays(const LecDialRoom *self) {
    return self->relays;
}

guint lec_dial_room_get_lifetime_s(const LecDialRoom *self) {
    return self->lifetime_s;
}

LecStanza *lec_dial_room_ask(LecDialRoom *self) {
    LecStanza *iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(iq, "type", "get");
    lec_stanza_set(iq, "id", ASK_ID);
    lec_stanza_set(iq, "to", self->domain);
    lec_stanza_add(iq, lec_extdisco_ask());
    return iq;
}

LecStanza *lec_dial_room_join(const LecDialRoom *self) {
    LecStanza *presence = lec_stanza_new("presence", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(presence, "to", self->own);
    lec_stanza_add_new(presence, "x", NS_MUC, NULL);
    return presence;
}

static bool has(const LecStanza *stanza, const char *attribute, const char *value) {
    return g_strcmp0(lec_stanza_get(stanza, attribute), value) == 0;
}

static LecDialRoomNews look_around(LecDialRoom *self) {
    if (self->ready || !self->joined || !self->answered || !self->box_there)
        return LEC_DIAL_ROOM_WAIT;
    self->ready = true;
    return LEC_DIAL_ROOM_READY;
}

/* ---- relays ---- */

/* A cloud without relays is one all the same. */
static LecDialRoomNews take_answer(LecDialRoom *self, const LecStanza *iq, gint64 now_utc_s) {
    const LecStanza *services = lec_stanza_child(iq, "services", LEC_EXTDISCO_NS);
    guint lifetime_s = 0;
    LecRelays *relays = services && has(iq, "type", "result")
                            ? lec_extdisco_read(services, now_utc_s, &lifetime_s)
                            : NULL;
    self->answered = true;
    if (!relays)
        return look_around(self);
    g_clear_pointer(&self->relays, lec_relays_unref);
    self->relays = relays;
    self->lifetime_s = lifetime_s;
    return self->ready ? LEC_DIAL_ROOM_RELAYS : look_around(self);
}

/* ---- the room ---- */

/* XEP-0045 §7.2: what keeps us out. A room that is not there may not be made by a guest. */
static LecDialRoomNews read_refusal(const LecStanza *presence) {
    const LecStanza *error = lec_stanza_child(presence, "error", NULL);
    if (error && lec_stanza_child(error, "resource-constraint", LEC_XMPP_NS_STANZA_ERRORS))
        return LEC_DIAL_ROOM_TOO_MANY;
    if (error && lec_stanza_child(error, "service-unavailable", LEC_XMPP_NS_STANZA_ERRORS))
        return LEC_DIAL_ROOM_FULL;
    return LEC_DIAL_ROOM_NOBODY;
}

/* XEP-0045 §7.2.2: our own is the last one of those that joining brings. */
static LecDialRoomNews take_own(LecDialRoom *self, const LecStanza *presence, bool gone) {
    if (gone)
        return LEC_DIAL_ROOM_LEFT; /* thrown out, or the room is no more */
    if (has(presence, "type", "error"))
        return self->joined ? LEC_DIAL_ROOM_LEFT : read_refusal(presence);
    self->joined = true;
    return look_around(self);
}

/* The meeting is its owner's: a guest who takes the box's name while it is away is not the box. */
static bool is_owner(const LecStanza *x) {
    const LecStanza *item = x ? lec_stanza_child(x, "item", NS_MUC_USER) : NULL;
    return item && has(item, "affiliation", "owner");
}

static LecDialRoomNews take_presence(LecDialRoom *self, const LecStanza *presence) {
    const char *from = lec_stanza_get(presence, "from");
    const LecStanza *x = lec_stanza_child(presence, "x", NS_MUC_USER);
    const bool gone = has(presence, "type", "unavailable");
    if (!from)
        return LEC_DIAL_ROOM_NOTHING;
    if (strcmp(from, self->own) == 0 || strcmp(from, self->room) == 0)
        return take_own(self, presence, gone);
    if (strcmp(from, self->box) != 0)
        return LEC_DIAL_ROOM_NOTHING;
    const bool was_there = self->box_there;
    self->box_there = !gone && is_owner(x);
    return was_there && !self->box_there ? LEC_DIAL_ROOM_LEFT : look_around(self);
}

static LecDialRoomNews take_iq(LecDialRoom *self, const LecStanza *iq, gint64 now_utc_s) {
    const char *from = lec_stanza_get(iq, "from");
    const bool is_server = !from || strcmp(from, self->domain) == 0;
    const bool is_answer = has(iq, "type", "result") || has(iq, "type", "error");
    if (is_server && is_answer && has(iq, "id", ASK_ID))
        return take_answer(self, iq, now_utc_s);
    if (is_server && has(iq, "type", "get"))
        return LEC_DIAL_ROOM_SERVER;
    return self->ready && from && strcmp(from, self->box) == 0 ? LEC_DIAL_ROOM_BOX
                                                               : LEC_DIAL_ROOM_NOTHING;
}

LecDialRoomNews lec_dial_room_take(LecDialRoom *self, const LecStanza *stanza, gint64 now_utc_s) {
    if (lec_stanza_is(stanza, "presence", LEC_XMPP_NS_CLIENT))
        return take_presence(self, stanza);
    if (lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT))
        return take_iq(self, stanza, now_utc_s);
    return LEC_DIAL_ROOM_NOTHING;
}
