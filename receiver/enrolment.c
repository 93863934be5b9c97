/* Keeps a guest's session at the cloud, looks for the administrator in the room of the code, and
 * runs one enrolment at a time. */
#include "receiver/enrolment.h"

#include "common/base/log.h"
#include "signalling/door-cloud.h"
#include "signalling/enrol.h"
#include "signalling/errand.h"
#include "signalling/meeting-room.h"
#include "signalling/xmpp.h"

#include <string.h>

#define PORT 443
#define LOOK_MS 2000 /* between two looks into the room */
#define TICK_MS 500
#define CODE_US (10 * 60 * G_USEC_PER_SEC)
#define CODES_A_SESSION 20 /* the cloud lets a session ask for a few dozen rooms */
#define WAIT_MIN_S 2
#define WAIT_MAX_S 60
#define NS_MUC "http://jabber.org/protocol/muc"

struct LecEnrolment {
    const LecSettings *settings;
    const LecHouse *house;
    GProxyResolver *resolver;
    LecEnrolmentEvents events;
    void *user;

    char *server, *guests; /* "boxes.HOST", "guests.HOST" */
    LecErrand *errand;     /* NULL: between two tries */
    bool connected;
    LecFingerprint key; /* the server's, as we saw it */
    guint retry, tick;
    guint wait_s;
    char *trouble;

    char code[LEC_ENROL_CODE_DIGITS + 1]; /* "": none is shown */
    guint codes;                          /* drawn in this session */
    gint64 code_until_us, look_us;
    char *room;  /* "enrol-1234@meet.HOST" */
    char *nick;  /* ours there */
    bool inside; /* the administrator is there, too */
    LecEnrol *enrol;
    LecFingerprint administrator; /* who tries to prove the code */
    bool shut;                    /* from within an event: the enrolment ends when it returns */
    bool enrolled;
};

static void begin(LecEnrolment *self);

static void changed(LecEnrolment *self) {
    self->events.changed(self->user);
}

static void set_trouble(LecEnrolment *self, const char *sentence) {
    g_free(self->trouble);
    self->trouble = g_strdup(sentence);
}

/* ---- the code and its room ---- */

static void drop_code(LecEnrolment *self) {
    if (self->code[0])
        lec_log_remove_secret(self->code);
    explicit_bzero(self->code, sizeof self->code);
    g_clear_pointer(&self->room, g_free);
    self->inside = false;
}

static void leave_room(LecEnrolment *self) {
    if (!self->inside)
        return;
    g_autoptr(LecStanza) presence = lec_stanza_new("presence", LEC_XMPP_NS_CLIENT);
    g_autofree char *to = g_strdup_printf("%s/%s", self->room, self->nick);
    lec_stanza_set(presence, "to", to);
    lec_stanza_set(presence, "type", "unavailable");
    lec_errand_send(self->errand, presence);
    self->inside = false;
}

static void draw_code(LecEnrolment *self) {
    leave_room(self);
    drop_code(self);
    lec_enrol_draw_code(self->code);
    lec_log_add_secret(self->code);
    self->codes++;
    self->code_until_us = g_get_monotonic_time() + CODE_US;
    self->look_us = 0;
    g_autofree char *name = lec_enrol_room(self->code);
    self->room = g_strdup_printf("%s@meet.%s", name, self->settings->cloud_server);
    changed(self);
}

/* To join is the only way to see whether anybody is there, and a guest cannot make the room. */
static void look(LecEnrolment *self) {
    g_autoptr(LecStanza) presence = lec_stanza_new("presence", LEC_XMPP_NS_CLIENT);
    g_autofree char *to = g_strdup_printf("%s/%s", self->room, self->nick);
    lec_stanza_set(presence, "to", to);
    lec_stanza_add_new(presence, "x", NS_MUC, NULL);
    lec_errand_send(self->errand, presence);
    self->look_us = g_get_monotonic_time() + LOOK_MS * 1000;
}

/* ---- the enrolment ---- */

static void on_enrol_send(LecStanza *payload, void *user) {
    LecEnrolment *self = user;
    g_autofree char *to = g_strdup_printf("%s/" LEC_ROOM_NICK, self->room);
    lec_errand_ask(self->errand, "set", to, payload, NULL, NULL);
}

static bool on_may_prove(const LecFingerprint *administrator, guint *ret_retry_after_s,
                         void *user) {
    LecEnrolment *self = user;
    self->administrator = *administrator;
    return lec_admission_begin_proof(self->house->admission, LEC_DOOR_CLOUD_SOURCE, administrator,
                                     g_get_monotonic_time(), ret_retry_after_s);
}

