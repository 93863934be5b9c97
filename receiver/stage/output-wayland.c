/* A surface of a Wayland compositor: shared-memory buffers, one commit a frame callback. */
#include "receiver/stage/output-kinds.h"
#include "receiver/stage/wayland-buffers.h"
#include "receiver/stage/wayland-seat.h"

#include "receiver/stage/idle-inhibit-unstable-v1-client-protocol.h"
#include "receiver/stage/presentation-time-client-protocol.h"
#include "receiver/stage/xdg-shell-client-protocol.h"

#include <time.h>

#define MONITORS_MAX 8
#define KEYS_MAX 8         /* between two turns of the loop */
#define DEFAULT_WIDTH 1280 /* of a window whose compositor leaves the size to us */
#define DEFAULT_HEIGHT 720

typedef struct Wayland Wayland;
typedef struct {
    Wayland *wayland;
    struct wl_output *output;
    guint32 global;
    gint32 scale, refresh_mhz;
} Monitor;

struct Wayland {
    LecOutput base;
    LecOutputEvents events;
    void *user;
    struct wl_display *display;
    struct wl_registry *registry;
    struct wl_compositor *compositor;
    struct wl_shm *shm;
    struct xdg_wm_base *shell;
    struct wp_presentation *presentation; /* may be NULL */
    struct zwp_idle_inhibit_manager_v1 *inhibit_manager;
    Monitor monitors[MONITORS_MAX];
    guint n_monitors;
    const Monitor *monitor; /* that the surface stands on; NULL: not known yet */
    LecWaylandSeat seat;
    struct wl_surface *surface;
    struct xdg_surface *xdg_surface;
    struct xdg_toplevel *toplevel;
    struct zwp_idle_inhibitor_v1 *inhibitor;
    struct wl_callback *frame; /* the compositor has not asked for the next picture yet */
    struct wp_presentation_feedback *feedback;
    bool
        feedback_works; /* some compositors offer it and never answer: then frame callbacks count */
    gint64 frame_us;    /* when the latest frame callback came */
    LecWaylandBuffers buffers;
    LecWaylandBuffer *lent;
    guint width, height; /* in the compositor's units, of which scale pixels make one */
    gint32 scale;
    guint want_width, want_height; /* asked for by the configure sequence that is under way */
    guint interval_us;
    clockid_t clock;
    bool configured, wanted, dead;
    /* What the compositor said, told on once libwayland is done dispatching: we may be freed for
     * it. */
    bool was_resized, was_closed;
    guint keys[KEYS_MAX], n_keys;
    GSource *source;
};

typedef struct {
    GSource base;
    Wayland *output;
    gpointer fd;
    bool reading;
} EventSource;

static void apply_size(Wayland *self, guint width, guint height, gint32 scale) {
    if (width == self->width && height == self->height && scale == self->scale)
        return;
    self->width = width;
    self->height = height;
    self->scale = scale;
    lec_wayland_buffers_resize(&self->buffers, width * (guint)scale, height * (guint)scale);
    self->lent = NULL;
    wl_surface_set_buffer_scale(self->surface, scale);
    self->was_resized = true;
}

/* The density and the rate of the monitor on which the surface stands are ours. */
static void follow_monitor(Wayland *self) {
    const Monitor *monitor = self->monitor;
    if (monitor->refresh_mhz > 0)
        self->interval_us =
            (guint)(G_USEC_PER_SEC * G_GINT64_CONSTANT(1000) / monitor->refresh_mhz);
    if (self->surface && self->width)
        apply_size(self, self->width, self->height, CLAMP(monitor->scale, 1, 8));
}

static void on_enter(void *data, struct wl_surface *surface, struct wl_output *output) {
    Wayland *self = data;
    for (guint i = 0; i < self->n_monitors; i++)
        if (self->monitors[i].output == output) {
            self->monitor = &self->monitors[i];
            follow_monitor(self);
        }
}

static void on_leave(void *data, struct wl_surface *surface, struct wl_output *output) {
}

static const struct wl_surface_listener SURFACE = {.enter = on_enter, .leave = on_leave};

