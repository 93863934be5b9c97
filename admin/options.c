/* Reads lectern-admin's command line. */
#include "admin/options.h"

#include <string.h>

#define MAX_NAME_BYTES 32
#define MAX_DURATION_S (3650LL * 24 * 60 * 60)
#define DAY_S (24 * 60 * 60)

static const char *const COMMANDS[] = {
    [LEC_ADMIN_ENROL] = "enrol",       [LEC_ADMIN_BOXES] = "boxes",   [LEC_ADMIN_REVOKE] = "revoke",
    [LEC_ADMIN_RESTORE] = "restore",   [LEC_ADMIN_REMOVE] = "remove", [LEC_ADMIN_STATUS] = "status",
    [LEC_ADMIN_NETCHECK] = "netcheck",
};

static bool complain(GError **error, const char *sentence) {
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, sentence);
    return false;
}

bool lec_admin_is_box_name(const char *text) {
    const gsize len = strlen(text);
    return len > 0 && len <= MAX_NAME_BYTES && *text != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

gint64 lec_admin_read_duration(const char *text) {
    static const struct {
        char unit;
        gint64 seconds;
    } units[] = {{'m', 60}, {'h', 60 * 60}, {'d', DAY_S}};
    const gsize len = strlen(text);
    if (len < 2)
        return 0;
    g_autofree char *digits = g_strndup(text, len - 1);
    guint64 number = 0;
    if (!g_ascii_string_to_unsigned(digits, 10, 1, MAX_DURATION_S, &number, NULL))
        return 0;
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        const gint64 most = MAX_DURATION_S / units[i].seconds;
        if (text[len - 1] == units[i].unit)
            return (gint64)number <= most ? (gint64)number * units[i].seconds : 0;
    }
    return 0;
}

gint64 lec_admin_read_date(const char *text) {
    const gsize len = strlen(text);
    g_autoptr(GTimeZone) local = g_time_zone_new_local();
    if (len == strlen("2026-12-24")) {
        g_autofree char *last = g_strconcat(text, "T23:59:59", NULL);
        g_autoptr(GDateTime) end = g_date_time_new_from_iso8601(last, local);
        return end ? g_date_time_to_unix(end) : 0;
    }
    if (len != strlen("2026-12-24T18:00"))
        return 0;
    g_autofree char *whole = g_strconcat(text, ":00", NULL);
    g_autoptr(GDateTime) then = g_date_time_new_from_iso8601(whole, local);
    return then ? g_date_time_to_unix(then) : 0;
}

static bool read_until(LecAdminOptions *options, const char *lasting, const char *until,
                       gint64 now_s, GError **error) {
    const gint64 seconds = lasting ? lec_admin_read_duration(lasting) : 0;
    if (lasting && !seconds)
        return complain(error, "--for is a number of minutes, hours or days: 90m, 2h or 3d.");
    if (lasting && until)
        return complain(error, "--for and --until exclude each other.");
    options->until_s = lasting ? now_s + seconds : until ? lec_admin_read_date(until) : 0;
    if (until && options->until_s <= now_s)
        return complain(error,
                        "--until is a day or a time to come: 2026-12-24 or 2026-12-24T18:00.");
    return true;
}

static bool can_be_device(const LecAdminOptions *options) {
    return options->command == LEC_ADMIN_REVOKE || options->command == LEC_ADMIN_RESTORE;
}

static bool read_device(LecAdminOptions *options, const char *text, GError **error) {
    options->has_device = text != NULL;
    return !text || lec_fingerprint_parse(text, &options->device) ||
           complain(error, "--device is a fingerprint, 32 pairs of hexadecimal digits with colons "
                           "between, as lectern-receiver --status shows it.");
}

static bool read_command(LecAdminOptions *options, char **arguments, GError **error) {
    const guint n = g_strv_length(arguments);
    guint command = 0;
    while (command < G_N_ELEMENTS(COMMANDS) &&
           (n < 2 || strcmp(arguments[1], COMMANDS[command]) != 0))
        command++;
    if (command == G_N_ELEMENTS(COMMANDS))
        return complain(error, "Say what is to be done: enrol, boxes, revoke, restore, remove, "
                               "status or netcheck.");
    options->command = (LecAdminCommand)command;
    const bool names_box =
        command == LEC_ADMIN_REMOVE || (can_be_device(options) && !options->has_device);
    if (names_box && (n != 3 || !lec_admin_is_box_name(arguments[2])))
        return complain(error, "Say which box, by the name that it was enrolled with, or which "
                               "device: --device=FINGERPRINT.");
    if (!names_box && n > 2)
        return complain(error, "There is a word too many. An enrolment code is never given on the "
                               "command line: it is asked for, or read from --code-file.");
    options->box = names_box ? g_strdup(arguments[2]) : NULL;
    return true;
}

