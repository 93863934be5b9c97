/* The stage in a real Wayland session: what it shows is read back from the compositor. */
#include "receiver/stage/stage.h"
#include "receiver/stage/wayland-seat.h"
#include "tests/support/pictures.h"
#include "tests/support/sway.h"

#include <X11/keysym.h>
#include <linux/input-event-codes.h>

#define WATCHDOG_S 30
#define WIDTH 800
#define HEIGHT 450
#define LIGHT 235 /* luma */
#define DARK 16

typedef struct {
    LecSway *session;
    LecStage *stage;
    guint closed, resized;
    char *error;
} Fixture;

static void on_resized(guint width, guint height, void *user) {
    ((Fixture *)user)->resized++;
}

static void on_closed(const GError *error, void *user) {
    Fixture *f = user;
    f->closed++;
    f->error = error ? g_strdup(error->message) : NULL;
}

static const LecStageEvents EVENTS = {.resized = on_resized, .closed = on_closed};

static gboolean on_watchdog(gpointer what) {
    g_error("Nothing came of: %s", (const char *)what);
    return G_SOURCE_REMOVE;
}

static gboolean on_poll(gpointer unused) {
    return G_SOURCE_CONTINUE;
}

#define RUN_UNTIL(condition)                                                               \
    do {                                                                                   \
        guint dog = g_timeout_add_seconds(WATCHDOG_S, on_watchdog, (gpointer) #condition); \
        guint tick = g_timeout_add(20, on_poll, NULL);                                     \
        while (!(condition))                                                               \
            g_main_context_iteration(NULL, TRUE);                                          \
        g_source_remove(tick);                                                             \
        g_source_remove(dog);                                                              \
    } while (0)

typedef struct {
    guint x, y;
    guint32 rgb;
} Spot;

/* One look at the session, all spots in it. */
static bool session_shows(Fixture *f, const Spot *spots, guint n) {
    guint width, height;
    g_autofree guint8 *rgb = lec_sway_look(f->session, &width, &height);
    if (!rgb)
        return false;
    for (guint i = 0; i < n; i++) {
        if (spots[i].x >= width || spots[i].y >= height)
            return false;
        const guint8 *p = rgb + ((gsize)spots[i].y * width + spots[i].x) * 3;
        if (!lec_test_pixel_is((guint32)p[0] << 16 | (guint32)p[1] << 8 | p[2], spots[i].rgb, 3))
            return false;
    }
    return true;
}

#define SHOWS(f, ...) \
    session_shows(f, (const Spot[]){__VA_ARGS__}, G_N_ELEMENTS(((const Spot[]){__VA_ARGS__})))

static bool setup(Fixture *f) {
    g_autoptr(GError) error = NULL;
    f->session = lec_sway_start(WIDTH, HEIGHT, &error);
    if (!f->session) {
        g_test_skip(error->message);
        return false;
    }
    f->stage =
        lec_stage_new("wayland", &(LecOutputOptions){.fullscreen = true}, &EVENTS, f, &error);
    g_assert_no_error(error);
    /* The session may still be about to apply its own resolution. */
    guint width, height;
    RUN_UNTIL((lec_stage_get_size(f->stage, &width, &height), width == WIDTH && height == HEIGHT));
    f->resized = 0;
    return true;
}

static void teardown(Fixture *f) {
    lec_stage_free(f->stage);
    lec_sway_free(f->session);
    g_free(f->error);
}

static LecFrame *grey(guint width, guint height, guint8 y) {
    LecFrame *frame = lec_test_frame(LEC_FRAME_I420, width, height, y, 128, 128);
    frame->arrival_us = g_get_monotonic_time();
    return frame;
}

static void set_background(Fixture *f, guint32 rgb) {
    guint width, height;
    lec_stage_get_size(f->stage, &width, &height);
    g_autofree guint32 *pixels = g_new(guint32, (gsize)width * height);
    for (gsize i = 0; i < (gsize)width * height; i++)
        pixels[i] = rgb;
    lec_stage_set_background(f->stage, (guint8 *)pixels, (gsize)width * 4);
}

static void test_shows(void) {
    Fixture f = {0};
    if (!setup(&f))
        return teardown(&f);
    set_background(&f, 0x204060);
    RUN_UNTIL(SHOWS(&f, {1, 1, 0x204060}, {798, 448, 0x204060}));
    LecTile *a = lec_stage_add_tile(f.stage, NULL);
    lec_tile_show(a, grey(WIDTH, HEIGHT, LIGHT));
    RUN_UNTIL(SHOWS(&f, {1, 1, 0xffffff}, {798, 448, 0xffffff}));
    /* Small changes in turn: with two buffers each must catch up with what the other one got. */
    for (guint i = 0; i < 4; i++) {
        LecFrame *frame = grey(WIDTH, HEIGHT, LIGHT);
        lec_test_frame_fill(frame, (LecRect){i * 128, 64, 16, 16}, DARK);
        lec_tile_show(a, frame);
        RUN_UNTIL(SHOWS(&f, {i * 128 + 8, 72, 0}, {(i + 3) % 4 * 128 + 8, 72, 0xffffff}));
    }
    LecTile *b = lec_stage_add_tile(f.stage, NULL);
    lec_tile_show(b, grey(WIDTH, HEIGHT, 126));
    RUN_UNTIL(SHOWS(&f, {200, 225, 0xffffff}, {600, 225, 0x808080}, {200, 40, 0}, {600, 40, 0}));
    LecTileStats stats;
    lec_tile_take_stats(b, &stats);
    g_assert_cmpuint(stats.shown, ==, 1);
    g_assert_cmpuint(stats.display_us, >, 0);
    g_assert_cmpuint(stats.display_us, <, G_USEC_PER_SEC);
    lec_tile_remove(a);
    lec_tile_remove(b);
    RUN_UNTIL(SHOWS(&f, {200, 225, 0x204060}, {600, 40, 0x204060}));
    teardown(&f);
}

/* Many pictures at once: the compositor's pace decides, the last one stays, every one is accounted
 * for. */
static void test_newest_wins(void) {
    Fixture f = {0};
    if (!setup(&f))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, NULL);
    for (guint i = 0; i < 40; i++)
        lec_tile_show(tile, grey(WIDTH, HEIGHT, (guint8)(60 + i)));
    lec_tile_show(tile, grey(WIDTH, HEIGHT, LIGHT));
    LecTileStats stats, sum = {0};
    RUN_UNTIL((lec_tile_take_stats(tile, &stats), sum.shown += stats.shown,
               sum.dropped += stats.dropped, sum.shown + sum.dropped == 41));
    RUN_UNTIL(SHOWS(&f, {400, 225, 0xffffff}));
    teardown(&f);
}