static void on_geometry(void *data, struct wl_output *output, int32_t x, int32_t y, int32_t width,
                        int32_t height, int32_t subpixel, const char *make, const char *model,
                        int32_t transform) {
}

static void on_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
                    int32_t height, int32_t refresh_mhz) {
    if (flags & WL_OUTPUT_MODE_CURRENT)
        ((Monitor *)data)->refresh_mhz = refresh_mhz;
}

static void on_monitor_done(void *data, struct wl_output *output) {
    Monitor *monitor = data;
    if (monitor == monitor->wayland->monitor)
        follow_monitor(monitor->wayland);
}

static void on_scale(void *data, struct wl_output *output, int32_t scale) {
    ((Monitor *)data)->scale = scale;
}

static const struct wl_output_listener MONITOR = {
    .geometry = on_geometry, .mode = on_mode, .done = on_monitor_done, .scale = on_scale};

static void on_ping(void *data, struct xdg_wm_base *shell, uint32_t serial) {
    xdg_wm_base_pong(shell, serial);
}

static const struct xdg_wm_base_listener SHELL = {.ping = on_ping};

static void on_clock(void *data, struct wp_presentation *presentation, uint32_t clock) {
    ((Wayland *)data)->clock = (clockid_t)clock;
}

static const struct wp_presentation_listener PRESENTATION = {.clock_id = on_clock};

static void on_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
    Wayland *self = data;
    xdg_surface_ack_configure(surface, serial);
    self->configured = true;
    if (self->want_width && self->want_height)
        apply_size(self, self->want_width, self->want_height, self->scale);
}

static const struct xdg_surface_listener XDG_SURFACE = {.configure = on_configure};

static void on_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
                                  int32_t height, struct wl_array *states) {
    Wayland *self = data;
    self->want_width = (guint)CLAMP(width, 0, 16384);
    self->want_height = (guint)CLAMP(height, 0, 16384);
}

static void on_toplevel_close(void *data, struct xdg_toplevel *toplevel) {
    ((Wayland *)data)->was_closed = true;
}

static const struct xdg_toplevel_listener TOPLEVEL = {.configure = on_toplevel_configure,
                                                      .close = on_toplevel_close};

static void on_key(guint keysym, void *user) {
    Wayland *self = user;
    if (self->n_keys < KEYS_MAX)
        self->keys[self->n_keys++] = keysym;
}

static void add_monitor(Wayland *self, struct wl_registry *registry, uint32_t name) {
    guint i = 0;
    while (i < self->n_monitors && self->monitors[i].output)
        i++;
    if (i == MONITORS_MAX)
        return;
    self->n_monitors = MAX(self->n_monitors, i + 1);
    Monitor *monitor = &self->monitors[i];
    *monitor = (Monitor){.wayland = self, .global = name, .scale = 1};
    monitor->output = wl_registry_bind(registry, name, &wl_output_interface, 2);
    wl_output_add_listener(monitor->output, &MONITOR, monitor);
}

static void on_global(void *data, struct wl_registry *registry, uint32_t name,
                      const char *interface, uint32_t version) {
    Wayland *self = data;
    if (strcmp(interface, wl_compositor_interface.name) == 0 && version >= 4) {
        self->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
    } else if (strcmp(interface, wl_shm_interface.name) == 0) {
        self->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
    } else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
        self->shell = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
        xdg_wm_base_add_listener(self->shell, &SHELL, self);
    } else if (strcmp(interface, wp_presentation_interface.name) == 0) {
        self->presentation = wl_registry_bind(registry, name, &wp_presentation_interface, 1);
        wp_presentation_add_listener(self->presentation, &PRESENTATION, self);
    } else if (strcmp(interface, zwp_idle_inhibit_manager_v1_interface.name) == 0) {
        self->inhibit_manager =
            wl_registry_bind(registry, name, &zwp_idle_inhibit_manager_v1_interface, 1);
    } else if (strcmp(interface, wl_seat_interface.name) == 0 && !self->seat.seat) {
        lec_wayland_seat_init(&self->seat, wl_registry_bind(registry, name, &wl_seat_interface, 1),
                              on_key, self);
    } else if (strcmp(interface, wl_output_interface.name) == 0 && version >= 2) {
        add_monitor(self, registry, name);
    }
}