static bool check(const LecAdminOptions *options, GError **error) {
    const bool netcheck = options->command == LEC_ADMIN_NETCHECK;
    if (options->peer && (!netcheck || !g_hostname_is_ip_address(options->peer)))
        return complain(error, "--peer belongs to netcheck, and is an address, as 192.0.2.1.");
    if (netcheck && !options->cloud)
        return true;
    if (!options->cloud || !*options->cloud || strpbrk(options->cloud, "/:@ <>&'\"") ||
        strlen(options->cloud) > 240)
        return complain(error, "Say which cloud, by its name in DNS: --cloud=HOST.");
    const bool enrol = options->command == LEC_ADMIN_ENROL;
    if (enrol && (!options->name || !lec_admin_is_box_name(options->name)))
        return complain(error, "Say what the box is to be called in the cloud: --name=NAME, of "
                               "small letters, digits and hyphens, 32 at most.");
    if (!enrol && (options->name || options->code_file || options->spare_key))
        return complain(error, "--name, --code-file and --spare-key belong to enrol.");
    const bool revokes_device = options->command == LEC_ADMIN_REVOKE && options->has_device;
    if ((options->until_s || options->reason) && !revokes_device)
        return complain(error, "--for, --until and --reason belong to revoke --device.");
    if (options->has_device && !can_be_device(options))
        return complain(error, "--device belongs to revoke and restore.");
    return true;
}

bool lec_admin_options_read(int argc, char **argv, gint64 now_s, LecAdminOptions *options,
                            GError **error) {
    *options = (LecAdminOptions){0};
    g_autofree char *lasting = NULL, *until = NULL, *device = NULL;
    gboolean json = FALSE, verbose = FALSE, version = FALSE;
    const GOptionEntry entries[] = {
        {"cloud", 0, 0, G_OPTION_ARG_STRING, &options->cloud, "The cloud's name in DNS", "HOST"},
        {"credentials", 0, 0, G_OPTION_ARG_FILENAME, &options->credentials,
         "Read the administrator's name and password from FILE", "FILE"},
        {"ca", 0, 0, G_OPTION_ARG_FILENAME, &options->ca,
         "Trust the authority in this PEM file, too", "FILE"},
        {"name", 0, 0, G_OPTION_ARG_STRING, &options->name,
         "enrol: what the box is called in the cloud", "NAME"},
        {"code-file", 0, 0, G_OPTION_ARG_FILENAME, &options->code_file,
         "enrol: read the code on the display from FILE; - is standard input", "FILE"},
        {"spare-key", 0, 0, G_OPTION_ARG_STRING, &options->spare_key,
         "enrol: SHA-256 of the key that the cloud will have next", "FINGERPRINT"},
        {"device", 0, 0, G_OPTION_ARG_STRING, &device,
         "revoke, restore: a sender's device, at every box", "FINGERPRINT"},
        {"for", 0, 0, G_OPTION_ARG_STRING, &lasting, "revoke --device: for so long (90m, 2h, 3d)",
         "TIME"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &until,
         "revoke --device: until that day's end, or that time (2026-12-24T18:00)", "DATE"},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &options->reason,
         "revoke --device: why, for the boxes' logs", "TEXT"},
        {"proxy", 0, 0, G_OPTION_ARG_STRING, &options->proxy,
         "system (as without this option), none, http://HOST:PORT, socks5://HOST:PORT, pac:FILE "
         "or pac+https://…",
         "PROXY"},
        {"proxy-credentials", 0, 0, G_OPTION_ARG_FILENAME, &options->proxy_credentials,
         "Read the proxy's user name and password from FILE", "FILE"},
        {"state-folder", 0, 0, G_OPTION_ARG_FILENAME, &options->state_folder,
         "Where this administrator's identity is kept", "FOLDER"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "boxes, status, netcheck: print JSON", NULL},
        {"peer", 0, 0, G_OPTION_ARG_STRING, &options->peer,
         "netcheck: another machine of this network, to be reached", "ADDRESS"},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Log more", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(
        "enrol|boxes|revoke BOX|restore BOX|remove BOX|status|netcheck – look after "
        "the boxes of a cloud");
    g_option_context_set_description(
        context, "The administrator's name and password stand in a file that only its owner can\n"
                 "read, ~/.config/lectern/cloud-HOST.key where none is named, a line each; where\n"
                 "there is none, they are asked for at the terminal.\n"
                 "Exit status: 0 done, 1 this machine's fault, 2 usage, 3 cannot reach the cloud,\n"
                 "4 refused by the cloud or the display; of netcheck: 1 where a check failed.");
    g_option_context_add_main_entries(context, entries, NULL);
    g_auto(GStrv) arguments = g_strdupv(argv);
    if (!g_option_context_parse_strv(context, &arguments, error))
        return false;
    options->json = json;
    options->verbose = verbose;
    options->version = version;
    return version ||
           (read_device(options, device, error) && read_command(options, arguments, error) &&
            read_until(options, lasting, until, now_s, error) && check(options, error));
}

void lec_admin_options_clear(LecAdminOptions *self) {
    g_free(self->cloud);
    g_free(self->credentials);
    g_free(self->ca);
    g_free(self->proxy);
    g_free(self->proxy_credentials);
    g_free(self->state_folder);
    g_free(self->name);
    g_free(self->code_file);
    g_free(self->spare_key);
    g_free(self->box);
    g_free(self->peer);
    g_free(self->reason);
}
