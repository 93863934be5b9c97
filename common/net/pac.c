/* A PAC file that is fetched, kept for a while and asked. */
#include "common/net/pac.h"

#include "common/net/pac-fetch.h"
#include "common/net/pac-result.h"
#include "common/net/pac-run.h"

#define KEPT_US (10 * 60 * G_USEC_PER_SEC) /* of a web server */
#define RETRY_US (10 * G_USEC_PER_SEC)     /* with the old one meanwhile */

struct LecPac {
    char *place;
    LecCredentials *credentials;
    /* GIO asks on worker threads of its own, several at once; held for a pointer's time only. */
    GMutex lock;
    GBytes *script;
    gint64 fresh_until_us;
};

static GBytes *get_kept(LecPac *self, bool stale_too) {
    g_mutex_lock(&self->lock);
    const bool good = self->script && (stale_too || g_get_monotonic_time() < self->fresh_until_us);
    GBytes *script = good ? g_bytes_ref(self->script) : NULL;
    g_mutex_unlock(&self->lock);
    return script;
}

static void keep(LecPac *self, GBytes *script, gint64 for_us) {
    g_mutex_lock(&self->lock);
    if (script) {
        g_clear_pointer(&self->script, g_bytes_unref);
        self->script = g_bytes_ref(script);
    }
    self->fresh_until_us = g_get_monotonic_time() + for_us;
    g_mutex_unlock(&self->lock);
}

/* A file is read each time, so that a change counts at once. */
static GBytes *get_script(LecPac *self, GCancellable *cancellable, GError **error) {
    GBytes *script = get_kept(self, false);
    if (script)
        return script;
    g_autoptr(GError) trouble = NULL;
    script = lec_pac_fetch(self->place, cancellable, &trouble);
    if (script) {
        keep(self, script, g_path_is_absolute(self->place) ? 0 : KEPT_US);
        return script;
    }
    script = get_kept(self, true);
    if (script)
        keep(self, NULL, RETRY_US);
    else
        g_propagate_error(error, g_steal_pointer(&trouble));
    return script;
}

LecPac *lec_pac_new(const char *place, LecCredentials *credentials) {
    LecPac *self = g_new0(LecPac, 1);
    const bool url = g_str_has_prefix(place, "http://") || g_str_has_prefix(place, "https://");
    self->place = url ? g_strdup(place) : g_canonicalize_filename(place, NULL);
    self->credentials = credentials;
    g_mutex_init(&self->lock);
    return self;
}

void lec_pac_free(LecPac *self) {
    if (!self)
        return;
    g_clear_pointer(&self->script, g_bytes_unref);
    lec_credentials_free(self->credentials);
    g_mutex_clear(&self->lock);
    g_free(self->place);
    g_free(self);
}

char **lec_pac_find(const char *uri, GCancellable *cancellable, gpointer data, GError **error) {
    LecPac *self = data;
    g_autoptr(GBytes) script = get_script(self, cancellable, error);
    g_autofree char *answer = script ? lec_pac_run(script, uri, error) : NULL;
    return answer ? lec_pac_result_parse(answer, self->credentials, error) : NULL;
}