static void test_resize(void) {
    Fixture f = {0};
    if (!setup(&f))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, NULL);
    lec_tile_show(tile, grey(WIDTH, HEIGHT, LIGHT));
    RUN_UNTIL(SHOWS(&f, {400, 225, 0xffffff}));
    g_assert_true(lec_sway_command(f.session, "output HEADLESS-1 resolution 640x480"));
    RUN_UNTIL(f.resized > 0);
    guint width, height;
    lec_stage_get_size(f.stage, &width, &height);
    g_assert_cmpuint(width, ==, 640);
    RUN_UNTIL(SHOWS(&f, {320, 240, 0xffffff}, {320, 20, 0}, {638, 240, 0xffffff}));
    /* Twice the density: as many pixels as before, not as few. */
    g_assert_true(lec_sway_command(f.session, "output HEADLESS-1 scale 2"));
    RUN_UNTIL((lec_stage_get_size(f.stage, &width, &height), f.resized > 1 && width == 640));
    RUN_UNTIL(SHOWS(&f, {320, 240, 0xffffff}, {320, 20, 0}));
    g_assert_true(lec_sway_command(f.session, "[app_id=lectern] kill"));
    RUN_UNTIL(f.closed == 1);
    g_assert_null(f.error);
    teardown(&f);
}

static void test_killed(void) {
    Fixture f = {0};
    if (!setup(&f))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, "Anna");
    lec_tile_show(tile, grey(WIDTH, HEIGHT, LIGHT));
    RUN_UNTIL(SHOWS(&f, {400, 225, 0xffffff}));
    lec_sway_kill(f.session);
    lec_tile_show(tile, grey(WIDTH, HEIGHT, DARK));
    RUN_UNTIL(f.closed == 1);
    g_assert_cmpstr(f.error, ==, "The Wayland display went away.");
    lec_tile_show(tile, grey(WIDTH, HEIGHT, LIGHT)); /* harmless */
    teardown(&f);
}

static void test_missing(void) {
    g_autoptr(GError) error = NULL;
    Fixture f = {0};
    g_setenv("WAYLAND_DISPLAY", "wayland-none", TRUE);
    g_assert_null(lec_stage_new("wayland", NULL, &EVENTS, &f, &error));
    g_assert_error(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING);
    g_assert_nonnull(strstr(error->message, "WAYLAND_DISPLAY"));
}

static void test_keys(void) {
    g_assert_cmpuint(lec_wayland_keysym(KEY_ESC), ==, XK_Escape);
    g_assert_cmpuint(lec_wayland_keysym(KEY_ENTER), ==, XK_Return);
    g_assert_cmpuint(lec_wayland_keysym(KEY_Y), ==, XK_y);
    g_assert_cmpuint(lec_wayland_keysym(KEY_N), ==, XK_n);
    g_assert_cmpuint(lec_wayland_keysym(KEY_9), ==, XK_9);
    g_assert_cmpuint(lec_wayland_keysym(KEY_0), ==, XK_0);
    g_assert_cmpuint(lec_wayland_keysym(KEY_F10), ==, XK_F10);
    g_assert_cmpuint(lec_wayland_keysym(100000), ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stage-wayland/shows", test_shows);
    g_test_add_func("/stage-wayland/newest-wins", test_newest_wins);
    g_test_add_func("/stage-wayland/resize", test_resize);
    g_test_add_func("/stage-wayland/killed", test_killed);
    g_test_add_func("/stage-wayland/missing", test_missing);
    g_test_add_func("/stage-wayland/keys", test_keys);
    return g_test_run();
}
