/* The scene: movement, labels and sentences in time, and that painting what is damaged equals
 * painting it all. */
#include "receiver/stage/scene.h"
#include "tests/support/pictures.h"

#include <string.h>

#define START_US (100 * G_USEC_PER_SEC)
#define INTERVAL_US 16667

typedef struct {
    LecScene scene;
    LecSurface surface; /* painted only where it was damaged */
    gint64 now_us;
} Fixture;

static void surface_init(LecSurface *self, guint width, guint height) {
    g_free(self->pixels);
    *self = (LecSurface){.stride = (gsize)width * 4, .width = width, .height = height};
    self->pixels = g_malloc(self->stride * height);
    memset(self->pixels, 0xaa, self->stride * height);
}

static void setup(Fixture *f, guint width, guint height) {
    *f = (Fixture){.now_us = START_US};
    lec_scene_init(&f->scene, width, height);
    surface_init(&f->surface, width, height);
}

static void teardown(Fixture *f) {
    lec_scene_clear(&f->scene);
    g_free(f->surface.pixels);
}

/* Returns how many pixels had to be painted. */
static guint paint(Fixture *f) {
    g_autoptr(cairo_region_t) region =
        lec_changes_align(g_steal_pointer(&f->scene.damage), f->surface.width, f->surface.height);
    f->scene.damage = cairo_region_create();
    lec_scene_paint(&f->scene, &f->surface, region);
    guint area = 0;
    for (int i = 0; i < cairo_region_num_rectangles(region); i++) {
        cairo_rectangle_int_t r;
        cairo_region_get_rectangle(region, i, &r);
        area += (guint)(r.width * r.height);
    }
    return area;
}

static guint32 pixel(const LecSurface *s, guint x, guint y) {
    return *(const guint32 *)(const void *)(s->pixels + y * s->stride + (gsize)x * 4) & 0xffffff;
}

static bool shows(Fixture *f, guint x, guint y, guint32 rgb) {
    return lec_test_pixel_is(pixel(&f->surface, x, y), rgb, 2);
}

static LecTile *add(Fixture *f, const char *name) {
    LecTile *tile = lec_tile_new(NULL, name);
    lec_scene_add(&f->scene, tile);
    return tile;
}

static bool show(Fixture *f, LecTile *tile, LecFrame *frame) {
    lec_frame_unref(tile->next);
    tile->next = frame;
    return lec_scene_take(&f->scene, tile, f->now_us);
}

static LecFrame *grey(guint width, guint height, guint8 y) {
    return lec_test_frame(LEC_FRAME_I420, width, height, y, 128, 128);
}

/* The name of a lone presenter goes after 5 s, and only its place is painted then. */
static void test_lone_label(void) {
    Fixture f;
    setup(&f, 640, 360);
    LecTile *tile = add(&f, "Anna");
    show(&f, tile, grey(640, 360, 235));
    lec_scene_advance(&f.scene, f.now_us);
    g_assert_cmpint(lec_scene_next_change(&f.scene, INTERVAL_US), ==, 0);
    g_assert_cmpuint(paint(&f), ==, 640 * 360);
    gint64 end_us = START_US + LEC_SCENE_LONE_LABEL_US;
    g_assert_cmpint(lec_scene_next_change(&f.scene, INTERVAL_US), ==, end_us);
    guint margin = tile->label->height / 3;
    guint x = margin + 3, y = 360 - margin - tile->label->height / 2;
    g_assert_false(shows(&f, x, y, 0xffffff));
    lec_scene_advance(&f.scene, end_us - 1);
    g_assert_cmpuint(paint(&f), ==, 0);
    lec_scene_advance(&f.scene, end_us);
    guint area = paint(&f);
    g_assert_cmpuint(area, >, 0);
    g_assert_cmpuint(area, <=, (tile->label->width + 4) * (tile->label->height + 4));
    g_assert_true(shows(&f, x, y, 0xffffff));
    g_assert_cmpint(lec_scene_next_change(&f.scene, INTERVAL_US), ==, G_MAXINT64);
    teardown(&f);
}

/* The newcomer is in its place at once; the other one gets to its own in a quarter of a second,
 * then rests. */
