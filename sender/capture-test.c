/*
 * The test picture: eight colour bars, a white block that wanders over them, and below them the
 * number of the picture as a row of black and white squares, which a test reads back.
 */
#include "sender/capture-test.h"
#include "sender/capture-sources.h"
#include "sender/source.h"

struct _LecTestSource {
    LecSource parent;
    guint32 n_painted;
    gint64 next_us, interval_us;
    LecRect block; /* where it was painted last */
};

#define LEC_TYPE_TEST_SOURCE (lec_test_source_get_type())
G_DECLARE_FINAL_TYPE(LecTestSource, lec_test_source, LEC, TEST_SOURCE, LecSource)
G_DEFINE_FINAL_TYPE(LecTestSource, lec_test_source, LEC_TYPE_SOURCE)

#define BLOCK_SIZE 128

static const guint32 bar_colours[] = {0xb4b4b4, 0xb4b410, 0x10b4b4, 0x10b410,
                                      0xb410b4, 0xb41010, 0x1010b4, 0x101010};

static void fill(const LecPlanes *planes, LecRect at, guint32 colour) {
    g_autofree guint32 *row = g_new(guint32, (gsize)at.width * 2);
    for (int i = 0; i < at.width * 2; i++)
        row[i] = colour;
    const int bottom = at.y + at.height;
    for (at.height = 2; at.y < bottom; at.y += 2)
        lec_convert_bgrx(planes, &at, (const guint8 *)row, at.width * 4);
}

static void paint_bars(const LecPlanes *planes, const LecRect *within) {
    const int width = LEC_TEST_WIDTH / (int)G_N_ELEMENTS(bar_colours);
    for (int i = 0; i < (int)G_N_ELEMENTS(bar_colours); i++) {
        const int left = MAX(i * width, within->x),
                  right = MIN((i + 1) * width, within->x + within->width);
        if (left < right)
            fill(planes, (LecRect){left, within->y, right - left, within->height}, bar_colours[i]);
    }
}

static void paint_number(const LecPlanes *planes, guint32 number) {
    for (int bit = 0; bit < LEC_TEST_NUMBER_BITS; bit++) {
        const LecRect at = {bit * LEC_TEST_NUMBER_SIZE, LEC_TEST_HEIGHT - LEC_TEST_NUMBER_SIZE,
                            LEC_TEST_NUMBER_SIZE, LEC_TEST_NUMBER_SIZE};
        fill(planes, at, (number >> bit & 1) != 0 ? 0xffffff : 0);
    }
}

/* Back and forth between 0 and range, even. */
static int swing(guint32 step, int range) {
    const int at = (int)(step % (2 * (guint32)range));
    return (at < range ? at : 2 * range - at) & ~1;
}

static bool paint(LecSource *source, GError **error) {
    LecTestSource *self = LEC_TEST_SOURCE(source);
    LecPlanes planes;
    bool fresh;
    if (!lec_source_begin_paint(source, LEC_TEST_WIDTH, LEC_TEST_HEIGHT, &planes, &fresh)) {
        g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED,
                            "There is no memory for the picture");
        return false;
    }
    const int bars_height = LEC_TEST_HEIGHT - LEC_TEST_NUMBER_SIZE;
    if (fresh)
        paint_bars(&planes, &(LecRect){0, 0, LEC_TEST_WIDTH, bars_height});
    else
        paint_bars(&planes, &self->block);
    self->block =
        (LecRect){swing(self->n_painted * 8, LEC_TEST_WIDTH - BLOCK_SIZE),
                  swing(self->n_painted * 6, bars_height - BLOCK_SIZE), BLOCK_SIZE, BLOCK_SIZE};
    fill(&planes, self->block, 0xffffff);
    paint_number(&planes, self->n_painted++);
    lec_source_end_paint(source);
    return true;
}

static LecSourceState look(LecSource *source, gint64 now_us, gint64 *wake_us, GError **error) {
    LecTestSource *self = LEC_TEST_SOURCE(source);
    LecSourceState state = LEC_SOURCE_QUIET;
    if (now_us >= self->next_us) {
        self->next_us = MAX(self->next_us + self->interval_us, now_us);
        state = LEC_SOURCE_CHANGED;
    }
    *wake_us = MIN(*wake_us, self->next_us);
    return state;
}

static void lec_test_source_init(LecTestSource *self) {
}

static void lec_test_source_class_init(LecTestSourceClass *class) {
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "Test picture", "Source/Video",
                                          "A moving test picture", "Lectern");
    LEC_SOURCE_CLASS(class)->look = look;
    LEC_SOURCE_CLASS(class)->paint = paint;
}

GstElement *lec_capture_test_new(guint max_fps) {
    LecTestSource *self = g_object_new(LEC_TYPE_TEST_SOURCE, NULL);
    self->interval_us = G_USEC_PER_SEC / CLAMP(max_fps, 1, 240);
    lec_source_set_max_fps(LEC_SOURCE(self), max_fps);
    return GST_ELEMENT(self);
}
