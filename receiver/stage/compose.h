/*
 * Pixels: frames scaled and converted, plain areas filled, pictures copied and overlays laid over,
 * always within a rectangle of a surface. The one place that knows libyuv.
 */
#pragma once

#include "receiver/frame.h"
#include "receiver/stage/output.h"

/* Sides that libyuv's fixed-point scaling can do; larger frames are refused. */
#define LEC_COMPOSE_SIDE_MAX 16384

/* A small drawn picture with premultiplied alpha. */
typedef struct {
    guint width, height;
    gsize stride;
    guint8 *pixels;
} LecOverlay;

/*
 * The frame in another size (even, at least 2 by 2), same format and colours. reuse: an earlier
 * result that is not needed any more, or NULL; taken.
 */
LecFrame *lec_compose_scale(const LecFrame *frame, guint width, guint height, LecFrame *reuse);

/*
 * Draws the part of the frame that falls in clip, where the frame's pixel (crop_x, crop_y) stands
 * at at's corner. clip lies in at and in the surface, and clip's corner is an even way from at's.
 */
void lec_compose_frame(const LecSurface *surface, const LecFrame *frame, LecRect at, guint crop_x,
                       guint crop_y, LecRect clip);

void lec_compose_black(const LecSurface *surface, LecRect area);

/* Makes what is there darker. */
void lec_compose_dim(const LecSurface *surface, LecRect area);

/* pixels: a picture of the surface's size. */
void lec_compose_copy(const LecSurface *surface, const guint8 *pixels, gsize stride, LecRect area);

/* Lays the overlay, its corner at x, y, over the surface, within clip. */
void lec_compose_overlay(const LecSurface *surface, const LecOverlay *overlay, guint x, guint y,
                         LecRect clip);

/* What two rectangles share; width 0 where nothing. */
LecRect lec_rect_intersect(LecRect a, LecRect b);
bool lec_rect_equal(LecRect a, LecRect b);