static void test_movement(void) {
    Fixture f;
    setup(&f, 1280, 720);
    LecTile *a = add(&f, NULL), *b = add(&f, NULL);
    show(&f, a, grey(1280, 720, 235));
    paint(&f);
    show(&f, b, grey(1280, 720, 126));
    g_assert_cmpuint(b->place.at.x, ==, 642);
    g_assert_cmpuint(a->place.at.width, ==, 1280);
    guint steps = 0, before = 1280;
    for (; f.scene.animation_us; steps++) {
        paint(&f);
        f.now_us = lec_scene_next_change(&f.scene, INTERVAL_US);
        g_assert_cmpint(f.now_us, <, START_US + G_USEC_PER_SEC);
        lec_scene_advance(&f.scene, f.now_us);
        g_assert_cmpuint(a->place.at.width, <=, before);
        before = a->place.at.width;
    }
    g_assert_cmpuint(steps, >=, 14);
    g_assert_cmpuint(steps, <=, 16);
    paint(&f);
    g_assert_true(shows(&f, 300, 360, 0xffffff));
    g_assert_true(shows(&f, 900, 360, 0x808080));
    g_assert_true(shows(&f, 639, 360, 0));
    g_assert_true(shows(&f, 300, 100, 0));
    g_assert_cmpint(lec_scene_next_change(&f.scene, INTERVAL_US), ==, G_MAXINT64);
    /* The last one to go uncovers the background at once. */
    g_autofree guint32 *blue = g_new(guint32, 1280 * 720);
    for (guint i = 0; i < 1280 * 720; i++)
        blue[i] = 0x0000ff;
    lec_scene_set_background(&f.scene, (guint8 *)blue, 1280 * 4);
    g_assert_cmpuint(paint(&f), ==, 0); /* nobody sees it yet */
    lec_scene_remove(&f.scene, a, f.now_us);
    lec_scene_remove(&f.scene, b, f.now_us);
    g_assert_cmpuint(paint(&f), ==, 1280 * 720);
    g_assert_true(shows(&f, 300, 360, 0x0000ff) && shows(&f, 0, 719, 0x0000ff));
    /* Another background with two other pixels costs the rows between them. */
    blue[100 * 1280 + 5] = blue[103 * 1280 + 9] = 0xff0000;
    lec_scene_set_background(&f.scene, (guint8 *)blue, 1280 * 4);
    g_assert_cmpuint(paint(&f), ==, 1280 * 4);
    g_assert_true(shows(&f, 5, 100, 0xff0000) && shows(&f, 9, 103, 0xff0000));
    lec_scene_set_background(&f.scene, (guint8 *)blue, 1280 * 4);
    g_assert_cmpuint(paint(&f), ==, 0);
    teardown(&f);
}

static void test_sentence(void) {
    Fixture f;
    setup(&f, 640, 360);
    paint(&f);
    lec_scene_say(&f.scene, "Anna has stopped sharing.", f.now_us + 1000);
    g_assert_cmpuint(paint(&f), >, 0);
    g_assert_cmpint(lec_scene_next_change(&f.scene, INTERVAL_US), ==, f.now_us + 1000);
    guint y = 360 - 36;
    g_assert_false(shows(&f, 320, y, 0));
    lec_scene_advance(&f.scene, f.now_us + 1000);
    paint(&f);
    g_assert_true(shows(&f, 320, y, 0));
    g_assert_cmpint(lec_scene_next_change(&f.scene, INTERVAL_US), ==, G_MAXINT64);
    teardown(&f);
}

/* An unchanged picture damages nothing, a changed block little, in a scaled tile too. */
static void test_little(void) {
    Fixture f;
    setup(&f, 1280, 720);
    LecTile *tile = add(&f, NULL);
    for (guint width = 640; width <= 1280; width += 640) {
        show(&f, tile, grey(width, width * 9 / 16, 126));
        paint(&f);
        g_assert_false(show(&f, tile, grey(width, width * 9 / 16, 126)));
        g_assert_cmpuint(paint(&f), ==, 0);
        LecFrame *frame = grey(width, width * 9 / 16, 126);
        lec_test_frame_fill(frame, (LecRect){200, 100, 2, 2}, 235);
        g_assert_true(show(&f, tile, frame));
        g_assert_cmpuint(paint(&f), <=, 2 * 2 * 80 * 48);
        guint scale = 1280 / width;
        g_assert_true(shows(&f, 201 * scale, 101 * scale, 0xffffff));
    }
    teardown(&f);
}

