/* Gets the certificate, keeps it fresh, and shows it. */
#include "receiver/certificates.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>

#include "common/base/authority.h"
#include "common/base/log.h"
#include "common/transport/interfaces.h"
#include "receiver/json-write.h"

#define DAY_S (24 * 3600)
#define RENEW_BEFORE_S ((gint64)30 * DAY_S)
#define WARN_BEFORE_S ((gint64)14 * DAY_S)
#define LOOK_S 3600    /* the clock may jump, and a monitor may miss what links lead to */
#define SETTLE_MS 1000 /* both files are new, one after the other */

struct LecCertificates {
    const LecSettings *settings;
    LecHttpsServer *server;
    char *box_name;
    LecCertificatesEvents events;
    void *user;
    char **host_names;
    LecAuthority *authority; /* with tls=ca, once there is one */
    GBytes *authority_pem;
    LecCertificate *shown;     /* NULL: the identity's own */
    char *shown_for;           /* the names that the authority's was made for */
    GFileMonitor *monitors[2]; /* of the administrator's files */
    GNetworkMonitor *network;  /* borrowed singleton */
    gulong on_network;
    guint look, settle, on_hangup;
    gint64 warned_of; /* the end that was warned of */
    char *complaint;  /* said last, not to be said again each hour */
};

static gint64 clock_s(void) {
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void complain(LecCertificates *self, const char *what_now, const GError *error) {
    if (g_strcmp0(self->complaint, error->message) == 0)
        return;
    g_free(self->complaint);
    self->complaint = g_strdup(error->message);
    lec_warning("%s %s", error->message, what_now);
}

/* Takes certificate. */
static bool show(LecCertificates *self, LecCertificate *certificate, GError **error) {
    if (!lec_https_server_set_certificate(self->server, lec_certificate_get_pem(certificate),
                                          lec_certificate_get_key_pem(certificate), error)) {
        lec_certificate_free(certificate);
        return false;
    }
    g_clear_pointer(&self->shown, lec_certificate_free);
    self->shown = certificate;
    g_clear_pointer(&self->complaint, g_free);
    char fingerprint[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(lec_certificate_get_fingerprint(certificate), fingerprint);
    g_autofree char *day = lec_certificate_format_day(lec_certificate_get_expiry_s(certificate));
    lec_info("Browsers are shown the certificate %s, good until %s.", fingerprint, day);
    return true;
}

/* ---- the administrator's files ---- */

static bool is_shown(const LecCertificates *self, const LecCertificate *certificate) {
    return self->shown &&
           lec_fingerprint_equal(lec_certificate_get_fingerprint(self->shown),
                                 lec_certificate_get_fingerprint(certificate)) &&
           !strcmp(lec_certificate_get_pem(self->shown), lec_certificate_get_pem(certificate));
}

static void read_files(LecCertificates *self, gint64 now_s) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecCertificate) read = lec_certificate_load(self->settings->tls_certificate,
                                                          self->settings->tls_key, now_s, &error);
    if (read && is_shown(self, read))
        return;
    if (read && show(self, g_steal_pointer(&read), &error))
        self->events.changed(self->user);
    else
        complain(self,
                 self->shown ? "The certificate before it stays in use."
                             : "The box's own certificate is used, which browsers warn of.",
                 error);
}

static gboolean on_settled(gpointer user) {
    LecCertificates *self = user;
    self->settle = 0;
    lec_certificates_renew(self, clock_s());
    return G_SOURCE_REMOVE;
}

static void on_file_changed(GFileMonitor *monitor, GFile *file, GFile *other,
                            GFileMonitorEvent event, gpointer user) {
    LecCertificates *self = user;
    g_clear_handle_id(&self->settle, g_source_remove);
    self->settle = g_timeout_add(SETTLE_MS, on_settled, self);
}

