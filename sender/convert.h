/* Colour and size conversion of pictures: the only door to libyuv in the sender. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Planes of an I420 picture, BT.601 limited range; width and height are even. */
typedef struct {
    guint8 *y, *u, *v;
    int y_stride, u_stride, v_stride; /* bytes */
    int width, height;
} LecPlanes;

/* Where a rectangle stands, in pixels. */
typedef struct {
    int x, y, width, height;
} LecRect;

/* Converts a rectangle of 32-bit pixels (B, G, R, unused in memory) to its place at; at has even
 * edges inside planes. */
void lec_convert_bgrx(const LecPlanes *planes, const LecRect *at, const guint8 *pixels, int stride);

/* Makes the whole picture black. */
void lec_convert_clear(const LecPlanes *planes);

/* Scales source to the size of target. */
void lec_convert_scale(const LecPlanes *source, const LecPlanes *target);
