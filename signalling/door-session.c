/* The door's session: a table of states and elements, and what each pair does. */
#include "signalling/door-session.h"

#include "signalling/call.h"
#include "signalling/steer.h"
#include "signalling/xmpp.h"

#include <sodium.h>
#include <string.h>

#define DEFAULT_DOMAIN "box"
#define MAX_DOMAIN_BYTES 255
#define MAX_ID_BYTES 256
#define RANDOM_BYTES 12
#define RANDOM_SIZE (2 * RANDOM_BYTES + 1)
#define STANZA_COST_US (G_USEC_PER_SEC / LEC_DOOR_STANZAS_A_SECOND)
#define FULL_CREDIT_US ((gint64)LEC_DOOR_BURST_STANZAS * STANZA_COST_US)

typedef enum {
    STATE_START,   /* the first <open/> */
    STATE_AUTH,    /* <auth/> */
    STATE_RESTART, /* the second <open/>, RFC 6120 §6.4.6 */
    STATE_BIND,
    STATE_BOUND,
    STATE_ENDED,
    N_STATES,
} State;

typedef enum {
    ELEMENT_OPEN,
    ELEMENT_AUTH,
    ELEMENT_IQ,
    ELEMENT_STANZA, /* message, presence */
    ELEMENT_CLOSE,
    ELEMENT_OTHER,
    N_ELEMENTS,
} Element;

struct LecDoorSession {
    LecDoorSessionEvents events;
    void *user;
    State state;
    char *domain;                  /* what the peer calls us */
    char *jid;                     /* what we call the peer; once bound */
    bool occupant;                 /* it came through the cloud, on a stream that is the server's */
    gint64 credit_us, credited_us; /* token bucket: time saved up, and when that was last counted */
    gint64 deadline_us;            /* for what the state waits for; G_MAXINT64: nothing */
    gint64 next_ping_us, pong_deadline_us;
    char ping_id[RANDOM_SIZE]; /* empty: none is out */
    GArray *unacknowledged;    /* of guint, the numbers in our IQs' ids */
    guint next_number;
    bool spoken;
};