static void watch_files(LecCertificates *self) {
    const char *const paths[] = {self->settings->tls_certificate, self->settings->tls_key};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GFile) file = g_file_new_for_path(paths[i]);
        self->monitors[i] = g_file_monitor_file(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
        if (self->monitors[i])
            g_signal_connect(self->monitors[i], "changed", G_CALLBACK(on_file_changed), self);
    }
}

/* ---- the authority ---- */

static char **gather_names(const LecCertificates *self) {
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_autoptr(GPtrArray) addresses = lec_interfaces_list(NULL, true);
    g_strv_builder_addv(names, (const char **)self->host_names);
    g_strv_builder_add(names, "localhost");
    for (guint i = 0; i < addresses->len; i++)
        g_strv_builder_add(names, g_ptr_array_index(addresses, i));
    return g_strv_builder_end(names);
}

static bool open_authority(LecCertificates *self, const char *const *names, gint64 now_s,
                           GError **error) {
    if (self->authority)
        return true;
    g_autofree char *folder = lec_settings_get_state_folder(self->settings);
    g_autoptr(GPtrArray) hosts = g_ptr_array_new();
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();
    for (; *names; names++)
        g_ptr_array_add(g_hostname_is_ip_address(*names) ? addresses : hosts, (char *)*names);
    g_ptr_array_add(hosts, NULL);
    g_ptr_array_add(addresses, NULL);
    self->authority =
        lec_authority_load_or_make(folder, self->box_name, (const char *const *)hosts->pdata,
                                   (const char *const *)addresses->pdata, now_s, error);
    if (!self->authority)
        return false;
    const char *pem = lec_authority_get_pem(self->authority);
    self->authority_pem = g_bytes_new(pem, strlen(pem));
    char fingerprint[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(lec_authority_get_fingerprint(self->authority), fingerprint);
    lec_info("The box's authority is %s; browsers find it at /ca.crt.", fingerprint);
    return true;
}

static void name_the_left_out(const LecCertificates *self, const char *const *names) {
    for (; *names; names++) {
        if (!lec_authority_may_vouch(self->authority, *names))
            lec_info("The box's authority was not made for \"%s\": at that name browsers will "
                     "warn. To change that, move authority.key and authority.crt away and install "
                     "the new one.",
                     *names);
    }
}

static void issue(LecCertificates *self, gint64 now_s) {
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) names = gather_names(self);
    g_autofree char *wanted = g_strjoinv(" ", names);
    const bool fresh = self->shown && !g_strcmp0(wanted, self->shown_for) &&
                       lec_certificate_get_expiry_s(self->shown) - now_s > RENEW_BEFORE_S;
    if (fresh)
        return;
    LecCertificate *made =
        open_authority(self, (const char *const *)names, now_s, &error)
            ? lec_authority_issue(self->authority, (const char *const *)names, now_s, &error)
            : NULL;
    if (!made || !show(self, made, &error)) {
        complain(self, "Browsers are shown the certificate before it.", error);
        return;
    }
    name_the_left_out(self, (const char *const *)names);
    g_free(self->shown_for);
    self->shown_for = g_steal_pointer(&wanted);
    self->events.changed(self->user);
}

/* ---- both ---- */

/* Nobody but the administrator renews these. */
static void warn_of_end(LecCertificates *self, gint64 now_s) {
    const gint64 until_s = self->shown ? lec_certificate_get_expiry_s(self->shown) : G_MAXINT64;
    if (until_s - WARN_BEFORE_S > now_s || until_s == self->warned_of)
        return;
    self->warned_of = until_s;
    g_autofree char *day = lec_certificate_format_day(until_s);
    lec_warning("The certificate that browsers are shown is good until %s only: renew it.", day);
}

void lec_certificates_renew(LecCertificates *self, gint64 now_s) {
    if (self->settings->tls == LEC_TLS_CA)
        issue(self, now_s);
    if (self->settings->tls != LEC_TLS_FILES)
        return;
    read_files(self, now_s);
    warn_of_end(self, now_s);
}

