/* Makes frames of known colours. */
#include "tests/support/pictures.h"

#include <string.h>

LecFrame *lec_test_frame(LecFrameFormat format, guint width, guint height, guint8 y, guint8 u,
                         guint8 v) {
    gsize luma = (width + 15) & ~(gsize)15, half_width = (width + 1) / 2, half = (height + 1) / 2;
    bool packed = format == LEC_FRAME_NV12;
    guint8 *memory = g_malloc(luma * height + 2 * luma * half);
    LecFrame *self = lec_frame_new(memory, g_free);
    self->format = format;
    self->matrix = LEC_MATRIX_BT709;
    self->width = width;
    self->height = height;
    self->strides[0] = self->strides[1] = luma;
    self->planes[0] = memory;
    self->planes[1] = memory + luma * height;
    memset(memory, y, luma * height);
    guint8 *chroma = memory + luma * height;
    if (packed) {
        for (gsize i = 0; i < half; i++)
            for (gsize x = 0; x < half_width; x++) {
                chroma[i * luma + 2 * x] = u;
                chroma[i * luma + 2 * x + 1] = v;
            }
        return self;
    }
    self->planes[2] = chroma + luma * half;
    self->strides[2] = luma;
    memset(chroma, u, luma * half);
    memset(chroma + luma * half, v, luma * half);
    return self;
}

void lec_test_frame_fill(LecFrame *frame, LecRect area, guint8 y) {
    guint8 *luma = (guint8 *)frame->planes[0];
    for (guint row = 0; row < area.height; row++)
        memset(luma + (area.y + row) * frame->strides[0] + area.x, y, area.width);
}

bool lec_test_pixel_is(guint32 pixel, guint32 rgb, guint tolerance) {
    for (guint shift = 0; shift < 24; shift += 8) {
        int a = pixel >> shift & 0xff, b = rgb >> shift & 0xff;
        if (ABS(a - b) > (int)tolerance)
            return false;
    }
    return true;
}
