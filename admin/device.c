/* Publishes and retracts items of the node of revoked devices. */
#include "admin/device.h"

#include "signalling/errand.h"
#include "signalling/revocation.h"

#include <string.h>

#define ANSWER_S 20
#define NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"

struct LecAdminDevice {
    const LecAdminContext *context;
    bool revoke;
    LecAdminEnded ended;
    void *user;
    char *service;
    LecErrand *errand;
    guint watchdog;
    bool over;
};

static void end(LecAdminDevice *self, LecAdminStatus status, const char *sentence) {
    if (self->over)
        return;
    self->over = true;
    g_clear_handle_id(&self->watchdog, g_source_remove);
    self->ended(status, sentence, self->user);
}

static const LecStanza *condition_of(const LecStanza *iq, const char *condition) {
    const LecStanza *error = lec_stanza_child(iq, "error", NULL);
    return error ? lec_stanza_child(error, condition, NS_STANZA_ERRORS) : NULL;
}

static bool is_result(const LecStanza *iq) {
    return g_strcmp0(lec_stanza_get(iq, "type"), "result") == 0;
}

static void on_done(const LecStanza *answer, void *user) {
    LecAdminDevice *self = user;
    if (is_result(answer))
        end(self, LEC_ADMIN_DONE,
            self->revoke ? "The device has been revoked; no box of this cloud lets it in."
                         : "The device is let in again.");
    else if (!self->revoke && condition_of(answer, "item-not-found"))
        end(self, LEC_ADMIN_REFUSED, "That device has not been revoked.");
    else
        end(self, LEC_ADMIN_REFUSED, "The cloud has refused that; its log says more.");
}

static LecStanza *write_change(const LecAdminDevice *self) {
    const LecAdminOptions *options = self->context->options;
    LecRevocation revocation = {.device = options->device, .until_s = options->until_s};
    lec_revocation_set_reason(&revocation, options->reason ? options->reason : "");
    LecStanza *pubsub = lec_stanza_new("pubsub", LEC_REVOCATION_NS_PUBSUB);
    LecStanza *change =
        lec_stanza_add_new(pubsub, self->revoke ? "publish" : "retract", NULL, NULL);
    lec_stanza_set(change, "node", LEC_REVOCATION_NODE);
    if (self->revoke) {
        lec_stanza_add(change, lec_revocation_write(&revocation, LEC_REVOCATION_NS_PUBSUB,
                                                    self->context->account->user));
        return pubsub;
    }
    char id[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(&options->device, id);
    lec_stanza_set(change, "notify", "true");
    lec_stanza_set(lec_stanza_add_new(change, "item", NULL, NULL), "id", id);
    return pubsub;
}

static void on_node(const LecStanza *answer, void *user) {
    LecAdminDevice *self = user;
    if (is_result(answer) || condition_of(answer, "conflict"))
        lec_errand_ask(self->errand, "set", self->service, write_change(self), on_done, self);
    else
        end(self, LEC_ADMIN_REFUSED,
            "This account may not publish the cloud's news: it is not its administrator's.");
}

LecStanza *lec_admin_device_make_node(void) {
    LecStanza *pubsub = lec_stanza_new("pubsub", LEC_REVOCATION_NS_PUBSUB);
    lec_stanza_set(lec_stanza_add_new(pubsub, "create", NULL, NULL), "node", LEC_REVOCATION_NODE);
    return pubsub;
}

static void on_ready(const char *jid, const LecFingerprint *key, void *user) {
    LecAdminDevice *self = user;
    lec_errand_ask(self->errand, "set", self->service, lec_admin_device_make_node(), on_node, self);
}

static void on_stanza(const LecStanza *stanza, void *user) {
}

static void on_failed(const GError *error, void *user) {
    end(user, lec_admin_status_of_session(error), error->message);
}

static gboolean on_late(gpointer user) {
    LecAdminDevice *self = user;
    self->watchdog = 0;
    end(self, LEC_ADMIN_UNREACHABLE, "The cloud does not answer in time; check the network.");
    return G_SOURCE_REMOVE;
}

LecAdminDevice *lec_admin_device_new(const LecAdminContext *context, bool revoke,
                                     LecAdminEnded ended, void *user) {
    static const LecErrandEvents events = {on_ready, on_stanza, on_failed};
    LecAdminDevice *self = g_new0(LecAdminDevice, 1);
    self->context = context;
    self->revoke = revoke;
    self->ended = ended;
    self->user = user;
    self->service = g_strdup_printf("news.%s", context->options->cloud);
    self->watchdog = g_timeout_add_seconds(ANSWER_S, on_late, self);
    const LecErrandConfig config = lec_admin_session(context);
    self->errand = lec_errand_new(&config, &events, self);
    return self;
}

void lec_admin_device_free(LecAdminDevice *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->watchdog, g_source_remove);
    g_clear_pointer(&self->errand, lec_errand_free);
    g_free(self->service);
    g_free(self);
}