static gboolean on_look(gpointer user) {
    lec_certificates_renew(user, clock_s());
    return G_SOURCE_CONTINUE;
}

static gboolean on_hangup(gpointer user) {
    LecCertificates *self = user;
    g_clear_pointer(&self->complaint, g_free); /* who asks anew is told anew */
    lec_certificates_renew(self, clock_s());
    return G_SOURCE_CONTINUE;
}

static void on_network_changed(GNetworkMonitor *monitor, gboolean available, gpointer user) {
    lec_certificates_renew(user, clock_s());
}

static void on_nothing(void *user) {
}

LecCertificates *lec_certificates_new(const LecSettings *settings, LecHttpsServer *server,
                                      const char *box_name, const char *const *host_names,
                                      const LecCertificatesEvents *events, void *user) {
    LecCertificates *self = g_new0(LecCertificates, 1);
    self->settings = settings;
    self->server = server;
    self->box_name = g_strdup(box_name);
    self->host_names = g_strdupv((char **)host_names);
    self->events.changed = on_nothing;
    if (settings->tls == LEC_TLS_FILES)
        watch_files(self);
    lec_certificates_renew(self, clock_s());
    self->events = *events;
    self->user = user;
    self->look = g_timeout_add_seconds(LOOK_S, on_look, self);
    self->on_hangup = g_unix_signal_add(SIGHUP, on_hangup, self);
    self->network = g_network_monitor_get_default();
    self->on_network =
        g_signal_connect(self->network, "network-changed", G_CALLBACK(on_network_changed), self);
    return self;
}

void lec_certificates_free(LecCertificates *self) {
    if (!self)
        return;
    g_clear_signal_handler(&self->on_network, self->network);
    g_clear_handle_id(&self->on_hangup, g_source_remove);
    g_clear_handle_id(&self->look, g_source_remove);
    g_clear_handle_id(&self->settle, g_source_remove);
    for (gsize i = 0; i < G_N_ELEMENTS(self->monitors); i++) {
        if (self->monitors[i])
            g_signal_handlers_disconnect_by_data(self->monitors[i], self);
        g_clear_object(&self->monitors[i]);
    }
    g_clear_pointer(&self->shown, lec_certificate_free);
    g_clear_pointer(&self->authority, lec_authority_free);
    g_clear_pointer(&self->authority_pem, g_bytes_unref);
    g_strfreev(self->host_names);
    g_free(self->shown_for);
    g_free(self->complaint);
    g_free(self->box_name);
    g_free(self);
}

void lec_certificates_set_names(LecCertificates *self, const char *const *host_names) {
    g_strfreev(self->host_names);
    self->host_names = g_strdupv((char **)host_names);
    if (self->settings->tls == LEC_TLS_CA)
        issue(self, clock_s());
}

GBytes *lec_certificates_get_authority(const LecCertificates *self) {
    return self->authority_pem;
}

const char *const *lec_certificates_get_names(const LecCertificates *self) {
    static const char *const none[] = {NULL};
    return self->shown && self->settings->tls == LEC_TLS_FILES
               ? lec_certificate_get_names(self->shown)
               : none;
}

static void add_fingerprint(JsonBuilder *json, const char *key, const LecFingerprint *value) {
    char text[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(value, text);
    lec_json_add_text(json, key, text);
}

void lec_certificates_describe(const LecCertificates *self, JsonBuilder *json) {
    lec_json_add_text(json, "tls", self->shown ? lec_settings_tls[self->settings->tls] : "own");
    if (self->authority)
        add_fingerprint(json, "authority_fingerprint",
                        lec_authority_get_fingerprint(self->authority));
    if (!self->shown)
        return;
    g_autofree char *day = lec_certificate_format_day(lec_certificate_get_expiry_s(self->shown));
    add_fingerprint(json, "tls_fingerprint", lec_certificate_get_fingerprint(self->shown));
    lec_json_add_text(json, "tls_until", day);
}