/* Any frame: sizes that fit, that nearly fit and that do not, with a block changed somewhere. */
static LecFrame *random_frame(GRand *rand, const LecTile *tile) {
    static const guint sizes[][2] = {{640, 360}, {318, 178}, {320, 180}, {1365, 767},
                                     {180, 320}, {2, 2},     {1280, 50}};
    guint i = (guint)g_rand_int_range(rand, 0, G_N_ELEMENTS(sizes));
    guint width = sizes[i][0], height = sizes[i][1];
    if (tile->shown && g_rand_int_range(rand, 0, 3) > 0) {
        width = tile->shown->width;
        height = tile->shown->height;
    }
    LecFrame *frame = lec_test_frame((guint)g_rand_int_range(rand, 0, 2), width, height, 90,
                                     (guint8)g_rand_int_range(rand, 127, 129), 140);
    for (guint y = 0; y < height; y += 7)
        lec_test_frame_fill(frame, (LecRect){0, y, width / 2 + 1, 1}, 180);
    guint x = (guint)g_rand_int_range(rand, 0, (int)width);
    guint y = (guint)g_rand_int_range(rand, 0, (int)height);
    lec_test_frame_fill(frame, (LecRect){x, y, MIN(9, width - x), MIN(5, height - y)}, 235);
    return frame;
}

/* What people in the room and the host do to tiles that are there. */
static void random_order(Fixture *f, GRand *rand, LecTile *tile) {
    static const char *const questions[] = {NULL, "Anna wants to share. Press Return."};
    switch (g_rand_int_range(rand, 0, 5)) {
    case 0:
        lec_scene_set_layout(&f->scene, (guint)g_rand_int_range(rand, 0, LEC_LAYOUTS), f->now_us);
        break;
    case 1:
        lec_scene_set_focus(&f->scene, g_rand_boolean(rand) ? tile : NULL, f->now_us);
        break;
    case 2:
        if (tile)
            lec_scene_move(&f->scene, tile, (guint)g_rand_int_range(rand, 0, 12), f->now_us);
        break;
    case 3:
        if (tile)
            lec_scene_set_mark(&f->scene, tile, (guint)g_rand_int_range(rand, 0, 2));
        break;
    case 4:
        lec_scene_ask(&f->scene, questions[g_rand_int_range(rand, 0, 2)]);
        break;
    }
}

static void random_deed(Fixture *f, GRand *rand) {
    LecScene *scene = &f->scene;
    guint deed = (guint)g_rand_int_range(rand, 0, 24);
    LecTile *tile =
        scene->n_tiles ? scene->tiles[g_rand_int_range(rand, 0, (int)scene->n_tiles)] : NULL;
    if (deed == 0 && scene->n_tiles < LEC_STAGE_MAX_TILES)
        add(f, "Somebody with a name");
    else if (deed == 1 && tile)
        lec_scene_remove(scene, tile, f->now_us);
    else if (deed == 2 && tile)
        lec_scene_set_notice(scene, tile, "The picture is 4 s old: the connection is poor.");
    else if (deed == 3 && tile)
        lec_scene_set_notice(scene, tile, NULL);
    else if (deed == 4)
        lec_scene_say(scene, "Somebody has stopped sharing.", f->now_us + 300000);
    else if (deed == 5 && g_rand_int_range(rand, 0, 4) == 0) {
        guint width = (guint)g_rand_int_range(rand, 200, 700);
        guint height = (guint)g_rand_int_range(rand, 150, 500);
        lec_scene_resize(scene, width, height);
        surface_init(&f->surface, width, height);
    } else if (deed >= 20)
        random_order(f, rand, tile);
    else if (deed < 8)
        f->now_us += g_rand_int_range(rand, 0, 2000000);
    else if (tile)
        show(f, tile, random_frame(rand, tile));
    else
        add(f, NULL);
}

/* Whatever happened: what was painted bit by bit is what would be painted now. */
static void test_equal(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(20);
    Fixture f;
    setup(&f, 640, 360);
    for (guint i = 0; i < 1500; i++) {
        random_deed(&f, rand);
        f.now_us += INTERVAL_US;
        lec_scene_advance(&f.scene, f.now_us);
        paint(&f);
        LecSurface whole = {0};
        surface_init(&whole, f.surface.width, f.surface.height);
        const cairo_rectangle_int_t all = {0, 0, (int)whole.width, (int)whole.height};
        g_autoptr(cairo_region_t) region = cairo_region_create_rectangle(&all);
        lec_scene_paint(&f.scene, &whole, region);
        for (guint y = 0; y < whole.height; y++)
            for (guint x = 0; x < whole.width; x++)
                if (pixel(&whole, x, y) != pixel(&f.surface, x, y))
                    g_error("After deed %u, pixel %u, %u is %06x and should be %06x", i, x, y,
                            pixel(&f.surface, x, y), pixel(&whole, x, y));
        g_free(whole.pixels);
    }
    teardown(&f);
}

