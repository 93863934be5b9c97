/* The display itself, without a session: the kernel's mode setting, two dumb buffers, page flips.
 * A screen may come, go and change while it runs. */
#include "receiver/stage/kms-card.h"
#include "receiver/stage/kms-hotplug.h"
#include "receiver/stage/output-kinds.h"

#include "common/base/log.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

#define BUFFERS 2
#define DARK_WIDTH 1920 /* the size to be told before a screen is connected */
#define DARK_HEIGHT 1080

typedef struct {
    LecOutput base;
    LecOutputEvents events;
    void *user;
    int card;
    guint width, height; /* that was asked for, 0: none */
    LecKmsTarget target; /* no connector: no screen is connected */
    drmModeCrtc *before; /* what was there, given back at the end */
    LecKmsBuffer buffers[BUFFERS];
    guint back; /* the buffer that is not on the display */
    guint64 presents;
    bool flipping, wanted;
    bool lit;       /* the CRTC has our mode: it can flip */
    bool refused;   /* it did not take a picture */
    bool monotonic; /* flip times are g_get_monotonic_time()'s */
    GSource *flips, *hotplug, *farewell;
} Kms;

static gboolean say_farewell(gpointer user) {
    Kms *self = user;
    g_clear_pointer(&self->farewell, g_source_unref);
    g_autoptr(GError) error = g_error_new_literal(
        LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_FAILED,
        "The display takes no more pictures: another program has taken it over.");
    self->events.closed(error, self->user);
    return G_SOURCE_REMOVE;
}

/* Not from within end(): the stage is in the middle of its own work there. */
static void die_soon(Kms *self) {
    if (self->farewell)
        return;
    self->farewell = g_idle_source_new();
    g_source_set_callback(self->farewell, say_farewell, self, NULL);
    g_source_attach(self->farewell, NULL);
}

static bool kms_begin(LecOutput *output, LecSurface *ret) {
    Kms *self = (Kms *)output;
    self->wanted = self->flipping || self->farewell || !self->target.connector;
    if (self->wanted)
        return false;
    const LecKmsBuffer *buffer = &self->buffers[self->back];
    *ret = (LecSurface){.pixels = buffer->pixels,
                        .stride = buffer->stride,
                        .width = self->target.mode.hdisplay,
                        .height = self->target.mode.vdisplay,
                        .age = buffer->shown ? (guint)(self->presents + 1 - buffer->shown) : 0};
    return true;
}

/* 0 or a negative errno. */
static int set_mode(Kms *self, const LecKmsBuffer *buffer) {
    return drmModeSetCrtc(self->card, self->target.crtc, buffer->framebuffer, 0, 0,
                          &self->target.connector, 1, &self->target.mode);
}

/* The first picture sets the mode; later ones flip. A driver that cannot flip sets the mode each
 * time. */
static void kms_end(LecOutput *output, const LecRect *changed, guint n_changed) {
    Kms *self = (Kms *)output;
    LecKmsBuffer *buffer = &self->buffers[self->back];
    buffer->shown = ++self->presents;
    self->back = (self->back + 1) % BUFFERS;
    if (self->lit && drmModePageFlip(self->card, self->target.crtc, buffer->framebuffer,
                                     DRM_MODE_PAGE_FLIP_EVENT, self) == 0) {
        self->flipping = true;
        return;
    }
    int problem = set_mode(self, buffer);
    if (problem == -EACCES || problem == -EPERM) {
        die_soon(self); /* another program is the display's master now */
        return;
    }
    /* A screen that was switched off takes no mode; once it is back, the picture is there for it.
     */
    if (problem != 0 && !self->refused)
        lec_warning("The screen takes no picture of %u by %u: %s. If it stays dark, try another "
                    "size with --size.",
                    self->target.mode.hdisplay, self->target.mode.vdisplay, g_strerror(-problem));
    self->refused = problem != 0;
    self->lit = problem == 0;
    self->events.presented(g_get_monotonic_time(), self->user);
}

static void kms_get_size(LecOutput *output, guint *ret_width, guint *ret_height) {
    const Kms *self = (const Kms *)output;
    *ret_width = self->target.mode.hdisplay;
    *ret_height = self->target.mode.vdisplay;
}

static guint kms_get_interval_us(LecOutput *output) {
    guint mhz = lec_kms_refresh_mhz(&((const Kms *)output)->target.mode);
    return mhz ? (guint)(G_USEC_PER_SEC * G_GINT64_CONSTANT(1000) / mhz) : 0;
}

static void on_flip(int card, unsigned sequence, unsigned seconds, unsigned microseconds,
                    void *user) {
    Kms *self = user;
    self->flipping = false;
    gint64 when_us =
        self->monotonic ? (gint64)seconds * G_USEC_PER_SEC + microseconds : g_get_monotonic_time();
    self->events.presented(when_us, self->user);
}

static void be_ready(Kms *self) {
    if (!self->wanted || self->flipping || !self->target.connector)
        return;
    self->wanted = false;
    self->events.ready(self->user);
}

static gboolean on_readable(int card, GIOCondition condition, gpointer user) {
    Kms *self = user;
    drmEventContext context = {.version = 2, .page_flip_handler = on_flip};
    if (drmHandleEvent(card, &context) != 0) {
        die_soon(self);
        return G_SOURCE_REMOVE;
    }
    be_ready(self);
    return G_SOURCE_CONTINUE;
}

/* ---- screens that come and go ---- */

static void clear_buffers(Kms *self) {
    for (guint i = 0; i < BUFFERS; i++)
        lec_kms_buffer_clear(&self->buffers[i], self->card);
}

