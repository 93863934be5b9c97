/* libyuv with our names and rectangles. */
#include "sender/convert.h"

#include <libyuv.h>

#define LIMITED_BLACK_Y 16
#define NEUTRAL_CHROMA 128

void lec_convert_bgrx(const LecPlanes *planes, const LecRect *at, const guint8 *pixels,
                      int stride) {
    g_assert(((at->x | at->y | at->width | at->height) & 1) == 0);
    g_assert(at->x >= 0 && at->y >= 0 && at->x + at->width <= planes->width &&
             at->y + at->height <= planes->height);
    guint8 *y = planes->y + (gsize)at->y * planes->y_stride + at->x;
    guint8 *u = planes->u + (gsize)(at->y / 2) * planes->u_stride + at->x / 2;
    guint8 *v = planes->v + (gsize)(at->y / 2) * planes->v_stride + at->x / 2;
    ARGBToI420(pixels, stride, y, planes->y_stride, u, planes->u_stride, v, planes->v_stride,
               at->width, at->height);
}

void lec_convert_clear(const LecPlanes *planes) {
    I420Rect(planes->y, planes->y_stride, planes->u, planes->u_stride, planes->v, planes->v_stride,
             0, 0, planes->width, planes->height, LIMITED_BLACK_Y, NEUTRAL_CHROMA, NEUTRAL_CHROMA);
}

void lec_convert_scale(const LecPlanes *source, const LecPlanes *target) {
    I420Scale(source->y, source->y_stride, source->u, source->u_stride, source->v, source->v_stride,
              source->width, source->height, target->y, target->y_stride, target->u,
              target->u_stride, target->v, target->v_stride, target->width, target->height,
              kFilterBox);
}
