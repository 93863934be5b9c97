/* What differs between two frames, found block by block; the first differing row settles a block.
 */
#include "receiver/stage/changes.h"

#include <string.h>

#define BLOCK_WIDTH 64
#define BLOCK_HEIGHT 32
#define REACH 4 /* of the scaling filter in the source, pixels: two chroma samples */

static bool rows_differ(const guint8 *a, gsize a_stride, const guint8 *b, gsize b_stride,
                        gsize width, guint rows) {
    for (guint i = 0; i < rows; i++)
        if (memcmp(a + i * a_stride, b + i * b_stride, width) != 0)
            return true;
    return false;
}

/* The area's corner is even. */
static bool area_differs(const LecFrame *a, const LecFrame *b, guint x, guint y, guint width,
                         guint height) {
    if (rows_differ(a->planes[0] + y * a->strides[0] + x, a->strides[0],
                    b->planes[0] + y * b->strides[0] + x, b->strides[0], width, height))
        return true;
    bool packed = a->format == LEC_FRAME_NV12;
    gsize left = packed ? x : x / 2, bytes = packed ? (width + 1) / 2 * 2 : (width + 1) / 2;
    for (guint p = 1; p < (packed ? 2 : 3); p++)
        if (rows_differ(a->planes[p] + y / 2 * a->strides[p] + left, a->strides[p],
                        b->planes[p] + y / 2 * b->strides[p] + left, b->strides[p], bytes,
                        (height + 1) / 2))
            return true;
    return false;
}

/* Appends the runs of changed blocks in the row of blocks at y. */
static void changes_in_row(const LecFrame *a, const LecFrame *b, guint y, guint height,
                           GArray *runs) {
    guint start = 0;
    bool running = false;
    for (guint x = 0; x < a->width; x += BLOCK_WIDTH) {
        guint width = MIN(BLOCK_WIDTH, a->width - x);
        bool differs = area_differs(a, b, x, y, width, height);
        if (differs && !running)
            start = x;
        bool last = x + width == a->width;
        if ((running && !differs) || (differs && last)) {
            guint end = differs ? x + width : x;
            cairo_rectangle_int_t run = {(int)start, (int)y, (int)(end - start), (int)height};
            g_array_append_val(runs, run);
        }
        running = differs;
    }
}

cairo_region_t *lec_changes_between(const LecFrame *before, const LecFrame *after) {
    const cairo_rectangle_int_t all = {0, 0, (int)after->width, (int)after->height};
    if (before->width != after->width || before->height != after->height ||
        before->format != after->format || before->matrix != after->matrix ||
        before->full_range != after->full_range)
        return cairo_region_create_rectangle(&all);
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(cairo_rectangle_int_t));
    for (guint y = 0; y < after->height; y += BLOCK_HEIGHT) {
        guint height = MIN(BLOCK_HEIGHT, after->height - y);
        /* Whole rows first: on a still screen most of them are equal, and long compares are cheap.
         */
        if (area_differs(before, after, 0, y, after->width, height))
            changes_in_row(before, after, y, height, runs);
    }
    return lec_changes_simplify(cairo_region_create_rectangles(
        (cairo_rectangle_int_t *)(void *)runs->data, (int)runs->len));
}

cairo_region_t *lec_changes_simplify(cairo_region_t *changes) {
    int n = cairo_region_num_rectangles(changes);
    if (n <= LEC_CHANGES_MAX)
        return changes;
    /* A region's rectangles come in bands from top to bottom: one rectangle a band, if that is
     * enough. */
    cairo_region_t *bands = cairo_region_create();
    cairo_rectangle_int_t rect, band = {0};
    for (int i = 0; i < n; i++) {
        cairo_region_get_rectangle(changes, i, &rect);
        if (i && rect.y == band.y) {
            band.width = rect.x + rect.width - band.x;
            continue;
        }
        if (i)
            cairo_region_union_rectangle(bands, &band);
        band = rect;
    }
    cairo_region_union_rectangle(bands, &band);
    cairo_region_destroy(changes);
    if (cairo_region_num_rectangles(bands) <= LEC_CHANGES_MAX)
        return bands;
    cairo_region_get_extents(bands, &rect);
    cairo_region_destroy(bands);
    return cairo_region_create_rectangle(&rect);
}

/* from..to of size, widened by the filter's reach, on a scale of scaled: even and inside. */
static void scale_span(guint from, guint to, guint size, guint scaled, int *ret_at,
                       int *ret_length) {
    guint64 low = from > REACH ? from - REACH : 0, high = MIN(to + REACH, size);
    guint at = (guint)(low * scaled / size) & ~1u;
    guint end = (guint)((high * scaled + size - 1) / size);
    end = MIN((end + 1) & ~1u, scaled);
    *ret_at = (int)at;
    *ret_length = (int)(end - at);
}

cairo_region_t *lec_changes_scale(const cairo_region_t *changes, guint frame_width,
                                  guint frame_height, guint width, guint height) {
    cairo_region_t *ret = cairo_region_create();
    int n = cairo_region_num_rectangles(changes);
    for (int i = 0; i < n; i++) {
        cairo_rectangle_int_t from, to;
        cairo_region_get_rectangle(changes, i, &from);
        scale_span((guint)from.x, (guint)(from.x + from.width), frame_width, width, &to.x,
                   &to.width);
        scale_span((guint)from.y, (guint)(from.y + from.height), frame_height, height, &to.y,
                   &to.height);
        cairo_region_union_rectangle(ret, &to);
    }
    return lec_changes_simplify(ret);
}

cairo_region_t *lec_changes_align(cairo_region_t *changes, guint width, guint height) {
    const cairo_rectangle_int_t all = {0, 0, (int)width, (int)height};
    cairo_region_t *ret = cairo_region_create();
    int n = cairo_region_num_rectangles(changes);
    for (int i = 0; i < n; i++) {
        cairo_rectangle_int_t r;
        cairo_region_get_rectangle(changes, i, &r);
        int right = (r.x + r.width + 1) & ~1, lower = (r.y + r.height + 1) & ~1;
        r.x &= ~1;
        r.y &= ~1;
        r.width = right - r.x;
        r.height = lower - r.y;
        cairo_region_union_rectangle(ret, &r);
    }
    cairo_region_destroy(changes);
    ret = lec_changes_simplify(ret);
    cairo_region_intersect_rectangle(ret, &all);
    return ret;
}