#define BACKGROUND 0x0000ff

/* Every pixel that a tile stands on shows a picture. Returns how many pixels do. */
static guint check_covered(Fixture *f) {
    guint covered = 0;
    for (guint y = 0; y < f->surface.height; y += 3)
        for (guint x = 0; x < f->surface.width; x += 3) {
            bool on_tile = false;
            for (guint i = 0; i < f->scene.n_tiles && !on_tile; i++) {
                const LecTile *tile = f->scene.tiles[i];
                const LecRect *at = &tile->place.at;
                on_tile = tile->shown && x >= at->x && x < at->x + at->width && y >= at->y &&
                          y < at->y + at->height;
            }
            guint32 seen = pixel(&f->surface, x, y);
            bool bare = seen == 0 || seen == BACKGROUND;
            if (on_tile && bare)
                g_error("A tile is bare at %u, %u", x, y);
            covered += !bare;
        }
    return covered;
}

/* Paints every step of the movement, and none of them has a hole in a tile, a background, or much
 * less of pictures than before and after: two that change places meet half-way. */
static void check_movement(Fixture *f, guint before) {
    guint least = G_MAXUINT, after = 0, steps = 0;
    do {
        lec_scene_advance(&f->scene, f->now_us);
        paint(f);
        after = check_covered(f);
        least = MIN(least, after);
        f->now_us += INTERVAL_US;
    } while (++steps < 40 && f->scene.animation_us);
    g_assert_cmpint(f->scene.animation_us, ==, 0);
    g_assert_cmpuint(f->scene.n_leaving, ==, 0);
    g_assert_cmpuint(least * 100, >=, MIN(before, after) * 30);
}

/* A deed that leaves the first picture after it as the last one before. */
static void check_switch(Fixture *f) {
    gsize bytes = f->surface.stride * f->surface.height;
    guint before = check_covered(f);
    g_autofree guint8 *last = g_memdup2(f->surface.pixels, bytes);
    lec_scene_advance(&f->scene, f->now_us);
    paint(f);
    g_assert_cmpint(memcmp(last, f->surface.pixels, bytes), ==, 0);
    check_movement(f, before);
}

/* Layouts, large ones and the order change, presenters come and go: never does anything flash. */
static void test_no_flash(void) {
    Fixture f;
    setup(&f, 960, 540);
    g_autofree guint32 *blue = g_new(guint32, 960 * 540);
    for (guint i = 0; i < 960 * 540; i++)
        blue[i] = BACKGROUND;
    lec_scene_set_background(&f.scene, (guint8 *)blue, 960 * 4);
    paint(&f);
    for (guint n = 1; n <= LEC_STAGE_MAX_TILES; n++) {
        LecTile *tile = add(&f, NULL);
        guint before = check_covered(&f);
        show(&f, tile, grey(n % 3 ? 320 : 101, 180, (guint8)(90 + 15 * n)));
        paint(&f);
        g_assert_cmpuint(check_covered(&f), >=, before);
        check_movement(&f, before);
        for (guint layout = LEC_LAYOUTS; layout-- > 0;) {
            lec_scene_set_layout(&f.scene, layout, f.now_us);
            check_switch(&f);
            lec_scene_set_focus(&f.scene, f.scene.tiles[layout * 5 % n], f.now_us);
            check_switch(&f);
            lec_scene_move(&f.scene, f.scene.tiles[n / 2], layout, f.now_us);
            check_switch(&f);
        }
    }
    /* They go, from the middle, and in the midst of a movement. */
    while (f.scene.n_tiles > 1) {
        lec_scene_remove(&f.scene, f.scene.tiles[f.scene.n_tiles / 2], f.now_us);
        if (f.scene.n_tiles % 2) {
            lec_scene_set_layout(&f.scene, f.scene.n_tiles % LEC_LAYOUTS, f.now_us);
            check_switch(&f);
        }
    }
    lec_scene_remove(&f.scene, f.scene.tiles[0], f.now_us);
    paint(&f);
    g_assert_cmpuint(check_covered(&f), ==, 0);
    g_assert_true(shows(&f, 480, 270, BACKGROUND));
    teardown(&f);
}

