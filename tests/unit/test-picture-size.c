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

typedef struct {
    guint8 bytes[64];
    guint bits;
} Writer;

static void put(Writer *self, guint64 value, guint n) {
    while (n-- > 0) {
        self->bytes[self->bits / 8] |= (value >> n & 1) << (7 - self->bits % 8);
        self->bits++;
    }
}

static void put_golomb(Writer *self, guint32 value) {
    const guint64 code = (guint64)value + 1;
    const guint len = g_bit_storage(code);
    put(self, 0, len - 1);
    put(self, code, len);
}

/* A sequence parameter set of the baseline profile, with four bytes of length before it. */
static bool read_sps(guint32 references, guint32 columns, guint32 rows, GError **error) {
    Writer sps = {0};
    put(&sps, 0x67420034, 32);
    put_golomb(&sps, 0); /* its id */
    put_golomb(&sps, 0); /* log2_max_frame_num_minus4 */
    put_golomb(&sps, 2); /* pic_order_cnt_type */
    put_golomb(&sps, references);
    put(&sps, 0, 1);
    put_golomb(&sps, columns - 1);
    put_golomb(&sps, rows - 1);
    put(&sps, 1, 1); /* frame_mbs_only_flag */
    guint8 frame[4 + sizeof sps.bytes] = {0, 0, 0, sizeof sps.bytes};
    memcpy(frame + 4, sps.bytes, sizeof sps.bytes);
    return lec_picture_size_read(LEC_CODEC_H264, frame, sizeof frame, NULL, error);
}

/* Numbers so large that what they are multiplied by brings them back to a small one. */
static void test_overflow(void) {
    static const struct {
        guint32 references, columns, rows;
    } wrong[] = {
        {0, 0x10000001, 1}, {0, 1, 0x10000001}, {1, 0x10000001, 0x10000001},
        {17, 1, 1},         {0x80000000, 2, 1}, {0x10000000, 16, 1},
    };
    g_assert_true(read_sps(16, 40, 23, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(read_sps(wrong[i].references, wrong[i].columns, wrong[i].rows, &error));
        g_assert_error(error, LEC_PICTURE_ERROR, LEC_PICTURE_ERROR_REFUSED);
    }
}

/* An index whose lengths lead out of the superframe. */
static void test_vp9_index_too_long(void) {
    static const guint8 frame[] = {0x88, 0x88, 0xc9, 1, 0, 0xff, 0, 0xc9};
    static const guint8 whole[] = {0x88, 0x88, 0xc9, 1, 0, 1, 0, 0xc9};
    g_autoptr(GError) error = NULL;
    g_assert_true(lec_picture_size_read(LEC_CODEC_VP9, whole, sizeof whole, NULL, NULL));
    g_assert_false(lec_picture_size_read(LEC_CODEC_VP9, frame, sizeof frame, NULL, &error));
    g_assert_error(error, LEC_PICTURE_ERROR, LEC_PICTURE_ERROR_UNREADABLE);
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
    g_test_add_func("/picture-size/vp9-index-too-long", test_vp9_index_too_long);
    g_test_add_func("/picture-size/overflow", test_overflow);
    g_test_add_func("/picture-size/other-codecs", test_other_codecs);
    return g_test_run();
}
