/* The stage on a real X server: what it shows is read back from the server's screen. */
#include "receiver/stage/arrange.h"
#include "receiver/stage/stage.h"
#include "tests/support/pictures.h"
#include "tests/support/xvfb.h"

#include <string.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>

#define WATCHDOG_S 20
#define WIDTH 1280
#define HEIGHT 720
#define LIGHT 235 /* luma */
#define DARK 16

typedef struct {
    LecXvfb *server;
    Display *eye; /* a client of its own, to look at the screen */
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

/* Runs the loop until the condition holds; the screen itself is asked, so the loop also turns by
 * itself. */
#define RUN_UNTIL(condition)                                                               \
    do {                                                                                   \
        guint dog = g_timeout_add_seconds(WATCHDOG_S, on_watchdog, (gpointer) #condition); \
        guint tick = g_timeout_add(5, on_poll, NULL);                                      \
        while (!(condition))                                                               \
            g_main_context_iteration(NULL, TRUE);                                          \
        g_source_remove(tick);                                                             \
        g_source_remove(dog);                                                              \
    } while (0)

static guint32 screen_pixel(Fixture *f, guint x, guint y) {
    XImage *image =
        XGetImage(f->eye, DefaultRootWindow(f->eye), (int)x, (int)y, 1, 1, AllPlanes, ZPixmap);
    guint32 ret = (guint32)XGetPixel(image, 0, 0);
    XDestroyImage(image);
    return ret;
}

static bool screen_is(Fixture *f, guint x, guint y, guint32 rgb) {
    return lec_test_pixel_is(screen_pixel(f, x, y), rgb, 3);
}

static bool setup(Fixture *f, const LecOutputOptions *options) {
    g_autoptr(GError) error = NULL;
    f->server = lec_xvfb_start(WIDTH, HEIGHT, &error);
    if (!f->server) {
        g_test_skip(error->message);
        return false;
    }
    g_setenv("DISPLAY", f->server->name, TRUE);
    f->eye = XOpenDisplay(NULL);
    g_assert_nonnull(f->eye);
    f->stage = lec_stage_new("x11", options, &EVENTS, f, &error);
    g_assert_no_error(error);
    return true;
}

static void teardown(Fixture *f) {
    lec_stage_free(f->stage);
    if (f->eye)
        XCloseDisplay(f->eye);
    lec_xvfb_free(f->server);
    g_free(f->error);
}

static void set_background(Fixture *f, guint32 rgb) {
    guint width, height;
    lec_stage_get_size(f->stage, &width, &height);
    g_autofree guint32 *pixels = g_new(guint32, (gsize)width * height);
    for (gsize i = 0; i < (gsize)width * height; i++)
        pixels[i] = rgb;
    lec_stage_set_background(f->stage, (guint8 *)pixels, (gsize)width * 4);
}

static LecFrame *grey(guint width, guint height, guint8 y) {
    LecFrame *frame = lec_test_frame(LEC_FRAME_I420, width, height, y, 128, 128);
    frame->arrival_us = g_get_monotonic_time();
    return frame;
}

static void test_one(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    set_background(&f, 0x204060);
    RUN_UNTIL(screen_is(&f, 640, 360, 0x204060));
    LecTile *tile = lec_stage_add_tile(f.stage, "Anna");
    lec_tile_show(tile, grey(1280, 720, LIGHT));
    RUN_UNTIL(screen_is(&f, 640, 360, 0xffffff) && screen_is(&f, 0, 0, 0xffffff) &&
              screen_is(&f, 1279, 719, 0xffffff));
    /* A small change, and only a small one, comes through. */
    LecFrame *frame = grey(1280, 720, LIGHT);
    lec_test_frame_fill(frame, (LecRect){700, 400, 10, 10}, DARK);
    lec_tile_show(tile, frame);
    RUN_UNTIL(screen_is(&f, 705, 405, 0x000000));
    g_assert_true(screen_is(&f, 640, 360, 0xffffff));
    LecTileStats stats;
    RUN_UNTIL((lec_tile_take_stats(tile, &stats), stats.newest_arrival_us != 0));
    lec_tile_remove(tile);
    RUN_UNTIL(screen_is(&f, 705, 405, 0x204060) && screen_is(&f, 640, 360, 0x204060));
    teardown(&f);
}

/* A picture of another shape keeps it; what is left is black, not the background. */
static void test_letterbox(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    set_background(&f, 0x204060);
    LecTile *tile = lec_stage_add_tile(f.stage, "Anna");
    lec_tile_show(tile, grey(400, 400, LIGHT)); /* scaled to 720 by 720 at 280 */
    RUN_UNTIL(screen_is(&f, 640, 360, 0xffffff));
    g_assert_true(screen_is(&f, 278, 360, 0x000000));
    g_assert_true(screen_is(&f, 281, 1, 0xffffff));
    g_assert_true(screen_is(&f, 998, 700, 0xffffff));
    g_assert_true(screen_is(&f, 1001, 360, 0x000000));
    /* Half the picture changes: the scaled tile follows. */
    LecFrame *frame = grey(400, 400, LIGHT);
    lec_test_frame_fill(frame, (LecRect){200, 0, 200, 400}, DARK);
    lec_tile_show(tile, frame);
    RUN_UNTIL(screen_is(&f, 900, 360, 0x000000));
    g_assert_true(screen_is(&f, 500, 360, 0xffffff));
    /* Same place, other size: everything is drawn anew. */
    lec_tile_show(tile, grey(200, 200, LIGHT));
    RUN_UNTIL(screen_is(&f, 900, 360, 0xffffff));
    teardown(&f);
}

/* Tiles stand where the arrangement says: their middle shows their colour. */
static bool tiles_show(Fixture *f, LecLayout layout, guint focus, const guint32 *colours, guint n) {
    LecRect cells[LEC_STAGE_MAX_TILES];
    const LecShape shapes[LEC_STAGE_MAX_TILES] = {{0}};
    lec_arrange(&(LecArrangement){.layout = layout,
                                  .width = WIDTH,
                                  .height = HEIGHT,
                                  .gap = n > 4 ? 2 : 4,
                                  .count = n,
                                  .focus = focus,
                                  .shapes = shapes},
                cells);
    for (guint i = 0; i < n; i++)
        if (!screen_is(f, cells[i].x + cells[i].width / 2, cells[i].y + cells[i].height / 2,
                       colours[i]))
            return false;
    return true;
}

/* Nine come, every layout and order has its turn, they go again. */
static void test_nine(void) {
    guint8 luma[LEC_STAGE_MAX_TILES];
    guint32 rgb[LEC_STAGE_MAX_TILES];
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    LecTile *tiles[LEC_STAGE_MAX_TILES];
    for (guint i = 0; i < LEC_STAGE_MAX_TILES; i++) {
        luma[i] = (guint8)(LIGHT - i * 20);
        rgb[i] = 0x010101 * (guint)((luma[i] - 16) * 255 / 219);
        tiles[i] = lec_stage_add_tile(f.stage, "Somebody");
        lec_tile_show(tiles[i], grey(640, 360, luma[i]));
        RUN_UNTIL(tiles_show(&f, LEC_LAYOUT_AUTOMATIC, 0, rgb, i + 1));
    }
    g_assert_null(lec_stage_add_tile(f.stage, "One too many"));
    g_assert_true(lec_stage_get_tile(f.stage, 8) == tiles[8]);
    g_assert_null(lec_stage_get_tile(f.stage, 9));
    guint width, height;
    lec_tile_get_size(tiles[0], &width, &height);
    g_assert_cmpuint(width, <=, 424);
    g_assert_cmpuint(width, >=, 416);
    lec_stage_set_focus(f.stage, tiles[3]);
    lec_stage_set_layout(f.stage, LEC_LAYOUT_FOCUS);
    lec_tile_get_size(tiles[3], &width, &height); /* told at once: it is where it will stand */
    g_assert_cmpuint(width, >=, WIDTH * 3 / 4);
    RUN_UNTIL(tiles_show(&f, LEC_LAYOUT_FOCUS, 3, rgb, 9));
    lec_stage_set_layout(f.stage, LEC_LAYOUT_SIDE_BY_SIDE);
    RUN_UNTIL(tiles_show(&f, LEC_LAYOUT_SIDE_BY_SIDE, 3, rgb, 9));
    lec_stage_set_layout(f.stage, LEC_LAYOUT_GRID);
    lec_tile_set_position(tiles[0], 100);
    g_assert_cmpuint(lec_tile_get_position(tiles[0]), ==, 8);
    const guint32 first = rgb[0];
    memmove(rgb, rgb + 1, 8 * sizeof rgb[0]);
    rgb[8] = first;
    RUN_UNTIL(tiles_show(&f, LEC_LAYOUT_GRID, 0, rgb, 9));
    for (guint i = 1; i < LEC_STAGE_MAX_TILES; i++)
        lec_tile_remove(tiles[i]);
    g_assert_null(lec_stage_get_focus(f.stage));
    RUN_UNTIL(screen_is(&f, 4, 4, first) && screen_is(&f, 1275, 700, first));
    teardown(&f);
}

/* A paused tile keeps its last picture, darker; what came meanwhile shows when it goes on. */
static void test_paused(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, "Anna");
    lec_tile_show(tile, grey(1280, 720, LIGHT));
    RUN_UNTIL(screen_is(&f, 100, 100, 0xffffff));
    lec_tile_set_mark(tile, LEC_MARK_PAUSED);
    lec_tile_show(tile, grey(1280, 720, 126));
    RUN_UNTIL(screen_is(&f, 100, 100, 0x8b8b8b));
    lec_stage_ask(f.stage, "Bert wants to share.");
    RUN_UNTIL(screen_is(&f, 4, 715, 0xfafafc));
    g_assert_true(screen_is(&f, 100, 100, 0x8b8b8b));
    lec_stage_ask(f.stage, NULL);
    lec_tile_set_mark(tile, LEC_MARK_NONE);
    RUN_UNTIL(screen_is(&f, 100, 100, 0x808080) && screen_is(&f, 4, 715, 0x808080));
    teardown(&f);
}

/* Without movement, the second tile's place is final with the first picture composed. */
static void test_reduced_motion(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    lec_stage_set_reduced_motion(f.stage, true);
    LecTile *a = lec_stage_add_tile(f.stage, NULL), *b = lec_stage_add_tile(f.stage, NULL);
    lec_tile_show(a, grey(1280, 720, LIGHT));
    RUN_UNTIL(screen_is(&f, 1200, 360, 0xffffff));
    lec_tile_show(b, grey(1280, 720, 126));
    RUN_UNTIL(screen_is(&f, 1200, 360, 0x808080));
    g_assert_true(screen_is(&f, 300, 360, 0xffffff));
    g_assert_true(screen_is(&f, 300, 100, 0x000000)); /* its letterbox, at once */
    teardown(&f);
}

/* The newest picture wins: of many at once only few are composed, and the last one stays. */
static void test_newest_wins(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, NULL);
    for (guint i = 0; i < 50; i++)
        lec_tile_show(tile, grey(1280, 720, (guint8)(100 + i)));
    lec_tile_show(tile, grey(1280, 720, LIGHT));
    RUN_UNTIL(screen_is(&f, 640, 360, 0xffffff));
    LecTileStats stats, sum = {0};
    RUN_UNTIL((lec_tile_take_stats(tile, &stats), sum.shown += stats.shown,
               sum.dropped += stats.dropped, sum.shown + sum.dropped == 51));
    g_assert_cmpuint(sum.dropped, >=, 45);
    teardown(&f);
}

