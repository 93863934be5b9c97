/*
 * The stage: what the display shows. Up to LEC_STAGE_MAX_TILES presenters' tiles in one of
 * four layouts, each the newest frame there is, over a background picture (the welcome screen). It
 * composes when something changed, at most once a refresh of the display, and only what changed.
 * All on main.
 */
#pragma once

#include "receiver/frame.h"
#include "receiver/stage/layout.h"
#include "receiver/stage/output.h"

#define LEC_STAGE_MAX_TILES 9
#define LEC_STAGE_STALE_US (2 * G_USEC_PER_SEC)

typedef struct LecStage LecStage;
typedef struct LecTile LecTile;

typedef struct {
    void (*resized)(guint width, guint height, void *user); /* the background must be drawn anew */
    void (*closed)(const GError *error, void *user); /* the output died or its window was closed */
    void (*key)(guint keysym, void *user);           /* may be NULL */
} LecStageEvents;

LecStage *lec_stage_new(const char *display, const LecOutputOptions *options,
                        const LecStageEvents *events, void *user, GError **error);
void lec_stage_free(LecStage *self); /* with its tiles */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecStage, lec_stage_free)

void lec_stage_get_size(const LecStage *self, guint *ret_width, guint *ret_height);

/* A picture of the stage's size in BGRx, shown while there is no tile; copied. NULL: black, and its
 * memory is given back. */
void lec_stage_set_background(LecStage *self, const guint8 *pixels, gsize stride);

/* Whether a tile covers the background. */
bool lec_stage_is_covered(const LecStage *self);

/* NULL where LEC_STAGE_MAX_TILES are there. The tile shows once it has a frame. name: the
 * presenter's, on a label. */
LecTile *lec_stage_add_tile(LecStage *self, const char *name);
void lec_tile_remove(LecTile *self); /* the layout closes up smoothly */

/* Jump to a new layout instead of moving there. */
void lec_stage_set_reduced_motion(LecStage *self, bool reduced);

/* Everything moves to its new place; never is there a moment without pictures. Automatic at first.
 */
void lec_stage_set_layout(LecStage *self, LecLayout layout);
LecLayout lec_stage_get_layout(const LecStage *self);

/* The tile that is large in LEC_LAYOUT_FOCUS, and the first of two in LEC_LAYOUT_SIDE_BY_SIDE;
 * NULL: the first in order. It is forgotten with its tile. */
void lec_stage_set_focus(LecStage *self, LecTile *tile);
LecTile *lec_stage_get_focus(const LecStage *self); /* what was set */
/* How often it was set: who left the display may look whether it was given to another since. */
guint lec_stage_count_focus(const LecStage *self);

/* Tiles that show something, in order; NULL: there are not so many. */
LecTile *lec_stage_get_tile(const LecStage *self, guint index);

/* Moves the tile to that place in the order of all tiles, the last one where there are fewer. */
void lec_tile_set_position(LecTile *self, guint index);
guint lec_tile_get_position(const LecTile *self);

typedef enum {
    LEC_MARK_NONE,
    LEC_MARK_PAUSED, /* keeps the last picture, dimmed, with the word; newer ones wait unseen */
} LecMark;
void lec_tile_set_mark(LecTile *self, LecMark mark);

/* Takes the frame; the one before it is dropped where it has not been shown. */
void lec_tile_show(LecTile *self, LecFrame *frame);

/* A sentence over the tile ("The picture is 4 s old: the connection is poor."); NULL takes it away.
 * Copied. */
void lec_tile_set_notice(LecTile *self, const char *sentence);

/* Where the tile will stand when the layout is at rest, pixels: what is worth decoding and sending.
 */
void lec_tile_get_size(const LecTile *self, guint *ret_width, guint *ret_height);

/* Over the last second: pictures shown, pictures replaced unseen, and p50 of arrival to presented.
 */
typedef struct {
    guint shown, dropped;
    guint32 display_us;
    gint64 newest_arrival_us; /* of the picture on the display; 0: none yet */
} LecTileStats;
void lec_tile_take_stats(LecTile *self, LecTileStats *ret);

/* A sentence at the lower edge for duration_ms ("Anna has stopped sharing."); a newer one replaces
 * it. */
void lec_stage_say(LecStage *self, const char *sentence, guint duration_ms);

/* A question to the people in the room, at the lower edge over everything until NULL takes it away.
 * Copied. */
void lec_stage_ask(LecStage *self, const char *sentence);
