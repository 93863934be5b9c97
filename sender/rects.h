/* A short list of changed rectangles, merged where fetching one larger rectangle is cheaper than
 * two. Pure. */
#pragma once

#include "sender/convert.h"

#define LEC_RECTS_MAX 8

typedef struct {
    LecRect items[LEC_RECTS_MAX];
    guint n;
} LecRects;

/* Adds rect, clipped to width × height and widened to even edges; width and height are even. An
 * empty one adds nothing. */
void lec_rects_add(LecRects *self, const LecRect *rect, int width, int height);

/* The common part; false where there is none. */
bool lec_rect_intersect(const LecRect *a, const LecRect *b, LecRect *ret_common);
