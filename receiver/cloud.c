/* Opens the cloud door and keeps what comes of it. */
#include "receiver/cloud.h"

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "receiver/cloud-account.h"
#include "receiver/cloud-why.h"
#include "receiver/enrolment.h"
#include "receiver/json-write.h"
#include "signalling/door-cloud.h"
#include "signalling/meeting-id.h"

#include <string.h>

#define PORT 443

struct LecCloud {
    const LecSettings *settings;
    const LecHouse *house;
    LecRevocations *revocations;
    char *state_folder;
    LecDoors *doors;
    LecCloudEvents events;
    void *user;
    const LecProxy *proxy;
    LecCloudAccount *account; /* NULL: not enrolled, or not usable */
    LecDoorCloud *door;       /* NULL without an account */
    LecEnrolment *enrolment;  /* NULL: there is an account, or one that cannot be used */
    char *notice;             /* while it waits to be enrolled */
    LecCloudState state;
    char *number;
    char *trouble;
    LecRelays *relays;
    LecCloudWhy *why;
};

static void set_trouble(LecCloud *self, const char *sentence) {
    g_free(self->trouble);
    self->trouble = g_strdup(sentence);
}

static void on_payload(LecDoorPeer *peer, const LecStanza *payload, void *user) {
    lec_doors_payload(((LecCloud *)user)->doors, peer, payload);
}

static void on_gone(LecDoorPeer *peer, void *user) {
    lec_doors_gone(((LecCloud *)user)->doors, peer);
}

static void on_meeting(const char *number, void *user) {
    LecCloud *self = user;
    g_free(self->number);
    self->number = g_strdup(number);
    if (number)
        lec_info("The meeting in the cloud is %s.", number);
    self->events.changed(self->user);
}

static void on_state(LecCloudState state, const char *sentence, void *user) {
    LecCloud *self = user;
    self->state = state;
    set_trouble(self, sentence);
    if (!sentence || state == LEC_CLOUD_REFUSED) /* which says itself why */
        lec_cloud_why_forget(self->why);
    else
        lec_cloud_why_look(self->why);
    if (sentence)
        lec_warning("%s", sentence);
    else
        lec_info("The cloud at %s has let this display in.", self->account->host);
    self->events.changed(self->user);
}

static void on_relays(LecRelays *relays, void *user) {
    LecCloud *self = user;
    g_clear_pointer(&self->relays, lec_relays_unref);
    self->relays = lec_relays_ref(relays);
    self->events.changed(self->user);
}

