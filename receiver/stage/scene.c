/* What is on the display: layout and its movement, labels' and sentences' lifetimes, and painting.
 */
#include "receiver/stage/scene.h"

#include <string.h>

/* Pixels between tiles: quarters of 1080p are then 958 by 538 and ninths 638 by 358, and the exact
 * half or third of a screen is shown there with an edge of a pixel cut. */
#define GAP 4
#define GAP_OF_MANY 2     /* from five tiles on */
#define TOAST_MARGIN 0.06 /* of the display's shorter side, below a passing sentence */
#define TOAST_WIDTH 0.8   /* of the display's width at most */

static void damage_rect(LecScene *self, LecRect rect) {
    const cairo_rectangle_int_t r = {(int)rect.x, (int)rect.y, (int)rect.width, (int)rect.height};
    if (rect.width && rect.height)
        cairo_region_union_rectangle(self->damage, &r);
}

static void damage_all(LecScene *self) {
    damage_rect(self, (LecRect){0, 0, self->width, self->height});
}

static guint shorter_side(const LecScene *self) {
    return MIN(self->width, self->height);
}

void lec_scene_init(LecScene *self, guint width, guint height) {
    *self = (LecScene){.width = width, .height = height, .damage = cairo_region_create()};
    damage_all(self);
}

static void forget_leaving(LecScene *self) {
    for (guint i = 0; i < self->n_leaving; i++)
        lec_tile_free(self->leaving[i]);
    self->n_leaving = 0;
}

void lec_scene_clear(LecScene *self) {
    for (guint i = 0; i < self->n_tiles; i++)
        lec_tile_free(self->tiles[i]);
    self->n_tiles = 0;
    forget_leaving(self);
    g_clear_pointer(&self->question, g_free);
    g_clear_pointer(&self->bar, lec_overlay_free);
    g_clear_pointer(&self->background, g_free);
    g_clear_pointer(&self->sentence, g_free);
    g_clear_pointer(&self->toast, lec_overlay_free);
    g_clear_pointer(&self->damage, cairo_region_destroy);
}

static guint visible_tiles(const LecScene *self) {
    guint n = 0;
    for (guint i = 0; i < self->n_tiles; i++)
        n += self->tiles[i]->shown != NULL;
    return n;
}

/* The cells of the visible tiles, and of one that is not yet (or NULL), in order; none in them is
 * 0.
 */
static guint arrange(const LecScene *self, const LecTile *also, LecRect *ret) {
    LecShape shapes[LEC_STAGE_MAX_TILES];
    LecArrangement what = {
        .layout = self->layout, .width = self->width, .height = self->height, .shapes = shapes};
    for (guint i = 0; i < self->n_tiles; i++) {
        const LecTile *tile = self->tiles[i];
        if (!tile->shown && tile != also)
            continue;
        if (tile == self->focus)
            what.focus = what.count;
        shapes[what.count++] = tile->shape;
    }
    what.gap = what.count > 4 ? GAP_OF_MANY : GAP;
    if (what.count)
        lec_arrange(&what, ret);
    return what.count;
}

/* Gives every visible tile its resting place. False: they all have it already. */
static bool assign_cells(LecScene *self) {
    LecRect cells[LEC_STAGE_MAX_TILES];
    bool changed = false;
    guint next = 0;
    arrange(self, NULL, cells);
    for (guint i = 0; i < self->n_tiles; i++) {
        LecTile *tile = self->tiles[i];
        if (!tile->shown)
            continue;
        changed |= !lec_rect_equal(tile->to, cells[next]);
        tile->to = cells[next++];
    }
    return changed;
}

static void fit_overlays(LecScene *self, LecTile *tile) {
    if (tile->shown &&
        (tile->drawn_width != tile->to.width || tile->drawn_height != tile->to.height))
        lec_tile_draw_overlays(tile, shorter_side(self), self->damage);
}

static void settle(LecScene *self) {
    self->animation_us = 0;
    for (guint i = 0; i < self->n_tiles; i++) {
        LecTile *tile = self->tiles[i];
        tile->from = tile->to;
        lec_tile_place(tile, tile->to, self->damage);
        fit_overlays(self, tile);
    }
    if (self->n_leaving)
        damage_all(self);
    forget_leaving(self);
}

