/* Reads the key files of lectern-share. */
#include "sender/preferences.h"

#include <string.h>

#include "common/base/config.h"

#define COMMON_FILE "/etc/lectern/lectern-share.conf"
#define OWN_FILE "lectern/share.conf"
#define MAX_PATH_BYTES 4096
#define MAX_PROXY_BYTES 2048
#define MAX_CLOUD_BYTES 200 /* and room for the names before it */

static const LecConfigField fields[] = {
    {.group = "share",
     .key = "cloud",
     .kind = LEC_CONFIG_STRING,
     .offset = offsetof(LecPreferences, cloud),
     .max = MAX_CLOUD_BYTES,
     .preset = "",
     .about = "Where six-digit meeting IDs are looked for"},
    {.group = "share",
     .key = "cloud-ca",
     .kind = LEC_CONFIG_STRING,
     .offset = offsetof(LecPreferences, cloud_ca),
     .max = MAX_PATH_BYTES,
     .preset = "",
     .about = "PEM file of the authority that signs its certificate"},
    {.group = "share",
     .key = "proxy",
     .kind = LEC_CONFIG_STRING,
     .offset = offsetof(LecPreferences, proxy),
     .max = MAX_PROXY_BYTES,
     .preset = "",
     .about = "The way out, as --proxy has it"},
    {.group = "share",
     .key = "proxy-credentials",
     .kind = LEC_CONFIG_STRING,
     .offset = offsetof(LecPreferences, proxy_credentials),
     .max = MAX_PATH_BYTES,
     .preset = "",
     .about = "File of the proxy's user and password"},
    {NULL},
};

bool lec_preferences_read(const char *const *paths, LecPreferences *ret, GError **error) {
    g_auto(LecPreferences) read = {0};
    lec_config_set_defaults(fields, &read);
    for (const char *const *path = paths; *path; path++)
        if (g_file_test(*path, G_FILE_TEST_EXISTS) && !lec_config_load(fields, *path, &read, error))
            return false;
    if (*read.cloud && !lec_preferences_is_cloud(read.cloud)) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                    "cloud: \"%s\" is no host name such as cloud.example.org.", read.cloud);
        return false;
    }
    *ret = read;
    read = (LecPreferences){0};
    return true;
}

bool lec_preferences_load(LecPreferences *ret, GError **error) {
    g_autofree char *own = g_build_filename(g_get_user_config_dir(), OWN_FILE, NULL);
    const char *paths[] = {COMMON_FILE, own, NULL};
    return lec_preferences_read(paths, ret, error);
}

void lec_preferences_clear(LecPreferences *self) {
    lec_config_clear(fields, self);
}

bool lec_preferences_is_cloud(const char *text) {
    const gsize len = strlen(text);
    return len > 0 && len <= MAX_CLOUD_BYTES && *text != '.' && *text != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
               len &&
           !strstr(text, "..") && !g_hostname_is_ip_address(text);
}
