/* Where tiles stand: pure geometry. */
#pragma once

#include "receiver/stage/output.h"

/*
 * count tiles (1 to 4) on a display: one fills it, two side by side (or stacked on an upright
 * display), three as two over one, four in quarters; a gap of gap pixels between. Fills count
 * rectangles. Where there are several, all coordinates are even.
 */
void lec_layout_automatic(guint display_width, guint display_height, guint gap, guint count,
                          LecRect *ret);

/* The largest rectangle of the picture's shape in cell, centred, even coordinates. */
LecRect lec_layout_fit(LecRect cell, guint picture_width, guint picture_height);

/* Between two places, t from 0 to 1, eased at both ends; even coordinates. */
LecRect lec_layout_between(LecRect from, LecRect to, double t);

/* Where a picture stands and whether its pixels go there one to one. */
typedef struct {
    LecRect at; /* even coordinates, inside the cell */
    guint crop_x,
        crop_y; /* even; what is cut from the picture's left and upper edge, unscaled only */
    bool scaled;
} LecPlace;

/*
 * A picture that nearly fills its cell is shown one to one, which is sharper and costs less: up to
 * 4 pixels too large (they are cut off) or 5 % too small. Any other is scaled to lec_layout_fit().
 */
LecPlace lec_layout_place(LecRect cell, guint picture_width, guint picture_height);
