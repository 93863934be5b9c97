/* No display: the picture is composed in memory all the same, for --display none, tests and
 * snapshots. */
#include "receiver/stage/output-kinds.h"

#define DEFAULT_WIDTH 1920
#define DEFAULT_HEIGHT 1080

typedef struct {
    LecOutput base;
    LecOutputEvents events;
    void *user;
    LecSurface surface;
} None;

static bool none_begin(LecOutput *output, LecSurface *ret) {
    None *self = (None *)output;
    *ret = self->surface;
    return true;
}

static void none_end(LecOutput *output, const LecRect *changed, guint n_changed) {
    None *self = (None *)output;
    self->surface.age = 1;
    self->events.presented(g_get_monotonic_time(), self->user);
}

static void none_get_size(LecOutput *output, guint *ret_width, guint *ret_height) {
    const None *self = (const None *)output;
    *ret_width = self->surface.width;
    *ret_height = self->surface.height;
}

static guint none_get_interval_us(LecOutput *output) {
    return 0;
}

static void none_free(LecOutput *output) {
    None *self = (None *)output;
    g_free(self->surface.pixels);
    g_free(self);
}

static const LecOutputClass NONE = {.name = "none",
                                    .begin = none_begin,
                                    .end = none_end,
                                    .get_size = none_get_size,
                                    .get_interval_us = none_get_interval_us,
                                    .free = none_free};

LecOutput *lec_output_none_open(const LecOutputOptions *options, const LecOutputEvents *events,
                                void *user, GError **error) {
    None *self = g_new0(None, 1);
    self->base.klass = &NONE;
    self->events = *events;
    self->user = user;
    self->surface.width = options && options->width ? options->width : DEFAULT_WIDTH;
    self->surface.height = options && options->height ? options->height : DEFAULT_HEIGHT;
    self->surface.stride = (gsize)self->surface.width * 4;
    self->surface.pixels = g_malloc0(self->surface.stride * self->surface.height);
    return &self->base;
}
