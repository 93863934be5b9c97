/* Reads the key files of lectern-share. */
#include "sender/preferences.h"

#include <string.h>

#include "common/base/config.h"

#define COMMON_FILE "/etc/lectern/lectern-share.conf"
#define OWN_FILE "lectern/share.conf"
#define MAX_CLOUD_BYTES 200 /* and room for the names before it */

#define FIELD(name, member, most, text)                                                      \
    {                                                                                        \
        .group = "share", .key = name, .kind = LEC_CONFIG_STRING,                            \
        .offset = offsetof(LecPreferences, member), .max = most, .preset = "", .about = text \
    }

static const LecConfigField fields[] = {
    FIELD("cloud", cloud, MAX_CLOUD_BYTES, "Where six-digit meeting IDs are looked for"),
    FIELD("cloud-ca", cloud_ca, 4096, "PEM file of the authority that signs its certificate"),
    FIELD("proxy", proxy, 2048, "The way out, as --proxy has it"),
    FIELD("proxy-credentials", proxy_credentials, 4096, "File of the proxy's user and password"),
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
