/* Makes small JPEGs: scaled and converted by the stage's own means, compressed by libjpeg-turbo. */
#include "receiver/preview.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "receiver/stage/compose.h"
#include "receiver/stage/layout.h"

G_DEFINE_QUARK(lec_preview_error_quark, lec_preview_error)

#define SIDE_MIN 2

/* libjpeg calls back when it cannot go on, and may not be returned to. */
typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf way_out;
    char message[JMSG_LENGTH_MAX];
} Trouble;

static void on_fatal(j_common_ptr jpeg) {
    Trouble *trouble = (Trouble *)jpeg->err;
    jpeg->err->format_message(jpeg, trouble->message);
    longjmp(trouble->way_out, 1);
}

static void on_message(j_common_ptr jpeg) {
}

static void write_rows(struct jpeg_compress_struct *jpeg, const LecSurface *picture, int quality) {
    jpeg->image_width = picture->width;
    jpeg->image_height = picture->height;
    jpeg->input_components = 4;
    jpeg->in_color_space = JCS_EXT_BGRX;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg->optimize_coding = TRUE; /* a tenth smaller, and these pictures are small */
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = picture->pixels + jpeg->next_scanline * picture->stride;
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
}

/* Into room, which is large enough for anything. Returns the length, 0: it failed. */
static gsize compress(const LecSurface *picture, int quality, guint8 *room, gsize room_bytes,
                      GError **error) {
    struct jpeg_compress_struct jpeg = {0};
    Trouble trouble = {.message = ""};
    unsigned char *bytes = room;
    unsigned long length = room_bytes;
    jpeg.err = jpeg_std_error(&trouble.base);
    trouble.base.error_exit = on_fatal;
    trouble.base.output_message = on_message;
    if (setjmp(trouble.way_out)) {
        g_set_error(error, LEC_PREVIEW_ERROR, LEC_PREVIEW_ERROR_FAILED,
                    "The preview could not be compressed: %s.", trouble.message);
        jpeg_destroy_compress(&jpeg);
        return 0;
    }
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &length);
    write_rows(&jpeg, picture, quality);
    jpeg_destroy_compress(&jpeg);
    g_assert(bytes == room); /* it only takes memory of its own where this is too small */
    return length;
}

/* Every quality in turn until the JPEG is small enough. NULL without an error: none was. */
static GBytes *squeeze(const LecSurface *picture, GError **error) {
    static const int qualities[] = {80, 65, 50, 35};
    gsize room_bytes = (gsize)picture->width * picture->height * 4 + 4096;
    g_autofree guint8 *room = g_malloc(room_bytes);
    for (guint i = 0; i < G_N_ELEMENTS(qualities); i++) {
        gsize length = compress(picture, qualities[i], room, room_bytes, error);
        if (length == 0)
            return NULL;
        if (length <= LEC_PREVIEW_BYTES_MAX)
            return g_bytes_new(room, length);
    }
    return NULL;
}

static GBytes *make(const LecFrame *frame, guint width, guint height, GError **error) {
    g_autoptr(LecFrame) small = lec_compose_scale(frame, width, height, NULL);
    g_autofree guint8 *pixels = g_malloc((gsize)width * height * 4);
    const LecSurface picture = {
        .pixels = pixels, .stride = (gsize)width * 4, .width = width, .height = height};
    LecRect all = {0, 0, width, height};
    lec_compose_frame(&picture, small, all, 0, 0, all);
    return squeeze(&picture, error);
}

GBytes *lec_preview_make(const LecFrame *frame, guint max_width, guint max_height, GError **error) {
    if (!frame->width || !frame->height || frame->width > LEC_COMPOSE_SIDE_MAX ||
        frame->height > LEC_COMPOSE_SIDE_MAX || max_width < SIDE_MIN || max_height < SIDE_MIN ||
        max_width > LEC_PREVIEW_SIDE_MAX || max_height > LEC_PREVIEW_SIDE_MAX) {
        g_set_error(error, LEC_PREVIEW_ERROR, LEC_PREVIEW_ERROR_SIZE,
                    "A picture of %u by %u has no preview of %u by %u.", frame->width,
                    frame->height, max_width, max_height);
        return NULL;
    }
    guint width = MIN(max_width, MAX(frame->width, SIDE_MIN));
    guint height = MIN(max_height, MAX(frame->height, SIDE_MIN));
    for (;; width = MAX(width * 3 / 4, SIDE_MIN), height = MAX(height * 3 / 4, SIDE_MIN)) {
        LecRect at = lec_layout_fit((LecRect){0, 0, width, height}, frame->width, frame->height);
        g_autoptr(GError) failed = NULL;
        GBytes *jpeg = make(frame, MAX(at.width, SIDE_MIN), MAX(at.height, SIDE_MIN), &failed);
        if (jpeg)
            return jpeg;
        if (failed) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return NULL;
        }
    }
}
