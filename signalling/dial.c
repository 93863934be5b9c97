/* The dialler: the client's half of RFC 7395 up to bound, then payloads in IQs. */
#include "signalling/dial.h"
#include "common/base/i18n.h"

#include "signalling/dial-room.h"
#include "signalling/xmpp.h"

#include <string.h>

#define DOMAIN "box"
#define MAX_UNACKNOWLEDGED 64
/* The box pings every 20 s; twice that and a little of silence is its end. */
#define SILENCE_MS 45000

G_DEFINE_QUARK(lec_dial_error_quark, lec_dial_error)

typedef enum {
    STATE_OPENING, /* the carrier */
    STATE_OPEN,    /* the box's <open/> */
    STATE_MECHANISMS,
    STATE_SUCCESS,
    STATE_REOPEN,
    STATE_BIND_FEATURE,
    STATE_BOUND_RESULT,
    STATE_JOINING, /* the meeting's room, in the cloud */
    STATE_READY,
    STATE_DEAD,
} State;

struct LecDial {
    const LecCarrierClass *klass;
    LecCarrier *carrier;
    LecDialRoom *room; /* NULL: the box's own door */
    LecDialEvents events;
    void *user;
    State state;
    guint timer;   /* up to ready the whole time limit, from then on silence */
    guint asking;  /* source id: for newer relays */
    bool answered; /* the box in the room has said something */
    guint unacknowledged;
    guint next_number;
};

static gboolean on_overdue(gpointer data);

/* Last event: self may be gone when this returns. */
static void fail(LecDial *self, GError *error) {
    g_autoptr(GError) owned = error;
    if (self->state == STATE_DEAD)
        return;
    self->state = STATE_DEAD;
    g_clear_handle_id(&self->timer, g_source_remove);
    g_clear_handle_id(&self->asking, g_source_remove);
    self->events.failed(owned, self->user);
}

static void fail_saying(LecDial *self, LecDialError code, const char *sentence) {
    fail(self, g_error_new_literal(LEC_DIAL_ERROR, (int)code, sentence));
}

static void fail_as_stranger(LecDial *self) {
    fail_saying(self, LEC_DIAL_ERROR_NOT_A_BOX,
                self->room
                    ? _("Something answers in the cloud's place, but it is not a Lectern cloud.")
                    : _("Something answers at that address, but it is not a Lectern box."));
}

static void send_stanza(LecDial *self, const LecStanza *stanza) {
    g_autofree char *text = lec_stanza_write(stanza);
    self->klass->send(self->carrier, text);
}

static void send_open(LecDial *self) {
    g_autoptr(LecStanza) open = lec_stanza_new("open", LEC_XMPP_NS_FRAMING);
    lec_stanza_set(open, "to", self->room ? lec_dial_room_get_domain(self->room) : DOMAIN);
    lec_stanza_set(open, "version", "1.0");
    send_stanza(self, open);
}

static LecStanza *new_iq(const char *type, const char *id, const char *to) {
    LecStanza *iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(iq, "type", type);
    lec_stanza_set(iq, "id", id);
    lec_stanza_set(iq, "to", to);
    return iq;
}

static const char *get_box(const LecDial *self) {
    return self->room ? lec_dial_room_get_box(self->room) : DOMAIN;
}

static void listen_for_silence(LecDial *self) {
    g_clear_handle_id(&self->timer, g_source_remove);
    self->timer = g_timeout_add(SILENCE_MS, on_overdue, self);
}

/* Set-up: one handler for each state. */

static void on_open(LecDial *self, const LecStanza *stanza) {
    if (lec_stanza_is(stanza, "open", LEC_XMPP_NS_FRAMING))
        self->state = self->state == STATE_OPEN ? STATE_MECHANISMS : STATE_BIND_FEATURE;
    else
        fail_as_stranger(self);
}

static bool offers_anonymous(const LecStanza *features) {
    const LecStanza *mechanisms = lec_stanza_child(features, "mechanisms", LEC_XMPP_NS_SASL);
    const LecStanza *each = mechanisms ? lec_stanza_first(mechanisms) : NULL;
    for (; each; each = lec_stanza_next(each)) {
        if (!strcmp(lec_stanza_get_text(each), "ANONYMOUS"))
            return true;
    }
    return false;
}