static gboolean on_flood(gpointer tile) {
    static guint8 luma;
    lec_tile_show(tile, grey(640, 360, 100 + ++luma % 100));
    return G_SOURCE_CONTINUE;
}

/* One that sends as fast as it can does not hold up another. */
static void test_flood(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    LecTile *loud = lec_stage_add_tile(f.stage, NULL), *calm = lec_stage_add_tile(f.stage, NULL);
    guint flood = g_idle_add_full(G_PRIORITY_DEFAULT, on_flood, loud, NULL);
    LecTileStats stats, other = {0};
    for (guint i = 0; i < 20; i++) {
        lec_tile_take_stats(loud, &other);
        lec_tile_show(calm, grey(640, 360, (guint8)(50 + 5 * i)));
        RUN_UNTIL((lec_tile_take_stats(calm, &stats), stats.shown == 1));
        g_assert_cmpuint(stats.dropped, ==, 0);
        lec_tile_take_stats(loud, &other);
        if (i)
            g_assert_cmpuint(other.shown, <=, 4);
    }
    g_source_remove(flood);
    teardown(&f);
}

/* What looks the same is shown without a present, and its time is told. */
static void test_unchanged(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, NULL);
    guint shown = 0;
    for (guint i = 0; i < 5; i++) {
        LecTileStats stats = {0};
        lec_tile_show(tile, grey(1280, 720, LIGHT));
        RUN_UNTIL((lec_tile_take_stats(tile, &stats), stats.shown == 1));
        g_assert_cmpuint(stats.display_us, >, 0);
        shown += stats.shown;
    }
    g_assert_cmpuint(shown, ==, 5);
    teardown(&f);
}

