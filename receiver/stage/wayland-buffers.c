/* Pixel buffers shared with a Wayland compositor, through an anonymous file. */
#include "receiver/stage/wayland-buffers.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static void on_release(void *data, struct wl_buffer *buffer) {
    ((LecWaylandBuffer *)data)->busy = false;
}

static const struct wl_buffer_listener LISTENER = {.release = on_release};

static void buffer_clear(LecWaylandBuffer *self) {
    if (self->buffer)
        wl_buffer_destroy(self->buffer);
    if (self->pixels)
        munmap(self->pixels, self->bytes);
    *self = (LecWaylandBuffer){0};
}

static bool buffer_init(LecWaylandBuffer *self, struct wl_shm *shm, guint width, guint height) {
    gsize stride = (gsize)width * 4, bytes = stride * height;
    int fd = memfd_create("lectern-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return false;
    if (ftruncate(fd, (off_t)bytes) < 0) {
        close(fd);
        return false;
    }
    /* Whoever reads it can rely on its length. */
    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL);
    guint8 *pixels = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (pixels == MAP_FAILED) {
        close(fd);
        return false;
    }
    struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, (int32_t)bytes);
    close(fd);
    self->buffer = wl_shm_pool_create_buffer(pool, 0, (int32_t)width, (int32_t)height,
                                             (int32_t)stride, WL_SHM_FORMAT_XRGB8888);
    wl_shm_pool_destroy(pool);
    wl_buffer_add_listener(self->buffer, &LISTENER, self);
    self->pixels = pixels;
    self->bytes = bytes;
    return true;
}

void lec_wayland_buffers_resize(LecWaylandBuffers *self, guint width, guint height) {
    lec_wayland_buffers_clear(self);
    self->width = width;
    self->height = height;
}

void lec_wayland_buffers_clear(LecWaylandBuffers *self) {
    for (guint i = 0; i < LEC_WAYLAND_BUFFERS; i++)
        buffer_clear(&self->all[i]);
    self->presents = 0;
}

/* The free one that was shown last: it needs the least drawing. */
static LecWaylandBuffer *find_free(LecWaylandBuffers *self) {
    LecWaylandBuffer *best = NULL;
    for (guint i = 0; i < LEC_WAYLAND_BUFFERS; i++) {
        LecWaylandBuffer *it = &self->all[i];
        if (it->buffer && !it->busy && (!best || it->shown > best->shown))
            best = it;
    }
    for (guint i = 0; !best && i < LEC_WAYLAND_BUFFERS; i++)
        if (!self->all[i].buffer &&
            buffer_init(&self->all[i], self->shm, self->width, self->height))
            best = &self->all[i];
    return best;
}

LecWaylandBuffer *lec_wayland_buffers_get(LecWaylandBuffers *self, LecSurface *ret) {
    LecWaylandBuffer *buffer = find_free(self);
    if (!buffer)
        return NULL;
    *ret = (LecSurface){.pixels = buffer->pixels,
                        .stride = (gsize)self->width * 4,
                        .width = self->width,
                        .height = self->height,
                        .age = buffer->shown ? (guint)(self->presents + 1 - buffer->shown) : 0};
    return buffer;
}

void lec_wayland_buffers_hand(LecWaylandBuffers *self, LecWaylandBuffer *buffer) {
    buffer->busy = true;
    buffer->shown = ++self->presents;
}
