/* Layouts: tiles inside the display, none over another, pictures in their own shape. */
#include "receiver/stage/arrange.h"

static const struct {
    guint width, height;
} DISPLAYS[] = {{1920, 1080}, {1080, 1920}, {3840, 2160}, {1366, 768}, {1024, 768},
                {801, 601},   {640, 480},   {3440, 1440}, {5120, 720}, {720, 5120},
                {64, 48},     {7, 5},       {1, 1},       {2, 999},    {999, 3}};

static const LecShape WIDE = {1920, 1080}, TALL = {1080, 1920}, SQUARE = {700, 700},
                      THIN = {16384, 2};

static bool inside(LecRect a, LecRect b) {
    return a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width &&
           a.y + a.height <= b.y + b.height;
}

static bool apart(LecRect a, LecRect b) {
    return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y ||
           b.y + b.height <= a.y;
}

static bool even(LecRect r) {
    return r.x % 2 == 0 && r.y % 2 == 0 && r.width % 2 == 0 && r.height % 2 == 0;
}

/* What must hold of any arrangement. */
static void check(const LecArrangement *what, const LecRect *cells) {
    const LecRect all = {0, 0, what->width, what->height};
    for (guint i = 0; i < what->count; i++) {
        g_assert_true(inside(cells[i], all));
        g_assert_true(what->count == 1 || even(cells[i]));
        for (guint j = 0; j < i; j++)
            g_assert_true(apart(cells[i], cells[j]));
        if (MIN(all.width, all.height) >= 480) {
            g_assert_cmpuint(cells[i].width, >, 0);
            g_assert_cmpuint(cells[i].height, >, 0);
        }
    }
}

/* Every layout, display, number, focus and many mixtures of shapes. */
static void test_properties(void) {
    const LecShape kinds[] = {WIDE, TALL, SQUARE, THIN, {0, 0}, {1, 1}, {1024, 768}};
    g_autoptr(GRand) rand = g_rand_new_with_seed(9);
    LecRect cells[LEC_ARRANGE_MAX];
    for (guint d = 0; d < G_N_ELEMENTS(DISPLAYS); d++)
        for (guint n = 1; n <= LEC_ARRANGE_MAX; n++)
            for (guint run = 0; run < LEC_LAYOUTS * 40; run++) {
                LecShape shapes[LEC_ARRANGE_MAX];
                for (guint i = 0; i < n; i++)
                    shapes[i] = kinds[g_rand_int_range(rand, 0, G_N_ELEMENTS(kinds))];
                const LecArrangement what = {.layout = run % LEC_LAYOUTS,
                                             .width = DISPLAYS[d].width,
                                             .height = DISPLAYS[d].height,
                                             .gap = run % 3 * 2,
                                             .count = n,
                                             .focus = run % n,
                                             .shapes = shapes};
                lec_arrange(&what, cells);
                check(&what, cells);
            }
}

static double shown(const LecRect *cells, const LecShape *shapes, guint count) {
    double sum = 0;
    for (guint i = 0; i < count; i++) {
        LecRect at = lec_layout_fit(cells[i], shapes[i].width, shapes[i].height);
        sum += (double)at.width * at.height;
    }
    return sum;
}

/* The share of the display that pictures cover is as good as it can be expected to be. */
static void test_area(void) {
    static const double least[] = {1, .49, .73, .97, .54, .65, .76, .86, .97};
    const LecShape wide[] = {WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE};
    LecRect cells[LEC_ARRANGE_MAX];
    for (guint n = 1; n <= LEC_ARRANGE_MAX; n++)
        for (guint layout = 0; layout < LEC_LAYOUTS; layout++) {
            lec_arrange(&(LecArrangement){layout, 1920, 1080, 4, n, 0, wide}, cells);
            double share = shown(cells, wide, n) / (1920 * 1080);
            if (layout == LEC_LAYOUT_FOCUS)
                g_assert_cmpfloat(share, >=, n == 1 ? 1 : 0.6);
            else if (layout == LEC_LAYOUT_SIDE_BY_SIDE)
                g_assert_cmpfloat(share, >=, n == 1 ? 1 : 0.45);
            else
                g_assert_cmpfloat(share, >=, least[n - 1]);
        }
    /* A telephone beside a screen, an upright and a wide display. */
    const LecShape mixed[] = {WIDE, TALL};
    lec_arrange(&(LecArrangement){LEC_LAYOUT_AUTOMATIC, 1920, 1080, 4, 2, 0, mixed}, cells);
    double automatic = shown(cells, mixed, 2);
    g_assert_cmpuint(cells[0].width, >, 2 * cells[1].width);
    lec_arrange(&(LecArrangement){LEC_LAYOUT_GRID, 1920, 1080, 4, 2, 0, mixed}, cells);
    g_assert_cmpfloat(automatic, >, 1.25 * shown(cells, mixed, 2));
    lec_arrange(&(LecArrangement){LEC_LAYOUT_AUTOMATIC, 1080, 1920, 4, 3, 0, wide}, cells);
    g_assert_cmpuint(cells[2].y, >, cells[1].y);
    g_assert_cmpuint(cells[2].width, ==, 1080);
    lec_arrange(&(LecArrangement){LEC_LAYOUT_AUTOMATIC, 5120, 1440, 4, 3, 0, wide}, cells);
    g_assert_cmpuint(cells[2].x, >, cells[1].x);
    g_assert_cmpuint(cells[2].y, ==, cells[0].y);
}

