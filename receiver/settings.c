/* The table of the receiver's settings and its command line. */
#include "receiver/settings.h"

#include <gio/gio.h>
#include <stddef.h>
#include <string.h>

#include "receiver/host-code.h"
#include "receiver/stage/layout.h"
#include "receiver/web-names.h"

const char *const lec_settings_displays[] = {"auto", "kms", "wayland", "x11", "none", NULL};
const char *const lec_settings_tls[] = {"own", "ca", "files", NULL};
const char *const lec_settings_relays[] = {"allow", "never", NULL};
const char *const lec_settings_languages[] = {"system", "en", "de", "es", "fr", "ja", NULL};
static const char *const pins[] = {"none", "rotating", "file", NULL};
static const char *const trusts[] = {"ca", "first-use", NULL};            /* LecCloudTrust */
static const char *const approvals[] = {"never", "host", "always", NULL}; /* LecApproval */
static const char *const host_codes[] = {"off", "made", "file", NULL};

#define FIELD(group_, key_, kind_, member_, min_, max_, choices_, preset_, about_) \
    { group_, key_, kind_, offsetof(LecSettings, member_), min_, max_, choices_, preset_, about_ }

const LecConfigField lec_settings_fields[] = {
    FIELD("box", "name", LEC_CONFIG_STRING, name, 0, 63, NULL, "",
          "Name on the display and in discovery; empty: the machine's host name."),
    FIELD("box", "state-folder", LEC_CONFIG_STRING, state_folder, 0, 4000, NULL, "",
          "Folder of the key and certificate; empty: $STATE_DIRECTORY, else lectern in the user's "
          "data folder."),
    FIELD("network", "port", LEC_CONFIG_INT, port, 0, 65535, NULL, "0",
          "TCP port to be joined at; 0: 443, or 8443 where 443 is taken or not allowed."),
    FIELD(
        "network", "host-names", LEC_CONFIG_STRING, host_names, 0, 2000, NULL, "",
        "Names in DNS under which browsers may address the box, with spaces between; the machine's "
        "own name, that name under .local, localhost and addresses are allowed without."),
    FIELD("network", "http-port", LEC_CONFIG_INT, http_port, 0, 65535, NULL, "80",
          "TCP port of plain HTTP, which leads to the box's page; 0: none."),
    FIELD("network", "tls", LEC_CONFIG_ENUM, tls, 0, 0, lec_settings_tls, "own",
          "Certificate for browsers; own: the box's, which they warn of; ca: of the box's own "
          "authority, to be installed from /ca.crt; files: tls-certificate and tls-key."),
    FIELD("network", "tls-certificate", LEC_CONFIG_STRING, tls_certificate, 0, 4000, NULL, "",
          "PEM file: the box's certificate, then those between it and the root."),
    FIELD("network", "tls-key", LEC_CONFIG_STRING, tls_key, 0, 4000, NULL, "",
          "PEM file: the key of that certificate, without a passphrase."),
    FIELD("network", "acme-challenges", LEC_CONFIG_STRING, acme_challenges, 0, 4000, NULL, "",
          "Folder where an ACME client puts its answers to http-01 challenges; empty: none."),
    FIELD("network", "proxy", LEC_CONFIG_STRING, proxy, 1, 2000, NULL, "system",
          "The way to the cloud and to relays: system, none, http://HOST:PORT, https://HOST:PORT, "
          "socks5://HOST:PORT, pac:FILE, or pac+https://… for a PAC file of a web server."),
    FIELD("network", "proxy-credentials", LEC_CONFIG_STRING, proxy_credentials, 0, 4000, NULL, "",
          "File with the user name for the proxy on the first line and the password on the second; "
          "readable by its owner only; empty: none."),
    FIELD("network", "local-only", LEC_CONFIG_BOOL, local_only, 0, 0, NULL, "false",
          "Never contact a server outside the local networks."),
    FIELD("network", "relays", LEC_CONFIG_ENUM, relays, 0, 0, lec_settings_relays, "allow",
          "allow: pictures may pass a relay (TURN) where nothing else leads here; never: they may "
          "not, and such a sender cannot share."),
    FIELD("network", "max-receive-kbps", LEC_CONFIG_INT, max_receive_kbps, 0, 1000000, NULL, "0",
          "What all presenters together are asked to stay under, kbit/s; 0: no bound."),
    FIELD("cloud", "server", LEC_CONFIG_STRING, cloud_server, 0, 240, NULL, "",
          "Name of the cloud for meetings across the Internet; empty: none."),
    FIELD("cloud", "trust", LEC_CONFIG_ENUM, cloud_trust, 0, 0, trusts, "ca",
          "ca: the cloud's certificate is to be in order, and its key the one of enrolment; "
          "first-use: the key alone counts, the first that is seen."),
    FIELD(
        "cloud", "certificate", LEC_CONFIG_STRING, cloud_certificate, 0, 4000, NULL, "",
        "PEM file with a certificate and its key, by which the box signs in where the cloud takes "
        "it (SASL EXTERNAL); empty: with its password alone."),
    FIELD("cloud", "ca", LEC_CONFIG_STRING, cloud_ca, 0, 4000, NULL, "",
          "PEM file of an authority that is trusted for the cloud, besides those of the system; "
          "empty: none."),
    FIELD("admission", "pin", LEC_CONFIG_ENUM, pin, 0, 0, pins, "rotating",
          "none; rotating: a new one after each meeting; file: the one in pin-file."),
    FIELD(
        "admission", "pin-file", LEC_CONFIG_STRING, pin_file, 0, 4000, NULL, "",
        "File whose first line is the fixed PIN, 4 to 32 characters; readable by its owner only."),
    FIELD("admission", "host-code", LEC_CONFIG_ENUM, host_code, 0, 0, host_codes, "made",
          "off: nobody can host; made: eight digits, made at the first start and kept in the state "
          "folder; file: the one in host-code-file."),
    FIELD(
        "admission", "host-code-file", LEC_CONFIG_STRING, host_code_file, 0, 4000, NULL, "",
        "File whose first line is the host code, 6 to 32 characters; readable by its owner only."),
    FIELD("admission", "approval", LEC_CONFIG_ENUM, approval, 0, 0, approvals, "never",
          "never: the PIN is enough; host: a host decides about each who comes, while one is on; "
          "always: a host does, or whoever is at the display."),
    FIELD("admission", "max-presenters", LEC_CONFIG_INT, max_presenters, 1, 9, NULL, "9",
          "How many may share at once."),
    FIELD("admission", "allow-aes-128", LEC_CONFIG_BOOL, allow_aes_128, 0, 0, NULL, "false",
          "Also accept senders whose media encryption is AES with 128 bits."),
    FIELD("admission", "remote-denied", LEC_CONFIG_STRING, remote_denied, 0, 20000, NULL, "",
          "Fingerprints of devices that may share from this network only, not through the cloud, "
          "with spaces between."),
    FIELD("admission", "whip", LEC_CONFIG_BOOL, whip, 0, 0, NULL, "false",
          "Let encoders such as OBS present through WHIP, with a token that a host issues."),
    FIELD("display", "output", LEC_CONFIG_ENUM, display, 0, 0, lec_settings_displays, "auto",
          "Where to show: kms, wayland, x11, none, or auto."),
    FIELD("display", "width", LEC_CONFIG_INT, width, 0, 7680, NULL, "0",
          "Width of a window, pixels; 0: the whole display."),
    FIELD("display", "height", LEC_CONFIG_INT, height, 0, 4320, NULL, "0",
          "Height of a window, pixels; 0: the whole display."),
    FIELD("display", "layout", LEC_CONFIG_ENUM, layout, 0, 0, lec_layout_names, "automatic",
          "Layout at the start: automatic, grid, focus or side-by-side."),
    FIELD("display", "language", LEC_CONFIG_ENUM, language, 0, 0, lec_settings_languages, "system",
          "What the display speaks: en, de, es, fr, ja, or system: as the environment says."),
    FIELD("display", "dark", LEC_CONFIG_BOOL, dark, 0, 0, NULL, "true",
          "Welcome screen light on dark."),
    FIELD("display", "reduced-motion", LEC_CONFIG_BOOL, reduced_motion, 0, 0, NULL, "false",
          "Layouts change at once, without moving."),
    FIELD("sound", "enabled", LEC_CONFIG_BOOL, sound, 0, 0, NULL, "true",
          "Play presenters' sound."),
    FIELD("sound", "sink", LEC_CONFIG_STRING, sound_sink, 1, 200, NULL, "auto",
          "GStreamer sink element for sound, or auto."),
    {NULL},
};

