/* Pixels: colours known from the standards' equations, clipping to the pixel, and frames' reference
 * counts. */
#include "receiver/stage/compose.h"
#include "tests/support/pictures.h"

#include <math.h>

#define CANARY 0x5a

static LecSurface surface_new(guint width, guint height) {
    LecSurface s = {.stride = (gsize)width * 4, .width = width, .height = height};
    s.pixels = g_malloc(s.stride * height);
    memset(s.pixels, CANARY, s.stride * height);
    return s;
}

static guint32 pixel(const LecSurface *s, guint x, guint y) {
    return *(const guint32 *)(const void *)(s->pixels + y * s->stride + (gsize)x * 4) & 0xffffff;
}

static guint channel(double v) {
    return (guint)lround(CLAMP(v, 0, 255));
}

/*
 * ITU-R BT.601 and BT.709, §3 and §4: Y'CbCr to R'G'B', 8 bit. libyuv's wide instructions hold the
 * blue coefficient in a signed byte of 64ths, so that it ends at 2 where the standards have up
 * to 2.11: the purest blue and yellow are up to 13 of 255 off.
 */
static guint32 expected(LecFrameMatrix matrix, bool full, double y, double u, double v) {
    double kr = matrix == LEC_MATRIX_BT601 ? 0.299 : 0.2126;
    double kb = matrix == LEC_MATRIX_BT601 ? 0.114 : 0.0722, kg = 1 - kr - kb;
    double luma = full ? y : (y - 16) * 255 / 219, c = full ? 1 : 255.0 / 224;
    double cb = (u - 128) * c, cr = (v - 128) * c;
    double r = luma + 2 * (1 - kr) * cr, b = luma + 2 * (1 - kb) * cb;
    double g = (luma - kr * r - kb * b) / kg;
    b = luma + MIN(2 * (1 - kb) * c, 2) * (u - 128);
    return channel(r) << 16 | channel(g) << 8 | channel(b);
}

static void test_colours(void) {
    static const guint8 colours[][3] = {{16, 128, 128}, {235, 128, 128}, {128, 128, 128},
                                        {63, 102, 240}, {173, 42, 26},   {32, 240, 118},
                                        {180, 128, 90}};
    for (guint i = 0; i < G_N_ELEMENTS(colours); i++)
        for (guint kind = 0; kind < 8; kind++) {
            const guint8 *c = colours[i];
            g_autoptr(LecFrame) frame = lec_test_frame(kind & 1, 34, 18, c[0], c[1], c[2]);
            frame->matrix = kind & 2 ? LEC_MATRIX_BT601 : LEC_MATRIX_BT709;
            frame->full_range = kind & 4;
            LecSurface s = surface_new(34, 18);
            LecRect all = {0, 0, 34, 18};
            lec_compose_frame(&s, frame, all, 0, 0, all);
            guint32 want = expected(frame->matrix, frame->full_range, c[0], c[1], c[2]);
            g_test_message("kind %u colour %u: %06x, expected %06x", kind, i, pixel(&s, 0, 0),
                           want);
            g_assert_true(lec_test_pixel_is(pixel(&s, 0, 0), want, 3));
            g_assert_true(lec_test_pixel_is(pixel(&s, 33, 17), want, 3));
            g_free(s.pixels);
        }
}

/* Only the clip is touched, and what stands there is the right part of the picture. */
static void test_clip(void) {
    for (guint format = 0; format < 2; format++) {
        g_autoptr(LecFrame) frame = lec_test_frame(format, 40, 30, 16, 128, 128);
        lec_test_frame_fill(frame, (LecRect){12, 8, 6, 4}, 235);
        LecSurface s = surface_new(64, 48);
        LecRect at = {10, 4, 36, 26}, clip = {16, 8, 12, 10};
        lec_compose_frame(&s, frame, at, 2, 2, clip); /* frame (12, 8) is at (20, 10) */
        for (guint y = 0; y < s.height; y++)
            for (guint x = 0; x < s.width; x++) {
                bool in_clip = x >= 16 && x < 28 && y >= 8 && y < 18;
                bool white = x >= 20 && x < 26 && y >= 10 && y < 14;
                guint32 want = !in_clip ? 0x5a5a5a : white ? 0xffffff : 0x000000;
                g_assert_true(lec_test_pixel_is(pixel(&s, x, y), want, in_clip ? 1 : 0));
            }
        g_free(s.pixels);
    }
}

