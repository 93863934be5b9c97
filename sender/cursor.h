/* The mouse cursor's picture, drawn into captured pixels where the display leaves it out. Pure. */
#pragma once

#include "sender/convert.h"

#define LEC_CURSOR_MAX_SIZE 512

typedef struct {
    guint32 *pixels; /* premultiplied ARGB; NULL: nothing to draw */
    int width, height, hot_x, hot_y;
} LecCursor;

/* Copies; each of the width × height longs holds a pixel in its low 32 bits, as XFixes gives them.
 */
void lec_cursor_set(LecCursor *self, const gulong *pixels, int width, int height, int hot_x,
                    int hot_y);
void lec_cursor_clear(LecCursor *self);

/* What it covers when it points at x, y. */
LecRect lec_cursor_cover(const LecCursor *self, int x, int y);

/* Draws the part that falls into within; pixels (BGRX in memory) are those of within, from its
 * upper left corner. */
void lec_cursor_blend(const LecCursor *self, int x, int y, const LecRect *within, guint8 *pixels,
                      int stride);
