/* A small JPEG of a picture, for the host to see before it is on the stage. The one place that
 * knows libjpeg. */
#pragma once

#include "receiver/frame.h"

#define LEC_PREVIEW_ERROR (lec_preview_error_quark())
GQuark lec_preview_error_quark(void);

typedef enum {
    LEC_PREVIEW_ERROR_SIZE, /* the frame or the bounds are too small or too large */
    LEC_PREVIEW_ERROR_FAILED,
} LecPreviewError;

#define LEC_PREVIEW_WIDTH 320
#define LEC_PREVIEW_HEIGHT 180
#define LEC_PREVIEW_BYTES_MAX (20 * 1024)
#define LEC_PREVIEW_SIDE_MAX 1024 /* of max_width and max_height */

/*
 * The frame in its own shape within max_width by max_height (never larger than it is, but at least
 * 2 by 2), in LEC_PREVIEW_BYTES_MAX at most: coarser or, where that is not enough, smaller. Takes a
 * few milliseconds.
 */
GBytes *lec_preview_make(const LecFrame *frame, guint max_width, guint max_height, GError **error);
