/* A graphics card of the kernel's: what is connected to it, and picture memory. Blocks only as long
 * as the kernel does. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

typedef struct {
    guint32 connector, crtc;
    drmModeModeInfo mode;
} LecKmsTarget;

/*
 * Opens /dev/dri/card*: the first with a screen, else the first that could have one, as its only
 * master. Returns the descriptor, which the caller closes, or a negative errno: ENOENT where there
 * is none, EBUSY where another program shows its pictures there.
 */
int lec_kms_card_open(guint width, guint height);

/* Where to show, by lec_kms_choose(). False: no screen is connected. Asks the screens themselves,
 * which may take some 100 ms. */
bool lec_kms_card_find(int card, guint width, guint height, LecKmsTarget *ret);

guint lec_kms_refresh_mhz(const drmModeModeInfo *mode); /* 0: unknown */

typedef struct {
    guint32 handle, framebuffer, stride;
    gsize bytes;
    guint8 *pixels;
    guint64 shown; /* the number of the present that it holds, 0: none */
} LecKmsBuffer;

/* Zeroed before. Sets errno; what was made by then is for lec_kms_buffer_clear(). */
bool lec_kms_buffer_init(LecKmsBuffer *self, int card, guint width, guint height);
void lec_kms_buffer_clear(LecKmsBuffer *self, int card);
