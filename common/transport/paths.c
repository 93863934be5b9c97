/* Which ICE agent carries a link's packets, and how one takes over from another. */
#include "common/transport/paths.h"

#include "common/transport/link.h"

/* How long a path that has been replaced is listened to: the peer may take over a little later. */
#define FADE_MS 3000

typedef struct {
    LecPaths *paths;
    LecIce *ice;
    guint generation;
    bool alive;
} Path;

struct LecPaths {
    const LecIceConfig *config;
    LecPathsEvents events;
    void *user;
    guint n_opened;
    Path *used, *coming, *past;
    GSource *fade;
};

static void path_free(Path *path) {
    if (path == NULL)
        return;
    lec_ice_free(path->ice);
    g_free(path);
}

static gboolean on_faded(gpointer user) {
    LecPaths *self = user;
    g_clear_pointer(&self->fade, g_source_unref);
    g_clear_pointer(&self->past, path_free);
    return G_SOURCE_REMOVE;
}

static void stop_fading(LecPaths *self) {
    if (self->fade != NULL)
        g_source_destroy(self->fade);
    g_clear_pointer(&self->fade, g_source_unref);
    g_clear_pointer(&self->past, path_free);
}

/* The path that was coming is there. */
static void take_over(LecPaths *self) {
    stop_fading(self);
    self->past = self->used;
    self->used = g_steal_pointer(&self->coming);
    self->fade = g_timeout_source_new(FADE_MS);
    g_source_set_callback(self->fade, on_faded, self, NULL);
    g_source_attach(self->fade, self->config->context);
}

/* ---- what the agents tell ---- */

static void on_candidate(const LecCandidate *candidate, void *user) {
    Path *path = user;
    path->paths->events.candidate(path->generation, candidate, path->paths->user);
}

static void on_connected(void *user) {
    Path *path = user;
    LecPaths *self = path->paths;
    const bool moved = path == self->coming;
    path->alive = true;
    if (moved)
        take_over(self);
    if (path == self->used)
        self->events.connected(moved, self->user);
}

static void on_failed(void *user) {
    Path *path = user;
    LecPaths *self = path->paths;
    path->alive = false;
    if (path == self->used)
        self->events.lost(self->user);
}

static void on_packet(guint8 *data, gsize len, void *user) {
    Path *path = user;
    path->paths->events.packet(data, len, path->paths->user);
}

/* ---- set-up ---- */

LecPaths *lec_paths_new(const LecIceConfig *config, const LecPathsEvents *events, void *user) {
    LecPaths *self = g_new0(LecPaths, 1);
    self->config = config;
    self->events = *events;
    self->user = user;
    return self;
}

void lec_paths_free(LecPaths *self) {
    if (self == NULL)
        return;
    stop_fading(self);
    g_clear_pointer(&self->coming, path_free);
    g_clear_pointer(&self->used, path_free);
    g_free(self);
}

bool lec_paths_open(LecPaths *self, const char *ufrag, const char *pwd, GError **error) {
    static const LecIceEvents events = {.candidate = on_candidate,
                                        .connected = on_connected,
                                        .failed = on_failed,
                                        .packet = on_packet};
    LecIceConfig config = *self->config;
    config.ufrag = ufrag;
    config.pwd = pwd;
    g_clear_pointer(&self->coming, path_free); /* a restart that another replaces */
    Path *path = g_new0(Path, 1);
    path->paths = self;
    path->generation = self->n_opened++;
    *(self->used == NULL ? &self->used : &self->coming) = path;
    path->ice = lec_ice_new(&config, &events, path, error);
    if (path->ice != NULL)
        return true;
    g_clear_pointer(path == self->used ? &self->used : &self->coming, path_free);
    return false;
}

/* NULL where the last one could not be opened. */
static LecIce *newest(LecPaths *self) {
    Path *path = self->coming != NULL ? self->coming : self->used;
    return path != NULL && path->generation + 1 == self->n_opened ? path->ice : NULL;
}

bool lec_paths_set_remote(LecPaths *self, const char *ufrag, const char *pwd) {
    LecIce *ice = newest(self);
    return ice != NULL && lec_ice_set_remote(ice, ufrag, pwd);
}

void lec_paths_add_candidate(LecPaths *self, const LecCandidate *candidate) {
    LecIce *ice = newest(self);
    if (ice != NULL)
        lec_ice_add_candidate(ice, candidate);
}

/* ---- use ---- */

/* Nothing leaves without the peer's consent (RFC 7675 §5.1). */
bool lec_paths_send(LecPaths *self, const guint8 *data, gsize len) {
    return lec_paths_is_alive(self) && lec_ice_send(self->used->ice, data, len);
}

bool lec_paths_is_alive(const LecPaths *self) {
    return self->used != NULL && self->used->alive;
}

void lec_paths_describe_pair(LecPaths *self, char *ret_local, char *ret_remote) {
    ret_local[0] = ret_remote[0] = '\0';
    if (self->used != NULL)
        lec_ice_describe_pair(self->used->ice, ret_local, ret_remote);
}