static void random_text(char ret[RANDOM_SIZE]) {
    guint8 bytes[RANDOM_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(ret, RANDOM_SIZE, bytes, sizeof bytes);
}

static void send_stanza(LecDoorSession *self, const LecStanza *stanza) {
    g_autofree char *text = lec_stanza_write(stanza);
    self->events.send(text, self->user);
}

static void send_open(LecDoorSession *self) {
    char id[RANDOM_SIZE];
    random_text(id);
    g_autoptr(LecStanza) open = lec_stanza_new("open", LEC_XMPP_NS_FRAMING);
    lec_stanza_set(open, "from", self->domain);
    lec_stanza_set(open, "id", id);
    lec_stanza_set(open, "version", "1.0");
    lec_stanza_set(open, "xml:lang", "en");
    send_stanza(self, open);
}

static void end(LecDoorSession *self, const char *why) {
    if (!self->occupant) {
        g_autoptr(LecStanza) close = lec_stanza_new("close", LEC_XMPP_NS_FRAMING);
        send_stanza(self, close);
    }
    self->state = STATE_ENDED;
    self->events.ended(why, self->user);
}

void lec_door_session_close(LecDoorSession *self, const char *condition, const char *why) {
    if (self->state == STATE_ENDED)
        return;
    if (condition && !self->occupant) {
        /* An error needs a stream to stand in (RFC 6120 §4.9.1.2). */
        if (self->state == STATE_START)
            send_open(self);
        g_autofree char *text =
            g_strdup_printf("<stream:error xmlns:stream='" LEC_XMPP_NS_STREAM
                            "'><%s xmlns='" LEC_XMPP_NS_STREAM_ERRORS "'/></stream:error>",
                            condition);
        self->events.send(text, self->user);
    }
    end(self, why);
}

/* IQs out */

static LecStanza *new_iq(LecDoorSession *self, const char *type, const char *id) {
    LecStanza *iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(iq, "type", type);
    lec_stanza_set(iq, "id", id);
    if (!self->occupant)
        lec_stanza_set(iq, "from", self->domain);
    lec_stanza_set(iq, "to", self->jid);
    return iq;
}

static void send_result(LecDoorSession *self, const char *id) {
    g_autoptr(LecStanza) iq = new_iq(self, "result", id);
    send_stanza(self, iq);
}

static void send_error(LecDoorSession *self, const char *id, const char *type,
                       const char *condition) {
    g_autoptr(LecStanza) iq = new_iq(self, "error", id);
    LecStanza *error = lec_stanza_add_new(iq, "error", NULL, NULL);
    lec_stanza_set(error, "type", type);
    lec_stanza_add_new(error, condition, LEC_XMPP_NS_STANZA_ERRORS, NULL);
    send_stanza(self, iq);
}

void lec_door_session_send(LecDoorSession *self, LecStanza *payload) {
    g_autoptr(LecStanza) owned = payload;
    if (self->state != STATE_BOUND)
        return;
    if (self->unacknowledged->len >= LEC_DOOR_MAX_UNACKNOWLEDGED) {
        lec_door_session_close(self, "resource-constraint",
                               "The peer does not acknowledge what it is sent.");
        return;
    }
    guint number = self->next_number++;
    g_array_append_val(self->unacknowledged, number);
    g_autofree char *id = g_strdup_printf("b%u", number);
    g_autoptr(LecStanza) iq = new_iq(self, "set", id);
    lec_stanza_add(iq, g_steal_pointer(&owned));
    send_stanza(self, iq);
}

static void send_ping(LecDoorSession *self, gint64 now_us) {
    /* The id is random so that a peer must read to answer: one that only writes is found out. */
    random_text(self->ping_id);
    self->pong_deadline_us = now_us + LEC_DOOR_PONG_US;
    self->next_ping_us = now_us + LEC_DOOR_PING_US;
    g_autoptr(LecStanza) iq = new_iq(self, "get", self->ping_id);
    lec_stanza_add_new(iq, "ping", LEC_XMPP_NS_PING, NULL);
    send_stanza(self, iq);
}

/* Elements in: one handler for each pair of the table. */

static void on_early(LecDoorSession *self, const LecStanza *stanza, gint64 now_us) {
    lec_door_session_close(self, "not-authorized",
                           "The peer sent something before it had set up its session.");
}

static void on_disorder(LecDoorSession *self, const LecStanza *stanza, gint64 now_us) {
    lec_door_session_close(self, "policy-violation", "The peer sent something out of order.");
}

static void on_unknown(LecDoorSession *self, const LecStanza *stanza, gint64 now_us) {
    lec_door_session_close(self, "unsupported-stanza-type",
                           "The peer sent an element that is not known here.");
}

static void on_ignored(LecDoorSession *self, const LecStanza *stanza, gint64 now_us) {
}

static void on_close(LecDoorSession *self, const LecStanza *stanza, gint64 now_us) {
    end(self, "The peer closed the session.");
}

static bool domain_is_valid(const char *domain) {
    gsize len = strlen(domain);
    return len > 0 && len <= MAX_DOMAIN_BYTES &&
           strspn(domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_[]") ==
               len;
}

static bool take_open(LecDoorSession *self, const LecStanza *open) {
    const char *to = lec_stanza_get(open, "to");
    if (to && !domain_is_valid(to)) {
        lec_door_session_close(self, "host-unknown", "The peer asked for an impossible host.");
        return false;
    }
    if (to) {
        g_free(self->domain);
        self->domain = g_strdup(to);
    }
    if (g_strcmp0(lec_stanza_get(open, "version"), "1.0") != 0) {
        lec_door_session_close(self, "unsupported-version",
                               "The peer speaks another version of XMPP.");
        return false;
    }
    send_open(self);
    return true;
}

static void on_first_open(LecDoorSession *self, const LecStanza *open, gint64 now_us) {
    if (!take_open(self, open))
        return;
    self->events.send("<stream:features xmlns:stream='" LEC_XMPP_NS_STREAM
                      "'><mechanisms xmlns='" LEC_XMPP_NS_SASL
                      "'><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>",
                      self->user);
    self->state = STATE_AUTH;
}

static void on_auth(LecDoorSession *self, const LecStanza *auth, gint64 now_us) {
    if (g_strcmp0(lec_stanza_get(auth, "mechanism"), "ANONYMOUS") != 0) {
        g_autoptr(LecStanza) failure = lec_stanza_new("failure", LEC_XMPP_NS_SASL);
        lec_stanza_add_new(failure, "invalid-mechanism", NULL, NULL);
        send_stanza(self, failure);
        lec_door_session_close(self, NULL, "The peer asked for another SASL mechanism.");
        return;
    }
    g_autoptr(LecStanza) success = lec_stanza_new("success", LEC_XMPP_NS_SASL);
    send_stanza(self, success);
    self->state = STATE_RESTART;
}

static void on_second_open(LecDoorSession *self, const LecStanza *open, gint64 now_us) {
    if (!take_open(self, open))
        return;
    self->events.send("<stream:features xmlns:stream='" LEC_XMPP_NS_STREAM
                      "'><bind xmlns='" LEC_XMPP_NS_BIND "'/></stream:features>",
                      self->user);
    self->state = STATE_BIND;
}

/* RFC 6120 §8.1.3: every IQ has an id. NULL: the session has been closed. */
static const char *take_iq_id(LecDoorSession *self, const LecStanza *iq) {
    const char *id = lec_stanza_get(iq, "id");
    if (id && *id && strlen(id) <= MAX_ID_BYTES)
        return id;
    lec_door_session_close(self, "invalid-xml", "The peer sent a request without a usable id.");
    return NULL;
}

static const LecStanza *only_child(const LecStanza *iq) {
    const LecStanza *child = lec_stanza_first(iq);
    return child && !lec_stanza_next(child) ? child : NULL;
}

static void on_bind(LecDoorSession *self, const LecStanza *iq, gint64 now_us) {
    const char *id = take_iq_id(self, iq);
    if (!id)
        return;
    const LecStanza *child = only_child(iq);
    if (g_strcmp0(lec_stanza_get(iq, "type"), "set") != 0 || !child ||
        !lec_stanza_is(child, "bind", LEC_XMPP_NS_BIND)) {
        on_early(self, iq, now_us);
        return;
    }
    char node[RANDOM_SIZE], resource[RANDOM_SIZE];
    random_text(node);
    random_text(
        resource); /* RFC 6120 §7.6: the server's choice; what the peer asks for is not used */
    self->jid = g_strdup_printf("%s@%s/%s", node, self->domain, resource);
    g_autoptr(LecStanza) result = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(result, "type", "result");
    lec_stanza_set(result, "id", id);
    LecStanza *bind = lec_stanza_add_new(result, "bind", LEC_XMPP_NS_BIND, NULL);
    lec_stanza_add_new(bind, "jid", NULL, self->jid);
    self->state = STATE_BOUND;
    self->deadline_us = now_us + LEC_DOOR_FIRST_PAYLOAD_US;
    self->next_ping_us = now_us + LEC_DOOR_PING_US;
    send_stanza(self, result);
}

static void take_acknowledgement(LecDoorSession *self, const char *id) {
    if (*self->ping_id && !strcmp(id, self->ping_id)) {
        *self->ping_id = '\0';
        self->pong_deadline_us = G_MAXINT64;
        return;
    }
    for (guint i = 0; i < self->unacknowledged->len; i++) {
        char ours[16];
        g_snprintf(ours, sizeof ours, "b%u", g_array_index(self->unacknowledged, guint, i));
        if (!strcmp(id, ours)) {
            g_array_remove_index(self->unacknowledged, i);
            return;
        }
    }
    lec_door_session_close(self, "policy-violation",
                           "The peer acknowledged what it had not been sent.");
}

static bool is_ours(const LecStanza *payload) {
    const char *ns = lec_stanza_get_ns(payload);
    return !strcmp(ns, LEC_CALL_NS) || !strcmp(ns, LEC_HOST_NS);
}

static void take_request(LecDoorSession *self, const LecStanza *iq, const char *id, bool is_set,
                         gint64 now_us) {
    const char *to = lec_stanza_get(iq, "to");
    const LecStanza *child = only_child(iq);
    bool for_box = !to || !strcmp(to, self->domain);
    if (!child) {
        send_error(self, id, "modify", "bad-request"); /* RFC 6120 §8.2.3: exactly one child */
    } else if (for_box && is_set && is_ours(child)) {
        send_result(self, id);
        self->spoken = true;
        self->deadline_us = G_MAXINT64;
        self->events.payload(child, self->user);
    } else if (for_box && !is_set && lec_stanza_is(child, "ping", LEC_XMPP_NS_PING)) {
        send_result(self, id);
    } else {
        send_error(self, id, "cancel", "service-unavailable");
    }
}

static void on_iq(LecDoorSession *self, const LecStanza *iq, gint64 now_us) {
    const char *id = take_iq_id(self, iq);
    if (!id)
        return;
    const char *type = lec_stanza_get(iq, "type");
    if (!g_strcmp0(type, "set") || !g_strcmp0(type, "get"))
        take_request(self, iq, id, *type == 's', now_us);
    else if (!g_strcmp0(type, "result"))
        take_acknowledgement(self, id);
    else if (!g_strcmp0(type, "error"))
        lec_door_session_close(self, NULL, "The peer refused what it was sent.");
    else
        lec_door_session_close(self, "invalid-xml", "The peer sent a request of no known type.");
}

typedef void (*Handler)(LecDoorSession *self, const LecStanza *stanza, gint64 now_us);

static const Handler handlers[N_STATES][N_ELEMENTS] = {
    [STATE_START] = {on_first_open, on_early, on_early, on_early, on_close, on_unknown},
    [STATE_AUTH] = {on_disorder, on_auth, on_early, on_early, on_close, on_unknown},
    [STATE_RESTART] = {on_second_open, on_disorder, on_early, on_early, on_close, on_unknown},
    [STATE_BIND] = {on_disorder, on_disorder, on_bind, on_early, on_close, on_unknown},
    [STATE_BOUND] = {on_disorder, on_disorder, on_iq, on_ignored, on_close, on_unknown},
    [STATE_ENDED] = {on_ignored, on_ignored, on_ignored, on_ignored, on_ignored, on_ignored},
};

static Element classify(const LecStanza *stanza) {
    if (lec_stanza_is(stanza, "open", LEC_XMPP_NS_FRAMING))
        return ELEMENT_OPEN;
    if (lec_stanza_is(stanza, "close", LEC_XMPP_NS_FRAMING))
        return ELEMENT_CLOSE;
    if (lec_stanza_is(stanza, "auth", LEC_XMPP_NS_SASL))
        return ELEMENT_AUTH;
    if (lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT))
        return ELEMENT_IQ;
    if (lec_stanza_is(stanza, "message", LEC_XMPP_NS_CLIENT) ||
        lec_stanza_is(stanza, "presence", LEC_XMPP_NS_CLIENT))
        return ELEMENT_STANZA;
    return ELEMENT_OTHER;
}

static bool take_credit(LecDoorSession *self, gint64 now_us) {
    gint64 earned = MAX(0, now_us - self->credited_us);
    self->credit_us = MIN(FULL_CREDIT_US, self->credit_us + MIN(earned, FULL_CREDIT_US));
    self->credited_us = now_us;
    if (self->credit_us < STANZA_COST_US)
        return false;
    self->credit_us -= STANZA_COST_US;
    return true;
}

static void refuse_text(LecDoorSession *self, const GError *error) {
    switch ((LecStanzaError)error->code) {
    case LEC_STANZA_ERROR_MALFORMED:
        lec_door_session_close(self, "not-well-formed", "The peer sent broken XML.");
        return;
    case LEC_STANZA_ERROR_RESTRICTED:
        lec_door_session_close(self, "restricted-xml", "The peer sent XML that XMPP forbids.");
        return;
    case LEC_STANZA_ERROR_LIMIT:
        lec_door_session_close(self, "policy-violation", "The peer sent too large an element.");
        return;
    }
    g_assert_not_reached();
}

static bool admit(LecDoorSession *self, gint64 now_us) {
    if (self->state == STATE_ENDED)
        return false;
    if (take_credit(self, now_us))
        return true;
    lec_door_session_close(self, "policy-violation", "The peer sent too much at once.");
    return false;
}

void lec_door_session_take(LecDoorSession *self, const LecStanza *stanza, gint64 now_us) {
    if (admit(self, now_us))
        handlers[self->state][classify(stanza)](self, stanza, now_us);
}

void lec_door_session_receive(LecDoorSession *self, const char *text, gsize len, gint64 now_us) {
    if (!admit(self, now_us))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) stanza = lec_stanza_parse(text, len, &error);
    if (!stanza) {
        refuse_text(self, error);
        return;
    }
    handlers[self->state][classify(stanza)](self, stanza, now_us);
}

