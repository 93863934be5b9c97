/* One presenter's tile: takes the newest frame, scales it where needed, paints a part of it. */
#include "receiver/stage/tile.h"

#include "common/base/i18n.h"

#define LABEL_WIDTH 0.46 /* of the display's shorter side, at most: fits in half of it */
#define LABEL_SMALL 0.7  /* of its usual size is a label at least */
#define LABEL_CELLS 4    /* a cell of a quarter of the display's height has one of the usual size */
#define NOTICE_SMALL \
    0.5                 /* the same for a notice, which a display's shorter side wide has in full */
#define SHAPE_PERCENT 4 /* by which a picture's shape may change before the layout follows */

LecTile *lec_tile_new(LecStage *stage, const char *name) {
    LecTile *self = g_new0(LecTile, 1);
    self->stage = stage;
    self->name = g_strdup(name);
    lec_meter_init(&self->meter);
    return self;
}

void lec_tile_free(LecTile *self) {
    if (!self)
        return;
    lec_frame_unref(self->next);
    lec_frame_unref(self->shown);
    lec_frame_unref(self->scaled);
    lec_overlay_free(self->label);
    lec_overlay_free(self->notice);
    lec_overlay_free(self->badge);
    g_free(self->name);
    g_free(self->sentence);
    g_free(self);
}

static void damage_rect(cairo_region_t *damage, LecRect rect) {
    const cairo_rectangle_int_t r = {(int)rect.x, (int)rect.y, (int)rect.width, (int)rect.height};
    if (rect.width && rect.height)
        cairo_region_union_rectangle(damage, &r);
}

/* changes, in the frame's pixels, as they stand on the display. */
static void damage_changes(LecTile *self, cairo_region_t *changes, cairo_region_t *damage) {
    const LecPlace *place = &self->place;
    const cairo_rectangle_int_t at = {(int)place->at.x, (int)place->at.y, (int)place->at.width,
                                      (int)place->at.height};
    g_autoptr(cairo_region_t) drawn =
        place->scaled ? lec_changes_scale(changes, self->shown->width, self->shown->height,
                                          place->width, place->height)
                      : cairo_region_copy(changes);
    cairo_region_translate(drawn, at.x - (int)place->crop_x, at.y - (int)place->crop_y);
    cairo_region_intersect_rectangle(drawn, &at);
    cairo_region_union(damage, drawn);
}

LecTaken lec_tile_take(LecTile *self, cairo_region_t *damage) {
    g_autoptr(LecFrame) before = g_steal_pointer(&self->shown);
    self->shown = g_steal_pointer(&self->next);
    if (!before || before->width != self->shown->width || before->height != self->shown->height) {
        self->scaled_stale = true;
        damage_rect(damage, self->place.at); /* which may well stay the same */
        return LEC_TAKEN_SHAPE;
    }
    g_autoptr(cairo_region_t) changes = lec_changes_between(before, self->shown);
    if (cairo_region_is_empty(changes))
        return LEC_TAKEN_SAME;
    self->scaled_stale = true;
    damage_changes(self, changes, damage);
    return LEC_TAKEN_CHANGED;
}

static bool same_place(const LecPlace *a, const LecPlace *b) {
    return lec_rect_equal(a->at, b->at) && a->width == b->width && a->height == b->height &&
           a->crop_x == b->crop_x && a->crop_y == b->crop_y && a->scaled == b->scaled;
}

static guint label_margin(const LecTile *self) {
    return self->label ? self->label->height / 3 : 0;
}

/* Overlays have the picture's height but the cell's width: a narrow picture does not cut them. */
static LecRect overlay_room(const LecTile *self) {
    return (LecRect){self->cell.x, self->place.at.y, self->cell.width, self->place.at.height};
}

static LecRect notice_at(const LecTile *self) {
    LecRect room = overlay_room(self);
    guint height = self->notice ? MIN(self->notice->height, room.height) : 0;
    guint width = self->notice ? self->notice->width : 0;
    LecRect at = {room.x, room.y + room.height - height, width, height};
    return lec_rect_intersect(at, room);
}

/* In the middle of what a notice leaves of the picture. */
static LecRect badge_at(const LecTile *self) {
    const LecRect *at = &self->place.at;
    guint height = at->height - MIN(at->height, notice_at(self).height);
    if (!self->badge || self->badge->width > at->width || self->badge->height > height)
        return (LecRect){0};
    return (LecRect){at->x + (at->width - self->badge->width) / 2,
                     at->y + (height - self->badge->height) / 2, self->badge->width,
                     self->badge->height};
}

static LecRect label_at(const LecTile *self) {
    if (!self->label || !self->label_shown)
        return (LecRect){0};
    LecRect room = overlay_room(self);
    guint margin = label_margin(self), need = self->label->height + margin;
    guint lower = notice_at(self).y;
    guint y = lower > room.y + need ? lower - need : room.y;
    /* On the picture's corner, but a name that is longer than a narrow picture moves to the left.
     */
    guint x = MIN(self->place.at.x, room.x + room.width) + margin;
    guint need_x = self->label->width + margin;
    if (x + need_x > room.x + room.width)
        x = room.x + (room.width > need_x + margin ? room.width - need_x : margin);
    LecRect at = {x, y, self->label->width, self->label->height};
    return lec_rect_intersect(at, room);
}