static void on_mechanisms(LecDial *self, const LecStanza *stanza) {
    if (!lec_stanza_is(stanza, "features", LEC_XMPP_NS_STREAM) || !offers_anonymous(stanza)) {
        fail_as_stranger(self);
        return;
    }
    g_autoptr(LecStanza) auth = lec_stanza_new("auth", LEC_XMPP_NS_SASL);
    lec_stanza_set(auth, "mechanism", "ANONYMOUS");
    self->state = STATE_SUCCESS;
    send_stanza(self, auth);
}

static void on_success(LecDial *self, const LecStanza *stanza) {
    if (!lec_stanza_is(stanza, "success", LEC_XMPP_NS_SASL)) {
        fail_as_stranger(self);
        return;
    }
    self->state = STATE_REOPEN;
    send_open(self);
}

static void on_bind_feature(LecDial *self, const LecStanza *stanza) {
    if (!lec_stanza_is(stanza, "features", LEC_XMPP_NS_STREAM) ||
        !lec_stanza_child(stanza, "bind", LEC_XMPP_NS_BIND)) {
        fail_as_stranger(self);
        return;
    }
    g_autoptr(LecStanza) iq = new_iq("set", "bind", NULL);
    lec_stanza_add_new(iq, "bind", LEC_XMPP_NS_BIND, NULL);
    self->state = STATE_BOUND_RESULT;
    send_stanza(self, iq);
}

static void ask_for_relays(LecDial *self) {
    g_autoptr(LecStanza) ask = lec_dial_room_ask(self->room);
    send_stanza(self, ask);
}

static void on_bound(LecDial *self, const LecStanza *stanza) {
    if (!lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT) ||
        g_strcmp0(lec_stanza_get(stanza, "type"), "result") != 0 ||
        g_strcmp0(lec_stanza_get(stanza, "id"), "bind") != 0) {
        fail_as_stranger(self);
        return;
    }
    if (self->room) {
        self->state = STATE_JOINING;
        ask_for_relays(self);
        g_autoptr(LecStanza) join = lec_dial_room_join(self->room);
        send_stanza(self, join);
        return;
    }
    self->state = STATE_READY;
    listen_for_silence(self);
    self->events.ready(self->user);
}

/* Ready: IQs. */

static void take_request(LecDial *self, const LecStanza *iq, const char *id) {
    const char *from = self->room ? lec_stanza_get(iq, "from") : DOMAIN;
    const LecStanza *child = lec_stanza_first(iq);
    bool alone = child && !lec_stanza_next(child);
    bool is_set = !g_strcmp0(lec_stanza_get(iq, "type"), "set");
    bool is_ping = alone && !is_set && lec_stanza_is(child, "ping", LEC_XMPP_NS_PING);
    g_autoptr(LecStanza) reply =
        new_iq(is_ping || (alone && is_set) ? "result" : "error", id, from);
    if (!is_ping && !(alone && is_set)) {
        LecStanza *error = lec_stanza_add_new(reply, "error", NULL, NULL);
        lec_stanza_set(error, "type", "cancel");
        lec_stanza_add_new(error, "service-unavailable", LEC_XMPP_NS_STANZA_ERRORS, NULL);
    }
    send_stanza(self, reply);
    if (alone && is_set)
        self->events.payload(child, self->user);
}

static void on_iq(LecDial *self, const LecStanza *iq) {
    const char *id = lec_stanza_get(iq, "id");
    const char *type = lec_stanza_get(iq, "type");
    if (!lec_stanza_is(iq, "iq", LEC_XMPP_NS_CLIENT) || !id || !type) {
        fail_as_stranger(self);
    } else if (!strcmp(type, "get") || !strcmp(type, "set")) {
        take_request(self, iq, id);
    } else if (!strcmp(type, "result")) {
        self->unacknowledged -= self->unacknowledged > 0;
    } else {
        fail(self, g_error_new_literal(LEC_DIAL_ERROR, LEC_DIAL_ERROR_CLOSED,
                                       _("The box refused what it was sent.")));
    }
}

