/* Recorded and made-up headers of encoded pictures: their sizes, and those that no decoder may see.
 */
#include "receiver/picture-size.h"

#include <string.h>

#define FINE (-1)
#define CONFIG 4 /* in the place of a codec */

typedef struct {
    const char *name; /* in the fuzz target's corpus, whose first byte is the codec */
    int error;
    guint width, height;
} Case;

static const Case cases[] = {
    {"h264-1080p", FINE, 1920, 1088},
    {"h264-high-scaling", FINE, 1280, 720},
    {"h264-interlaced", FINE, 1920, 1088},
    {"h264-slice", FINE, 0, 0},
    {"h264-8192", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"h264-references", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"h264-444", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"h264-ten-bit", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"h264-truncated", LEC_PICTURE_ERROR_UNREADABLE, 0, 0},
    {"h264-huge-golomb", LEC_PICTURE_ERROR_UNREADABLE, 0, 0},
    {"h264-past-the-end", LEC_PICTURE_ERROR_UNREADABLE, 0, 0},
    {"avc-1080p", FINE, 1920, 1088},
    {"avc-8192", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"avc-short-lengths", LEC_PICTURE_ERROR_UNREADABLE, 0, 0},
    {"avc-truncated", LEC_PICTURE_ERROR_UNREADABLE, 0, 0},
    {"vp8-key", FINE, 1920, 1080},
    {"vp8-inter", FINE, 0, 0},
    {"vp8-8192", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"vp8-short", LEC_PICTURE_ERROR_UNREADABLE, 0, 0},
    {"vp9-key", FINE, 1920, 1080},
    {"vp9-inter", FINE, 0, 0},
    {"vp9-resized", FINE, 640, 360},
    {"vp9-intra-only", FINE, 1280, 720},
    {"vp9-shown-again", FINE, 0, 0},
    {"vp9-super", FINE, 1280, 720},
    {"vp9-8192", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"vp9-profile-1", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"vp9-resized-huge", LEC_PICTURE_ERROR_REFUSED, 0, 0},
    {"vp9-super-huge", LEC_PICTURE_ERROR_REFUSED, 0, 0},
};

static void test_case(gconstpointer data) {
    const Case *one = data;
    g_autofree char *path = g_build_filename(LEC_TEST_CORPUS, "picture-size", one->name, NULL);
    g_autofree char *bytes = NULL;
    gsize len;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &bytes, &len, &error);
    g_assert_no_error(error);
    LecPictureSize size = {0};
    const guint8 *frame = (const guint8 *)bytes + 1;
    const bool fine = bytes[0] == CONFIG ? lec_picture_size_read_avc(frame, len - 1, &size, &error)
                                         : lec_picture_size_read((LecCodec)bytes[0], frame, len - 1,
                                                                 &size, &error);
    g_assert_true(fine == (one->error == FINE));
    if (!fine)
        g_assert_error(error, LEC_PICTURE_ERROR, one->error);
    g_assert_cmpuint(size.width, ==, one->width);
    g_assert_cmpuint(size.height, ==, one->height);
}

/* The limit is an area: any shape of it, and nothing above. */
static void test_limit(void) {
    static const struct {
        guint width, height;
        bool fine;
    } sides[] = {
        {4096, 2304, true},  {2304, 4096, true},  {5120, 1440, true},    {8192, 1152, true},
        {4096, 2305, false}, {4097, 2304, false}, {8193, 16, false},     {16, 8193, false},
        {16383, 1, false},   {0, 100, false},     {16383, 16383, false},
    };
    for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
        const guint w = sides[i].width, h = sides[i].height;
        const guint8 key[10] = {
            0x10, 0, 0, 0x9d, 1, 0x2a, (guint8)w, (guint8)(w >> 8), (guint8)h, (guint8)(h >> 8)};
        g_assert_true(lec_picture_size_read(LEC_CODEC_VP8, key, sizeof key, NULL, NULL) ==
                      sides[i].fine);
    }
}

/* Two zeros and a 3 are none of the parameters, wherever they stand. */
static void test_escaped(void) {
    static const guint8 frame[] = "\0\0\0\x0a\x67\x42\0\0\3\xda\x01\xe0\x08\x99";
    LecPictureSize size = {0};
    g_assert_true(lec_picture_size_read(LEC_CODEC_H264, frame, sizeof frame - 1, &size, NULL));
    g_assert_cmpuint(size.width, ==, 1920);
    g_assert_cmpuint(size.height, ==, 1088);
}

static void test_other_codecs(void) {
    static const guint8 frame[] = {0x12, 0};
    g_assert_false(lec_picture_size_read(LEC_CODEC_AV1, frame, sizeof frame, NULL, NULL));
    for (LecCodec codec = LEC_CODEC_H264; codec <= LEC_CODEC_VP9; codec++)
        g_assert_true(lec_picture_size_read(codec, frame, 0, NULL, NULL));
}

/* A frame becomes a superframe of one, whose index is found again; whoever has one keeps it. */
static void test_vp9_index(void) {
    static const guint8 frame[] = {0x88, 0x82, 0x49, 0x83, 0x42, 0xcc};
    guint8 index[LEC_PICTURE_VP9_INDEX_BYTES];
    g_assert_cmpuint(lec_picture_make_vp9_index(frame, sizeof frame, index), ==, sizeof index);
    g_assert_cmpmem(index, sizeof index, "\xd8\6\0\0\0\xd8", 6);
    guint8 closed[sizeof frame + sizeof index];
    memcpy(closed, frame, sizeof frame);
    memcpy(closed + sizeof frame, index, sizeof index);
    g_assert_cmpuint(lec_picture_make_vp9_index(closed, sizeof closed, index), ==, 0);
    g_assert_cmpuint(lec_picture_make_vp9_index(frame, 0, index), ==, 0);
    g_assert_true(lec_picture_size_read(LEC_CODEC_VP9, closed, sizeof closed, NULL, NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/picture-size/%s", cases[i].name);
        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/picture-size/limit", test_limit);
    g_test_add_func("/picture-size/escaped", test_escaped);
    g_test_add_func("/picture-size/vp9-index", test_vp9_index);
    g_test_add_func("/picture-size/other-codecs", test_other_codecs);
    return g_test_run();
}
