/* Opens a card, reads its lists for lec_kms_choose(), and makes dumb buffers. */
#include "receiver/stage/kms-card.h"
#include "receiver/stage/kms-choose.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define CARDS_MAX 16
#define CONNECTORS_MAX 32

guint lec_kms_refresh_mhz(const drmModeModeInfo *mode) {
    guint64 total = (guint64)mode->htotal * mode->vtotal;
    return total ? (guint)((guint64)mode->clock * 1000000 / total) : 0; /* clock: kHz */
}

static guint32 possible_crtcs(int card, const drmModeConnector *connector) {
    guint32 ret = 0;
    for (int i = 0; i < connector->count_encoders; i++) {
        drmModeEncoder *encoder = drmModeGetEncoder(card, connector->encoders[i]);
        if (encoder)
            ret |= encoder->possible_crtcs;
        drmModeFreeEncoder(encoder);
    }
    return ret;
}

static void describe(int card, const drmModeConnector *connector, guint32 crtcs,
                     LecKmsConnector *ret) {
    ret->connected = connector->connection == DRM_MODE_CONNECTED;
    ret->crtcs = possible_crtcs(card, connector) & crtcs;
    ret->n_modes = (guint)CLAMP(connector->count_modes, 0, LEC_KMS_LIST_MAX);
    for (guint i = 0; i < ret->n_modes; i++) {
        const drmModeModeInfo *mode = &connector->modes[i];
        ret->modes[i] = (LecKmsMode){.width = mode->hdisplay,
                                     .height = mode->vdisplay,
                                     .refresh_mhz = lec_kms_refresh_mhz(mode),
                                     .preferred = mode->type & DRM_MODE_TYPE_PREFERRED,
                                     .interlaced = mode->flags & DRM_MODE_FLAG_INTERLACE};
    }
}

static bool choose(int card, const drmModeRes *resources, guint width, guint height,
                   LecKmsTarget *ret) {
    guint n = (guint)CLAMP(resources->count_connectors, 0, CONNECTORS_MAX);
    guint32 crtcs = resources->count_crtcs >= 32 ? G_MAXUINT32 : (1u << resources->count_crtcs) - 1;
    g_autofree LecKmsConnector *described = g_new0(LecKmsConnector, n + 1);
    drmModeConnector *connectors[CONNECTORS_MAX] = {NULL};
    for (guint i = 0; i < n; i++) {
        connectors[i] = drmModeGetConnector(card, resources->connectors[i]);
        if (connectors[i])
            describe(card, connectors[i], crtcs, &described[i]);
    }
    LecKmsChoice choice;
    bool found = lec_kms_choose(described, n, width, height, &choice);
    if (found)
        *ret = (LecKmsTarget){.connector = connectors[choice.connector]->connector_id,
                              .crtc = resources->crtcs[choice.crtc],
                              .mode = connectors[choice.connector]->modes[choice.mode]};
    for (guint i = 0; i < n; i++)
        drmModeFreeConnector(connectors[i]);
    return found;
}

bool lec_kms_card_find(int card, guint width, guint height, LecKmsTarget *ret) {
    drmModeRes *resources = drmModeGetResources(card);
    bool found = resources && choose(card, resources, width, height, ret);
    drmModeFreeResources(resources);
    return found;
}

static bool can_show(int card) {
    drmModeRes *resources = drmModeGetResources(card);
    bool ret = resources && resources->count_connectors > 0 && resources->count_crtcs > 0;
    drmModeFreeResources(resources);
    return ret;
}

/* The descriptor, or a negative errno: ENOENT for a card that computes only. */
static int open_card(guint number) {
    g_autofree char *path = g_strdup_printf("/dev/dri/card%u", number);
    int card = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (card < 0)
        return -errno;
    int problem = !can_show(card) ? ENOENT : drmSetMaster(card) != 0 ? EBUSY : 0;
    if (problem == 0)
        return card;
    close(card);
    return -problem;
}

int lec_kms_card_open(guint width, guint height) {
    int dark = -1, problem = -ENOENT;
    for (guint i = 0; i < CARDS_MAX; i++) {
        int card = open_card(i);
        LecKmsTarget target;
        if (card >= 0 && lec_kms_card_find(card, width, height, &target)) {
            if (dark >= 0)
                close(dark);
            return card;
        }
        if (card >= 0 && dark < 0)
            dark = card;
        else if (card >= 0)
            close(card);
        else if (card != -ENOENT)
            problem = card;
    }
    return dark >= 0 ? dark : problem;
}

bool lec_kms_buffer_init(LecKmsBuffer *self, int card, guint width, guint height) {
    struct drm_mode_create_dumb create = {.width = width, .height = height, .bpp = 32};
    if (drmIoctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &create) != 0)
        return false;
    self->handle = create.handle;
    self->stride = create.pitch;
    self->bytes = create.size;
    if (drmModeAddFB(card, create.width, create.height, 24, 32, create.pitch, create.handle,
                     &self->framebuffer) != 0)
        return false;
    struct drm_mode_map_dumb map = {.handle = create.handle};
    if (drmIoctl(card, DRM_IOCTL_MODE_MAP_DUMB, &map) != 0)
        return false;
    void *pixels =
        mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, card, (off_t)map.offset);
    if (pixels == MAP_FAILED)
        return false;
    self->pixels = pixels;
    return true;
}

void lec_kms_buffer_clear(LecKmsBuffer *self, int card) {
    if (self->pixels)
        munmap(self->pixels, self->bytes);
    if (self->framebuffer)
        drmModeRmFB(card, self->framebuffer);
    if (self->handle) {
        struct drm_mode_destroy_dumb destroy = {.handle = self->handle};
        drmIoctl(card, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
    }
    *self = (LecKmsBuffer){0};
}