/* A tile that leaves is seen under the others until these have spread; without movement it is not.
 */
static void test_leaving(void) {
    Fixture f;
    setup(&f, 1280, 720);
    LecTile *a = add(&f, NULL), *b = add(&f, NULL);
    f.scene.reduced_motion = true;
    show(&f, a, grey(640, 360, 235));
    show(&f, b, grey(640, 360, 126));
    f.scene.reduced_motion = false;
    lec_scene_advance(&f.scene, f.now_us);
    paint(&f);
    lec_scene_remove(&f.scene, b, f.now_us);
    paint(&f);
    g_assert_true(shows(&f, 900, 360, 0x808080));
    f.now_us += LEC_SCENE_ANIMATION_US;
    lec_scene_advance(&f.scene, f.now_us);
    paint(&f);
    g_assert_true(shows(&f, 900, 360, 0xffffff));
    g_assert_cmpuint(f.scene.n_leaving, ==, 0);
    f.scene.reduced_motion = true;
    b = add(&f, NULL);
    show(&f, b, grey(640, 360, 126));
    g_assert_cmpint(f.scene.animation_us, ==, 0);
    lec_scene_remove(&f.scene, b, f.now_us);
    g_assert_cmpuint(f.scene.n_leaving, ==, 0);
    paint(&f);
    g_assert_true(shows(&f, 900, 360, 0xffffff));
    teardown(&f);
}

/* Dimmed, with a mark in the middle; another shape of picture moves the others, a little does not.
 */
static void test_marks_and_shapes(void) {
    Fixture f;
    setup(&f, 1280, 720);
    f.scene.reduced_motion = true;
    LecTile *a = add(&f, NULL), *b = add(&f, NULL);
    show(&f, a, grey(640, 360, 235));
    show(&f, b, grey(640, 360, 126));
    paint(&f);
    lec_scene_set_mark(&f.scene, b, LEC_MARK_PAUSED);
    guint area = paint(&f);
    g_assert_cmpuint(area, <, 1280 * 720 / 2);
    g_assert_true(shows(&f, 660, 360, 0x464646));
    g_assert_true(shows(&f, 300, 360, 0xffffff));
    g_assert_false(shows(&f, 960 - 40, 360, 0x464646));
    lec_scene_set_mark(&f.scene, b, LEC_MARK_NONE);
    g_assert_cmpuint(paint(&f), ==, area);
    g_assert_true(shows(&f, 660, 360, 0x808080));
    guint width = a->to.width;
    show(&f, b, grey(642, 360, 126));
    g_assert_cmpuint(a->to.width, ==, width);
    show(&f, b, grey(360, 640, 126));
    g_assert_cmpuint(a->to.width, >, width + 100);
    g_assert_cmpuint(b->to.width, <, width - 100);
    teardown(&f);
}

/* The question stands over the background, tiles and sentences, and goes without a trace. */
static void test_question(void) {
    Fixture f;
    setup(&f, 640, 360);
    lec_scene_ask(&f.scene, "Anna wants to share. Press Return to let them in.");
    paint(&f);
    g_assert_true(shows(&f, 5, 355, 0xfafafc));
    lec_scene_ask(&f.scene, "Anna wants to share. Press Return to let them in.");
    g_assert_cmpuint(paint(&f), ==, 0);
    LecTile *tile = add(&f, NULL);
    show(&f, tile, grey(640, 360, 126));
    lec_scene_say(&f.scene, "Bert has stopped sharing.", f.now_us + 1000);
    paint(&f);
    g_assert_true(shows(&f, 5, 355, 0xfafafc) && shows(&f, 5, 300, 0x808080));
    lec_scene_advance(&f.scene, f.now_us + 1000);
    lec_scene_ask(&f.scene, NULL);
    paint(&f);
    for (guint y = 0; y < 360; y++)
        g_assert_true(shows(&f, 5, y, 0x808080) && shows(&f, 320, y, 0x808080));
    teardown(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scene/lone-label", test_lone_label);
    g_test_add_func("/scene/movement", test_movement);
    g_test_add_func("/scene/sentence", test_sentence);
    g_test_add_func("/scene/little", test_little);
    g_test_add_func("/scene/equal", test_equal);
    g_test_add_func("/scene/no-flash", test_no_flash);
    g_test_add_func("/scene/leaving", test_leaving);
    g_test_add_func("/scene/marks-and-shapes", test_marks_and_shapes);
    g_test_add_func("/scene/question", test_question);
    return g_test_run();
}