void lec_settings_clear(LecSettings *self) {
    lec_config_clear(lec_settings_fields, self);
}

/* The command line, as GOption fills it; strings only, so that the table judges every value. */
typedef struct {
    char *config, *name, *port, *http_port, *pin, *display, *size, *state_folder;
    gboolean local_only, status, host_code, forget_cloud, version, announce, verbose, no_sound,
        whip, netcheck, json;
    char *peer;
} Line;

static void line_clear(Line *self) {
    g_free(self->config);
    g_free(self->name);
    g_free(self->port);
    g_free(self->http_port);
    g_free(self->pin);
    g_free(self->display);
    g_free(self->size);
    g_free(self->state_folder);
    g_free(self->peer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Line, line_clear)

static bool read_line(int argc, char **argv, Line *line, GError **error) {
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &line->config,
         "Settings file; see lectern-receiver.conf(5)", "FILE"},
        {"name", 'n', 0, G_OPTION_ARG_STRING, &line->name, "Name on the display and in discovery",
         "NAME"},
        {"port", 'p', 0, G_OPTION_ARG_STRING, &line->port,
         "TCP port; 443, else 8443, where it is not given", "PORT"},
        {"http-port", 0, 0, G_OPTION_ARG_STRING, &line->http_port,
         "TCP port of plain HTTP, 80 where it is not given; 0: none", "PORT"},
        {"pin", 0, 0, G_OPTION_ARG_STRING, &line->pin,
         "none, rotating (as without this option) or file:FILE", "PIN"},
        {"local-only", 0, 0, G_OPTION_ARG_NONE, &line->local_only, "Never contact a server outside",
         NULL},
        {"display", 'd', 0, G_OPTION_ARG_STRING, &line->display, "auto, kms, wayland, x11 or none",
         "OUTPUT"},
        {"size", 0, 0, G_OPTION_ARG_STRING, &line->size,
         "A window of this size, not the whole display", "WxH"},
        {"no-sound", 0, 0, G_OPTION_ARG_NONE, &line->no_sound, "Do not play presenters' sound",
         NULL},
        {"whip", 0, 0, G_OPTION_ARG_NONE, &line->whip,
         "Let encoders present through WHIP, with a host's token", NULL},
        {"state-folder", 0, 0, G_OPTION_ARG_FILENAME, &line->state_folder,
         "Where the identity is kept", "FOLDER"},
        {"announce", 0, 0, G_OPTION_ARG_NONE, &line->announce,
         "Print how to join, PIN included, and each change", NULL},
        {"status", 0, 0, G_OPTION_ARG_NONE, &line->status,
         "Print the running receiver's state as JSON", NULL},
        {"host-code", 0, 0, G_OPTION_ARG_NONE, &line->host_code,
         "Print the code that makes a host of who knows it", NULL},
        {"forget-cloud", 0, 0, G_OPTION_ARG_NONE, &line->forget_cloud,
         "Forget the cloud's account and key, so that another can be enrolled in", NULL},
        {"netcheck", 0, 0, G_OPTION_ARG_NONE, &line->netcheck,
         "Look what the network does with what the box needs, and say what to do", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &line->json, "Print --netcheck as JSON", NULL},
        {"peer", 0, 0, G_OPTION_ARG_STRING, &line->peer,
         "Another machine of this network, for --netcheck to reach", "ADDRESS"},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &line->verbose, "Log more", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &line->version, "Print the version", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("– the box on the display of a meeting room");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, error))
        return false;
    if (argc > 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "\"%s\" is not an option; see lectern-receiver --help.", argv[1]);
        return false;
    }
    return true;
}

