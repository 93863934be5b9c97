/* Merging of changed rectangles and blending of the cursor. */
#include "sender/cursor.h"
#include "sender/rects.h"

#define WIDTH 1920
#define HEIGHT 1080

static bool covers(const LecRects *rects, int x, int y) {
    for (guint i = 0; i < rects->n; i++) {
        const LecRect *r = &rects->items[i];
        if (x >= r->x && y >= r->y && x < r->x + r->width && y < r->y + r->height)
            return true;
    }
    return false;
}

static void test_even_and_clipped(void) {
    LecRects rects = {0};
    lec_rects_add(&rects, &(LecRect){-5, 1075, 10, 100}, WIDTH, HEIGHT);
    g_assert_cmpuint(rects.n, ==, 1);
    g_assert_cmpint(rects.items[0].x, ==, 0);
    g_assert_cmpint(rects.items[0].y, ==, 1074);
    g_assert_cmpint(rects.items[0].width, ==, 6);
    g_assert_cmpint(rects.items[0].height, ==, 6);
    lec_rects_add(&rects, &(LecRect){WIDTH, 0, 10, 10}, WIDTH, HEIGHT);
    lec_rects_add(&rects, &(LecRect){10, 10, 0, 10}, WIDTH, HEIGHT);
    g_assert_cmpuint(rects.n, ==, 1);
}

static void test_far_ones_stay_apart(void) {
    LecRects rects = {0};
    lec_rects_add(&rects, &(LecRect){0, 0, 100, 20}, WIDTH, HEIGHT);
    lec_rects_add(&rects, &(LecRect){1800, 1000, 100, 20}, WIDTH, HEIGHT);
    g_assert_cmpuint(rects.n, ==, 2);
    lec_rects_add(&rects, &(LecRect){4, 24, 100, 20}, WIDTH, HEIGHT);
    g_assert_cmpuint(rects.n, ==, 2);
}

/* Whatever comes, every changed pixel is covered and the list stays short, even and inside. */
static void test_many_random(void) {
    for (int round = 0; round < 200; round++) {
        LecRects rects = {0};
        LecRect added[40];
        for (gsize i = 0; i < G_N_ELEMENTS(added); i++) {
            added[i] =
                (LecRect){g_test_rand_int_range(-50, WIDTH), g_test_rand_int_range(-50, HEIGHT),
                          g_test_rand_int_range(1, 300), g_test_rand_int_range(1, 300)};
            lec_rects_add(&rects, &added[i], WIDTH, HEIGHT);
        }
        g_assert_cmpuint(rects.n, <=, LEC_RECTS_MAX);
        for (guint i = 0; i < rects.n; i++) {
            const LecRect *r = &rects.items[i];
            g_assert_cmpint((r->x | r->y | r->width | r->height) & 1, ==, 0);
            g_assert_true(r->x >= 0 && r->y >= 0 && r->x + r->width <= WIDTH &&
                          r->y + r->height <= HEIGHT);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(added); i++) {
            const int x = added[i].x + added[i].width - 1, y = added[i].y + added[i].height - 1;
            if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT)
                g_assert_true(covers(&rects, x, y));
        }
    }
}

static void test_cursor_blends(void) {
    LecCursor cursor = {0};
    const gulong pixels[] = {0xffff0000, 0x80400000, 0x00000000, 0xff0000ff};
    lec_cursor_set(&cursor, pixels, 2, 2, 1, 1);
    guint32 picture[16];
    for (gsize i = 0; i < G_N_ELEMENTS(picture); i++)
        picture[i] = 0x00808080;
    /* Points at 10, 10, so it covers 9..10; the fetched part begins at 8, 8. */
    lec_cursor_blend(&cursor, 10, 10, &(LecRect){8, 8, 4, 4}, (guint8 *)picture, 16);
    g_assert_cmphex(picture[5] & 0xffffff, ==, 0xff0000);
    g_assert_cmphex(picture[6] & 0xffffff, ==, 0x7f3f3f);
    g_assert_cmphex(picture[9] & 0xffffff, ==, 0x808080);
    g_assert_cmphex(picture[10] & 0xffffff, ==, 0x0000ff);
    g_assert_cmphex(picture[0] & 0xffffff, ==, 0x808080);
    /* Half outside: nothing is written there. */
    lec_cursor_blend(&cursor, 8, 8, &(LecRect){8, 8, 4, 4}, (guint8 *)picture, 16);
    g_assert_cmphex(picture[0] & 0xffffff, ==, 0x0000ff);
    lec_cursor_clear(&cursor);
    lec_cursor_blend(&cursor, 10, 10, &(LecRect){8, 8, 4, 4}, (guint8 *)picture, 16);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rects/even-and-clipped", test_even_and_clipped);
    g_test_add_func("/rects/far-ones-stay-apart", test_far_ones_stay_apart);
    g_test_add_func("/rects/many-random", test_many_random);
    g_test_add_func("/cursor/blends", test_cursor_blends);
    return g_test_run();
}