/* Its slot is free for the next one: a screen that is switched off and on again is a new monitor
 * each time. */
static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
    Wayland *self = data;
    for (guint i = 0; i < self->n_monitors; i++)
        if (self->monitors[i].output && self->monitors[i].global == name) {
            g_clear_pointer(&self->monitors[i].output, wl_output_destroy);
            if (self->monitor == &self->monitors[i])
                self->monitor = NULL;
        }
}

static const struct wl_registry_listener REGISTRY = {.global = on_global,
                                                     .global_remove = on_global_remove};

static bool wayland_begin(LecOutput *output, LecSurface *ret) {
    Wayland *self = (Wayland *)output;
    self->lent = self->dead || self->frame ? NULL : lec_wayland_buffers_get(&self->buffers, ret);
    self->wanted = !self->lent;
    if (!self->lent)
        return false;
    /* The answer on the picture before is overdue: another is about to take its place. */
    if (self->feedback && self->feedback_works)
        self->events.presented(self->frame_us, self->user);
    g_clear_pointer(&self->feedback, wp_presentation_feedback_destroy);
    return true;
}

static void on_sync_output(void *data, struct wp_presentation_feedback *feedback,
                           struct wl_output *output) {
}

static void on_feedback_presented(void *data, struct wp_presentation_feedback *feedback,
                                  uint32_t sec_high, uint32_t sec_low, uint32_t nanoseconds,
                                  uint32_t refresh_ns, uint32_t sequence_high,
                                  uint32_t sequence_low, uint32_t flags) {
    Wayland *self = data;
    gint64 seconds = (gint64)((guint64)sec_high << 32 | sec_low);
    /* g_get_monotonic_time() is this very clock. */
    gint64 when_us = self->clock == CLOCK_MONOTONIC ? seconds * G_USEC_PER_SEC + nanoseconds / 1000
                                                    : g_get_monotonic_time();
    wp_presentation_feedback_destroy(feedback);
    self->feedback = NULL;
    self->feedback_works = true;
    self->events.presented(when_us, self->user);
}

static void on_feedback_discarded(void *data, struct wp_presentation_feedback *feedback) {
    Wayland *self = data;
    wp_presentation_feedback_destroy(feedback);
    self->feedback = NULL;
}

static const struct wp_presentation_feedback_listener FEEDBACK = {
    .sync_output = on_sync_output,
    .presented = on_feedback_presented,
    .discarded = on_feedback_discarded};

static void on_frame(void *data, struct wl_callback *callback, uint32_t time) {
    Wayland *self = data;
    wl_callback_destroy(callback);
    self->frame = NULL;
    self->frame_us = g_get_monotonic_time();
    if (!self->feedback_works)
        self->events.presented(self->frame_us, self->user);
}

static const struct wl_callback_listener FRAME = {.done = on_frame};

static void wayland_end(LecOutput *output, const LecRect *changed, guint n_changed) {
    Wayland *self = (Wayland *)output;
    if (!self->lent || self->dead)
        return;
    lec_wayland_buffers_hand(&self->buffers, self->lent);
    wl_surface_attach(self->surface, self->lent->buffer, 0, 0);
    for (guint i = 0; i < n_changed; i++)
        wl_surface_damage_buffer(self->surface, (int32_t)changed[i].x, (int32_t)changed[i].y,
                                 (int32_t)changed[i].width, (int32_t)changed[i].height);
    self->frame = wl_surface_frame(self->surface);
    wl_callback_add_listener(self->frame, &FRAME, self);
    if (self->presentation) {
        self->feedback = wp_presentation_feedback(self->presentation, self->surface);
        wp_presentation_feedback_add_listener(self->feedback, &FEEDBACK, self);
    }
    wl_surface_commit(self->surface);
    self->lent = NULL;
    wl_display_flush(self->display);
}