static bool set(LecSettings *settings, const char *group, const char *key, const char *value,
                const char *option, GError **error) {
    return !value ||
           lec_config_set(lec_settings_fields, group, key, value, option, settings, error);
}

static bool set_pin(LecSettings *settings, const char *pin, GError **error) {
    if (!pin || !g_str_has_prefix(pin, "file:"))
        return set(settings, "admission", "pin", pin, "--pin", error);
    return set(settings, "admission", "pin", "file", "--pin", error) &&
           set(settings, "admission", "pin-file", pin + strlen("file:"), "--pin", error);
}

static bool set_size(LecSettings *settings, const char *size, GError **error) {
    if (!size)
        return true;
    g_auto(GStrv) parts = g_strsplit(size, "x", 2);
    if (g_strv_length(parts) != 2) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                    "--size is to be written as 1280x720, not \"%s\".", size);
        return false;
    }
    return set(settings, "display", "width", parts[0], "--size", error) &&
           set(settings, "display", "height", parts[1], "--size", error);
}

static bool apply(const Line *line, LecSettings *settings, GError **error) {
    if (line->config && !lec_config_load(lec_settings_fields, line->config, settings, error))
        return false;
    return set(settings, "box", "name", line->name, "--name", error) &&
           set(settings, "network", "port", line->port, "--port", error) &&
           set(settings, "network", "http-port", line->http_port, "--http-port", error) &&
           set(settings, "display", "output", line->display, "--display", error) &&
           set(settings, "box", "state-folder", line->state_folder, "--state-folder", error) &&
           set(settings, "network", "local-only", line->local_only ? "true" : NULL, "--local-only",
               error) &&
           set(settings, "sound", "enabled", line->no_sound ? "false" : NULL, "--no-sound",
               error) &&
           set(settings, "admission", "whip", line->whip ? "true" : NULL, "--whip", error) &&
           set_pin(settings, line->pin, error) && set_size(settings, line->size, error);
}

