/* The cells that tiles stand in, for every layout, number and shape: pure geometry. */
#pragma once

#include "receiver/stage/layout.h"

#define LEC_ARRANGE_MAX 9

/* A picture's; 0 by 0 where it is not known yet, taken as 16 by 9. */
typedef struct {
    guint width, height;
} LecShape;

typedef struct {
    LecLayout layout;
    guint width, height; /* of the display, pixels */
    guint gap;   /* between two cells, even; a display that is too small for gaps has none */
    guint count; /* 1 to LEC_ARRANGE_MAX */
    guint focus; /* less than count: the large one, or the first of two */
    const LecShape *shapes; /* count of them */
} LecArrangement;

/*
 * Fills count rectangles, none over another, inside the display. One tile has the whole display,
 * which may be odd; of several, all coordinates are even. A display of a few pixels has cells of
 * none.
 */
void lec_arrange(const LecArrangement *what, LecRect *ret);