static void wayland_get_size(LecOutput *output, guint *ret_width, guint *ret_height) {
    const Wayland *self = (const Wayland *)output;
    *ret_width = self->buffers.width;
    *ret_height = self->buffers.height;
}

static guint wayland_get_interval_us(LecOutput *output) {
    return ((const Wayland *)output)->interval_us;
}

/* Reading is announced before the poll and done or taken back after it: wl_display_prepare_read(3).
 */
static gboolean source_prepare(GSource *source, gint *timeout) {
    EventSource *events = (EventSource *)source;
    *timeout = -1;
    if (events->output->dead || events->reading)
        return FALSE;
    if (wl_display_prepare_read(events->output->display) != 0)
        return TRUE;
    events->reading = true;
    wl_display_flush(events->output->display);
    return FALSE;
}

static gboolean source_check(GSource *source) {
    EventSource *events = (EventSource *)source;
    if (!events->reading)
        return !events->output->dead;
    events->reading = false;
    if (g_source_query_unix_fd(source, events->fd) == 0) {
        wl_display_cancel_read(events->output->display);
        return FALSE;
    }
    wl_display_read_events(events->output->display);
    return TRUE;
}

static void die(Wayland *self, const GError *error) {
    self->dead = true;
    self->events.closed(error, self->user);
}

/* Tells on what happened. Each event may free the output, and with it the source. */
static void tell(Wayland *self, GSource *source) {
    if (self->was_resized) {
        self->was_resized = false;
        self->events.resized(self->user);
    }
    while (!g_source_is_destroyed(source) && self->n_keys > 0) {
        guint key = self->keys[0];
        memmove(self->keys, self->keys + 1, --self->n_keys * sizeof self->keys[0]);
        if (self->events.key)
            self->events.key(key, self->user);
    }
    if (!g_source_is_destroyed(source) && self->wanted && !self->frame) {
        self->wanted = false;
        self->events.ready(self->user);
    }
    if (!g_source_is_destroyed(source) && self->was_closed)
        die(self, NULL);
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback, gpointer user) {
    Wayland *self = ((EventSource *)source)->output;
    if (wl_display_dispatch_pending(self->display) < 0 || wl_display_get_error(self->display)) {
        g_autoptr(GError) error = g_error_new_literal(LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_FAILED,
                                                      "The Wayland display went away.");
        die(self, error);
        return G_SOURCE_REMOVE;
    }
    tell(self, source);
    return g_source_is_destroyed(source) || self->dead ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
    .prepare = source_prepare, .check = source_check, .dispatch = source_dispatch};

