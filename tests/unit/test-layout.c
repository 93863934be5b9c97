/* Layouts: tiles inside the display, none over another, pictures in their own shape. */
#include "receiver/stage/layout.h"

static const struct {
    guint width, height;
} DISPLAYS[] = {{1920, 1080}, {1080, 1920}, {3840, 2160}, {1366, 768}, {1024, 768},
                {801, 601},   {640, 480},   {64, 48},     {7, 5},      {1, 1}};

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

static void test_automatic(void) {
    for (guint d = 0; d < G_N_ELEMENTS(DISPLAYS); d++)
        for (guint n = 1; n <= 4; n++) {
            LecRect all = {0, 0, DISPLAYS[d].width, DISPLAYS[d].height}, cells[4];
            lec_layout_automatic(all.width, all.height, 4, n, cells);
            for (guint i = 0; i < n; i++) {
                g_assert_true(inside(cells[i], all));
                g_assert_true(n == 1 || even(cells[i]));
                if (all.width >= 640)
                    g_assert_cmpuint(cells[i].width * cells[i].height, >,
                                     all.width * all.height / (n == 3 ? 4 : n) * 19 / 20);
                for (guint j = 0; j < i; j++)
                    g_assert_true(apart(cells[i], cells[j]));
            }
        }
}

static void test_known(void) {
    LecRect cells[4];
    lec_layout_automatic(1920, 1080, 4, 4, cells);
    g_assert_cmpuint(cells[3].x, ==, 962);
    g_assert_cmpuint(cells[3].y, ==, 542);
    g_assert_cmpuint(cells[3].width, ==, 958);
    g_assert_cmpuint(cells[3].height, ==, 538);
    lec_layout_automatic(1080, 1920, 4, 2, cells);
    g_assert_cmpuint(cells[1].x, ==, 0);
    g_assert_cmpuint(cells[1].y, ==, 962);
    lec_layout_automatic(1920, 1080, 4, 3, cells);
    g_assert_cmpuint(cells[2].x, ==, 480);
    g_assert_cmpuint(cells[2].y, ==, 542);
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
    g_test_add_func("/layout/automatic", test_automatic);
    g_test_add_func("/layout/known", test_known);
    g_test_add_func("/layout/fit", test_fit);
    g_test_add_func("/layout/place", test_place);
    g_test_add_func("/layout/between", test_between);
    return g_test_run();
}
