/* The receiver's parts and how they are joined. */
#include "receiver/app.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>

#include "common/base/i18n.h"
#include "common/base/identity.h"
#include "common/base/log.h"
#include "receiver/api.h"
#include "receiver/asking.h"
#include "receiver/cloud.h"
#include "receiver/decoders.h"
#include "receiver/doors.h"
#include "receiver/host-code.h"
#include "receiver/json-write.h"
#include "receiver/keyboard.h"
#include "receiver/keys.h"
#include "receiver/presenters.h"
#include "receiver/screen.h"
#include "receiver/seats.h"
#include "receiver/status.h"
#include "receiver/web.h"
#include "receiver/whip.h"
#include "signalling/discovery.h"
#include "signalling/pin.h"

#define SAY_MS 5000

struct LecApp {
    const LecSettings *settings;
    GMainLoop *loop;
    GError *failure;
    char *name;
    char *state_folder;
    char *published_name;
    char *pin; /* fixed */
    LecIdentity *identity;
    LecRevocations *revocations;
    LecAdmission *admission;
    LecProxy *proxy; /* NULL: the box is local only */
    LecTransport *transport;
    LecHttpsServer *server;
    LecWeb *web;
    LecStage *stage;
    LecMixer *mixer; /* NULL: sound is off by the settings */
    LecScreen *screen;
    LecHouse house;
    LecSeats *seats;
    LecTokens *tokens;
    LecPresenters *presenters;
    LecSteering *steering;
    LecHosts *hosts;
    LecAsking *asking;
    LecKeyboard *keyboard;
    LecDoors *doors;
    LecCloud *cloud;       /* NULL: none */
    GTlsDatabase *anchors; /* the cloud's own authority; NULL: the system's */
    LecRelays *relays;     /* the cloud's newest; NULL: none */
    char *host_code;       /* NULL: off */
    LecWhip *whip;         /* NULL: off */
    LecApi *api;
    LecPublisher *publisher;
    LecStatus *status;
    GNetworkMonitor *network; /* borrowed singleton */
    gulong on_network;
    guint on_term, on_int;
    gint64 started_us;
};

static void refresh(LecApp *self) {
    if (self->screen)
        lec_screen_refresh(self->screen);
}

/* ---- events ---- */

/* Somebody came, went or changed; an attempt was counted; hosts did something. */
static void on_room_changed(void *user) {
    LecApp *self = user;
    if (self->seats)
        lec_seats_rearrange(self->seats);
    if (self->steering)
        lec_steering_arrange(self->steering);
    if (self->hosts && self->asking) {
        lec_admission_set_hosts(self->admission, lec_hosts_count(self->hosts));
        lec_hosts_note(self->hosts);
        lec_asking_refresh(self->asking, lec_hosts_answer(self->hosts));
    }
    refresh(self);
}

static void on_say(const char *sentence, void *user) {
    LecApp *self = user;
    lec_stage_say(self->stage, sentence, SAY_MS);
}

static const LecSeatsEvents seats_events = {.changed = on_room_changed};

static const LecHostsEvents hosts_events = {.changed = on_room_changed};

static const LecPresentersEvents presenters_events = {.changed = on_room_changed, .say = on_say};

static void on_stage_resized(guint width, guint height, void *user) {
    LecApp *self = user;
    if (self->screen)
        lec_screen_resized(self->screen);
}

static void on_stage_closed(const GError *error, void *user) {
    LecApp *self = user;
    if (error && !self->failure)
        self->failure = g_error_copy(error);
    g_main_loop_quit(self->loop);
}

static void on_stage_key(guint keysym, void *user) {
    LecApp *self = user;
    if (self->cloud && lec_key_find(keysym).action == LEC_KEY_NUMBER)
        lec_cloud_redraw(self->cloud);
    else if (self->keyboard)
        lec_keyboard_press(self->keyboard, keysym);
}

static const LecStageEvents stage_events = {
    .resized = on_stage_resized, .closed = on_stage_closed, .key = on_stage_key};

static void on_published(const char *name, void *user) {
    LecApp *self = user;
    g_free(self->published_name);
    self->published_name = g_strdup(name);
    lec_web_set_published(self->web, lec_publisher_get_host(self->publisher));
    lec_info("The box can be found as \"%s\".", name);
    lec_screen_set_discovery(self->screen, NULL);
}

static void on_unpublishable(const char *why, void *user) {
    LecApp *self = user;
    g_clear_pointer(&self->published_name, g_free);
    lec_warning("The box cannot be found by name: %s", why);
    lec_screen_set_discovery(self->screen, _("Ready. This display cannot be found by its name."));
}

