/* What lectern-share's key files say: the administrator's for everybody, then the user's own. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *cloud, *cloud_ca, *proxy, *proxy_credentials; /* "" where nothing is said */
} LecPreferences;

/* paths: NULL-terminated, later ones over earlier ones; those that are not there are passed over.
 */
bool lec_preferences_read(const char *const *paths, LecPreferences *ret, GError **error);
/* /etc/lectern/lectern-share.conf and share.conf in the user's lectern folder. */
bool lec_preferences_load(LecPreferences *ret, GError **error);
void lec_preferences_clear(LecPreferences *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LecPreferences, lec_preferences_clear)

/* A name such as cloud.example.org; no address, no port. */
bool lec_preferences_is_cloud(const char *text);