static void source_attach(Wayland *self) {
    self->source = g_source_new(&source_funcs, sizeof(EventSource));
    EventSource *events = (EventSource *)self->source;
    events->output = self;
    events->fd = g_source_add_unix_fd(self->source, wl_display_get_fd(self->display),
                                      G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_priority(self->source, G_PRIORITY_HIGH);
    g_source_set_static_name(self->source, "wayland");
    g_source_attach(self->source, NULL);
}

static void source_detach(Wayland *self) {
    if (!self->source)
        return;
    if (((EventSource *)self->source)->reading)
        wl_display_cancel_read(self->display);
    g_source_destroy(self->source);
    g_clear_pointer(&self->source, g_source_unref);
}

static void wayland_free(LecOutput *output) {
    Wayland *self = (Wayland *)output;
    source_detach(self);
    g_clear_pointer(&self->frame, wl_callback_destroy);
    g_clear_pointer(&self->feedback, wp_presentation_feedback_destroy);
    g_clear_pointer(&self->inhibitor, zwp_idle_inhibitor_v1_destroy);
    g_clear_pointer(&self->toplevel, xdg_toplevel_destroy);
    g_clear_pointer(&self->xdg_surface, xdg_surface_destroy);
    g_clear_pointer(&self->surface, wl_surface_destroy);
    lec_wayland_buffers_clear(&self->buffers);
    lec_wayland_seat_clear(&self->seat);
    for (guint i = 0; i < self->n_monitors; i++)
        g_clear_pointer(&self->monitors[i].output, wl_output_destroy);
    g_clear_pointer(&self->inhibit_manager, zwp_idle_inhibit_manager_v1_destroy);
    g_clear_pointer(&self->presentation, wp_presentation_destroy);
    g_clear_pointer(&self->shell, xdg_wm_base_destroy);
    g_clear_pointer(&self->shm, wl_shm_destroy);
    g_clear_pointer(&self->compositor, wl_compositor_destroy);
    g_clear_pointer(&self->registry, wl_registry_destroy);
    wl_display_disconnect(self->display);
    g_free(self);
}

static const LecOutputClass WAYLAND_CLASS = {.name = "wayland",
                                             .begin = wayland_begin,
                                             .end = wayland_end,
                                             .get_size = wayland_get_size,
                                             .get_interval_us = wayland_get_interval_us,
                                             .free = wayland_free};

/* The first commit is an empty one; the compositor answers with the size: xdg_surface. */
static bool window_new(Wayland *self, const LecOutputOptions *options) {
    bool whole = options->fullscreen || !options->width || !options->height;
    self->surface = wl_compositor_create_surface(self->compositor);
    wl_surface_add_listener(self->surface, &SURFACE, self);
    self->xdg_surface = xdg_wm_base_get_xdg_surface(self->shell, self->surface);
    xdg_surface_add_listener(self->xdg_surface, &XDG_SURFACE, self);
    self->toplevel = xdg_surface_get_toplevel(self->xdg_surface);
    xdg_toplevel_add_listener(self->toplevel, &TOPLEVEL, self);
    xdg_toplevel_set_title(self->toplevel, options->title ? options->title : "Lectern");
    xdg_toplevel_set_app_id(self->toplevel, "lectern");
    if (whole)
        xdg_toplevel_set_fullscreen(self->toplevel, NULL);
    if (self->inhibit_manager)
        self->inhibitor =
            zwp_idle_inhibit_manager_v1_create_inhibitor(self->inhibit_manager, self->surface);
    wl_surface_commit(self->surface);
    /* A compositor may configure only once it has laid the window out: a few turns, no more. */
    for (guint turn = 0; turn < 10 && !self->configured; turn++)
        if (wl_display_roundtrip(self->display) < 0)
            return false;
    if (!self->configured)
        return false;
    if (!self->width)
        apply_size(self, whole ? DEFAULT_WIDTH : options->width,
                   whole ? DEFAULT_HEIGHT : options->height, 1);
    return true;
}

static bool connect_globals(Wayland *self) {
    self->registry = wl_display_get_registry(self->display);
    wl_registry_add_listener(self->registry, &REGISTRY, self);
    /* Once for the globals, once for what they say about themselves. */
    for (int i = 0; i < 2; i++)
        if (wl_display_roundtrip(self->display) < 0)
            return false;
    self->buffers.shm = self->shm;
    return self->compositor && self->shm && self->shell;
}

LecOutput *lec_output_wayland_open(const LecOutputOptions *options, const LecOutputEvents *events,
                                   void *user, GError **error) {
    static const LecOutputOptions defaults = {.fullscreen = true};
    struct wl_display *display = wl_display_connect(NULL);
    if (!display) {
        g_set_error_literal(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING,
                            "No Wayland display can be reached: check WAYLAND_DISPLAY and "
                            "XDG_RUNTIME_DIR, or start inside a Wayland session.");
        return NULL;
    }
    Wayland *self = g_new0(Wayland, 1);
    self->base.klass = &WAYLAND_CLASS;
    self->events = *events;
    self->user = user;
    self->display = display;
    self->scale = 1;
    self->clock = CLOCK_REALTIME; /* until the compositor says: then arrival is the time */
    if (!connect_globals(self) || !window_new(self, options ? options : &defaults)) {
        g_set_error_literal(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_FAILED,
                            "The Wayland display lacks what a picture needs (wl_compositor 4, "
                            "wl_shm, xdg_wm_base), or does not answer.");
        wayland_free(&self->base);
        return NULL;
    }
    self->was_resized = false;
    source_attach(self);
    return &self->base;
}