static const LecPublisherEvents publisher_events = {.published = on_published,
                                                    .unavailable = on_unpublishable};

static void publish_number(LecApp *self) {
    const char *number = lec_cloud_get_number(self->cloud);
    g_autofree char *id = number ? g_strdup_printf("id=%s", number) : NULL;
    const char *const txt[] = {"v=1", id, NULL};
    lec_publisher_set_txt(self->publisher, txt);
}

static void on_cloud_changed(void *user) {
    LecApp *self = user;
    LecRelays *relays = lec_cloud_get_relays(self->cloud);
    if (relays != self->relays) {
        g_clear_pointer(&self->relays, lec_relays_unref);
        self->relays = relays ? lec_relays_ref(relays) : NULL;
    }
    if (self->publisher)
        publish_number(self);
    if (self->screen)
        lec_screen_set_cloud(self->screen, lec_cloud_get_number(self->cloud),
                             lec_cloud_get_notice(self->cloud), lec_cloud_get_code(self->cloud));
}

static void on_cloud_revoked(void *user) {
    LecApp *self = user;
    lec_presenters_put_out(self->presenters);
}

static const LecCloudEvents cloud_events = {.changed = on_cloud_changed,
                                            .revoked = on_cloud_revoked};

static void on_network_changed(GNetworkMonitor *monitor, gboolean available, gpointer user) {
    LecApp *self = user;
    refresh(self);
    if (self->cloud && available)
        lec_cloud_hurry(self->cloud);
}

static gboolean on_signal(gpointer user) {
    LecApp *self = user;
    g_main_loop_quit(self->loop);
    return G_SOURCE_CONTINUE;
}

/* ---- status ---- */

static char *describe(void *user) {
    LecApp *self = user;
    static const char *const pins[] = {"none", "rotating", "fixed"};
    char fingerprint[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(lec_identity_get_fingerprint(self->identity), fingerprint);
    const gint64 now = g_get_monotonic_time();
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    lec_json_add_text(json, "version", LEC_VERSION);
    lec_json_add_text(json, "name", self->published_name ? self->published_name : self->name);
    lec_json_add_text(json, "meeting_id", lec_screen_get_meeting_id(self->screen));
    lec_json_add_text(json, "address", lec_screen_get_address(self->screen));
    lec_json_add_text(json, "pin", pins[self->settings->pin]);
    lec_json_add_text(json, "fingerprint", fingerprint);
    lec_cloud_describe(self->cloud, json);
    lec_web_describe(self->web, json);
    lec_json_add_bool(json, "local_only", self->settings->local_only);
    lec_json_add_count(
        json, "revoked_devices",
        lec_revocations_count(self->revocations, g_get_real_time() / G_USEC_PER_SEC));
    lec_json_add_text(json, "relays", lec_settings_relays[self->settings->relays]);
    lec_json_add_bool(json, "discoverable", self->published_name != NULL);
    lec_json_add_count(json, "up_s", (now - self->started_us) / G_USEC_PER_SEC);
    lec_json_add_count(json, "locked_for_s",
                       MAX(lec_admission_get_locked_until_us(self->admission, now) - now, 0) /
                           G_USEC_PER_SEC);
    lec_json_add_bool(json, "muted", lec_keyboard_has_muted(self->keyboard) || !self->mixer);
    lec_json_add_text(json, "layout", lec_layout_names[lec_stage_get_layout(self->stage)]);
    lec_json_add_count(json, "connections", lec_https_server_count_connections(self->server));
    json_builder_set_member_name(json, "presenters");
    lec_seats_describe(self->seats, false, json);
    json_builder_end_object(json);
    return lec_json_print(json, true);
}

/* ---- start ---- */

static bool read_pin(LecApp *self, GError **error) {
    if (self->settings->pin != LEC_PIN_FIXED)
        return true;
    const char *path = self->settings->pin_file;
    GStatBuf info;
    if (g_stat(path, &info) == 0 && (info.st_mode & 077) != 0)
        lec_warning("Others can read the PIN in %s: chmod 600 it.", path);
    if (!g_file_get_contents(path, &self->pin, NULL, error)) {
        g_prefix_error(error, "The PIN cannot be read. ");
        return false;
    }
    self->pin[strcspn(self->pin, "\r\n")] = '\0';
    lec_pin_tidy(self->pin);
    if (lec_admission_is_pin(self->pin))
        return true;
    g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                "The first line of %s is to be a PIN of 4 to 32 characters.", path);
    return false;
}

/* Port 443 is what people's firewalls let through; 8443 needs no privilege. Both fit in the meeting
 * ID. */
