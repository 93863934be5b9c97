/* The stage: decides when to compose, lends the output's surface to the scene and counts what was
 * shown. */
#include "receiver/stage/scene.h"

#include "common/base/log.h"

#define INTERVAL_US (G_USEC_PER_SEC / 60) /* where the output does not know its own */
#define TOGETHER_US 3000 /* a picture that may be shown this soon goes along with another */
#define HISTORY 3        /* damages of earlier presents, for surfaces that are as old */

struct LecStage {
    LecStageEvents events;
    void *user;
    LecOutput *output;
    bool closed; /* the output is dead */
    guint interval_us;
    LecScene scene;
    guint focus_set;                  /* how often */
    cairo_region_t *history[HISTORY]; /* newest first */
    GSource *timer;
};

typedef struct {
    GSource base;
    LecStage *stage;
} Timer;

/* A window may move to another monitor. */
static void update_interval(LecStage *self) {
    guint interval_us = self->output->klass->get_interval_us(self->output);
    self->interval_us = interval_us ? interval_us : INTERVAL_US;
}

static bool wants_frame(const LecTile *tile) {
    return tile->next != NULL && tile->mark != LEC_MARK_PAUSED;
}

static gint64 next_due(const LecStage *self) {
    gint64 due = lec_scene_next_change(&self->scene, self->interval_us);
    for (guint i = 0; i < self->scene.n_tiles; i++) {
        const LecTile *tile = self->scene.tiles[i];
        if (wants_frame(tile))
            due = MIN(due, lec_pace_earliest(&tile->pace, self->interval_us));
    }
    return due;
}

static void take_frames(LecStage *self, gint64 now_us) {
    for (guint i = 0; i < self->scene.n_tiles; i++) {
        LecTile *tile = self->scene.tiles[i];
        if (!wants_frame(tile) ||
            lec_pace_earliest(&tile->pace, self->interval_us) > now_us + TOGETHER_US)
            continue;
        gint64 arrival_us = tile->next->arrival_us;
        lec_pace_took(&tile->pace, self->interval_us, now_us);
        lec_meter_handed(&tile->meter, arrival_us);
        /* What looks the same is on the display already. */
        if (!lec_scene_take(&self->scene, tile, now_us))
            lec_meter_presented(&tile->meter, g_get_monotonic_time());
    }
}

/* What must be painted on a surface of this age: the scene's damage, and what it missed. */
static cairo_region_t *region_for(const LecStage *self, const LecSurface *surface) {
    const cairo_rectangle_int_t all = {0, 0, (int)surface->width, (int)surface->height};
    if (surface->age == 0 || surface->age > HISTORY + 1)
        return cairo_region_create_rectangle(&all);
    cairo_region_t *region = cairo_region_copy(self->scene.damage);
    for (guint i = 0; i + 1 < surface->age; i++) {
        if (!self->history[i]) {
            cairo_region_destroy(region);
            return cairo_region_create_rectangle(&all);
        }
        cairo_region_union(region, self->history[i]);
    }
    return region;
}

static void remember_damage(LecStage *self) {
    g_clear_pointer(&self->history[HISTORY - 1], cairo_region_destroy);
    for (guint i = HISTORY - 1; i > 0; i--)
        self->history[i] = self->history[i - 1];
    self->history[0] = self->scene.damage;
    self->scene.damage = cairo_region_create();
}

static void forget_history(LecStage *self) {
    for (guint i = 0; i < HISTORY; i++)
        g_clear_pointer(&self->history[i], cairo_region_destroy);
}

static void paint(LecStage *self, const LecSurface *surface) {
    g_autoptr(cairo_region_t) region =
        lec_changes_align(region_for(self, surface), surface->width, surface->height);
    lec_scene_paint(&self->scene, surface, region);
    remember_damage(self);
    LecRect changed[LEC_CHANGES_MAX];
    guint n = (guint)cairo_region_num_rectangles(region);
    g_assert(n <= LEC_CHANGES_MAX);
    for (guint i = 0; i < n; i++) {
        cairo_rectangle_int_t r;
        cairo_region_get_rectangle(region, (int)i, &r);
        changed[i] = (LecRect){(guint)r.x, (guint)r.y, (guint)r.width, (guint)r.height};
    }
    self->output->klass->end(self->output, changed, n);
}

