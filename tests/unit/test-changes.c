/* Finding what differs between two frames, in every plane, and where that stands once scaled. */
#include "receiver/stage/changes.h"
#include "tests/support/pictures.h"

static bool covers(const cairo_region_t *region, int x, int y) {
    return cairo_region_contains_point(region, x, y);
}

static void test_nothing(void) {
    for (guint f = 0; f < 2; f++) {
        g_autoptr(LecFrame) a = lec_test_frame(f, 322, 182, 90, 100, 110);
        g_autoptr(LecFrame) b = lec_test_frame(f, 322, 182, 90, 100, 110);
        g_autoptr(cairo_region_t) changes = lec_changes_between(a, b);
        g_assert_true(cairo_region_is_empty(changes));
    }
}

/* One sample of one plane, wherever it is, is found, and little around it. */
static void test_one_sample(void) {
    static const guint at[][2] = {{0, 0},   {321, 0}, {0, 181}, {321, 181},
                                  {64, 32}, {63, 31}, {160, 90}};
    for (guint f = 0; f < 2; f++)
        for (guint plane = 0; plane < (f == LEC_FRAME_NV12 ? 2 : 3); plane++)
            for (guint i = 0; i < G_N_ELEMENTS(at); i++) {
                guint x = at[i][0], y = at[i][1];
                g_autoptr(LecFrame) a = lec_test_frame(f, 322, 182, 90, 100, 110);
                g_autoptr(LecFrame) b = lec_test_frame(f, 322, 182, 90, 100, 110);
                gsize column = plane == 0 ? x : f == LEC_FRAME_NV12 ? x / 2 * 2 + 1 : x / 2;
                gsize row = plane == 0 ? y : y / 2;
                ((guint8 *)b->planes[plane])[row * b->strides[plane] + column]++;
                g_autoptr(cairo_region_t) changes = lec_changes_between(a, b);
                g_assert_true(covers(changes, (int)x, (int)y));
                cairo_rectangle_int_t r;
                cairo_region_get_extents(changes, &r);
                g_assert_cmpint(r.width, <=, 64);
                g_assert_cmpint(r.height, <=, 32);
            }
}

/* What lies beyond the visible picture is nobody's business. */
static void test_padding(void) {
    g_autoptr(LecFrame) a = lec_test_frame(LEC_FRAME_I420, 322, 182, 90, 100, 110);
    g_autoptr(LecFrame) b = lec_test_frame(LEC_FRAME_I420, 322, 182, 90, 100, 110);
    for (gsize y = 0; y < 182; y++)
        ((guint8 *)b->planes[0])[y * b->strides[0] + 322] = (guint8)y;
    g_autoptr(cairo_region_t) changes = lec_changes_between(a, b);
    g_assert_true(cairo_region_is_empty(changes));
}

static void test_other_kind(void) {
    g_autoptr(LecFrame) a = lec_test_frame(LEC_FRAME_I420, 320, 180, 90, 100, 110);
    g_autoptr(LecFrame) b = lec_test_frame(LEC_FRAME_I420, 320, 180, 90, 100, 110);
    b->full_range = true;
    g_autoptr(cairo_region_t) changes = lec_changes_between(a, b);
    g_assert_cmpint(
        cairo_region_contains_rectangle(changes, &(cairo_rectangle_int_t){0, 0, 320, 180}), ==,
        CAIRO_REGION_OVERLAP_IN);
}

/* A checkerboard of blocks has hundreds of rectangles: the bound holds and nothing is left out. */
static void test_many(void) {
    g_autoptr(LecFrame) a = lec_test_frame(LEC_FRAME_I420, 1920, 1080, 90, 100, 110);
    g_autoptr(LecFrame) b = lec_test_frame(LEC_FRAME_I420, 1920, 1080, 90, 100, 110);
    for (guint y = 0; y < 1080; y += 32)
        for (guint x = y / 32 % 2 * 64; x < 1920; x += 128)
            lec_test_frame_fill(b, (LecRect){x, y, 1, 1}, 200);
    g_autoptr(cairo_region_t) changes = lec_changes_between(a, b);
    g_assert_cmpint(cairo_region_num_rectangles(changes), <=, LEC_CHANGES_MAX);
    for (guint y = 0; y < 1080; y += 32)
        for (guint x = y / 32 % 2 * 64; x < 1920; x += 128)
            g_assert_true(covers(changes, (int)x, (int)y));
}

/* A few blocks in many rows become one rectangle a band, not the whole picture. */
static void test_bands(void) {
    cairo_region_t *region = cairo_region_create();
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < 3; j++)
            cairo_region_union_rectangle(region, &(cairo_rectangle_int_t){j * 100, i * 50, 10, 10});
    g_autoptr(cairo_region_t) simple = lec_changes_simplify(region);
    g_assert_cmpint(cairo_region_num_rectangles(simple), ==, 20);
    g_assert_false(covers(simple, 5, 20));
    g_assert_true(covers(simple, 205, 955));
}

static void test_scale(void) {
    g_autoptr(cairo_region_t) region =
        cairo_region_create_rectangle(&(cairo_rectangle_int_t){640, 320, 64, 32});
    g_autoptr(cairo_region_t) half = lec_changes_scale(region, 1920, 1080, 960, 540);
    cairo_rectangle_int_t r;
    cairo_region_get_extents(half, &r);
    g_assert_cmpint(r.x, <, 320);
    g_assert_cmpint(r.x + r.width, >, 352);
    g_assert_cmpint(r.width, <=, 40);
    g_assert_cmpint(r.x % 2 + r.y % 2 + r.width % 2 + r.height % 2, ==, 0);
    g_autoptr(cairo_region_t) corner =
        cairo_region_create_rectangle(&(cairo_rectangle_int_t){1856, 1056, 64, 24});
    g_autoptr(cairo_region_t) large = lec_changes_scale(corner, 1920, 1080, 3000, 1688);
    cairo_region_get_extents(large, &r);
    g_assert_cmpint(r.x + r.width, ==, 3000);
    g_assert_cmpint(r.y + r.height, ==, 1688);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/changes/nothing", test_nothing);
    g_test_add_func("/changes/one-sample", test_one_sample);
    g_test_add_func("/changes/padding", test_padding);
    g_test_add_func("/changes/other-kind", test_other_kind);
    g_test_add_func("/changes/many", test_many);
    g_test_add_func("/changes/bands", test_bands);
    g_test_add_func("/changes/scale", test_scale);
    return g_test_run();
}