static LecHttpsServer *open_server(const LecApp *self, GError **error) {
    LecGateLimits limits = lec_gate_limits_default;
    limits.own_networks_only = self->settings->local_only;
    const guint16 port = (guint16)self->settings->port;
    if (port != 0)
        return lec_https_server_new_with_limits(self->identity, port, &limits, error);
    g_autoptr(GError) first = NULL;
    LecHttpsServer *server = lec_https_server_new_with_limits(self->identity, 443, &limits, &first);
    if (server)
        return server;
    lec_info("Port 443 is not to be had (%s); 8443 is used.", first->message);
    return lec_https_server_new_with_limits(self->identity, 8443, &limits, error);
}

static bool open_stage(LecApp *self, GError **error) {
    const LecOutputOptions options = {
        .width = (guint)self->settings->width,
        .height = (guint)self->settings->height,
        .fullscreen = self->settings->width == 0,
        .title = "Lectern",
    };
    self->stage = lec_stage_new(lec_settings_displays[self->settings->display], &options,
                                &stage_events, self, error);
    if (!self->stage)
        return false;
    lec_stage_set_reduced_motion(self->stage, self->settings->reduced_motion);
    lec_stage_set_layout(self->stage, (LecLayout)self->settings->layout);
    return true;
}

static bool open_sound(LecApp *self, GError **error) {
    if (!self->settings->sound)
        return true;
    self->mixer = lec_mixer_new(self->settings->sound_sink, error);
    if (!self->mixer)
        g_prefix_error(error, "The sound output \"%s\" cannot be made. ",
                       self->settings->sound_sink);
    return self->mixer != NULL;
}

static void open_doors(LecApp *self) {
    self->seats = lec_seats_new((guint)self->settings->max_receive_kbps, &seats_events, self);
    self->house = (LecHouse){
        .box_name = self->name,
        .identity = self->identity,
        .transport = self->transport,
        .admission = self->admission,
        .seats = self->seats,
        .stage = self->stage,
        .mixer = self->mixer,
        .relays = &self->relays,
        .proxy = self->proxy,
        .anchors = self->anchors,
        .allow_aes_128 = self->settings->allow_aes_128,
        .whip = self->settings->whip,
        .local_only = self->settings->local_only,
        .no_relays = self->settings->relays == LEC_RELAYS_NEVER,
    };
    self->tokens = lec_tokens_new();
    self->presenters = lec_presenters_new(&self->house, &presenters_events, self);
    self->steering = lec_steering_new(&self->house, self->tokens, on_room_changed, self);
    self->asking = lec_asking_new(&self->house);
    self->keyboard = lec_keyboard_new(&self->house, self->asking, on_room_changed, self);
    self->hosts = lec_hosts_new(&self->house, self->steering, self->host_code, &hosts_events, self);
    self->doors = lec_doors_new(self->server, self->presenters, self->hosts);
    if (self->settings->whip)
        self->whip = lec_whip_new(&self->house, self->server, self->tokens, on_say, self);
    self->api = lec_api_new(&self->house, self->server, self->tokens, self->steering, self->hosts);
    const char *const txt[] = {"v=1", NULL};
    self->publisher = lec_publisher_new(self->name, lec_https_server_get_port(self->server), txt,
                                        &publisher_events, self);
}

static void listen_to_the_system(LecApp *self) {
    self->network = g_network_monitor_get_default();
    self->on_network =
        g_signal_connect(self->network, "network-changed", G_CALLBACK(on_network_changed), self);
    self->on_int = g_unix_signal_add(SIGINT, on_signal, self);
    self->on_term = g_unix_signal_add(SIGTERM, on_signal, self);
}

static bool read_host_code(LecApp *self, GError **error) {
    g_autoptr(GError) why = NULL;
    self->host_code =
        lec_host_code_load((LecHostCodeMode)self->settings->host_code, self->state_folder,
                           self->settings->host_code_file, TRUE, &why);
    if (!why)
        return true;
    g_propagate_prefixed_error(error, g_steal_pointer(&why), "The host code cannot be read. ");
    return false;
}

static bool read_anchors(LecApp *self, GError **error) {
    const char *path = self->settings->cloud_ca;
    if (!*path)
        return true;
    self->anchors = g_tls_file_database_new(path, error);
    if (!self->anchors)
        g_prefix_error(error, "The cloud's authority cannot be read from %s. ", path);
    return self->anchors != NULL;
}

static bool find_way_out(LecApp *self, GError **error) {
    if (self->settings->local_only)
        return true;
    self->proxy = lec_proxy_new(self->settings->proxy, self->settings->proxy_credentials, error);
    return self->proxy && read_anchors(self, error);
}