static void on_presented(gint64 when_us, void *user) {
    LecStage *self = user;
    for (guint i = 0; i < self->scene.n_tiles; i++)
        lec_meter_presented(&self->scene.tiles[i]->meter, when_us);
}

/* Composes if something is due and the display is free, and sets the timer for what comes next. */
static void turn(LecStage *self) {
    if (self->closed)
        return;
    update_interval(self);
    LecSurface surface;
    gint64 now_us = g_get_monotonic_time(), due_us = next_due(self);
    if (due_us <= now_us && !self->output->klass->begin(self->output, &surface)) {
        g_source_set_ready_time(self->timer, -1); /* ready() will come */
        return;
    }
    if (due_us <= now_us) {
        lec_scene_advance(&self->scene, now_us);
        take_frames(self, now_us);
        if (!cairo_region_is_empty(self->scene.damage))
            paint(self, &surface);
        else
            on_presented(now_us, self); /* a picture that changed only where it is cut off */
        due_us = next_due(self);
    }
    g_source_set_ready_time(self->timer, due_us == G_MAXINT64 ? -1 : due_us);
}

static gboolean timer_dispatch(GSource *source, GSourceFunc callback, gpointer user) {
    turn(((Timer *)source)->stage);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = {.dispatch = timer_dispatch};

/* Soon, but after the caller has returned. */
static void turn_soon(LecStage *self) {
    g_source_set_ready_time(self->timer, 0);
}

static void on_ready(void *user) {
    turn(user);
}

static void on_resized(void *user) {
    LecStage *self = user;
    guint width, height;
    self->output->klass->get_size(self->output, &width, &height);
    update_interval(self);
    forget_history(self);
    lec_scene_resize(&self->scene, width, height);
    turn_soon(self);
    self->events.resized(width, height, self->user);
}

static void on_closed(const GError *error, void *user) {
    LecStage *self = user;
    self->closed = true;
    g_source_set_ready_time(self->timer, -1);
    self->events.closed(error, self->user);
}

static void on_key(guint keysym, void *user) {
    LecStage *self = user;
    if (self->events.key)
        self->events.key(keysym, self->user);
}

LecStage *lec_stage_new(const char *display, const LecOutputOptions *options,
                        const LecStageEvents *events, void *user, GError **error) {
    static const LecOutputEvents output_events = {.ready = on_ready,
                                                  .resized = on_resized,
                                                  .presented = on_presented,
                                                  .closed = on_closed,
                                                  .key = on_key};
    LecStage *self = g_new0(LecStage, 1);
    self->events = *events;
    self->user = user;
    self->output = lec_output_open(display, options, &output_events, self, error);
    if (!self->output) {
        g_free(self);
        return NULL;
    }
    guint width, height;
    self->output->klass->get_size(self->output, &width, &height);
    update_interval(self);
    lec_scene_init(&self->scene, width, height);
    self->timer = g_source_new(&timer_funcs, sizeof(Timer));
    ((Timer *)self->timer)->stage = self;
    g_source_set_static_name(self->timer, "stage");
    g_source_attach(self->timer, NULL);
    turn_soon(self);
    lec_info("The display is %s, %u by %u at %.0f Hz.", self->output->klass->name, width, height,
             (double)G_USEC_PER_SEC / self->interval_us);
    return self;
}

void lec_stage_free(LecStage *self) {
    if (!self)
        return;
    g_source_destroy(self->timer);
    g_source_unref(self->timer);
    lec_output_free(self->output);
    lec_scene_clear(&self->scene);
    forget_history(self);
    g_free(self);
}

void lec_stage_get_size(const LecStage *self, guint *ret_width, guint *ret_height) {
    *ret_width = self->scene.width;
    *ret_height = self->scene.height;
}

bool lec_stage_is_covered(const LecStage *self) {
    return lec_scene_is_covered(&self->scene);
}

void lec_stage_set_background(LecStage *self, const guint8 *pixels, gsize stride) {
    lec_scene_set_background(&self->scene, pixels, stride);
    turn_soon(self);
}

void lec_stage_set_reduced_motion(LecStage *self, bool reduced) {
    self->scene.reduced_motion = reduced;
}

void lec_stage_set_layout(LecStage *self, LecLayout layout) {
    lec_scene_set_layout(&self->scene, layout, g_get_monotonic_time());
    turn_soon(self);
}

LecLayout lec_stage_get_layout(const LecStage *self) {
    return self->scene.layout;
}

void lec_stage_set_focus(LecStage *self, LecTile *tile) {
    self->focus_set++;
    lec_scene_set_focus(&self->scene, tile, g_get_monotonic_time());
    turn_soon(self);
}

LecTile *lec_stage_get_focus(const LecStage *self) {
    return self->scene.focus;
}

guint lec_stage_count_focus(const LecStage *self) {
    return self->focus_set;
}

LecTile *lec_stage_get_tile(const LecStage *self, guint index) {
    for (guint i = 0; i < self->scene.n_tiles; i++)
        if (self->scene.tiles[i]->shown && index-- == 0)
            return self->scene.tiles[i];
    return NULL;
}

LecTile *lec_stage_add_tile(LecStage *self, const char *name) {
    if (self->scene.n_tiles == LEC_STAGE_MAX_TILES)
        return NULL;
    LecTile *tile = lec_tile_new(self, name);
    lec_scene_add(&self->scene, tile);
    return tile;
}

void lec_tile_remove(LecTile *self) {
    LecStage *stage = self->stage;
    lec_scene_remove(&stage->scene, self, g_get_monotonic_time());
    turn_soon(stage);
}

void lec_tile_show(LecTile *self, LecFrame *frame) {
    if (!frame->width || !frame->height || frame->width > LEC_COMPOSE_SIDE_MAX ||
        frame->height > LEC_COMPOSE_SIDE_MAX) {
        self->meter.stats.dropped++;
        lec_frame_unref(frame);
        return;
    }
    if (self->next)
        self->meter.stats.dropped++;
    lec_frame_unref(self->next);
    self->next = frame;
    turn(self->stage);
}

void lec_tile_set_notice(LecTile *self, const char *sentence) {
    lec_scene_set_notice(&self->stage->scene, self, sentence);
    turn_soon(self->stage);
}

void lec_tile_get_size(const LecTile *self, guint *ret_width, guint *ret_height) {
    LecRect cell = lec_scene_cell(&self->stage->scene, self);
    if (self->shown)
        cell = lec_layout_fit(cell, self->shown->width, self->shown->height);
    *ret_width = cell.width;
    *ret_height = cell.height;
}

void lec_tile_set_position(LecTile *self, guint index) {
    lec_scene_move(&self->stage->scene, self, index, g_get_monotonic_time());
    turn_soon(self->stage);
}

guint lec_tile_get_position(const LecTile *self) {
    guint i = 0;
    while (self->stage->scene.tiles[i] != self)
        i++;
    return i;
}

void lec_tile_set_mark(LecTile *self, LecMark mark) {
    lec_scene_set_mark(&self->stage->scene, self, mark);
    turn_soon(self->stage);
}

void lec_tile_take_stats(LecTile *self, LecTileStats *ret) {
    lec_meter_take(&self->meter, ret);
}

void lec_stage_say(LecStage *self, const char *sentence, guint duration_ms) {
    lec_scene_say(&self->scene, sentence, g_get_monotonic_time() + (gint64)duration_ms * 1000);
    turn_soon(self);
}

void lec_stage_ask(LecStage *self, const char *sentence) {
    lec_scene_ask(&self->scene, sentence);
    turn_soon(self);
}