static void on_proved(bool success, void *user) {
    LecEnrolment *self = user;
    lec_admission_end_proof(self->house->admission, LEC_DOOR_CLOUD_SOURCE, &self->administrator,
                            success, g_get_monotonic_time());
    lec_info(success ? "An administrator has typed this display's enrolment code."
                     : "Somebody tried to enrol this display with a wrong code.");
}

/* The account is for the cloud of our settings and no other, and names the key that we met there:
 * with trust on first use nothing else has told us whom we talk to. */
static bool is_ours(const LecEnrolment *self, const LecEnrolAccount *account) {
    const char *at = strchr(account->jid, '@');
    if (g_ascii_strcasecmp(account->host, self->settings->cloud_server) != 0 || !at ||
        at == account->jid || strpbrk(account->jid, LEC_CLOUD_ACCOUNT_NOT_IN_JID) ||
        g_ascii_strcasecmp(at + 1, self->server) != 0)
        return false;
    for (guint i = 0; i < account->n_pins; i++) {
        if (lec_fingerprint_equal(&account->pins[i], &self->key))
            return true;
    }
    return false;
}

static bool on_account(const LecEnrolAccount *account, const LecFingerprint *administrator,
                       void *user) {
    LecEnrolment *self = user;
    if (!is_ours(self, account)) {
        lec_error("The account that was handed over is for another cloud, or somebody sits between "
                  "this display and its cloud: it has not been kept.");
        return false;
    }
    g_autoptr(LecCloudAccount) kept = g_new0(LecCloudAccount, 1);
    kept->host = g_strdup(self->settings->cloud_server);
    kept->jid = g_strdup(account->jid);
    kept->password = g_strdup(account->password);
    kept->n_pins = account->n_pins;
    memcpy(kept->pins, account->pins, sizeof account->pins);
    kept->administrator = *administrator;
    kept->has_administrator = true;
    self->enrolled = self->events.enrolled(kept, self->user);
    if (self->enrolled)
        g_steal_pointer(&kept);
    return self->enrolled;
}

static void on_enrol_ended(LecEnrolEnd end, guint retry_after_s, void *user) {
    LecEnrolment *self = user;
    if (end != LEC_ENROL_END_DONE)
        lec_info("Enrolment has ended: %s.", lec_enrol_end_word(end));
    self->shut = true;
}

static void start_enrol(LecEnrolment *self) {
    static const LecEnrolEvents enrol_events = {
        .send = on_enrol_send,
        .may_prove = on_may_prove,
        .proved = on_proved,
        .account = on_account,
        .ended = on_enrol_ended,
    };
    const gint64 now_us = g_get_monotonic_time();
    self->inside = true;
    self->enrol = lec_enrol_new(LEC_ENROL_BOX, self->code, self->house->box_name,
                                lec_identity_get_fingerprint(self->house->identity), &enrol_events,
                                self, now_us);
    lec_enrol_start(self->enrol, now_us);
}

/* The code has been used, for better or worse. Last: self may be gone when this returns. */
static void finish_enrol(LecEnrolment *self) {
    if (!self->shut)
        return;
    self->shut = false;
    g_clear_pointer(&self->enrol, lec_enrol_free);
    if (self->enrolled)
        self->events.done(self->user);
    else
        draw_code(self);
}

/* ---- what comes from the server ---- */

static bool is_from(const LecEnrolment *self, const LecStanza *stanza, const char *nick) {
    const char *from = lec_stanza_get(stanza, "from");
    const gsize len = self->room ? strlen(self->room) : 0;
    return len && from && !strncmp(from, self->room, len) && from[len] == '/' &&
           !strcmp(from + len + 1, nick);
}

static void take_presence(LecEnrolment *self, const LecStanza *presence) {
    const char *type = lec_stanza_get(presence, "type");
    const bool there = is_from(self, presence, LEC_ROOM_NICK);
    if (there && !type && !self->enrol) {
        start_enrol(self);
    } else if (there && type && !strcmp(type, "unavailable") && self->enrol) {
        lec_enrol_end(self->enrol, LEC_ENROL_END_GONE);
        finish_enrol(self);
    }
}