static void update_labels(LecScene *self, gint64 now_us) {
    bool lone = visible_tiles(self) == 1;
    if (!lone)
        self->lone_us = 0;
    else if (!self->lone_us)
        self->lone_us = now_us;
    bool shown = !lone || now_us < self->lone_us + LEC_SCENE_LONE_LABEL_US;
    for (guint i = 0; i < self->n_tiles; i++)
        lec_tile_show_label(self->tiles[i], shown, self->damage);
}

static LecRect cell_now(const LecScene *self, const LecTile *tile, gint64 now_us) {
    if (!self->animation_us)
        return tile->to;
    double t = (double)(now_us - self->animation_us) / LEC_SCENE_ANIMATION_US;
    return lec_layout_between(tile->from, tile->to, t);
}

/* Places may have changed; newcomer, if any, stands in its own at once. */
static void relayout(LecScene *self, LecTile *newcomer, gint64 now_us) {
    for (guint i = 0; i < self->n_tiles; i++)
        self->tiles[i]->from = cell_now(self, self->tiles[i], now_us);
    bool changed = assign_cells(self) || newcomer || self->n_leaving;
    if (newcomer)
        newcomer->from = newcomer->to;
    guint others = visible_tiles(self) - (newcomer ? 1 : 0);
    if (self->reduced_motion || others == 0) {
        settle(self);
    } else if (changed) {
        self->animation_us = self->step_us = now_us;
        if (newcomer)
            lec_tile_place(newcomer, newcomer->to, self->damage);
    }
    update_labels(self, now_us);
    /* The gaps and what a leaving tile left behind. */
    if (changed || others == 0)
        damage_all(self);
}

void lec_scene_resize(LecScene *self, guint width, guint height) {
    self->width = width;
    self->height = height;
    g_clear_pointer(&self->background, g_free);
    assign_cells(self);
    settle(self);
    for (guint i = 0; i < self->n_tiles; i++)
        lec_tile_draw_overlays(self->tiles[i], shorter_side(self), self->damage);
    lec_overlay_free(self->toast);
    self->toast =
        lec_overlay_toast(self->sentence, shorter_side(self), (guint)(width * TOAST_WIDTH));
    lec_overlay_free(self->bar);
    self->bar = lec_overlay_question(self->question, shorter_side(self), width);
    g_clear_pointer(&self->damage, cairo_region_destroy);
    self->damage = cairo_region_create();
    damage_all(self);
}

bool lec_scene_is_covered(const LecScene *self) {
    return visible_tiles(self) > 0;
}

void lec_scene_set_background(LecScene *self, const guint8 *pixels, gsize stride) {
    gsize row = (gsize)self->width * 4;
    if (!pixels) {
        if (self->background && !visible_tiles(self))
            damage_all(self);
        g_clear_pointer(&self->background, g_free);
        return;
    }
    if (!self->background) {
        self->background = g_malloc0(row * self->height);
        if (!visible_tiles(self))
            damage_all(self);
    }
    /* A clock or a countdown changes a few rows of many. */
    guint first = self->height, end = 0;
    for (guint y = 0; y < self->height; y++) {
        guint8 *to = self->background + y * row;
        if (memcmp(to, pixels + y * stride, row) == 0)
            continue;
        memcpy(to, pixels + y * stride, row);
        first = MIN(first, y);
        end = y + 1;
    }
    if (end > first && !visible_tiles(self))
        damage_rect(self, (LecRect){0, first, self->width, end - first});
}

static LecRect bar_at(const LecScene *self) {
    guint height = self->bar ? MIN(self->bar->height, self->height) : 0;
    return (LecRect){0, self->height - height, height ? self->width : 0, height};
}

static LecRect toast_at(const LecScene *self) {
    if (!self->toast)
        return (LecRect){0};
    guint w = MIN(self->toast->width, self->width);
    guint below = self->toast->height + (guint)(shorter_side(self) * TOAST_MARGIN);
    below += bar_at(self).height;
    guint y = self->height > below ? self->height - below : 0;
    LecRect at = {(self->width - w) / 2, y, w, self->toast->height};
    return lec_rect_intersect(at, (LecRect){0, 0, self->width, self->height});
}