/* The large one is the one that was asked for, and large. */
static void test_focus(void) {
    const LecShape wide[] = {WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE};
    LecRect cells[LEC_ARRANGE_MAX];
    for (guint d = 0; d < 9; d++)
        for (guint n = 2; n <= LEC_ARRANGE_MAX; n++)
            for (guint focus = 0; focus < n; focus++) {
                LecArrangement what = {
                    LEC_LAYOUT_FOCUS, DISPLAYS[d].width, DISPLAYS[d].height, 4, n, focus, wide};
                lec_arrange(&what, cells);
                const LecRect alone = {0, 0, what.width, what.height};
                g_assert_cmpfloat(shown(&cells[focus], wide, 1), >=, 0.62 * shown(&alone, wide, 1));
                what.layout = LEC_LAYOUT_SIDE_BY_SIDE;
                lec_arrange(&what, cells);
                const LecRect a = cells[focus], b = cells[(focus + 1) % n];
                g_assert_cmpuint(a.width, ==, b.width);
                g_assert_cmpuint(a.height, ==, b.height);
                for (guint i = 0; i < n; i++)
                    if (i != focus && i != (focus + 1) % n)
                        g_assert_cmpfloat(cells[i].width * cells[i].height, <,
                                          0.5 * a.width * a.height);
                if (what.width >= what.height)
                    g_assert_cmpuint(a.y, ==, b.y);
                else
                    g_assert_cmpuint(a.x, ==, b.x);
            }
}

static void test_known(void) {
    const LecShape unknown[4] = {{0}};
    LecRect cells[4];
    lec_arrange(&(LecArrangement){LEC_LAYOUT_AUTOMATIC, 1920, 1080, 4, 4, 0, unknown}, cells);
    g_assert_cmpuint(cells[3].x, ==, 962);
    g_assert_cmpuint(cells[3].y, ==, 542);
    g_assert_cmpuint(cells[3].width, ==, 958);
    g_assert_cmpuint(cells[3].height, ==, 538);
    lec_arrange(&(LecArrangement){LEC_LAYOUT_AUTOMATIC, 1080, 1920, 4, 2, 0, unknown}, cells);
    g_assert_cmpuint(cells[1].x, ==, 0);
    g_assert_cmpuint(cells[1].y, ==, 962);
    lec_arrange(&(LecArrangement){LEC_LAYOUT_GRID, 1920, 1080, 4, 3, 0, unknown}, cells);
    g_assert_cmpuint(cells[2].x, ==, 480);
    g_assert_cmpuint(cells[2].y, ==, 542);
}

static void test_names(void) {
    g_assert_cmpstr(lec_layout_names[LEC_LAYOUT_AUTOMATIC], ==, "automatic");
    g_assert_cmpstr(lec_layout_names[LEC_LAYOUT_GRID], ==, "grid");
    g_assert_cmpstr(lec_layout_names[LEC_LAYOUT_FOCUS], ==, "focus");
    g_assert_cmpstr(lec_layout_names[LEC_LAYOUT_SIDE_BY_SIDE], ==, "side-by-side");
    g_assert_cmpuint(g_strv_length((char **)lec_layout_names), ==, LEC_LAYOUTS);
}