static void on_stanza(const LecStanza *stanza, void *user) {
    LecEnrolment *self = user;
    if (lec_stanza_is(stanza, "presence", LEC_XMPP_NS_CLIENT)) {
        take_presence(self, stanza);
        return;
    }
    const LecStanza *payload = lec_stanza_first(stanza);
    if (!lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT) || !payload || !self->enrol ||
        g_strcmp0(lec_stanza_get(stanza, "type"), "set") != 0 ||
        !is_from(self, stanza, LEC_ROOM_NICK))
        return;
    lec_errand_acknowledge(self->errand, stanza);
    lec_enrol_receive(self->enrol, payload, g_get_monotonic_time());
    finish_enrol(self);
}

static void on_ready(const char *jid, const LecFingerprint *key, void *user) {
    LecEnrolment *self = user;
    self->connected = true;
    self->key = *key;
    self->wait_s = WAIT_MIN_S;
    self->codes = 0;
    set_trouble(self, NULL);
    draw_code(self);
}

/* ---- the session ---- */

static void disconnect(LecEnrolment *self) {
    g_clear_pointer(&self->enrol, lec_enrol_free);
    g_clear_pointer(&self->errand, lec_errand_free);
    drop_code(self);
    self->connected = self->shut = false;
}

static gboolean on_retry(gpointer user) {
    LecEnrolment *self = user;
    self->retry = 0;
    begin(self);
    return G_SOURCE_REMOVE;
}

static void on_failed(const GError *error, void *user) {
    LecEnrolment *self = user;
    if (g_strcmp0(self->trouble, error->message) != 0)
        lec_warning("This display cannot be enrolled now: %s", error->message);
    disconnect(self);
    set_trouble(self, error->message);
    const guint wait_ms = self->wait_s * 1000;
    self->retry =
        g_timeout_add(wait_ms / 2 + (guint)g_random_int_range(0, (gint32)wait_ms), on_retry, self);
    self->wait_s = MIN(2 * self->wait_s, WAIT_MAX_S);
    changed(self);
}

static void begin(LecEnrolment *self) {
    static const LecErrandEvents errand_events = {on_ready, on_stanza, on_failed};
    const char *ca = self->settings->cloud_ca;
    const LecErrandConfig config = {
        .server = {.name = self->server,
                   .port = PORT,
                   .trust = (LecCloudTrust)self->settings->cloud_trust,
                   .ca_file = *ca ? ca : NULL,
                   .resolver = self->resolver},
        .domain = self->guests,
    };
    self->errand = lec_errand_new(&config, &errand_events, self);
}

static gboolean on_tick(gpointer user) {
    LecEnrolment *self = user;
    const gint64 now_us = g_get_monotonic_time();
    if (self->enrol) {
        lec_enrol_tick(self->enrol, now_us);
        finish_enrol(self);
    } else if (self->connected &&
               (now_us >= self->code_until_us || self->codes > CODES_A_SESSION)) {
        if (self->codes < CODES_A_SESSION) {
            draw_code(self);
        } else {
            disconnect(self);
            begin(self);
        }
    } else if (self->connected && now_us >= self->look_us) {
        look(self);
    }
    return G_SOURCE_CONTINUE;
}

LecEnrolment *lec_enrolment_new(const LecSettings *settings, const LecHouse *house,
                                GProxyResolver *resolver, const LecEnrolmentEvents *events,
                                void *user) {
    LecEnrolment *self = g_new0(LecEnrolment, 1);
    self->settings = settings;
    self->house = house;
    self->resolver = resolver;
    self->events = *events;
    self->user = user;
    self->wait_s = WAIT_MIN_S;
    self->server = g_strdup_printf("boxes.%s", settings->cloud_server);
    self->guests = g_strdup_printf("guests.%s", settings->cloud_server);
    self->nick = g_strdup_printf("%08x%08x", g_random_int(), g_random_int());
    self->tick = g_timeout_add(TICK_MS, on_tick, self);
    begin(self);
    return self;
}

void lec_enrolment_free(LecEnrolment *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    g_clear_handle_id(&self->retry, g_source_remove);
    disconnect(self);
    g_free(self->server);
    g_free(self->guests);
    g_free(self->nick);
    g_free(self->trouble);
    g_free(self);
}

void lec_enrolment_hurry(LecEnrolment *self) {
    if (!self->retry)
        return;
    g_clear_handle_id(&self->retry, g_source_remove);
    self->wait_s = WAIT_MIN_S;
    begin(self);
}

const char *lec_enrolment_get_code(const LecEnrolment *self) {
    return self->code[0] ? self->code : NULL;
}

const char *lec_enrolment_get_trouble(const LecEnrolment *self) {
    return self->trouble;
}
