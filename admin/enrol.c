/* Joins the administrator's session at the cloud, the REST interface and the enrolment. */
#include "admin/enrol.h"

#include "admin/device.h"
#include "common/base/log.h"
#include "signalling/enrol.h"
#include "signalling/errand.h"
#include "signalling/meeting-room.h"
#include "signalling/xmpp.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS 500
#define WAIT_US (90 * G_USEC_PER_SEC) /* for the box to come */
#define PASSWORD_BYTES 24
#define NS_MUC "http://jabber.org/protocol/muc"
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"

struct LecAdminEnrol {
    const LecAdminContext *context;
    LecAdminEnded ended;
    void *user;
    char code[LEC_ENROL_CODE_DIGITS + 1];
    LecFingerprint key, spare;
    bool has_spare;
    char *room; /* "enrol-1234@meet.HOST" */
    char *peer; /* the box's full name in it; NULL: it has not said anything */
    LecErrand *errand;
    LecEnrol *enrol;
    gint64 wait_until_us; /* G_MAXINT64: it is there */
    guint tick;
    bool registered; /* the account exists, and is not handed over yet */
    bool over;
    LecAdminStatus status; /* what it ends with once enrol's own event is through */
    char *sentence;
};

/* ---- the end ---- */

static void take_account_back(LecAdminEnrol *self) {
    if (!self->registered)
        return;
    self->registered = false;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) answer =
        lec_admin_api_call(self->context->api, &error, "unregister", "user",
                           self->context->options->name, "host", self->context->boxes, NULL);
    if (!answer)
        lec_warning("The account %s is left over; remove it with lectern-admin remove. %s",
                    self->context->options->name, error->message);
}

static void end(LecAdminEnrol *self, LecAdminStatus status, const char *sentence) {
    if (self->over)
        return;
    self->over = true;
    g_clear_handle_id(&self->tick, g_source_remove);
    take_account_back(self);
    self->ended(status, sentence, self->user);
}

/* ---- the enrolment ---- */

static void on_send(LecStanza *payload, void *user) {
    LecAdminEnrol *self = user;
    lec_errand_ask(self->errand, "set", self->peer, payload, NULL, NULL);
}

static void draw_password(char ret[2 * PASSWORD_BYTES + 1]) {
    char code[LEC_ENROL_CODE_DIGITS + 1];
    ret[0] = '\0';
    while (strlen(ret) < 2 * PASSWORD_BYTES) {
        lec_enrol_draw_code(code);
        g_strlcat(ret, code, 2 * PASSWORD_BYTES + 1);
    }
    explicit_bzero(code, sizeof code);
}

static LecEnrolAccount *make_account(LecAdminEnrol *self, GError **error) {
    const LecAdminContext *context = self->context;
    const char *name = context->options->name;
    g_autoptr(LecEnrolAccount) account = g_new0(LecEnrolAccount, 1);
    account->host = g_strdup(context->options->cloud);
    account->jid = g_strdup_printf("%s@%s", name, context->boxes);
    account->password = g_malloc(2 * PASSWORD_BYTES + 1);
    draw_password(account->password);
    account->pins[account->n_pins++] = self->key;
    if (self->has_spare)
        account->pins[account->n_pins++] = self->spare;
    g_autoptr(JsonNode) answer =
        lec_admin_api_call(context->api, error, "register", "user", name, "host", context->boxes,
                           "password", account->password, NULL);
    self->registered = answer != NULL;
    return answer ? g_steal_pointer(&account) : NULL;
}