void lec_scene_say(LecScene *self, const char *sentence, gint64 until_us) {
    damage_rect(self, toast_at(self));
    g_free(self->sentence);
    self->sentence = g_strdup(sentence);
    self->sentence_until_us = until_us;
    lec_overlay_free(self->toast);
    self->toast =
        lec_overlay_toast(sentence, shorter_side(self), (guint)(self->width * TOAST_WIDTH));
    damage_rect(self, toast_at(self));
}

void lec_scene_ask(LecScene *self, const char *sentence) {
    if (g_strcmp0(self->question, sentence) == 0)
        return;
    damage_rect(self, bar_at(self));
    damage_rect(self, toast_at(self));
    g_free(self->question);
    self->question = g_strdup(sentence);
    lec_overlay_free(self->bar);
    self->bar = lec_overlay_question(sentence, shorter_side(self), self->width);
    damage_rect(self, bar_at(self));
    damage_rect(self, toast_at(self));
}

void lec_scene_add(LecScene *self, LecTile *tile) {
    g_assert(self->n_tiles < LEC_STAGE_MAX_TILES);
    self->tiles[self->n_tiles++] = tile;
}

static guint take_out(LecScene *self, const LecTile *tile) {
    guint i = 0;
    while (i < self->n_tiles && self->tiles[i] != tile)
        i++;
    g_assert(i < self->n_tiles);
    memmove(&self->tiles[i], &self->tiles[i + 1], (self->n_tiles - i - 1) * sizeof self->tiles[0]);
    self->n_tiles--;
    return i;
}

void lec_scene_remove(LecScene *self, LecTile *tile, gint64 now_us) {
    take_out(self, tile);
    if (self->focus == tile)
        self->focus = NULL;
    if (!tile->shown) {
        lec_tile_free(tile);
        return;
    }
    lec_tile_leave(tile);
    if (self->n_leaving == LEC_STAGE_MAX_TILES)
        forget_leaving(self);
    self->leaving[self->n_leaving++] = tile;
    relayout(self, NULL, now_us);
}

void lec_scene_move(LecScene *self, LecTile *tile, guint index, gint64 now_us) {
    guint from = take_out(self, tile), to = MIN(index, self->n_tiles);
    memmove(&self->tiles[to + 1], &self->tiles[to], (self->n_tiles - to) * sizeof self->tiles[0]);
    self->tiles[to] = tile;
    self->n_tiles++;
    if (to != from)
        relayout(self, NULL, now_us);
}

void lec_scene_set_layout(LecScene *self, LecLayout layout, gint64 now_us) {
    if (self->layout == layout)
        return;
    self->layout = layout;
    relayout(self, NULL, now_us);
}

void lec_scene_set_focus(LecScene *self, LecTile *tile, gint64 now_us) {
    if (self->focus == tile)
        return;
    self->focus = tile;
    relayout(self, NULL, now_us);
}

void lec_scene_set_mark(LecScene *self, LecTile *tile, LecMark mark) {
    if (tile->mark != mark)
        lec_tile_set_mark_drawn(tile, mark, shorter_side(self), self->damage);
}

void lec_scene_set_notice(LecScene *self, LecTile *tile, const char *sentence) {
    if (g_strcmp0(tile->sentence, sentence) == 0)
        return;
    g_free(tile->sentence);
    tile->sentence = g_strdup(sentence);
    lec_tile_draw_overlays(tile, shorter_side(self), self->damage);
}

bool lec_scene_take(LecScene *self, LecTile *tile, gint64 now_us) {
    bool newcomer = tile->shown == NULL;
    LecTaken taken = lec_tile_take(tile, self->damage);
    if (taken != LEC_TAKEN_SHAPE)
        return taken != LEC_TAKEN_SAME;
    bool reshaped = lec_tile_note_shape(tile);
    if (!newcomer)
        lec_tile_place(tile, cell_now(self, tile, now_us), self->damage);
    if (newcomer || reshaped)
        relayout(self, newcomer ? tile : NULL, now_us);
    fit_overlays(self, tile);
    return true;
}

