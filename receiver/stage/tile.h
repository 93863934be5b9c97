/* One presenter's tile: its newest frame, where it stands, its label and notice, and painting a
 * part of it. */
#pragma once

#include "receiver/stage/arrange.h"
#include "receiver/stage/changes.h"
#include "receiver/stage/meter.h"
#include "receiver/stage/overlay.h"
#include "receiver/stage/pace.h"
#include "receiver/stage/stage.h"

struct LecTile {
    LecStage *stage; /* borrowed, for the public calls */
    char *name, *sentence;
    LecFrame *next;   /* the newest, not yet composed */
    LecFrame *shown;  /* what the surface has; NULL: not visible yet */
    LecFrame *scaled; /* shown in its place's size, where that differs */
    bool scaled_stale;
    LecShape shape; /* of its pictures, as far as the layout knows */
    LecMark mark;
    LecRect from, to; /* cells: where it comes from, where it is at rest */
    LecRect cell;     /* where it is now */
    LecPlace place;   /* where the picture stands now */
    LecOverlay *label, *notice, *badge;
    guint drawn_width, drawn_height; /* of the cell that these were drawn for */
    bool label_shown;
    LecPace pace;
    LecMeter meter;
};

LecTile *lec_tile_new(LecStage *stage, const char *name);
void lec_tile_free(LecTile *self);

/* What happened when the newest frame was taken over. */
typedef enum {
    LEC_TAKEN_SAME,    /* nothing to draw */
    LEC_TAKEN_CHANGED, /* damage grew */
    LEC_TAKEN_SHAPE,   /* first frame or another size: the tile must be placed anew */
} LecTaken;

/* Makes next the shown frame; adds what must be drawn again to damage. next is there. */
LecTaken lec_tile_take(LecTile *self, cairo_region_t *damage);

/* Stands in cell from now on; both the old and the new place are damaged. No-op where nothing
 * moves. */
void lec_tile_place(LecTile *self, LecRect cell, cairo_region_t *damage);

/* The picture is of another shape than the layout was made for; it is noted. */
bool lec_tile_note_shape(LecTile *self);

/* Draws label, notice and mark for a display of this shorter side, to fit the cell at rest; their
 * places are damaged. */
void lec_tile_draw_overlays(LecTile *self, guint display_side, cairo_region_t *damage);
void lec_tile_set_mark_drawn(LecTile *self, LecMark mark, guint display_side,
                             cairo_region_t *damage);

/* Nothing is left but the picture where it stands: the tile is gone and only still seen. */
void lec_tile_leave(LecTile *self);
void lec_tile_show_label(LecTile *self, bool shown, cairo_region_t *damage);

/* Paints what of picture (and overlays) falls in clip. Corners of clip are even, or clip ends at
 * the surface's edge. */
void lec_tile_paint(LecTile *self, const LecSurface *surface, LecRect clip);
void lec_tile_paint_overlays(LecTile *self, const LecSurface *surface, LecRect clip);
