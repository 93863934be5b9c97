/* Where tiles stand: pure geometry. */
#pragma once

#include "receiver/stage/output.h"

/*
 * count tiles (1 to 4) on a display: one fills it, two side by side (or stacked on an upright display), three as two over
 * one, four in quarters; a gap of gap pixels between. Fills count rectangles.
 */
void lec_layout_automatic(guint display_width, guint display_height, guint gap, guint count, LecRect *ret);

/* The largest rectangle of the picture's shape in cell, centred, even coordinates. */
LecRect lec_layout_fit(LecRect cell, guint picture_width, guint picture_height);

/* Between two places, t from 0 to 1, eased at both ends. */
LecRect lec_layout_between(LecRect from, LecRect to, double t);