static bool start(LecApp *self, const LecOptions *options, GError **error) {
    if (!read_pin(self, error) || !find_way_out(self, error))
        return false;
    self->identity = lec_identity_load_or_make(self->state_folder, self->name, error);
    if (!self->identity || !read_host_code(self, error))
        return false;
    self->admission = lec_admission_new((LecPinMode)self->settings->pin, self->pin,
                                        (guint)self->settings->max_presenters);
    lec_admission_set_approval(self->admission, (LecApproval)self->settings->approval);
    lec_admission_set_remote_denied(
        self->admission, lec_devices_parse(self->settings->remote_denied, "remote-denied", NULL));
    self->revocations = lec_revocations_load(self->state_folder, error);
    if (!self->revocations)
        return false;
    lec_admission_set_revocations(self->admission, self->revocations);
    self->server = open_server(self, error);
    self->web = self->server ? lec_web_new(self->settings, self->name, self->server, error) : NULL;
    if (!self->web || !open_stage(self, error) || !open_sound(self, error))
        return false;
    self->transport = lec_transport_new();
    self->screen =
        lec_screen_new(self->settings, self->name, lec_https_server_get_port(self->server),
                       self->admission, self->stage, options->announce);
    open_doors(self);
    listen_to_the_system(self);
    self->cloud = lec_cloud_new(self->settings, &self->house, self->state_folder, self->revocations,
                                self->doors, &cloud_events, self);
    if (self->cloud)
        on_cloud_changed(self);
    g_autoptr(GError) status_error = NULL;
    self->status = lec_status_new(self->state_folder, describe, self, &status_error);
    if (!self->status)
        lec_warning("--status will not work: %s", status_error->message);
    lec_decoders_warm_up();
    return true;
}

LecApp *lec_app_new(const LecSettings *settings, const LecOptions *options, GError **error) {
    g_autoptr(LecApp) self = g_new0(LecApp, 1);
    self->settings = settings;
    self->started_us = g_get_monotonic_time();
    self->loop = g_main_loop_new(NULL, FALSE);
    self->name = g_strdup(*settings->name ? settings->name : g_get_host_name());
    self->state_folder = lec_settings_get_state_folder(settings);
    return start(self, options, error) ? g_steal_pointer(&self) : NULL;
}

bool lec_app_run(LecApp *self, GError **error) {
    lec_info("\"%s\" waits on port %u.", self->name, lec_https_server_get_port(self->server));
    g_main_loop_run(self->loop);
    if (!self->failure)
        return true;
    g_propagate_error(error, g_steal_pointer(&self->failure));
    return false;
}

void lec_app_free(LecApp *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->on_int, g_source_remove);
    g_clear_handle_id(&self->on_term, g_source_remove);
    g_clear_signal_handler(&self->on_network, self->network);
    g_clear_pointer(&self->status, lec_status_free);
    g_clear_pointer(&self->publisher, lec_publisher_free);
    g_clear_pointer(&self->api, lec_api_free);
    g_clear_pointer(&self->whip, lec_whip_free);
    g_clear_pointer(&self->keyboard, lec_keyboard_free);
    g_clear_pointer(&self->asking, lec_asking_free);
    g_clear_pointer(&self->hosts, lec_hosts_free);
    g_clear_pointer(&self->presenters, lec_presenters_free);
    g_clear_pointer(&self->cloud, lec_cloud_free);
    g_clear_pointer(&self->relays, lec_relays_unref);
    g_clear_pointer(&self->doors, lec_doors_free);
    g_clear_pointer(&self->steering, lec_steering_free);
    g_clear_pointer(&self->tokens, lec_tokens_free);
    g_clear_pointer(&self->seats, lec_seats_free);
    g_clear_pointer(&self->screen, lec_screen_free);
    g_clear_pointer(&self->mixer, lec_mixer_free);
    g_clear_pointer(&self->stage, lec_stage_free);
    g_clear_pointer(&self->web, lec_web_free);
    g_clear_pointer(&self->server, lec_https_server_free);
    g_clear_pointer(&self->transport, lec_transport_free);
    g_clear_pointer(&self->proxy, lec_proxy_free);
    g_clear_object(&self->anchors);
    g_clear_pointer(&self->admission, lec_admission_free);
    g_clear_pointer(&self->revocations, lec_revocations_free);
    g_clear_pointer(&self->identity, lec_identity_free);
    if (self->pin)
        explicit_bzero(self->pin, strlen(self->pin));
    g_free(self->pin);
    lec_host_code_free(self->host_code);
    g_free(self->published_name);
    g_free(self->state_folder);
    g_free(self->name);
    g_clear_error(&self->failure);
    g_main_loop_unref(self->loop);
    g_free(self);
}