/* In the cloud: the room, and the box's IQs among all that is said there. */

static gboolean on_asking(gpointer data) {
    LecDial *self = data;
    self->asking = 0;
    ask_for_relays(self);
    return G_SOURCE_REMOVE;
}

static void take_relays(LecDial *self) {
    LecRelays *relays = lec_dial_room_get_relays(self->room);
    if (!relays)
        return;
    g_clear_handle_id(&self->asking, g_source_remove);
    self->asking =
        g_timeout_add_seconds(3 * lec_dial_room_get_lifetime_s(self->room) / 4, on_asking, self);
    if (self->events.relays)
        self->events.relays(relays, self->user);
}

static void on_nobody(LecDial *self) {
    fail_saying(self, LEC_DIAL_ERROR_UNREACHABLE, _("No meeting answers to that number."));
}

static void on_room(LecDial *self, const LecStanza *stanza) {
    switch (lec_dial_room_take(self->room, stanza, g_get_real_time() / G_USEC_PER_SEC)) {
    case LEC_DIAL_ROOM_NOTHING:
    case LEC_DIAL_ROOM_WAIT:
        break;
    case LEC_DIAL_ROOM_READY:
        self->state = STATE_READY; /* and the time limit runs on until the box has answered */
        take_relays(self);
        self->events.ready(self->user);
        break;
    case LEC_DIAL_ROOM_RELAYS:
        take_relays(self);
        break;
    case LEC_DIAL_ROOM_BOX:
        self->answered = true;
        listen_for_silence(self);
        on_iq(self, stanza);
        break;
    case LEC_DIAL_ROOM_SERVER:
        on_iq(self, stanza);
        break;
    case LEC_DIAL_ROOM_NOBODY:
        on_nobody(self);
        break;
    case LEC_DIAL_ROOM_FULL:
        fail_saying(self, LEC_DIAL_ERROR_UNREACHABLE,
                    _("The meeting has no room for another sender now; try again in a moment."));
        break;
    case LEC_DIAL_ROOM_TOO_MANY:
        fail_saying(self, LEC_DIAL_ERROR_UNREACHABLE,
                    _("Too many meetings were tried from this network; try again in a while."));
        break;
    case LEC_DIAL_ROOM_LEFT:
        fail_saying(self, LEC_DIAL_ERROR_CLOSED, _("The box has left the meeting."));
        break;
    }
}

static void on_ready(LecDial *self, const LecStanza *stanza) {
    if (self->room)
        on_room(self, stanza);
    else
        on_iq(self, stanza);
}

typedef void (*Handler)(LecDial *self, const LecStanza *stanza);

static const Handler handlers[] = {
    [STATE_OPENING] = NULL, /* nothing can come */
    [STATE_OPEN] = on_open,
    [STATE_MECHANISMS] = on_mechanisms,
    [STATE_SUCCESS] = on_success,
    [STATE_REOPEN] = on_open,
    [STATE_BIND_FEATURE] = on_bind_feature,
    [STATE_BOUND_RESULT] = on_bound,
    [STATE_JOINING] = on_room,
    [STATE_READY] = on_ready,
    [STATE_DEAD] = NULL,
};

static void take_stream_error(LecDial *self, const LecStanza *stanza) {
    const LecStanza *condition = lec_stanza_first(stanza);
    const char *name = condition ? lec_stanza_get_name(condition) : "";
    const char *sentence = "The box ended the session.";
    if (!strcmp(name, "resource-constraint"))
        sentence = "The box has no room for another sender now; try again in a moment.";
    else if (!strcmp(name, "connection-timeout"))
        sentence = "The box waited too long for this sender and ended the session.";
    else if (!strcmp(name, "system-shutdown"))
        sentence = "The box is shutting down or starting again.";
    else if (!strcmp(name, "unsupported-version"))
        sentence = "The box speaks another version; bring both up to date.";
    fail(self, g_error_new_literal(LEC_DIAL_ERROR, LEC_DIAL_ERROR_CLOSED, sentence));
}

/* Carrier */

static void on_opened(void *user) {
    LecDial *self = user;
    if (self->state != STATE_OPENING)
        return;
    self->state = STATE_OPEN;
    send_open(self);
}