static bool make_buffers(Kms *self) {
    bool made = true;
    for (guint i = 0; i < BUFFERS && made; i++)
        made = lec_kms_buffer_init(&self->buffers[i], self->card, self->target.mode.hdisplay,
                                   self->target.mode.vdisplay);
    return made;
}

/* The old picture is off before its memory goes; a flip under way is through by then. */
static void leave_screen(Kms *self) {
    if (self->lit)
        drmModeSetCrtc(self->card, self->target.crtc, 0, 0, 0, NULL, 0, NULL);
    self->lit = self->flipping = false;
    self->target.connector = 0;
    clear_buffers(self);
}

static void take_screen(Kms *self, const LecKmsTarget *target) {
    self->target = *target;
    if (!make_buffers(self)) {
        lec_warning("The graphics device gives no picture memory for the new screen: %s.",
                    g_strerror(errno));
        leave_screen(self);
        return;
    }
    lec_info("The screen is %u by %u at %u Hz now.", target->mode.hdisplay, target->mode.vdisplay,
             (lec_kms_refresh_mhz(&target->mode) + 500) / 1000);
    self->events.resized(self->user);
    be_ready(self);
}

/* Sizes and timing; the name and the flags beside it may change without a meaning. */
static bool same_timing(const drmModeModeInfo *a, const drmModeModeInfo *b) {
    return a->clock == b->clock && a->hdisplay == b->hdisplay && a->vdisplay == b->vdisplay &&
           a->htotal == b->htotal && a->vtotal == b->vtotal && a->flags == b->flags;
}

static void on_hotplug(void *user) {
    Kms *self = user;
    LecKmsTarget found;
    if (self->farewell)
        return;
    if (!lec_kms_card_find(self->card, self->width, self->height, &found)) {
        if (self->target.connector)
            lec_info("The screen is gone.");
        leave_screen(self);
        return;
    }
    const LecKmsTarget *now = &self->target;
    if (now->connector != found.connector || now->crtc != found.crtc ||
        !same_timing(&now->mode, &found.mode)) {
        leave_screen(self);
        take_screen(self, &found);
        return;
    }
    /* The same screen: after a power cycle its link may need the mode to be set again. */
    if (self->lit)
        set_mode(self, &self->buffers[(self->back + 1) % BUFFERS]);
    else
        self->events.resized(self->user);
}

/* ---- life ---- */

static void source_clear(GSource **source) {
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void kms_free(LecOutput *output) {
    Kms *self = (Kms *)output;
    source_clear(&self->flips);
    source_clear(&self->hotplug);
    source_clear(&self->farewell);
    if (self->before && self->lit && self->before->crtc_id == self->target.crtc)
        drmModeSetCrtc(self->card, self->before->crtc_id, self->before->buffer_id, self->before->x,
                       self->before->y, &self->target.connector, 1, &self->before->mode);
    drmModeFreeCrtc(self->before);
    clear_buffers(self);
    if (self->card >= 0)
        close(self->card);
    g_free(self);
}

static const LecOutputClass KMS_CLASS = {.name = "kms",
                                         .begin = kms_begin,
                                         .end = kms_end,
                                         .get_size = kms_get_size,
                                         .get_interval_us = kms_get_interval_us,
                                         .free = kms_free};

static void set_error(GError **error, int problem) {
    if (problem == ENOENT)
        g_set_error_literal(
            error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING,
            "There is no display to be found: no session (WAYLAND_DISPLAY, DISPLAY) "
            "and no graphics device (/dev/dri/card*). Use --display none to run "
            "without.");
    else if (problem == EACCES || problem == EPERM)
        g_set_error_literal(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING,
                            "The graphics device may not be opened: let this user join the group "
                            "video.");
    else if (problem == EBUSY)
        g_set_error_literal(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_FAILED,
                            "Another program shows its pictures on the graphics device, a desktop "
                            "or another Lectern: end it, or start Lectern inside its session.");
    else
        g_set_error(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_FAILED,
                    "The graphics device cannot be used: %s.", g_strerror(problem));
}

/* 0, or an errno. Without a screen it waits for one, in the dark. */
static int open_card(Kms *self) {
    int card = lec_kms_card_open(self->width, self->height);
    if (card < 0)
        return -card;
    self->card = card;
    guint64 monotonic = 0;
    drmGetCap(card, DRM_CAP_TIMESTAMP_MONOTONIC, &monotonic);
    self->monotonic = monotonic != 0;
    if (!lec_kms_card_find(card, self->width, self->height, &self->target)) {
        self->target.mode.hdisplay = DARK_WIDTH;
        self->target.mode.vdisplay = DARK_HEIGHT;
        lec_info("No screen is connected to the graphics device yet.");
        return 0;
    }
    self->before = drmModeGetCrtc(card, self->target.crtc);
    return make_buffers(self) ? 0 : errno ? errno : EIO;
}

static void listen_to_the_kernel(Kms *self) {
    self->flips = g_unix_fd_source_new(self->card, G_IO_IN);
    g_source_set_callback(self->flips, G_SOURCE_FUNC(on_readable), self, NULL);
    g_source_set_priority(self->flips, G_PRIORITY_HIGH);
    g_source_attach(self->flips, NULL);
    self->hotplug = lec_kms_hotplug_watch(on_hotplug, self);
}

LecOutput *lec_output_kms_open(const LecOutputOptions *options, const LecOutputEvents *events,
                               void *user, GError **error) {
    Kms *self = g_new0(Kms, 1);
    self->base.klass = &KMS_CLASS;
    self->events = *events;
    self->user = user;
    self->card = -1;
    self->width = options ? options->width : 0;
    self->height = options ? options->height : 0;
    int problem = open_card(self);
    if (problem != 0) {
        set_error(error, problem);
        kms_free(&self->base);
        return NULL;
    }
    listen_to_the_kernel(self);
    return &self->base;
}
