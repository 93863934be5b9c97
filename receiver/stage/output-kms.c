/* The display itself, without a session: the kernel's mode setting, two dumb buffers, page flips.
 */
#include "receiver/stage/kms-choose.h"
#include "receiver/stage/kms-hotplug.h"
#include "receiver/stage/output-kinds.h"

#include "common/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define CARDS_MAX 16
#define BUFFERS 2

typedef struct {
    guint32 handle, framebuffer, stride;
    gsize bytes;
    guint8 *pixels;
    guint64 shown; /* the number of the present that it holds, 0: none */
} Buffer;

typedef struct {
    LecOutput base;
    LecOutputEvents events;
    void *user;
    int fd;
    guint want_width, want_height; /* the mode asked for, 0: the best */
    guint32 connector, crtc;
    drmModeModeInfo mode;
    drmModeCrtc *before; /* what was there, given back at the end */
    Buffer buffers[BUFFERS];
    guint back; /* the buffer that is not on the display */
    guint64 presents;
    bool flipping, wanted;
    bool lit;       /* the CRTC has our mode: it can flip */
    bool dark;      /* it would not take it */
    bool monotonic; /* flip times are g_get_monotonic_time()'s */
    GSource *source, *hotplug, *farewell;
} Kms;

static void buffer_clear(Kms *self, Buffer *buffer) {
    if (buffer->pixels)
        munmap(buffer->pixels, buffer->bytes);
    if (buffer->framebuffer)
        drmModeRmFB(self->fd, buffer->framebuffer);
    if (buffer->handle) {
        struct drm_mode_destroy_dumb destroy = {.handle = buffer->handle};
        drmIoctl(self->fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
    }
    *buffer = (Buffer){0};
}

static bool buffer_init(Kms *self, Buffer *buffer) {
    struct drm_mode_create_dumb create = {
        .width = self->mode.hdisplay, .height = self->mode.vdisplay, .bpp = 32};
    if (drmIoctl(self->fd, DRM_IOCTL_MODE_CREATE_DUMB, &create) != 0)
        return false;
    buffer->handle = create.handle;
    buffer->stride = create.pitch;
    buffer->bytes = create.size;
    if (drmModeAddFB(self->fd, create.width, create.height, 24, 32, create.pitch, create.handle,
                     &buffer->framebuffer) != 0)
        return false;
    struct drm_mode_map_dumb map = {.handle = create.handle};
    if (drmIoctl(self->fd, DRM_IOCTL_MODE_MAP_DUMB, &map) != 0)
        return false;
    void *pixels =
        mmap(NULL, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, (off_t)map.offset);
    if (pixels == MAP_FAILED)
        return false;
    buffer->pixels = pixels;
    return true;
}

static void buffers_clear(Kms *self) {
    for (guint i = 0; i < BUFFERS; i++)
        buffer_clear(self, &self->buffers[i]);
}

/* 0 or an errno. */
static int buffers_init(Kms *self) {
    for (guint i = 0; i < BUFFERS; i++)
        if (!buffer_init(self, &self->buffers[i]))
            return errno ? errno : EIO;
    return 0;
}

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
    self->wanted = self->flipping || self->farewell;
    if (self->wanted)
        return false;
    const Buffer *buffer = &self->buffers[self->back];
    *ret = (LecSurface){.pixels = buffer->pixels,
                        .stride = buffer->stride,
                        .width = self->mode.hdisplay,
                        .height = self->mode.vdisplay,
                        .age = buffer->shown ? (guint)(self->presents + 1 - buffer->shown) : 0};
    return true;
}

/* 0 or a negative errno. */
static int set_mode(Kms *self, const Buffer *buffer) {
    return drmModeSetCrtc(self->fd, self->crtc, buffer->framebuffer, 0, 0, &self->connector, 1,
                          &self->mode);
}

/* The first picture sets the mode; later ones flip. A driver that cannot flip sets the mode each
 * time. */