static void on_met(const char *box_name, const LecFingerprint *box, void *user) {
    LecAdminEnrol *self = user;
    char fingerprint[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(box, fingerprint);
    g_autofree char *name = lec_log_text(box_name);
    fprintf(stderr, "The display \"%s\" has proved its code. Its fingerprint is %s.\n", name,
            fingerprint);
    g_autoptr(GError) error = NULL;
    g_autoptr(LecEnrolAccount) account = make_account(self, &error);
    if (account) {
        lec_enrol_give(self->enrol, account, g_get_monotonic_time());
        return;
    }
    self->status = LEC_ADMIN_REFUSED;
    self->sentence = g_strdup(error->message);
    lec_enrol_end(self->enrol, LEC_ENROL_END_FAILED);
}

static void on_enrol_ended(LecEnrolEnd reason, guint retry_after_s, void *user) {
    LecAdminEnrol *self = user;
    if (self->sentence)
        return;
    self->status = reason == LEC_ENROL_END_DONE      ? LEC_ADMIN_DONE
                   : reason == LEC_ENROL_END_GONE    ? LEC_ADMIN_UNREACHABLE
                   : reason == LEC_ENROL_END_TIMEOUT ? LEC_ADMIN_UNREACHABLE
                                                     : LEC_ADMIN_REFUSED;
    self->sentence =
        reason == LEC_ENROL_END_DONE
            ? g_strdup_printf("The display is %s in the cloud %s now.",
                              self->context->options->name, self->context->options->cloud)
            : g_strdup(lec_enrol_end_sentence(reason));
    if (reason == LEC_ENROL_END_DONE)
        self->registered = false;
}

/* After each call of lec_enrol_: an account that was not handed over is taken back here, outside
 * its events. */
static void conclude(LecAdminEnrol *self) {
    if (self->sentence)
        end(self, self->status, self->sentence);
}

/* ---- what comes from the server ---- */

static bool is_in_room(const LecAdminEnrol *self, const char *from) {
    const gsize len = strlen(self->room);
    return from && !strncmp(from, self->room, len) && from[len] == '/' && from[len + 1];
}

static bool has_status(const LecStanza *presence, const char *code) {
    const LecStanza *x = lec_stanza_child(presence, "x", NS_MUC_USER);
    const LecStanza *each = x ? lec_stanza_first(x) : NULL;
    for (; each; each = lec_stanza_next(each)) {
        if (lec_stanza_is(each, "status", NS_MUC_USER) &&
            g_strcmp0(lec_stanza_get(each, "code"), code) == 0)
            return true;
    }
    return false;
}

static void take_presence(LecAdminEnrol *self, const LecStanza *presence) {
    const char *from = lec_stanza_get(presence, "from"), *type = lec_stanza_get(presence, "type");
    if (!is_in_room(self, from))
        return;
    const bool own = strcmp(from + strlen(self->room) + 1, LEC_ROOM_NICK) == 0;
    if (own && g_strcmp0(type, "error") == 0) {
        end(self, LEC_ADMIN_REFUSED,
            "Somebody is enrolling a display whose code begins alike; wait a minute and try "
            "again.");
    } else if (own && has_status(presence, "110")) {
        fputs("Waiting for the display …\n", stderr);
    } else if (self->peer && strcmp(from, self->peer) == 0 && g_strcmp0(type, "unavailable") == 0) {
        lec_enrol_end(self->enrol, LEC_ENROL_END_GONE);
        conclude(self);
    }
}

static void on_stanza(const LecStanza *stanza, void *user) {
    LecAdminEnrol *self = user;
    if (lec_stanza_is(stanza, "presence", LEC_XMPP_NS_CLIENT)) {
        take_presence(self, stanza);
        return;
    }
    const char *from = lec_stanza_get(stanza, "from");
    const LecStanza *payload = lec_stanza_first(stanza);
    if (!lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT) || !payload || !is_in_room(self, from) ||
        g_strcmp0(lec_stanza_get(stanza, "type"), "set") != 0 ||
        (self->peer && strcmp(self->peer, from) != 0))
        return;
    if (!self->peer)
        self->peer = g_strdup(from);
    self->wait_until_us = G_MAXINT64;
    lec_errand_acknowledge(self->errand, stanza);
    lec_enrol_receive(self->enrol, payload, g_get_monotonic_time());
    conclude(self);
}

static void on_ready(const char *jid, const LecFingerprint *key, void *user) {
    LecAdminEnrol *self = user;
    self->key = *key;
    g_autoptr(LecStanza) presence = lec_stanza_new("presence", LEC_XMPP_NS_CLIENT);
    g_autofree char *to = g_strdup_printf("%s/" LEC_ROOM_NICK, self->room);
    lec_stanza_set(presence, "to", to);
    lec_stanza_add_new(presence, "x", NS_MUC, NULL);
    lec_errand_send(self->errand, presence);
    self->wait_until_us = g_get_monotonic_time() + WAIT_US;
    /* Before there is a box to listen to it; mostly it is there already. */
    g_autofree char *news = g_strdup_printf("news.%s", self->context->options->cloud);
    lec_errand_ask(self->errand, "set", news, lec_admin_device_make_node(), NULL, NULL);
}

static void on_failed(const GError *error, void *user) {
    end(user, lec_admin_status_of_session(error), error->message);
}

static gboolean on_tick(gpointer user) {
    LecAdminEnrol *self = user;
    const gint64 now_us = g_get_monotonic_time();
    if (now_us >= self->wait_until_us) {
        self->tick = 0;
        end(self, LEC_ADMIN_REFUSED,
            "No display with that code came. Check the code, and that the display shows it.");
        return G_SOURCE_REMOVE;
    }
    lec_enrol_tick(self->enrol, now_us);
    conclude(self);
    return G_SOURCE_CONTINUE;
}

LecAdminEnrol *lec_admin_enrol_new(const LecAdminContext *context, const char *code,
                                   const LecFingerprint *spare, LecAdminEnded ended, void *user) {
    static const LecErrandEvents errand_events = {on_ready, on_stanza, on_failed};
    static const LecEnrolEvents enrol_events = {
        .send = on_send, .met = on_met, .ended = on_enrol_ended};
    LecAdminEnrol *self = g_new0(LecAdminEnrol, 1);
    self->context = context;
    self->ended = ended;
    self->user = user;
    g_strlcpy(self->code, code, sizeof self->code);
    self->has_spare = spare != NULL;
    if (spare)
        self->spare = *spare;
    g_autofree char *room = lec_enrol_room(code);
    self->room = g_strdup_printf("%s@meet.%s", room, context->options->cloud);
    self->wait_until_us = G_MAXINT64;
    self->tick = g_timeout_add(TICK_MS, on_tick, self);
    self->enrol = lec_enrol_new(LEC_ENROL_ADMINISTRATOR, self->code, NULL,
                                lec_identity_get_fingerprint(context->identity), &enrol_events,
                                self, g_get_monotonic_time());
    const LecErrandConfig config = lec_admin_session(context);
    self->errand = lec_errand_new(&config, &errand_events, self);
    return self;
}

void lec_admin_enrol_free(LecAdminEnrol *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    g_clear_pointer(&self->enrol, lec_enrol_free);
    g_clear_pointer(&self->errand, lec_errand_free);
    explicit_bzero(self->code, sizeof self->code);
    g_free(self->room);
    g_free(self->peer);
    g_free(self->sentence);
    g_free(self);
}