static void test_scale(void) {
    for (guint format = 0; format < 2; format++) {
        g_autoptr(LecFrame) frame = lec_test_frame(format, 640, 360, 16, 90, 160);
        lec_test_frame_fill(frame, (LecRect){320, 0, 320, 360}, 235);
        g_autoptr(LecFrame) half = lec_compose_scale(frame, 320, 180, NULL);
        g_assert_cmpuint(half->width, ==, 320);
        g_assert_cmpint(half->matrix, ==, LEC_MATRIX_BT709);
        g_assert_cmpuint(half->planes[0][100], ==, 16);
        g_assert_cmpuint(half->planes[0][179 * half->strides[0] + 319], ==, 235);
        g_assert_cmpuint(half->planes[1][(format == LEC_FRAME_NV12 ? 2 : 1) * 50], ==, 90);
        const guint8 *memory = half->planes[0];
        half = lec_compose_scale(frame, 320, 180, g_steal_pointer(&half));
        g_assert_true(half->planes[0] == memory); /* used again, not allocated again */
        half = lec_compose_scale(frame, 2, 2, g_steal_pointer(&half));
        half = lec_compose_scale(frame, 1918, 1078, g_steal_pointer(&half));
        g_assert_cmpuint(half->planes[0][1077 * half->strides[0] + 1917], ==, 235);
    }
}

static void test_overlay(void) {
    LecSurface s = surface_new(16, 16);
    lec_compose_black(&s, (LecRect){0, 0, 16, 16});
    guint32 pixels[4] = {0x80800000, 0x80800000, 0, 0xff00ff00}; /* premultiplied */
    LecOverlay overlay = {2, 2, 8, (guint8 *)pixels};
    lec_compose_overlay(&s, &overlay, 4, 4, (LecRect){0, 0, 16, 16});
    g_assert_true(lec_test_pixel_is(pixel(&s, 4, 4), 0x800000, 1));
    g_assert_true(lec_test_pixel_is(pixel(&s, 4, 5), 0, 0));
    g_assert_true(lec_test_pixel_is(pixel(&s, 5, 5), 0x00ff00, 0));
    lec_compose_overlay(&s, &overlay, 15, 15, (LecRect){0, 0, 16, 16}); /* reaches beyond */
    lec_compose_overlay(&s, &overlay, 8, 8, (LecRect){0, 0, 4, 4});     /* beside the clip */
    g_assert_true(lec_test_pixel_is(pixel(&s, 8, 8), 0, 0));
    g_free(s.pixels);
}

static void count_release(gpointer owner) {
    (*(guint *)owner)++;
}

static gpointer unref_many(gpointer frame) {
    for (guint i = 0; i < 10000; i++) {
        lec_frame_ref(frame);
        lec_frame_unref(frame);
    }
    lec_frame_unref(frame);
    return NULL;
}

static void test_refs(void) {
    guint released = 0;
    LecFrame *frame = lec_frame_new(&released, count_release);
    GThread *threads[3];
    for (guint i = 0; i < 3; i++)
        threads[i] = g_thread_new(NULL, unref_many, lec_frame_ref(frame));
    for (guint i = 0; i < 3; i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(released, ==, 0);
    lec_frame_unref(frame);
    g_assert_cmpuint(released, ==, 1);
    lec_frame_unref(NULL);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/compose/colours", test_colours);
    g_test_add_func("/compose/clip", test_clip);
    g_test_add_func("/compose/scale", test_scale);
    g_test_add_func("/compose/overlay", test_overlay);
    g_test_add_func("/frame/refs", test_refs);
    return g_test_run();
}
