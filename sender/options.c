/* Reads lectern-share's command line. */
#include "sender/options.h"
#include "common/base/i18n.h"

#include <string.h>

#include "sender/address.h"
#include "sender/preferences.h"

static bool read_profile(const char *text, LecProfile *ret, GError **error) {
    static const char *const words[] = {"auto", "text", "video"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_equal(text, words[i])) {
            *ret = (LecProfile)i;
            return true;
        }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                _("--profile is auto, text or video, not \"%s\"."), text);
    return false;
}

static bool check(const LecShareOptions *options, int fps, GError **error) {
    const char *source = options->source;
    if (fps < 1 || fps > 60)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("--fps is from 1 to 60."));
    else if (!g_str_equal(source, "screen") && !g_str_equal(source, "test") &&
             !g_str_has_prefix(source, "window:"))
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("--source is screen, window:ID or test, not \"%s\"."), source);
    else if (strlen(options->name) > 64 || !g_utf8_validate(options->name, -1, NULL))
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("--name is UTF-8 text of at most 64 bytes."));
    else
        return true;
    return false;
}

static bool read_target(LecShareOptions *options, char **arguments, GError **error) {
    const guint n = g_strv_length(arguments);
    if (n > 2) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            _("Say whom to share with: lectern-share ID|HOST|NAME."));
        return false;
    }
    options->window = n < 2 || lec_address_is(arguments[1]);
    if (n == 2)
        options->target =
            options->window ? lec_address_read(arguments[1], error) : g_strdup(arguments[1]);
    return n < 2 || options->target;
}

/* What stands in a file holds where the command line says nothing. */
static void prefer(char **option, char *preference) {
    if (!*option && *preference)
        *option = g_strdup(preference);
}

static bool read_preferences(LecShareOptions *options, GError **error) {
    g_auto(LecPreferences) preferences = {0};
    if (!lec_preferences_load(&preferences, error))
        return false;
    if (!options->proxy) /* credentials belong to a proxy */
        prefer(&options->proxy_credentials, preferences.proxy_credentials);
    prefer(&options->proxy, preferences.proxy);
    if (!options->cloud)
        prefer(&options->cloud_ca, preferences.cloud_ca);
    prefer(&options->cloud, preferences.cloud);
    return true;
}

static bool read_cloud(LecShareOptions *options, GError **error) {
    if (options->cloud && !lec_preferences_is_cloud(options->cloud)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("--cloud is a host name such as cloud.example.org, not \"%s\"."),
                    options->cloud);
        return false;
    }
    if (!options->cloud_ca)
        return true;
    g_autofree char *path = g_canonicalize_filename(options->cloud_ca, NULL);
    g_autoptr(GError) why = NULL;
    options->anchors = g_tls_file_database_new(path, &why);
    if (!options->anchors)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("The cloud's authority cannot be read from %s: %s."), options->cloud_ca,
                    why->message);
    return options->anchors != NULL;
}

static bool read_proxy(LecShareOptions *options, GError **error) {
    options->way = lec_proxy_new(options->proxy, options->proxy_credentials, error);
    return options->way != NULL;
}

static char *own_name(void) {
    const char *name = g_get_real_name();
    return g_strdup(name && *name && !g_str_equal(name, "Unknown") ? name : g_get_user_name());
}

static char *describe(void) {
    return g_strdup_printf(
        "%s\n%s\n%s",
        _("ID is the meeting ID on the display, HOST a name or address with or without :PORT, NAME "
          "the box's name on the local network."),
        _("The PIN is asked for at the terminal. Without any of them a window opens that asks."),
        _("Exit status: 0 ended by you, 2 usage, 3 cannot reach the box, 4 refused, 5 connection "
          "lost."));
}

bool lec_share_options_read(int argc, char **argv, LecShareOptions *options, GError **error) {
    *options = (LecShareOptions){0};
    g_autofree char *profile = NULL;
    gboolean audio = FALSE, stats = FALSE, verbose = FALSE, version = FALSE, local_only = FALSE;
    int fps = 60;
    const GOptionEntry entries[] = {
        {"pin-file", 0, 0, G_OPTION_ARG_FILENAME, &options->pin_file,
         _("Read the PIN from FILE; - is standard input"), "FILE"},
        {"source", 's', 0, G_OPTION_ARG_STRING, &options->source,
         _("screen (as without this option), window:ID or test"), "SOURCE"},
        {"audio", 'a', 0, G_OPTION_ARG_NONE, &audio, _("Share this machine's sound too"), NULL},
        {"profile", 0, 0, G_OPTION_ARG_STRING, &profile,
         _("auto, text (sharp first) or video (smooth first)"), "PROFILE"},
        {"fps", 0, 0, G_OPTION_ARG_INT, &fps, _("At most so many pictures a second (60)"), "N"},
        {"name", 'n', 0, G_OPTION_ARG_STRING, &options->name, _("How the display shall call you"),
         "NAME"},
        {"stats", 0, 0, G_OPTION_ARG_NONE, &stats,
         _("Print a line of JSON a second on standard output"), NULL},
        {"proxy", 0, 0, G_OPTION_ARG_STRING, &options->proxy,
         _("system (as without this option), none, http://HOST:PORT, socks5://HOST:PORT, pac:FILE "
           "or pac+https://…"),
         "PROXY"},
        {"proxy-credentials", 0, 0, G_OPTION_ARG_FILENAME, &options->proxy_credentials,
         _("Read the proxy's user name and password from FILE, a line each"), "FILE"},
        {"cloud", 0, 0, G_OPTION_ARG_STRING, &options->cloud,
         _("Look for six-digit meeting IDs in the cloud HOST too"), "HOST"},
        {"cloud-ca", 0, 0, G_OPTION_ARG_FILENAME, &options->cloud_ca,
         _("The authority in FILE signs the cloud's certificate, and no other does"), "FILE"},
        {"local-only", 0, 0, G_OPTION_ARG_NONE, &local_only,
         _("Stay on this machine's own networks: no cloud, no proxy, no names from DNS"), NULL},
        {"state-folder", 0, 0, G_OPTION_ARG_FILENAME, &options->state_folder,
         _("Where this device's identity is kept"), "FOLDER"},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, _("Log more"), NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, _("Print the version"), NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new(_("[ID|HOST|NAME] – put this screen on the box"));
    g_autofree char *description = describe();
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    g_auto(GStrv) arguments = g_strdupv(argv);
    if (!g_option_context_parse_strv(context, &arguments, error))
        return false;
    options->audio = audio;
    options->stats = stats;
    options->verbose = verbose;
    options->version = version;
    options->local_only = local_only;
    options->max_fps = (guint)fps;
    if (!options->source)
        options->source = g_strdup("screen");
    if (!options->name)
        options->name = own_name();
    if (profile && !read_profile(profile, &options->profile, error))
        return false;
    return (version ||
            (read_target(options, arguments, error) && read_preferences(options, error) &&
             read_cloud(options, error) && read_proxy(options, error))) &&
           check(options, fps, error);
}

void lec_share_options_clear(LecShareOptions *self) {
    g_free(self->target);
    g_free(self->pin_file);
    g_free(self->source);
    g_free(self->name);
    g_free(self->state_folder);
    g_free(self->proxy);
    g_free(self->proxy_credentials);
    g_free(self->cloud);
    g_free(self->cloud_ca);
    g_clear_object(&self->anchors);
    lec_proxy_free(self->way);
}