static void test_fit(void) {
    static const struct {
        guint width, height;
    } pictures[] = {{1920, 1080}, {1080, 1920}, {1365, 767}, {4096, 160}, {1, 1}, {16384, 16384}};
    for (guint x = 0; x < 3; x++)
        for (guint d = 0; d < 7; d++)
            for (guint p = 0; p < G_N_ELEMENTS(pictures); p++) {
                LecRect cell = {x, x, DISPLAYS[d].width, DISPLAYS[d].height};
                LecRect at = lec_layout_fit(cell, pictures[p].width, pictures[p].height);
                g_assert_true(inside(at, cell));
                g_assert_true(even(at));
                double want = (double)pictures[p].width / pictures[p].height;
                /* Rounding to two pixels on the shorter side is all that bends the shape. */
                g_assert_cmpfloat(ABS((at.width + 2.0) / (at.height + 2.0) / want - 1), <=,
                                  6.0 / MIN(at.width, at.height));
                g_assert_true(at.width + 4 >= cell.width || at.height + 4 >= cell.height);
            }
    LecRect none = lec_layout_fit((LecRect){0, 0, 100, 100}, 0, 5);
    g_assert_cmpuint(none.width, ==, 0);
}

static void test_place(void) {
    LecPlace same = lec_layout_place((LecRect){0, 0, 1920, 1080}, 1920, 1080);
    g_assert_false(same.scaled);
    g_assert_cmpuint(same.at.width, ==, 1920);
    g_assert_cmpuint(same.at.height, ==, 1080);
    LecPlace cut = lec_layout_place((LecRect){962, 542, 958, 538}, 960, 540);
    g_assert_false(cut.scaled);
    g_assert_true(inside(cut.at, (LecRect){962, 542, 958, 538}));
    g_assert_cmpuint(cut.crop_x % 2 + cut.crop_y % 2, ==, 0);
    g_assert_cmpuint(cut.crop_x + cut.at.width, <=, 960);
    LecPlace small = lec_layout_place((LecRect){0, 0, 1920, 1080}, 1904, 1072);
    g_assert_false(small.scaled);
    g_assert_cmpuint(small.at.x, ==, 8);
    LecPlace up = lec_layout_place((LecRect){0, 0, 1920, 1080}, 1280, 720);
    g_assert_true(up.scaled);
    g_assert_cmpuint(up.at.width, ==, 1920);
    LecPlace down = lec_layout_place((LecRect){0, 0, 958, 538}, 1920, 1080);
    g_assert_true(down.scaled);
    /* Half, a third and a quarter are exact, and cut. */
    LecPlace half = lec_layout_place((LecRect){962, 542, 958, 538}, 1920, 1080);
    g_assert_cmpuint(half.width, ==, 960);
    g_assert_cmpuint(half.height, ==, 540);
    g_assert_cmpuint(half.at.width, ==, 958);
    g_assert_true(inside(half.at, (LecRect){962, 542, 958, 538}));
    LecPlace third = lec_layout_place((LecRect){640, 360, 638, 358}, 1920, 1080);
    g_assert_cmpuint(third.width, ==, 640);
    g_assert_cmpuint(lec_layout_place((LecRect){0, 0, 480, 270}, 1920, 1080).width, ==, 480);
    g_assert_cmpuint(lec_layout_place((LecRect){0, 0, 958, 538}, 1918, 1078).width, !=, 959);
    LecPlace odd = lec_layout_place((LecRect){0, 0, 1366, 768}, 1365, 767);
    g_assert_false(odd.scaled);
    g_assert_true(even(odd.at));
}

static void test_between(void) {
    LecRect a = {0, 0, 1920, 1080}, b = {962, 542, 958, 538};
    guint before = 0;
    for (int i = 0; i <= 100; i++) {
        LecRect r = lec_layout_between(a, b, i / 100.0);
        g_assert_true(inside(r, a));
        g_assert_true(even(r));
        g_assert_cmpuint(r.x, >=, before);
        before = r.x;
    }
    g_assert_cmpuint(lec_layout_between(a, b, 2).x, ==, 962);
    g_assert_cmpuint(lec_layout_between(a, b, -1).x, ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout/properties", test_properties);
    g_test_add_func("/layout/area", test_area);
    g_test_add_func("/layout/focus", test_focus);
    g_test_add_func("/layout/known", test_known);
    g_test_add_func("/layout/names", test_names);
    g_test_add_func("/layout/fit", test_fit);
    g_test_add_func("/layout/place", test_place);
    g_test_add_func("/layout/between", test_between);
    return g_test_run();
}