void lec_door_session_tick(LecDoorSession *self, gint64 now_us) {
    if (self->state == STATE_ENDED)
        return;
    if (now_us >= self->deadline_us)
        lec_door_session_close(self, "connection-timeout",
                               self->state == STATE_BOUND
                                   ? "The peer set up a session and then said nothing."
                                   : "The peer did not set up its session in time.");
    else if (now_us >= self->pong_deadline_us)
        lec_door_session_close(self, "connection-timeout", "The peer fell silent.");
    else if (self->state == STATE_BOUND && now_us >= self->next_ping_us)
        send_ping(self, now_us);
}

guint lec_door_session_count_unacknowledged(const LecDoorSession *self) {
    return self->unacknowledged->len;
}

bool lec_door_session_has_spoken(const LecDoorSession *self) {
    return self->spoken;
}

LecDoorSession *lec_door_session_new(const LecDoorSessionEvents *events, void *user,
                                     gint64 now_us) {
    LecDoorSession *self = g_new0(LecDoorSession, 1);
    *self = (LecDoorSession){
        .events = *events,
        .user = user,
        .domain = g_strdup(DEFAULT_DOMAIN),
        .credit_us = FULL_CREDIT_US,
        .credited_us = now_us,
        .deadline_us = now_us + LEC_DOOR_ESTABLISH_US,
        .pong_deadline_us = G_MAXINT64,
        .unacknowledged = g_array_new(FALSE, FALSE, sizeof(guint)),
    };
    return self;
}

LecDoorSession *lec_door_session_new_occupant(const char *box, const char *peer,
                                              const LecDoorSessionEvents *events, void *user,
                                              gint64 now_us) {
    LecDoorSession *self = lec_door_session_new(events, user, now_us);
    g_free(self->domain);
    self->domain = g_strdup(box);
    self->jid = g_strdup(peer);
    self->occupant = true;
    self->state = STATE_BOUND;
    self->deadline_us = now_us + LEC_DOOR_FIRST_PAYLOAD_US;
    self->next_ping_us = now_us + LEC_DOOR_PING_US;
    return self;
}

void lec_door_session_free(LecDoorSession *self) {
    if (!self)
        return;
    g_array_unref(self->unacknowledged);
    g_free(self->domain);
    g_free(self->jid);
    g_free(self);
}