/* Notices and passing sentences come and go, and leave the picture as it was. */
static void test_sentences(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, "Anna");
    lec_tile_show(tile, grey(1280, 720, LIGHT));
    RUN_UNTIL(screen_is(&f, 640, 715, 0xffffff));
    lec_tile_set_notice(tile, "The picture is 4 s old: the connection is poor.");
    RUN_UNTIL(!screen_is(&f, 640, 715, 0xffffff));
    lec_tile_set_notice(tile, NULL);
    RUN_UNTIL(screen_is(&f, 640, 715, 0xffffff));
    lec_stage_say(f.stage, "Anna has stopped sharing.", 100);
    RUN_UNTIL(!screen_is(&f, 640, 665, 0xffffff));
    RUN_UNTIL(screen_is(&f, 640, 665, 0xffffff));
    teardown(&f);
}

static void test_resize(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.width = 640, .height = 360}))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, NULL);
    lec_tile_show(tile, grey(640, 360, LIGHT));
    RUN_UNTIL(screen_is(&f, 630, 350, 0xffffff));
    Window root, parent, *children;
    unsigned n;
    g_assert_true(XQueryTree(f.eye, DefaultRootWindow(f.eye), &root, &parent, &children, &n));
    g_assert_cmpuint(n, ==, 1);
    XResizeWindow(f.eye, children[0], 1001, 601); /* odd on purpose */
    XFlush(f.eye);
    RUN_UNTIL(f.resized == 1);
    RUN_UNTIL(screen_is(&f, 990, 300, 0xffffff) && screen_is(&f, 500, 598, 0x000000));
    guint width, height;
    lec_stage_get_size(f.stage, &width, &height);
    g_assert_cmpuint(width, ==, 1001);
    /* The background after a resize is a new one. */
    set_background(&f, 0x204060);
    lec_tile_remove(tile);
    RUN_UNTIL(screen_is(&f, 1000, 600, 0x204060));
    XDestroyWindow(f.eye, children[0]);
    XFree(children);
    XFlush(f.eye);
    RUN_UNTIL(f.closed == 1);
    g_assert_null(f.error);
    teardown(&f);
}