static void kms_end(LecOutput *output, const LecRect *changed, guint n_changed) {
    Kms *self = (Kms *)output;
    Buffer *buffer = &self->buffers[self->back];
    buffer->shown = ++self->presents;
    self->back = (self->back + 1) % BUFFERS;
    if (self->lit && drmModePageFlip(self->fd, self->crtc, buffer->framebuffer,
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
    if (problem != 0 && !self->dark)
        lec_warning("The screen takes no picture: %s.", g_strerror(-problem));
    self->dark = problem != 0;
    self->lit = problem == 0;
    self->events.presented(g_get_monotonic_time(), self->user);
}

static void kms_get_size(LecOutput *output, guint *ret_width, guint *ret_height) {
    const Kms *self = (const Kms *)output;
    *ret_width = self->mode.hdisplay;
    *ret_height = self->mode.vdisplay;
}

static guint refresh_mhz(const drmModeModeInfo *mode) {
    guint64 total = (guint64)mode->htotal * mode->vtotal;
    return total ? (guint)((guint64)mode->clock * 1000000 / total) : 0; /* clock: kHz */
}

static guint kms_get_interval_us(LecOutput *output) {
    guint mhz = refresh_mhz(&((const Kms *)output)->mode);
    return mhz ? (guint)(G_USEC_PER_SEC * G_GINT64_CONSTANT(1000) / mhz) : 0;
}

static void on_flip(int fd, unsigned sequence, unsigned seconds, unsigned microseconds,
                    void *user) {
    Kms *self = user;
    self->flipping = false;
    gint64 when_us =
        self->monotonic ? (gint64)seconds * G_USEC_PER_SEC + microseconds : g_get_monotonic_time();
    self->events.presented(when_us, self->user);
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer user) {
    Kms *self = user;
    drmEventContext context = {.version = 2, .page_flip_handler = on_flip};
    if (drmHandleEvent(fd, &context) != 0) {
        die_soon(self);
        return G_SOURCE_REMOVE;
    }
    if (self->wanted && !self->flipping) {
        self->wanted = false;
        self->events.ready(self->user);
    }
    return G_SOURCE_CONTINUE;
}

static void source_clear(GSource **source) {
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void kms_free(LecOutput *output) {
    Kms *self = (Kms *)output;
    source_clear(&self->source);
    source_clear(&self->hotplug);
    source_clear(&self->farewell);
    if (self->before) {
        if (self->lit)
            drmModeSetCrtc(self->fd, self->before->crtc_id, self->before->buffer_id,
                           self->before->x, self->before->y, &self->connector, 1,
                           &self->before->mode);
        drmModeFreeCrtc(self->before);
    }
    buffers_clear(self);
    if (self->fd >= 0)
        close(self->fd);
    g_free(self);
}

static const LecOutputClass KMS_CLASS = {.name = "kms",
                                         .begin = kms_begin,
                                         .end = kms_end,
                                         .get_size = kms_get_size,
                                         .get_interval_us = kms_get_interval_us,
                                         .free = kms_free};

static guint32 possible_crtcs(int fd, const drmModeConnector *connector) {
    guint32 ret = 0;
    for (int i = 0; i < connector->count_encoders; i++) {
        drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoders[i]);
        if (encoder)
            ret |= encoder->possible_crtcs;
        drmModeFreeEncoder(encoder);
    }
    return ret;
}

static void describe(int fd, const drmModeConnector *connector, guint32 crtcs,
                     LecKmsConnector *ret) {
    ret->connected = connector->connection == DRM_MODE_CONNECTED;
    ret->crtcs = possible_crtcs(fd, connector) & crtcs;
    ret->n_modes = (guint)CLAMP(connector->count_modes, 0, LEC_KMS_LIST_MAX);
    for (guint i = 0; i < ret->n_modes; i++) {
        const drmModeModeInfo *mode = &connector->modes[i];
        ret->modes[i] = (LecKmsMode){.width = mode->hdisplay,
                                     .height = mode->vdisplay,
                                     .refresh_mhz = refresh_mhz(mode),
                                     .preferred = mode->type & DRM_MODE_TYPE_PREFERRED,
                                     .interlaced = mode->flags & DRM_MODE_FLAG_INTERLACE};
    }
}

/* Fills connector, mode and CRTC from what the card has. */
static bool choose(Kms *self, const drmModeRes *resources) {
    guint n = (guint)CLAMP(resources->count_connectors, 0, 32);
    guint32 crtcs = resources->count_crtcs >= 32 ? G_MAXUINT32 : (1u << resources->count_crtcs) - 1;
    g_autofree LecKmsConnector *described = g_new0(LecKmsConnector, n + 1);
    drmModeConnector *connectors[32] = {NULL};
    for (guint i = 0; i < n; i++) {
        connectors[i] = drmModeGetConnector(self->fd, resources->connectors[i]);
        if (connectors[i])
            describe(self->fd, connectors[i], crtcs, &described[i]);
    }
    LecKmsChoice choice;
    bool found = lec_kms_choose(described, n, self->want_width, self->want_height, &choice);
    if (found) {
        self->connector = connectors[choice.connector]->connector_id;
        self->mode = connectors[choice.connector]->modes[choice.mode];
        self->crtc = resources->crtcs[choice.crtc];
    }
    for (guint i = 0; i < n; i++)
        drmModeFreeConnector(connectors[i]);
    return found;
}

/* 0: it shows. Otherwise what is wrong with this card, as an errno; ENXIO: nothing is connected. */
static int try_card(Kms *self, const char *path) {
    self->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (self->fd < 0)
        return errno;
    drmModeRes *resources = drmModeGetResources(self->fd);
    int ret = ENXIO;
    if (resources && choose(self, resources)) {
        ret = 0;
        ret = buffers_init(self);
    }
    drmModeFreeResources(resources);
    if (ret == 0)
        return 0;
    buffers_clear(self);
    close(self->fd);
    self->fd = -1;
    return ret;
}

/*
 * A screen came, went or changed. What is connected now is driven anew, even the same one: after a
 * power cycle its link may need the mode to be set again. Where nothing is connected everything
 * stays.
 */
static void on_hotplug(void *user) {
    Kms *self = user;
    guint width = self->mode.hdisplay, height = self->mode.vdisplay;
    drmModeRes *resources = drmModeGetResources(self->fd);
    bool found = resources && choose(self, resources);
    drmModeFreeResources(resources);
    if (!found || self->farewell)
        return;
    self->lit = false;
    if (width != self->mode.hdisplay || height != self->mode.vdisplay) {
        buffers_clear(self);
        if (buffers_init(self) != 0) {
            die_soon(self);
            return;
        }
    }
    for (guint i = 0; i < BUFFERS; i++)
        self->buffers[i].shown = 0;
    /* No flip is waited for: the one under way belongs to the mode before. */
    self->flipping = self->wanted = false;
    lec_info("A screen was plugged in: %u by %u.", self->mode.hdisplay, self->mode.vdisplay);
    self->events.resized(self->user);
}

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
    else if (problem == ENXIO)
        g_set_error_literal(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING,
                            "No screen is connected to the graphics device.");
    else
        g_set_error(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_FAILED,
                    "The graphics device gives no picture memory: %s.", g_strerror(problem));
}

LecOutput *lec_output_kms_open(const LecOutputOptions *options, const LecOutputEvents *events,
                               void *user, GError **error) {
    Kms *self = g_new0(Kms, 1);
    self->base.klass = &KMS_CLASS;
    self->events = *events;
    self->user = user;
    self->fd = -1;
    if (options) {
        self->want_width = options->width;
        self->want_height = options->height;
    }
    int problem = ENOENT;
    for (guint i = 0; i < CARDS_MAX && self->fd < 0; i++) {
        g_autofree char *path = g_strdup_printf("/dev/dri/card%u", i);
        int this = try_card(self, path);
        if (this != ENOENT)
            problem = this;
    }
    if (self->fd < 0) {
        set_error(error, problem);
        kms_free(&self->base);
        return NULL;
    }
    guint64 monotonic = 0;
    drmGetCap(self->fd, DRM_CAP_TIMESTAMP_MONOTONIC, &monotonic);
    self->monotonic = monotonic != 0;
    self->before = drmModeGetCrtc(self->fd, self->crtc);
    self->source = g_unix_fd_source_new(self->fd, G_IO_IN);
    g_source_set_callback(self->source, G_SOURCE_FUNC(on_readable), self, NULL);
    g_source_set_priority(self->source, G_PRIORITY_HIGH);
    g_source_attach(self->source, NULL);
    self->hotplug = lec_kms_hotplug_watch(on_hotplug, self);
    return &self->base;
}
