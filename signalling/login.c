/* The login's states: features, proof, features again, binding. */
#include "signalling/login.h"

#include "signalling/scram.h"
#include "signalling/xmpp.h"

#include <string.h>

#define BIND_ID "bind"

G_DEFINE_QUARK(lec_login_error, lec_login_error)

typedef enum {
    MECHANISMS, /* waiting for the features of the first stream */
    CHALLENGE,
    SUCCESS,
    BINDING, /* waiting for those of the second */
    BOUND,
    OVER,
} State;

struct LecLogin {
    LecLoginEvents events;
    void *user;
    char *domain;
    LecScram *scram; /* NULL: anonymous */
    State state;
};

static void fail(LecLogin *self, LecLoginError code, const char *sentence) {
    self->state = OVER;
    g_autoptr(GError) error = g_error_new_literal(LEC_LOGIN_ERROR, (gint)code, sentence);
    self->events.failed(error, self->user);
}

static void fail_protocol(LecLogin *self) {
    fail(self, LEC_LOGIN_ERROR_PROTOCOL, "What answers there is no XMPP server of a cloud.");
}

static void send_stanza(LecLogin *self, const LecStanza *stanza) {
    g_autofree char *text = lec_stanza_write(stanza);
    self->events.send(text, self->user);
}

static void send_opening(LecLogin *self) {
    g_autofree char *domain = g_markup_escape_text(self->domain, -1);
    g_autofree char *text =
        g_strdup_printf("<?xml version='1.0'?><stream:stream xmlns='" LEC_XMPP_NS_CLIENT
                        "' xmlns:stream='" LEC_XMPP_NS_STREAM "' to='%s' version='1.0'>",
                        domain);
    self->events.send(text, self->user);
}

static bool offers(const LecStanza *features, const char *mechanism) {
    const LecStanza *list = lec_stanza_child(features, "mechanisms", LEC_XMPP_NS_SASL);
    const LecStanza *each = list ? lec_stanza_first(list) : NULL;
    for (; each; each = lec_stanza_next(each)) {
        if (!strcmp(lec_stanza_get_text(each), mechanism))
            return true;
    }
    return false;
}

static void on_mechanisms(LecLogin *self, const LecStanza *features) {
    const char *mechanism = self->scram ? LEC_SCRAM_MECHANISM : "ANONYMOUS";
    if (!lec_stanza_is(features, "features", LEC_XMPP_NS_STREAM) || !offers(features, mechanism)) {
        fail_protocol(self);
        return;
    }
    g_autoptr(LecStanza) auth = lec_stanza_new("auth", LEC_XMPP_NS_SASL);
    lec_stanza_set(auth, "mechanism", mechanism);
    g_autofree char *first = self->scram ? lec_scram_first(self->scram) : NULL;
    if (first)
        lec_stanza_set_text(auth, first);
    self->state = self->scram ? CHALLENGE : SUCCESS;
    send_stanza(self, auth);
}

static void on_challenge(LecLogin *self, const LecStanza *element) {
    g_autofree char *answer = lec_stanza_is(element, "challenge", LEC_XMPP_NS_SASL)
                                  ? lec_scram_answer(self->scram, lec_stanza_get_text(element))
                                  : NULL;
    if (!answer) {
        fail_protocol(self);
        return;
    }
    g_autoptr(LecStanza) response = lec_stanza_new("response", LEC_XMPP_NS_SASL);
    lec_stanza_set_text(response, answer);
    self->state = SUCCESS;
    send_stanza(self, response);
}

static void on_success(LecLogin *self, const LecStanza *element) {
    if (!lec_stanza_is(element, "success", LEC_XMPP_NS_SASL)) {
        fail_protocol(self);
        return;
    }
    if (self->scram && !lec_scram_check(self->scram, lec_stanza_get_text(element))) {
        fail(self, LEC_LOGIN_ERROR_IMPOSTOR,
             "What answers there does not know the password: it is not the cloud.");
        return;
    }
    self->state = BINDING;
    self->events.restart(self->user);
    send_opening(self);
}

static void on_binding(LecLogin *self, const LecStanza *features) {
    if (!lec_stanza_is(features, "features", LEC_XMPP_NS_STREAM) ||
        !lec_stanza_child(features, "bind", LEC_XMPP_NS_BIND)) {
        fail_protocol(self);
        return;
    }
    g_autoptr(LecStanza) iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(iq, "type", "set");
    lec_stanza_set(iq, "id", BIND_ID);
    lec_stanza_add_new(iq, "bind", LEC_XMPP_NS_BIND, NULL);
    self->state = BOUND;
    send_stanza(self, iq);
}

static void on_bound(LecLogin *self, const LecStanza *iq) {
    const LecStanza *bind = lec_stanza_child(iq, "bind", LEC_XMPP_NS_BIND);
    const LecStanza *jid = bind ? lec_stanza_child(bind, "jid", NULL) : NULL;
    if (g_strcmp0(lec_stanza_get(iq, "id"), BIND_ID) != 0 ||
        g_strcmp0(lec_stanza_get(iq, "type"), "result") != 0 || !jid) {
        fail(self, LEC_LOGIN_ERROR_DENIED,
             "The cloud has no place for another session now; try again in a moment.");
        return;
    }
    self->state = OVER;
    self->events.bound(lec_stanza_get_text(jid), self->user);
}

typedef void (*Handler)(LecLogin *self, const LecStanza *element);

static const Handler handlers[] = {
    [MECHANISMS] = on_mechanisms, [CHALLENGE] = on_challenge, [SUCCESS] = on_success,
    [BINDING] = on_binding,       [BOUND] = on_bound,         [OVER] = NULL,
};

void lec_login_take(LecLogin *self, const LecStanza *element) {
    if (self->state == OVER)
        return;
    if (lec_stanza_is(element, "failure", LEC_XMPP_NS_SASL))
        fail(self, LEC_LOGIN_ERROR_DENIED,
             self->scram ? "The cloud does not let this account in: the name or the password is "
                           "not right, or it has been thrown out."
                         : "The cloud lets nobody in without an account now; try again later.");
    else if (lec_stanza_is(element, "error", LEC_XMPP_NS_STREAM))
        fail(self, LEC_LOGIN_ERROR_DENIED, "The cloud ended the session.");
    else
        handlers[self->state](self, element);
}

LecLogin *lec_login_new(const char *domain, const char *user, const char *password,
                        const LecLoginEvents *events, void *data) {
    LecLogin *self = g_new0(LecLogin, 1);
    self->events = *events;
    self->user = data;
    self->domain = g_strdup(domain);
    self->scram = user ? lec_scram_new(user, password, NULL) : NULL;
    return self;
}

void lec_login_free(LecLogin *self) {
    if (!self)
        return;
    g_clear_pointer(&self->scram, lec_scram_free);
    g_free(self->domain);
    g_free(self);
}

void lec_login_start(LecLogin *self) {
    send_opening(self);
}
