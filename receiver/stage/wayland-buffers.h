/* Pixel buffers shared with a Wayland compositor: two of them, the second made only if the first is
 * still in use. */
#pragma once

#include "receiver/stage/output.h"

#include <wayland-client.h>

#define LEC_WAYLAND_BUFFERS 2

typedef struct {
    struct wl_buffer *buffer;
    guint8 *pixels;
    gsize bytes;
    bool busy;     /* the compositor may read it */
    guint64 shown; /* the number of the present that it holds, 0: none */
} LecWaylandBuffer;

typedef struct {
    struct wl_shm *shm; /* borrowed */
    guint width, height;
    guint64 presents;
    LecWaylandBuffer all[LEC_WAYLAND_BUFFERS];
} LecWaylandBuffers;

void lec_wayland_buffers_resize(LecWaylandBuffers *self, guint width, guint height);
void lec_wayland_buffers_clear(LecWaylandBuffers *self);

/* A buffer that the compositor does not hold, and as what it can be drawn on; NULL where all are
 * held. */
LecWaylandBuffer *lec_wayland_buffers_get(LecWaylandBuffers *self, LecSurface *ret);

/* It is being handed to the compositor. */
void lec_wayland_buffers_hand(LecWaylandBuffers *self, LecWaylandBuffer *buffer);
