/* Pixels: scaling, colour conversion, filling, copying and blending within rectangles, by libyuv.
 */
#include "receiver/stage/compose.h"

#include <libyuv.h>

#define DIMMED 0xff8c8c8c /* of each channel: 55 % */

LecRect lec_rect_intersect(LecRect a, LecRect b) {
    guint left = MAX(a.x, b.x), top = MAX(a.y, b.y);
    guint right = MIN(a.x + a.width, b.x + b.width), lower = MIN(a.y + a.height, b.y + b.height);
    if (left >= right || top >= lower)
        return (LecRect){left, top, 0, 0};
    return (LecRect){left, top, right - left, lower - top};
}

bool lec_rect_equal(LecRect a, LecRect b) {
    return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

static guint8 *pixel_at(const LecSurface *surface, guint x, guint y) {
    return surface->pixels + y * surface->stride + (gsize)x * 4;
}

static const struct YuvConstants *constants(const LecFrame *frame) {
    if (frame->matrix == LEC_MATRIX_BT601)
        return frame->full_range ? &kYuvJPEGConstants : &kYuvI601Constants;
    return frame->full_range ? &kYuvF709Constants : &kYuvH709Constants;
}

/* A frame of its own memory, planes one behind the other, rows on 64 bytes for the wide
 * instructions. */
static LecFrame *frame_alloc(LecFrameFormat format, guint width, guint height) {
    gsize luma = (width + 63) & ~(gsize)63, half = (height + 1) / 2;
    gsize chroma = format == LEC_FRAME_NV12 ? luma : (luma / 2 + 63) & ~(gsize)63;
    gsize bytes = luma * height + chroma * half * (format == LEC_FRAME_NV12 ? 1 : 2);
    guint8 *memory = g_aligned_alloc(1, bytes, 64);
    LecFrame *self = lec_frame_new(memory, g_aligned_free);
    self->format = format;
    self->width = width;
    self->height = height;
    self->planes[0] = memory;
    self->planes[1] = memory + luma * height;
    self->strides[0] = luma;
    self->strides[1] = chroma;
    if (format == LEC_FRAME_I420) {
        self->planes[2] = self->planes[1] + chroma * half;
        self->strides[2] = chroma;
    }
    return self;
}

/* kFilterBox is what libyuv reduces to the cheaper bilinear wherever less than half is left out. */
static void scale_planes(const LecFrame *from, LecFrame *to) {
    guint8 *planes[3] = {(guint8 *)to->planes[0], (guint8 *)to->planes[1], (guint8 *)to->planes[2]};
    int failed;
    if (from->format == LEC_FRAME_NV12)
        failed = NV12Scale(from->planes[0], (int)from->strides[0], from->planes[1],
                           (int)from->strides[1], (int)from->width, (int)from->height, planes[0],
                           (int)to->strides[0], planes[1], (int)to->strides[1], (int)to->width,
                           (int)to->height, kFilterBox);
    else
        failed = I420Scale(from->planes[0], (int)from->strides[0], from->planes[1],
                           (int)from->strides[1], from->planes[2], (int)from->strides[2],
                           (int)from->width, (int)from->height, planes[0], (int)to->strides[0],
                           planes[1], (int)to->strides[1], planes[2], (int)to->strides[2],
                           (int)to->width, (int)to->height, kFilterBox);
    g_assert(failed == 0); /* it only refuses sizes, and those were checked */
}

LecFrame *lec_compose_scale(const LecFrame *frame, guint width, guint height, LecFrame *reuse) {
    LecFrame *ret = reuse;
    if (!ret || ret->width != width || ret->height != height || ret->format != frame->format) {
        lec_frame_unref(ret);
        ret = frame_alloc(frame->format, width, height);
    }
    ret->matrix = frame->matrix;
    ret->full_range = frame->full_range;
    scale_planes(frame, ret);
    return ret;
}

void lec_compose_frame(const LecSurface *surface, const LecFrame *frame, LecRect at, guint crop_x,
                       guint crop_y, LecRect clip) {
    if (!clip.width || !clip.height)
        return;
    gsize x = clip.x - at.x + crop_x, y = clip.y - at.y + crop_y;
    g_assert(x % 2 == 0 && y % 2 == 0);
    g_assert(x + clip.width <= frame->width && y + clip.height <= frame->height);
    const guint8 *luma = frame->planes[0] + y * frame->strides[0] + x;
    guint8 *to = pixel_at(surface, clip.x, clip.y);
    int stride = (int)surface->stride, w = (int)clip.width, h = (int)clip.height;
    if (frame->format == LEC_FRAME_NV12) {
        NV12ToARGBMatrix(luma, (int)frame->strides[0],
                         frame->planes[1] + y / 2 * frame->strides[1] + x, (int)frame->strides[1],
                         to, stride, constants(frame), w, h);
        return;
    }
    I420ToARGBMatrix(luma, (int)frame->strides[0],
                     frame->planes[1] + y / 2 * frame->strides[1] + x / 2, (int)frame->strides[1],
                     frame->planes[2] + y / 2 * frame->strides[2] + x / 2, (int)frame->strides[2],
                     to, stride, constants(frame), w, h);
}

void lec_compose_black(const LecSurface *surface, LecRect area) {
    if (area.width && area.height)
        ARGBRect(surface->pixels, (int)surface->stride, (int)area.x, (int)area.y, (int)area.width,
                 (int)area.height, 0xff000000);
}

void lec_compose_dim(const LecSurface *surface, LecRect area) {
    guint8 *at = pixel_at(surface, area.x, area.y);
    if (area.width && area.height)
        ARGBShade(at, (int)surface->stride, at, (int)surface->stride, (int)area.width,
                  (int)area.height, DIMMED);
}

void lec_compose_copy(const LecSurface *surface, const guint8 *pixels, gsize stride, LecRect area) {
    if (area.width && area.height)
        ARGBCopy(pixels + area.y * stride + (gsize)area.x * 4, (int)stride,
                 pixel_at(surface, area.x, area.y), (int)surface->stride, (int)area.width,
                 (int)area.height);
}

void lec_compose_overlay(const LecSurface *surface, const LecOverlay *overlay, guint x, guint y,
                         LecRect clip) {
    LecRect part = lec_rect_intersect((LecRect){x, y, overlay->width, overlay->height}, clip);
    if (!part.width)
        return;
    guint8 *to = pixel_at(surface, part.x, part.y);
    ARGBBlend(overlay->pixels + (part.y - y) * overlay->stride + (gsize)(part.x - x) * 4,
              (int)overlay->stride, to, (int)surface->stride, to, (int)surface->stride,
              (int)part.width, (int)part.height);
}
