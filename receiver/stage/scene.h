/*
 * What is on the display: background, tiles in their layout, passing sentence; how that moves with
 * time, and painting a damaged region of it. Knows no output: time is a parameter.
 */
#pragma once

#include "receiver/stage/tile.h"

#define LEC_SCENE_ANIMATION_US (250 * G_TIME_SPAN_MILLISECOND)
#define LEC_SCENE_LONE_LABEL_US (5 * G_TIME_SPAN_SECOND)

typedef struct {
    guint width, height;
    guint8 *background; /* BGRx without padding; NULL: black */
    LecTile *tiles[LEC_STAGE_MAX_TILES];
    guint n_tiles;
    LecTile *leaving[LEC_STAGE_MAX_TILES]; /* still seen under the others while these spread */
    guint n_leaving;
    LecLayout layout;
    LecTile *focus; /* one of tiles, or NULL: the first visible */
    bool reduced_motion;
    gint64 animation_us; /* when it began, 0: at rest */
    gint64 step_us;      /* the animation's latest step */
    gint64 lone_us;      /* when the only visible tile came to be alone, 0: it is not */
    char *sentence;
    gint64 sentence_until_us;
    LecOverlay *toast;
    char *question;
    LecOverlay *bar;        /* the question, drawn */
    cairo_region_t *damage; /* what must be painted */
} LecScene;

void lec_scene_init(LecScene *self, guint width, guint height);
void lec_scene_clear(LecScene *self); /* with its tiles */

/* The background is gone, everything stands in its new place at once and is damaged. */
void lec_scene_resize(LecScene *self, guint width, guint height);
bool lec_scene_is_covered(const LecScene *self);
void lec_scene_set_background(LecScene *self, const guint8 *pixels, gsize stride);
void lec_scene_say(LecScene *self, const char *sentence, gint64 until_us);
void lec_scene_ask(LecScene *self, const char *sentence); /* NULL: no question any more */

void lec_scene_add(LecScene *self, LecTile *tile);                   /* takes; there is room */
void lec_scene_remove(LecScene *self, LecTile *tile, gint64 now_us); /* frees it */
void lec_scene_move(LecScene *self, LecTile *tile, guint index, gint64 now_us);
void lec_scene_set_layout(LecScene *self, LecLayout layout, gint64 now_us);
void lec_scene_set_focus(LecScene *self, LecTile *tile, gint64 now_us); /* NULL: none */
void lec_scene_set_mark(LecScene *self, LecTile *tile, LecMark mark);
void lec_scene_set_notice(LecScene *self, LecTile *tile, const char *sentence);

/* The tile's next frame becomes the shown one. False: it looks the same. */
bool lec_scene_take(LecScene *self, LecTile *tile, gint64 now_us);

/* When time alone changes something; G_MAXINT64: never. interval_us: between two steps of a
 * movement. */
gint64 lec_scene_next_change(const LecScene *self, guint interval_us);

/* Everything stands where it must at now_us. */
void lec_scene_advance(LecScene *self, gint64 now_us);

/* The cell that this tile has, or would have if it showed something. */
LecRect lec_scene_cell(const LecScene *self, const LecTile *tile);

/* Paints the region and nothing else. */
void lec_scene_paint(LecScene *self, const LecSurface *surface, const cairo_region_t *region);
