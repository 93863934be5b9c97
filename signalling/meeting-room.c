/* Claims a number as a room and keeps it. */
#include "signalling/meeting-room.h"

#include "signalling/xmpp.h"

#include <string.h>

#define NS_MUC "http://jabber.org/protocol/muc"
#define NS_MUC_USER NS_MUC "#user"
#define STATUS_SELF "110"
#define STATUS_CREATED "201"

typedef enum {
    OFFLINE,
    WAITING,  /* before another attempt */
    JOINING,  /* until our own presence comes back */
    SETTLING, /* in the room, which may not be the one that counts */
    ASKING,   /* whether we are in it */
    HELD,     /* the number is ours */
    CHECKING, /* whether it still is */
} State;

struct LecMeetingRoom {
    LecMeetingRoomEvents events;
    void *user;
    char *service;
    State state;
    gint64 deadline_us;
    char number[7];  /* "": none drawn yet */
    char *jid, *own; /* the room, and ourselves in it */
    bool told;       /* the owner has been told the number */
    guint asked;     /* number of the question that is out */
};

static void enter(LecMeetingRoom *self, State state, gint64 deadline_us) {
    self->state = state;
    self->deadline_us = deadline_us;
}

static void send_presence(LecMeetingRoom *self, bool available) {
    g_autoptr(LecStanza) presence = lec_stanza_new("presence", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(presence, "to", self->own);
    if (available)
        lec_stanza_add_new(presence, "x", NS_MUC, NULL);
    else
        lec_stanza_set(presence, "type", "unavailable");
    self->events.send(presence, self->user);
}

static void set_told(LecMeetingRoom *self, bool told) {
    if (self->told == told)
        return;
    self->told = told;
    self->events.meeting(told ? self->number : NULL, self->user);
}

static void draw(LecMeetingRoom *self) {
    const guint32 drawn = self->events.random(LEC_ROOM_NUMBERS, self->user);
    g_snprintf(self->number, sizeof self->number, "%06u", drawn % LEC_ROOM_NUMBERS);
    g_free(self->jid);
    g_free(self->own);
    self->jid = g_strdup_printf("%s@%s", self->number, self->service);
    self->own = g_strdup_printf("%s/%s", self->jid, LEC_ROOM_NICK);
}

static void join(LecMeetingRoom *self, gint64 now_us) {
    if (!*self->number)
        draw(self);
    self->events.emptied(self->user);
    enter(self, JOINING, now_us + LEC_ROOM_ANSWER_US);
    send_presence(self, true);
}

static gint64 jitter(LecMeetingRoom *self, gint64 most_us) {
    return (gint64)self->events.random((guint32)most_us, self->user);
}

/* The number is another's: drawn again after a moment, so that boxes that lost one race do not meet
 * in the next. */
static void give_up_number(LecMeetingRoom *self, gint64 now_us) {
    set_told(self, false);
    *self->number = '\0';
    enter(self, WAITING, now_us + jitter(self, LEC_ROOM_SETTLE_US));
}

static void try_later(LecMeetingRoom *self, gint64 now_us) {
    enter(self, WAITING, now_us + LEC_ROOM_RETRY_US / 2 + jitter(self, LEC_ROOM_RETRY_US / 2));
}

static void ask(LecMeetingRoom *self, State state, gint64 now_us) {
    g_autoptr(LecStanza) iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    g_autofree char *id = g_strdup_printf("room-%u", ++self->asked);
    lec_stanza_set(iq, "type", "get");
    lec_stanza_set(iq, "id", id);
    lec_stanza_set(iq, "to", self->own);
    lec_stanza_add_new(iq, "ping", LEC_XMPP_NS_PING, NULL);
    enter(self, state, now_us + LEC_ROOM_ANSWER_US);
    self->events.send(iq, self->user);
}

static bool has_status(const LecStanza *x, const char *code) {
    for (const LecStanza *child = x ? lec_stanza_first(x) : NULL; child;
         child = lec_stanza_next(child)) {
        if (lec_stanza_is(child, "status", NS_MUC_USER) &&
            g_strcmp0(lec_stanza_get(child, "code"), code) == 0)
            return true;
    }
    return false;
}

static bool is_owner(const LecStanza *x) {
    const LecStanza *item = x ? lec_stanza_child(x, "item", NULL) : NULL;
    return item && g_strcmp0(lec_stanza_get(item, "affiliation"), "owner") == 0;
}

static bool has_condition(const LecStanza *stanza, const char *condition) {
    const LecStanza *error = lec_stanza_child(stanza, "error", LEC_XMPP_NS_CLIENT);
    return error && lec_stanza_child(error, condition, LEC_XMPP_NS_STANZA_ERRORS);
}

static void on_own_presence(LecMeetingRoom *self, const LecStanza *x, gint64 now_us) {
    if (self->state != JOINING)
        return;
    if (!has_status(x, STATUS_CREATED) && !is_owner(x)) {
        send_presence(self, false); /* it was there before us, and another's */
        give_up_number(self, now_us);
        return;
    }
    enter(self, SETTLING, now_us + LEC_ROOM_SETTLE_US + jitter(self, LEC_ROOM_SETTLE_US));
}

static void on_own_error(LecMeetingRoom *self, const LecStanza *presence, gint64 now_us) {
    if (self->state != JOINING)
        return;
    if (has_condition(presence, "conflict") || has_condition(presence, "registration-required") ||
        has_condition(presence, "not-authorized") || has_condition(presence, "forbidden"))
        give_up_number(self, now_us);
    else
        try_later(self, now_us); /* the service is down, or short of something */
}

/* Put out, or the room has ended: with its node, or because the service says so. */
static void on_own_end(LecMeetingRoom *self, gint64 now_us) {
    if (self->state == OFFLINE || self->state == WAITING)
        return;
    self->events.emptied(self->user);
    enter(self, WAITING, now_us + LEC_ROOM_SETTLE_US + jitter(self, LEC_ROOM_SETTLE_US));
}

static bool take_presence(LecMeetingRoom *self, const LecStanza *presence, const char *nick,
                          gint64 now_us) {
    const char *type = lec_stanza_get(presence, "type");
    const LecStanza *x = lec_stanza_child(presence, "x", NS_MUC_USER);
    const bool own = strcmp(nick, LEC_ROOM_NICK) == 0;
    if (type && strcmp(type, "unavailable") != 0) {
        if (own && strcmp(type, "error") == 0)
            on_own_error(self, presence, now_us);
    } else if (own) {
        if (type)
            on_own_end(self, now_us);
        else if (has_status(x, STATUS_SELF) || self->state == JOINING)
            on_own_presence(self, x, now_us);
    } else if (self->state != OFFLINE && self->state != WAITING) {
        self->events.occupant(nick, type == NULL, self->user);
    }
    return true;
}

/* XEP-0410 §3.1: these say that we are in the room, though the ping itself did not come through. */
static bool is_inside(const LecStanza *iq) {
    return g_strcmp0(lec_stanza_get(iq, "type"), "result") == 0 ||
           has_condition(iq, "service-unavailable") || has_condition(iq, "feature-not-implemented");
}

static bool take_answer(LecMeetingRoom *self, const LecStanza *iq, gint64 now_us) {
    g_autofree char *id = g_strdup_printf("room-%u", self->asked);
    if ((self->state != ASKING && self->state != CHECKING) ||
        g_strcmp0(lec_stanza_get(iq, "id"), id) != 0)
        return true; /* too late */
    if (is_inside(iq)) {
        enter(self, HELD, now_us + LEC_ROOM_CHECK_US);
        set_told(self, true);
    } else if (has_condition(iq, "not-acceptable") || has_condition(iq, "item-not-found")) {
        /* Not in the room that counts. It may be nobody's, after its node has died; if it is
         * another's, joining will say so. */
        join(self, now_us);
    } else {
        try_later(self, now_us);
    }
    return true;
}

/* The room's own way of asking us whether we are there: a ping that was ours. */
static bool take_ping(LecMeetingRoom *self, const LecStanza *iq) {
    if (!lec_stanza_child(iq, "ping", LEC_XMPP_NS_PING) || !lec_stanza_get(iq, "id"))
        return false;
    g_autoptr(LecStanza) pong = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(pong, "type", "result");
    lec_stanza_set(pong, "id", lec_stanza_get(iq, "id"));
    lec_stanza_set(pong, "to", self->own);
    self->events.send(pong, self->user);
    return true;
}

bool lec_meeting_room_take(LecMeetingRoom *self, const LecStanza *stanza, gint64 now_us) {
    const char *from = lec_stanza_get(stanza, "from");
    const gsize len = self->jid ? strlen(self->jid) : 0;
    if (!len || !from || strncmp(from, self->jid, len) != 0 || from[len] != '/' || !from[len + 1])
        return false;
    if (lec_stanza_is(stanza, "presence", LEC_XMPP_NS_CLIENT))
        return take_presence(self, stanza, from + len + 1, now_us);
    if (!lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT) || strcmp(from, self->own) != 0)
        return false;
    const char *type = lec_stanza_get(stanza, "type");
    if (g_strcmp0(type, "get") == 0)
        return take_ping(self, stanza);
    if (g_strcmp0(type, "result") == 0 || g_strcmp0(type, "error") == 0)
        return take_answer(self, stanza, now_us);
    return false;
}