static void test_killed(void) {
    Fixture f = {0};
    if (!setup(&f, &(LecOutputOptions){.fullscreen = true}))
        return teardown(&f);
    LecTile *tile = lec_stage_add_tile(f.stage, "Anna");
    lec_tile_show(tile, grey(1280, 720, LIGHT));
    RUN_UNTIL(screen_is(&f, 640, 360, 0xffffff));
    XCloseDisplay(f.eye);
    f.eye = NULL;
    lec_xvfb_kill(f.server);
    lec_tile_show(tile, grey(1280, 720, DARK));
    RUN_UNTIL(f.closed == 1);
    g_assert_cmpstr(f.error, ==, "The X display went away.");
    lec_tile_show(tile, grey(1280, 720, LIGHT)); /* harmless */
    lec_stage_say(f.stage, "Still here.", 10);
    teardown(&f);
}

static void test_missing(void) {
    g_autoptr(GError) error = NULL;
    Fixture f = {0};
    g_setenv("DISPLAY", ":64999", TRUE);
    g_assert_null(lec_stage_new("x11", NULL, &EVENTS, &f, &error));
    g_assert_error(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING);
    g_assert_nonnull(strstr(error->message, ":64999"));
    g_clear_error(&error);
    g_unsetenv("DISPLAY");
    g_assert_null(lec_stage_new("x11", NULL, &EVENTS, &f, &error));
    g_assert_nonnull(strstr(error->message, "DISPLAY"));
    g_clear_error(&error);
    if (!g_file_test("/dev/dri", G_FILE_TEST_EXISTS)) {
        g_unsetenv("WAYLAND_DISPLAY");
        g_assert_null(lec_stage_new("auto", NULL, &EVENTS, &f, &error));
        g_assert_error(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING);
        g_assert_nonnull(strstr(error->message, "/dev/dri"));
        g_clear_error(&error);
    }
    g_assert_null(lec_stage_new("hologram", NULL, &EVENTS, &f, &error));
    g_assert_nonnull(strstr(error->message, "hologram"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stage-x11/one", test_one);
    g_test_add_func("/stage-x11/letterbox", test_letterbox);
    g_test_add_func("/stage-x11/nine", test_nine);
    g_test_add_func("/stage-x11/paused", test_paused);
    g_test_add_func("/stage-x11/reduced-motion", test_reduced_motion);
    g_test_add_func("/stage-x11/newest-wins", test_newest_wins);
    g_test_add_func("/stage-x11/flood", test_flood);
    g_test_add_func("/stage-x11/unchanged", test_unchanged);
    g_test_add_func("/stage-x11/sentences", test_sentences);
    g_test_add_func("/stage-x11/resize", test_resize);
    g_test_add_func("/stage-x11/killed", test_killed);
    g_test_add_func("/stage-x11/missing", test_missing);
    return g_test_run();
}