gint64 lec_scene_next_change(const LecScene *self, guint interval_us) {
    gint64 next = G_MAXINT64;
    if (!cairo_region_is_empty(self->damage))
        return 0;
    if (self->animation_us)
        next = self->step_us + interval_us;
    if (self->toast)
        next = MIN(next, self->sentence_until_us);
    gint64 label_end = self->lone_us + LEC_SCENE_LONE_LABEL_US;
    for (guint i = 0; self->lone_us && i < self->n_tiles; i++)
        if (self->tiles[i]->shown && self->tiles[i]->label_shown)
            next = MIN(next, label_end);
    return next;
}

void lec_scene_advance(LecScene *self, gint64 now_us) {
    if (self->animation_us && now_us >= self->animation_us + LEC_SCENE_ANIMATION_US) {
        settle(self);
    } else if (self->animation_us) {
        self->step_us = now_us;
        for (guint i = 0; i < self->n_tiles; i++)
            lec_tile_place(self->tiles[i], cell_now(self, self->tiles[i], now_us), self->damage);
    }
    if (self->toast && now_us >= self->sentence_until_us)
        lec_scene_say(self, NULL, 0);
    update_labels(self, now_us);
}

LecRect lec_scene_cell(const LecScene *self, const LecTile *tile) {
    if (tile->shown)
        return tile->to;
    LecRect cells[LEC_STAGE_MAX_TILES];
    guint before = 0;
    arrange(self, tile, cells);
    for (guint i = 0; i < self->n_tiles && self->tiles[i] != tile; i++)
        before += self->tiles[i]->shown != NULL;
    return cells[before];
}

static void uncover(cairo_region_t *bare, LecTile *const *tiles, guint n) {
    for (guint i = 0; i < n; i++) {
        const LecRect *at = &tiles[i]->place.at;
        const cairo_rectangle_int_t r = {(int)at->x, (int)at->y, (int)at->width, (int)at->height};
        if (tiles[i]->shown)
            cairo_region_subtract_rectangle(bare, &r);
    }
}

/* What is under the tiles: the background as long as there are none, else black. */
static void paint_ground(LecScene *self, const LecSurface *surface, const cairo_region_t *region) {
    bool covered = visible_tiles(self) > 0;
    g_autoptr(cairo_region_t) bare = cairo_region_copy(region);
    uncover(bare, self->tiles, self->n_tiles);
    uncover(bare, self->leaving, self->n_leaving);
    int n = cairo_region_num_rectangles(bare);
    for (int i = 0; i < n; i++) {
        cairo_rectangle_int_t r;
        cairo_region_get_rectangle(bare, i, &r);
        LecRect area = {(guint)r.x, (guint)r.y, (guint)r.width, (guint)r.height};
        if (covered || !self->background)
            lec_compose_black(surface, area);
        else
            lec_compose_copy(surface, self->background, (gsize)self->width * 4, area);
    }
}

void lec_scene_paint(LecScene *self, const LecSurface *surface, const cairo_region_t *region) {
    paint_ground(self, surface, region);
    int n = cairo_region_num_rectangles(region);
    LecRect toast = toast_at(self), bar = bar_at(self);
    for (int i = 0; i < n; i++) {
        cairo_rectangle_int_t r;
        cairo_region_get_rectangle(region, i, &r);
        LecRect clip = {(guint)r.x, (guint)r.y, (guint)r.width, (guint)r.height};
        for (guint t = 0; t < self->n_leaving; t++)
            lec_tile_paint(self->leaving[t], surface, clip);
        /* The newest lies lowest: while the others make room, it comes out from under them. */
        for (guint t = self->n_tiles; t-- > 0;) {
            lec_tile_paint(self->tiles[t], surface, clip);
            lec_tile_paint_overlays(self->tiles[t], surface, clip);
        }
        if (self->toast)
            lec_compose_overlay(surface, self->toast, toast.x, toast.y, clip);
        if (self->bar)
            lec_compose_overlay(surface, self->bar, bar.x, bar.y, clip);
    }
}