static void damage_overlays(LecTile *self, cairo_region_t *damage) {
    damage_rect(damage, label_at(self));
    damage_rect(damage, notice_at(self));
    damage_rect(damage, badge_at(self));
}

void lec_tile_place(LecTile *self, LecRect cell, cairo_region_t *damage) {
    if (!self->shown)
        return;
    LecPlace place = lec_layout_place(cell, self->shown->width, self->shown->height);
    if (same_place(&place, &self->place) && lec_rect_equal(cell, self->cell))
        return;
    damage_rect(damage, self->place.at);
    damage_overlays(self, damage);
    damage_rect(damage, place.at);
    if (place.width != self->place.width || place.height != self->place.height)
        self->scaled_stale = true;
    self->place = place;
    self->cell = cell;
    damage_overlays(self, damage);
    if (!place.scaled)
        g_clear_pointer(&self->scaled, lec_frame_unref);
}

bool lec_tile_note_shape(LecTile *self) {
    const LecShape now = {self->shown->width, self->shown->height};
    guint64 a = (guint64)now.width * self->shape.height;
    guint64 b = (guint64)now.height * self->shape.width;
    if (MAX(a, b) * 100 <= MIN(a, b) * (100 + SHAPE_PERCENT) && self->shape.width)
        return false;
    self->shape = now;
    return true;
}

/* Labels shrink a little in a strip's small tiles, and never reach beyond their tile. */
static LecOverlay *draw_label(const LecTile *self, guint display_side) {
    guint small = (guint)(display_side * LABEL_SMALL);
    guint side = CLAMP(self->to.height * LABEL_CELLS, small, display_side);
    guint width = MIN((guint)(display_side * LABEL_WIDTH), self->to.width - self->to.width / 12);
    return lec_overlay_label(self->name, side, width);
}

void lec_tile_draw_overlays(LecTile *self, guint display_side, cairo_region_t *damage) {
    damage_overlays(self, damage);
    g_clear_pointer(&self->label, lec_overlay_free);
    g_clear_pointer(&self->notice, lec_overlay_free);
    g_clear_pointer(&self->badge, lec_overlay_free);
    self->drawn_width = self->to.width;
    self->drawn_height = self->to.height;
    if (!self->shown)
        return;
    self->label = draw_label(self, display_side);
    guint small = (guint)(display_side * NOTICE_SMALL);
    guint side = CLAMP(self->to.width * 9 / 8, small, display_side);
    self->notice = lec_overlay_notice(self->sentence, side, self->to.width);
    LecRect picture = lec_layout_fit(self->to, self->shown->width, self->shown->height);
    if (self->mark == LEC_MARK_PAUSED)
        self->badge = lec_overlay_paused(_("Paused"), display_side, picture.width, picture.height);
    damage_overlays(self, damage);
}

void lec_tile_set_mark_drawn(LecTile *self, LecMark mark, guint display_side,
                             cairo_region_t *damage) {
    self->mark = mark;
    lec_tile_draw_overlays(self, display_side, damage);
    damage_rect(damage, self->place.at);
}

void lec_tile_leave(LecTile *self) {
    g_clear_pointer(&self->next, lec_frame_unref);
    g_clear_pointer(&self->label, lec_overlay_free);
    g_clear_pointer(&self->notice, lec_overlay_free);
    self->stage = NULL;
}

void lec_tile_show_label(LecTile *self, bool shown, cairo_region_t *damage) {
    if (shown == self->label_shown)
        return;
    damage_rect(damage, label_at(self));
    self->label_shown = shown;
    damage_rect(damage, label_at(self));
}

static void paint_picture(LecTile *self, const LecSurface *surface, LecRect part) {
    const LecPlace *place = &self->place;
    const LecFrame *drawn = self->shown;
    if (place->scaled) {
        if (self->scaled_stale || !self->scaled)
            self->scaled =
                lec_compose_scale(self->shown, place->width, place->height, self->scaled);
        self->scaled_stale = false;
        drawn = self->scaled;
    }
    lec_compose_frame(surface, drawn, place->at, place->crop_x, place->crop_y, part);
}

void lec_tile_paint(LecTile *self, const LecSurface *surface, LecRect clip) {
    LecRect part = lec_rect_intersect(self->place.at, clip);
    if (!self->shown || !part.width || !part.height)
        return;
    paint_picture(self, surface, part);
    if (self->mark == LEC_MARK_PAUSED)
        lec_compose_dim(surface, part);
}

static void paint_overlay(const LecSurface *surface, const LecOverlay *overlay, LecRect at,
                          LecRect clip) {
    if (overlay && at.width)
        lec_compose_overlay(surface, overlay, at.x, at.y, lec_rect_intersect(at, clip));
}

void lec_tile_paint_overlays(LecTile *self, const LecSurface *surface, LecRect clip) {
    if (!self->shown)
        return;
    paint_overlay(surface, self->badge, badge_at(self), clip);
    paint_overlay(surface, self->notice, notice_at(self), clip);
    paint_overlay(surface, self->label, label_at(self), clip);
}
