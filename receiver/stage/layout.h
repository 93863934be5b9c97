/* The layouts' names, and a picture's place in its cell: pure geometry. arrange.h has the cells. */
#pragma once

#include "receiver/stage/output.h"

typedef enum {
    LEC_LAYOUT_AUTOMATIC,    /* as large as the pictures' shapes allow */
    LEC_LAYOUT_GRID,         /* equal cells */
    LEC_LAYOUT_FOCUS,        /* one large, the others in a strip */
    LEC_LAYOUT_SIDE_BY_SIDE, /* two large, the others in a strip */
} LecLayout;
#define LEC_LAYOUTS 4

/* By LecLayout, closed by NULL: "automatic", "grid", "focus", "side-by-side". */
extern const char *const lec_layout_names[];

/* The largest rectangle of the picture's shape in cell, centred, even coordinates. */
LecRect lec_layout_fit(LecRect cell, guint picture_width, guint picture_height);

/* Between two places, t from 0 to 1, eased at both ends; even coordinates. */
LecRect lec_layout_between(LecRect from, LecRect to, double t);

/* Where a picture stands, and in which size. */
typedef struct {
    LecRect at;           /* even coordinates, inside the cell */
    guint width, height;  /* of the picture as it is drawn */
    guint crop_x, crop_y; /* even; what is cut from that at its left and upper edge */
    bool scaled;          /* width by height is not its own size */
} LecPlace;

/*
 * A picture that nearly fills its cell is shown one to one, which is sharper and costs less: up to
 * 4 pixels too large (they are cut off) or 5 % too small. So is one whose half, third or quarter
 * does, because exact parts are sharp and scaled ten times as fast. Any other is scaled to
 * lec_layout_fit().
 */
LecPlace lec_layout_place(LecRect cell, guint picture_width, guint picture_height);