static bool check_tls(const LecSettings *settings, GError **error) {
    const bool needs = settings->tls == LEC_TLS_FILES;
    const bool all = *settings->tls_certificate && *settings->tls_key;
    const bool any = *settings->tls_certificate || *settings->tls_key;
    if (needs ? all : !any)
        return true;
    g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                needs ? "The certificate is to come from files, but tls-certificate and tls-key "
                        "are not both set."
                      : "tls-certificate or tls-key is set, but tls is not \"files\".");
    return false;
}

/* A file is named if, and only if, it is to be read. */
static bool check_file(bool wanted, const char *path, const char *key, GError **error) {
    if (wanted == (*path != '\0'))
        return true;
    if (wanted)
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                    "%s is to come from a file, but %s-file is not set.", key, key);
    else
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                    "%s-file is set, but %s is not \"file\".", key, key);
    return false;
}

/* A name as it stands in certificates; an address has none, and a port is not for choosing. */
static bool check_cloud(const LecSettings *settings, GError **error) {
    const char *server = settings->cloud_server;
    const gsize len = strlen(server);
    if (!len ||
        (strspn(server, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
             len &&
         *server != '.' && *server != '-' && !g_hostname_is_ip_address(server)))
        return true;
    g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                "server in [cloud] is to be a name in DNS, not \"%s\".", server);
    return false;
}

static bool check(const LecSettings *settings, GError **error) {
    g_auto(GStrv) names = lec_web_names_read(settings->host_names, error);
    g_autoptr(LecDevices) denied =
        names ? lec_devices_parse(settings->remote_denied, "remote-denied", error) : NULL;
    if (!denied || !check_tls(settings, error) || !check_cloud(settings, error))
        return false;
    return check_file(settings->pin == LEC_PIN_FIXED, settings->pin_file, "pin", error) &&
           check_file(settings->host_code == LEC_HOST_CODE_FILE, settings->host_code_file,
                      "host-code", error);
}

static bool take_peer(const Line *line, LecOptions *options, GError **error) {
    if (!line->peer)
        return true;
    if (g_hostname_is_ip_address(line->peer) &&
        g_strlcpy(options->peer, line->peer, sizeof options->peer) < sizeof options->peer)
        return true;
    g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                "--peer is to be an address, as 192.0.2.1, not \"%s\".", line->peer);
    return false;
}

bool lec_settings_read(int argc, char **argv, LecSettings *settings, LecOptions *options,
                       GError **error) {
    g_auto(Line) line = {0};
    lec_config_set_defaults(lec_settings_fields, settings);
    if (!read_line(argc, argv, &line, error) || !apply(&line, settings, error) ||
        !check(settings, error))
        return false;
    *options = (LecOptions){
        .start = line.version        ? LEC_START_VERSION
                 : line.status       ? LEC_START_STATUS
                 : line.host_code    ? LEC_START_HOST_CODE
                 : line.forget_cloud ? LEC_START_FORGET_CLOUD
                 : line.netcheck     ? LEC_START_NETCHECK
                                     : LEC_START_RUN,
        .announce = line.announce,
        .verbose = line.verbose,
        .json = line.json,
    };
    return take_peer(&line, options, error);
}

char *lec_settings_get_state_folder(const LecSettings *self) {
    if (*self->state_folder)
        return g_strdup(self->state_folder);
    const char *systemd = g_getenv("STATE_DIRECTORY");
    return systemd && *systemd ? g_strdup(systemd)
                               : g_build_filename(g_get_user_data_dir(), "lectern", NULL);
}