void lec_meeting_room_connected(LecMeetingRoom *self, bool resumed, gint64 now_us) {
    if (resumed && self->told)
        ask(self, CHECKING, now_us);
    else
        join(self, now_us);
}

void lec_meeting_room_disconnected(LecMeetingRoom *self) {
    enter(self, OFFLINE, G_MAXINT64);
}

void lec_meeting_room_redraw(LecMeetingRoom *self, gint64 now_us) {
    set_told(self, false);
    if (self->state != OFFLINE && *self->number)
        send_presence(self, false);
    *self->number = '\0';
    if (self->state != OFFLINE)
        join(self, now_us);
}

void lec_meeting_room_leave(LecMeetingRoom *self) {
    if (self->state != OFFLINE && self->state != WAITING)
        send_presence(self, false);
    enter(self, OFFLINE, G_MAXINT64);
}

void lec_meeting_room_tick(LecMeetingRoom *self, gint64 now_us) {
    if (now_us < self->deadline_us)
        return;
    switch (self->state) {
    case OFFLINE:
        return;
    case WAITING:
        join(self, now_us);
        return;
    case SETTLING:
        ask(self, ASKING, now_us);
        return;
    case HELD:
        ask(self, CHECKING, now_us);
        return;
    case JOINING: /* no answer */
    case ASKING:
    case CHECKING:
        try_later(self, now_us);
        return;
    }
}

const char *lec_meeting_room_get_jid(const LecMeetingRoom *self) {
    return self->jid ? self->jid : "";
}

LecMeetingRoom *lec_meeting_room_new(const char *service, const LecMeetingRoomEvents *events,
                                     void *user) {
    LecMeetingRoom *self = g_new0(LecMeetingRoom, 1);
    self->events = *events;
    self->user = user;
    self->service = g_strdup(service);
    self->deadline_us = G_MAXINT64;
    return self;
}

void lec_meeting_room_free(LecMeetingRoom *self) {
    if (!self)
        return;
    g_free(self->service);
    g_free(self->jid);
    g_free(self->own);
    g_free(self);
}
