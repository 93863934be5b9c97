/* Previews: decoded again by libjpeg and looked at, for every shape, and small whatever is in them.
 */
#include "receiver/preview.h"
#include "tests/support/pictures.h"

#include <stdio.h>

#include <jpeglib.h>

typedef struct {
    guint width, height;
    guint8 *rgb;
} Decoded;

/* libjpeg ends the program where the bytes are no JPEG, and with it the test. */
static Decoded decode(GBytes *jpeg) {
    struct jpeg_decompress_struct d = {0};
    struct jpeg_error_mgr trouble;
    gsize length;
    const guint8 *bytes = g_bytes_get_data(jpeg, &length);
    d.err = jpeg_std_error(&trouble);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, bytes, length);
    g_assert_cmpint(jpeg_read_header(&d, TRUE), ==, JPEG_HEADER_OK);
    d.out_color_space = JCS_RGB;
    jpeg_start_decompress(&d);
    Decoded ret = {d.output_width, d.output_height, g_malloc(3 * d.output_width * d.output_height)};
    while (d.output_scanline < d.output_height) {
        JSAMPROW row = ret.rgb + 3 * d.output_width * d.output_scanline;
        jpeg_read_scanlines(&d, &row, 1);
    }
    jpeg_finish_decompress(&d);
    g_assert_cmpint(trouble.num_warnings, ==, 0);
    jpeg_destroy_decompress(&d);
    return ret;
}

static guint32 pixel(const Decoded *picture, guint x, guint y) {
    const guint8 *rgb = picture->rgb + 3 * (y * picture->width + x);
    return (guint32)rgb[0] << 16 | (guint32)rgb[1] << 8 | rgb[2];
}

/* A screen in grey with a white lower right quarter. */
static void test_content(void) {
    for (guint format = 0; format < 2; format++) {
        g_autoptr(LecFrame) frame = lec_test_frame(format, 1920, 1080, 126, 128, 128);
        lec_test_frame_fill(frame, (LecRect){960, 540, 960, 540}, 235);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) jpeg =
            lec_preview_make(frame, LEC_PREVIEW_WIDTH, LEC_PREVIEW_HEIGHT, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(g_bytes_get_size(jpeg), <=, LEC_PREVIEW_BYTES_MAX);
        Decoded picture = decode(jpeg);
        g_assert_cmpuint(picture.width, ==, 320);
        g_assert_cmpuint(picture.height, ==, 180);
        g_assert_true(lec_test_pixel_is(pixel(&picture, 80, 45), 0x808080, 4));
        g_assert_true(lec_test_pixel_is(pixel(&picture, 240, 45), 0x808080, 4));
        g_assert_true(lec_test_pixel_is(pixel(&picture, 240, 135), 0xffffff, 4));
        g_free(picture.rgb);
    }
}

/* Colours come through the frame's own matrix and range: BT.709 red is red. */
static void test_colour(void) {
    g_autoptr(LecFrame) frame = lec_test_frame(LEC_FRAME_I420, 640, 360, 63, 102, 240);
    g_autoptr(GBytes) jpeg = lec_preview_make(frame, 320, 180, NULL);
    Decoded picture = decode(jpeg);
    g_assert_true(lec_test_pixel_is(pixel(&picture, 160, 90), 0xff0000, 8));
    g_free(picture.rgb);
}

static void test_shapes(void) {
    static const guint sizes[][4] = {
        {1080, 1920, 100, 180}, {100, 50, 100, 50}, {101, 51, 100, 50},     {1, 1, 2, 2},
        {16384, 2, 320, 2},     {2, 16384, 2, 180}, {3840, 2160, 320, 180},
    };
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(LecFrame) frame =
            lec_test_frame(LEC_FRAME_I420, sizes[i][0], sizes[i][1], 126, 128, 128);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) jpeg = lec_preview_make(frame, 320, 180, &error);
        g_assert_no_error(error);
        Decoded picture = decode(jpeg);
        g_assert_cmpint(ABS((int)picture.width - (int)sizes[i][2]), <=, 2);
        g_assert_cmpint(ABS((int)picture.height - (int)sizes[i][3]), <=, 2);
        g_assert_true(lec_test_pixel_is(pixel(&picture, 0, 0), 0x808080, 4));
        g_free(picture.rgb);
    }
}

/* Noise does not compress: it comes coarser and smaller, in its shape, and still in the bound. */
static void test_noise(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    for (guint side = 320; side <= LEC_PREVIEW_SIDE_MAX; side += 704) {
        g_autoptr(LecFrame) frame = lec_test_frame(LEC_FRAME_I420, 1024, 576, 126, 128, 128);
        for (guint y = 0; y < frame->height; y++)
            for (guint x = 0; x < frame->width; x++)
                ((guint8 *)frame->planes[0])[y * frame->strides[0] + x] =
                    (guint8)g_rand_int_range(rand, 16, 236);
        g_autoptr(GBytes) jpeg = lec_preview_make(frame, side, side, NULL);
        g_assert_nonnull(jpeg);
        g_assert_cmpuint(g_bytes_get_size(jpeg), <=, LEC_PREVIEW_BYTES_MAX);
        g_assert_cmpuint(g_bytes_get_size(jpeg), >, LEC_PREVIEW_BYTES_MAX / 4);
        Decoded picture = decode(jpeg);
        g_assert_cmpfloat(ABS((double)picture.width / picture.height - 16.0 / 9), <, 0.05);
        g_free(picture.rgb);
    }
}

static void test_refused(void) {
    static const guint cases[][4] = {{0, 1080, 320, 180},
                                     {1920, 16386, 320, 180},
                                     {1920, 1080, 1, 180},
                                     {1920, 1080, 320, 4000}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LecFrame) frame = lec_test_frame(LEC_FRAME_I420, 64, 64, 126, 128, 128);
        frame->width = cases[i][0];
        frame->height = cases[i][1];
        g_autoptr(GError) error = NULL;
        g_assert_null(lec_preview_make(frame, cases[i][2], cases[i][3], &error));
        g_assert_error(error, LEC_PREVIEW_ERROR, LEC_PREVIEW_ERROR_SIZE);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/preview/content", test_content);
    g_test_add_func("/preview/colour", test_colour);
    g_test_add_func("/preview/shapes", test_shapes);
    g_test_add_func("/preview/noise", test_noise);
    g_test_add_func("/preview/refused", test_refused);
    return g_test_run();
}