static void on_message(const char *text, gsize len, void *user) {
    LecDial *self = user;
    if (!handlers[self->state])
        return;
    g_autoptr(LecStanza) stanza = lec_stanza_parse(text, len, NULL);
    if (self->state == STATE_READY && (!self->room || self->answered))
        listen_for_silence(self);
    if (!stanza && self->room && self->state >= STATE_JOINING)
        return; /* whoever shares the room may have sent it */
    if (!stanza)
        fail_as_stranger(self);
    else if (lec_stanza_is(stanza, "error", LEC_XMPP_NS_STREAM))
        take_stream_error(self, stanza);
    else if (lec_stanza_is(stanza, "close", LEC_XMPP_NS_FRAMING))
        fail(self, g_error_new_literal(LEC_DIAL_ERROR, LEC_DIAL_ERROR_CLOSED,
                                       _("The box ended the session.")));
    else
        handlers[self->state](self, stanza);
}

static void on_closed(const GError *error, void *user) {
    LecDial *self = user;
    fail(self, g_error_copy(error));
}

/* The room is the server's, and the box in it may be gone without a word. */
static bool is_unheard(const LecDial *self) {
    return self->room &&
           (self->state == STATE_JOINING || (self->state == STATE_READY && !self->answered));
}

static gboolean on_overdue(gpointer data) {
    LecDial *self = data;
    self->timer = 0;
    if (is_unheard(self))
        on_nobody(self);
    else if (self->state == STATE_READY)
        fail_saying(self, LEC_DIAL_ERROR_CLOSED,
                    _("The box fell silent; the network may be gone."));
    else if (self->room)
        fail_saying(self, LEC_DIAL_ERROR_TIMEOUT, _("The cloud does not answer in time."));
    else if (self->state == STATE_OPENING)
        fail_saying(self, LEC_DIAL_ERROR_TIMEOUT, _("Nobody answers at that address in time."));
    else
        fail_saying(self, LEC_DIAL_ERROR_TIMEOUT,
                    _("The box answers too slowly to set up a session."));
    return G_SOURCE_REMOVE;
}

LecDial *lec_dial_new(const LecCarrierClass *carrier, const LecPlace *place, guint timeout_ms,
                      const LecDialEvents *events, void *user) {
    static const LecCarrierEvents carrier_events = {
        .opened = on_opened,
        .message = on_message,
        .closed = on_closed,
    };
    LecDial *self = g_new0(LecDial, 1);
    *self = (LecDial){.klass = carrier, .events = *events, .user = user};
    self->timer = g_timeout_add(timeout_ms, on_overdue, self);
    if (place->number)
        self->room = lec_dial_room_new(place->host, place->number, NULL);
    self->carrier = carrier->open(place, &carrier_events, self);
    return self;
}

void lec_dial_free(LecDial *self) {
    if (!self)
        return;
    if (self->state > STATE_OPENING && self->state < STATE_DEAD) {
        g_autoptr(LecStanza) close = lec_stanza_new("close", LEC_XMPP_NS_FRAMING);
        send_stanza(self, close);
    }
    g_clear_handle_id(&self->timer, g_source_remove);
    g_clear_handle_id(&self->asking, g_source_remove);
    self->klass->free(self->carrier);
    g_clear_pointer(&self->room, lec_dial_room_free);
    g_free(self);
}

void lec_dial_send(LecDial *self, LecStanza *payload) {
    g_autoptr(LecStanza) owned = payload;
    if (self->state != STATE_READY)
        return;
    if (self->unacknowledged >= MAX_UNACKNOWLEDGED) {
        /* It does not read: the same as silence, told from the loop and not from within this call.
         */
        g_clear_handle_id(&self->timer, g_source_remove);
        self->timer = g_timeout_add(0, on_overdue, self);
        return;
    }
    g_autofree char *id = g_strdup_printf("c%u", self->next_number++);
    g_autoptr(LecStanza) iq = new_iq("set", id, get_box(self));
    lec_stanza_add(iq, g_steal_pointer(&owned));
    self->unacknowledged++;
    send_stanza(self, iq);
}
