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

static void random_deed(Fixture *f, GRand *rand) {
    LecScene *scene = &f->scene;
    guint deed = (guint)g_rand_int_range(rand, 0, 20);
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
    } else if (deed < 8)
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

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scene/lone-label", test_lone_label);
    g_test_add_func("/scene/movement", test_movement);
    g_test_add_func("/scene/sentence", test_sentence);
    g_test_add_func("/scene/little", test_little);
    g_test_add_func("/scene/equal", test_equal);
    return g_test_run();
}