static gint64 now_s(void) {
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void on_revocations(const GArray *revocations, void *user) {
    LecCloud *self = user;
    lec_revocations_replace(self->revocations, revocations, now_s());
    self->events.revoked(self->user);
}

static void on_revoked(const LecRevocation *revocation, void *user) {
    LecCloud *self = user;
    char device[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(&revocation->device, device);
    g_autofree char *reason = lec_log_text(revocation->reason);
    lec_info("The cloud has revoked the device %s: \"%s\".", device, reason);
    lec_revocations_add(self->revocations, revocation, now_s());
    self->events.revoked(self->user);
}

static void on_restored(const LecFingerprint *device, void *user) {
    LecCloud *self = user;
    lec_revocations_remove(self->revocations, device, now_s());
    self->events.revoked(self->user);
}

static void on_learned(const LecFingerprint *key, void *user) {
    LecCloud *self = user;
    char text[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(key, text);
    self->account->pins[0] = *key;
    self->account->n_pins = 1;
    lec_info("The cloud's key is trusted from now on: %s.", text);
    g_autoptr(GError) error = NULL;
    if (!lec_cloud_account_save(self->account, self->state_folder, &error))
        lec_error("The cloud's key could not be kept: %s", error->message);
}

static GTlsCertificate *read_certificate(const LecSettings *settings) {
    const char *path = settings->cloud_certificate;
    g_autoptr(GError) error = NULL;
    GTlsCertificate *certificate = *path ? g_tls_certificate_new_from_file(path, &error) : NULL;
    if (error)
        lec_warning("The certificate for the cloud cannot be read from %s, and the password is "
                    "used: %s",
                    path, error->message);
    return certificate;
}

static void open_door(LecCloud *self) {
    const LecSettings *settings = self->settings;
    static const LecDoorCloudEvents events = {
        .door = {.payload = on_payload, .gone = on_gone},
        .meeting = on_meeting,
        .state = on_state,
        .relays = on_relays,
        .revocations = on_revocations,
        .revoked = on_revoked,
        .restored = on_restored,
        .learned = on_learned,
    };
    const LecCloudAccount *account = self->account;
    LecDoorCloudConfig config = {
        .host = account->host,
        .link = {.jid = account->jid,
                 .password = account->password,
                 .server = {.name = strchr(account->jid, '@') + 1,
                            .port = PORT,
                            .trust = (LecCloudTrust)settings->cloud_trust,
                            .ca_file = *settings->cloud_ca ? settings->cloud_ca : NULL,
                            .n_pins = account->n_pins,
                            .resolver = lec_proxy_get_resolver(self->proxy)}},
    };
    g_autoptr(GTlsCertificate) certificate = read_certificate(settings);
    if (certificate) {
        config.link.server.certificate = certificate;
        config.link.certificate_file = settings->cloud_certificate;
    }
    memcpy(config.link.server.pins, account->pins, sizeof account->pins);
    self->door = lec_door_cloud_new(&config, &events, self);
}

/* ---- enrolment ---- */

static void on_enrolment_changed(void *user) {
    LecCloud *self = user;
    g_clear_pointer(&self->notice, g_free);
    const char *code = lec_enrolment_get_code(self->enrolment);
    if (code) {
        g_autofree char *group = lec_meeting_id_group(code);
        /* TRANSLATORS: %s are ten digits that an administrator types in. */
        self->notice = g_strdup_printf(
            _("Ready on this network. Code to enrol this display in its cloud: %s"), group);
    }
    set_trouble(self, code ? NULL : lec_enrolment_get_trouble(self->enrolment));
    self->events.changed(self->user);
}

static bool on_enrolled(LecCloudAccount *account, void *user) {
    LecCloud *self = user;
    g_autoptr(GError) error = NULL;
    if (!lec_cloud_account_save(account, self->state_folder, &error)) {
        lec_error("The cloud's account could not be kept: %s", error->message);
        return false;
    }
    self->account = account;
    return true;
}

static void on_enrolment_done(void *user) {
    LecCloud *self = user;
    g_clear_pointer(&self->enrolment, lec_enrolment_free);
    g_clear_pointer(&self->notice, g_free);
    lec_info("This display has been enrolled in the cloud %s as %s.", self->account->host,
             self->account->jid);
    open_door(self);
    self->events.changed(self->user);
}

static void wait_for_enrolment(LecCloud *self) {
    static const LecEnrolmentEvents events = {on_enrolment_changed, on_enrolled, on_enrolment_done};
    lec_info("This display waits to be enrolled in the cloud %s.", self->settings->cloud_server);
    self->enrolment = lec_enrolment_new(self->settings, self->house,
                                        lec_proxy_get_resolver(self->proxy), &events, self);
}

/* An account is good for the cloud that gave it, and no other. */
static void use_account(LecCloud *self) {
    g_autoptr(GError) error = NULL;
    self->account = lec_cloud_account_load(self->state_folder, &error);
    if (error) {
        set_trouble(self, error->message);
    } else if (!self->account) {
        wait_for_enrolment(self);
    } else if (g_ascii_strcasecmp(self->account->host, self->settings->cloud_server) != 0) {
        g_autofree char *sentence = g_strdup_printf(
            "This display is enrolled in the cloud %s, and its settings name another: run "
            "lectern-receiver --forget-cloud if that is right.",
            self->account->host);
        set_trouble(self, sentence);
        g_clear_pointer(&self->account, lec_cloud_account_free);
    }
    if (self->account)
        open_door(self);
    else if (self->trouble)
        lec_warning("%s", self->trouble);
}

static void on_why(void *user) {
    LecCloud *self = user;
    self->events.changed(self->user);
}

LecCloud *lec_cloud_new(const LecSettings *settings, const LecHouse *house,
                        const char *state_folder, LecRevocations *revocations, LecDoors *doors,
                        const LecCloudEvents *events, void *user) {
    if (!*settings->cloud_server || settings->local_only)
        return NULL;
    LecCloud *self = g_new0(LecCloud, 1);
    self->settings = settings;
    self->house = house;
    self->revocations = revocations;
    self->state_folder = g_strdup(state_folder);
    self->proxy = house->proxy;
    self->doors = doors;
    self->events = *events;
    self->user = user;
    const LecNetcheckConfig check = {.cloud = settings->cloud_server,
                                     .proxy = self->proxy,
                                     .anchors = house->anchors,
                                     .first_use =
                                         settings->cloud_trust == LEC_CLOUD_TRUST_FIRST_USE};
    self->why = lec_cloud_why_new(&check, on_why, self);
    use_account(self);
    return self;
}

void lec_cloud_free(LecCloud *self) {
    if (!self)
        return;
    g_clear_pointer(&self->enrolment, lec_enrolment_free);
    g_clear_pointer(&self->door, lec_door_cloud_free);
    g_clear_pointer(&self->why, lec_cloud_why_free);
    g_clear_pointer(&self->account, lec_cloud_account_free);
    g_clear_pointer(&self->relays, lec_relays_unref);
    g_free(self->state_folder);
    g_free(self->number);
    g_free(self->trouble);
    g_free(self->notice);
    g_free(self);
}

void lec_cloud_hurry(LecCloud *self) {
    if (self->door)
        lec_door_cloud_hurry(self->door);
    if (self->enrolment)
        lec_enrolment_hurry(self->enrolment);
}

void lec_cloud_redraw(LecCloud *self) {
    if (self->door)
        lec_door_cloud_redraw(self->door);
}

const char *lec_cloud_get_number(const LecCloud *self) {
    return self && self->state != LEC_CLOUD_REFUSED ? self->number : NULL;
}

const char *lec_cloud_get_notice(const LecCloud *self) {
    if (self && self->notice)
        return self->notice;
    if (!self || !self->trouble)
        return NULL;
    if (!self->door && !self->enrolment)
        return _("Ready on this network. This display has not been enrolled in its cloud.");
    const char *why = lec_cloud_why_get(self->why);
    if (why)
        return why;
    return self->state == LEC_CLOUD_REFUSED
               ? _("Ready on this network. The cloud does not let this display in.")
               : _("Ready on this network. The cloud cannot be reached.");
}

const char *lec_cloud_get_code(const LecCloud *self) {
    return self && self->enrolment ? lec_enrolment_get_code(self->enrolment) : NULL;
}

LecRelays *lec_cloud_get_relays(const LecCloud *self) {
    return self ? self->relays : NULL;
}

void lec_cloud_describe(const LecCloud *self, JsonBuilder *json) {
    static const char *const states[] = {"connecting", "connected", "refused"};
    json_builder_set_member_name(json, "cloud");
    if (!self) {
        json_builder_add_null_value(json);
        return;
    }
    json_builder_begin_object(json);
    lec_json_add_text(json, "state", self->door ? states[self->state] : "not-enrolled");
    const char *number = lec_cloud_get_number(self);
    lec_json_add_text(json, "number", number ? number : "");
    lec_json_add_text(json, "trouble", self->trouble ? self->trouble : "");
    const char *why = self->trouble ? lec_cloud_why_get(self->why) : NULL;
    lec_json_add_text(json, "why", why ? why : "");
    const char *code = lec_cloud_get_code(self);
    lec_json_add_text(json, "code", code ? code : "");
    lec_json_add_count(json, "relays", self->relays ? lec_relays_count(self->relays) : 0);
    json_builder_end_object(json);
}
