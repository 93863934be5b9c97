/* Finds the cells of each layout by trying the few arrangements there are and keeping the one that
 * shows the pictures largest. */
#include "receiver/stage/arrange.h"

#include <math.h>

#define SHAPE_MAX 4.0  /* how many times wider than high, or higher, a picture is taken to be */
#define BETTER 1.02    /* by this much, or an arrangement stays behind the one tried before */
#define JUSTIFIED 1.05 /* the same for leaving the even grid */
#define ROWS_MAX                                                                                  \
    1.6               /* by this much, at most, one row of a justified one is higher than another \
                       */
#define STRIP_MAX 0.2 /* of the display: the thickness that a strip takes from the large ones */
#define STRIP_LINES 3
#define STRIP_SPARE 0.25 /* what it may have where they leave it free */
#define STRIP_TILE 0.4   /* of the strip's length: a tile's, at most */

typedef LecRect Cells[LEC_ARRANGE_MAX];

static guint even_down(guint v) {
    return v & ~1u;
}

/* Width over height. */
static double aspect(LecShape shape) {
    if (!shape.width || !shape.height)
        return 16.0 / 9;
    return CLAMP((double)shape.width / shape.height, 1 / SHAPE_MAX, SHAPE_MAX);
}

/* How large the picture is seen in the cell: the square root of its area. Its sum over all tiles
 * does not let one grow at the others' cost, as the sum of areas would. */
static double seen(LecRect cell, LecShape shape) {
    double ratio = aspect(shape);
    double height = MIN(cell.height, cell.width / ratio);
    return height * sqrt(ratio);
}

static double seen_all(const LecRect *cells, const LecShape *shapes, guint count) {
    double sum = 0;
    for (guint i = 0; i < count; i++)
        sum += seen(cells[i], shapes[i]);
    return sum;
}

/* The even length of each of n parts; the gap falls away where there is no room for it. */
static guint share(guint length, guint n, guint *gap) {
    if (length < n * 2 + (n - 1) * *gap)
        *gap = 0;
    return even_down((length - (n - 1) * *gap) / n);
}

static guint middle(guint from, guint length, guint used) {
    return from + even_down((length - used) / 2);
}

/* The lengths of a cell that is as large, but no larger than one of the pictures can use. */
static void tighten(guint *width, guint *height, const LecShape *shapes, guint count) {
    double w = 0, h = 0;
    for (guint i = 0; i < count; i++) {
        w = MAX(w, *height * aspect(shapes[i]));
        h = MAX(h, *width / aspect(shapes[i]));
    }
    *width = MIN(*width, even_down((guint)w + 2));
    *height = MIN(*height, even_down((guint)h + 2));
}

/* Cells of one size in rows from left to right, close together in the middle of the area, the last
 * row centred. area's corner is even. */
static void grid(LecRect area, guint gap, const LecShape *shapes, guint count, guint columns,
                 LecRect *ret) {
    guint rows = (count + columns - 1) / columns, gap_x = gap, gap_y = gap;
    guint w = share(area.width, columns, &gap_x), h = share(area.height, rows, &gap_y);
    tighten(&w, &h, shapes, count);
    guint top = middle(area.y, area.height, rows * h + (rows - 1) * gap_y);
    for (guint i = 0; i < count; i++) {
        guint row = i / columns, n = MIN(columns, count - row * columns);
        guint left = middle(area.x, area.width, n * w + (n - 1) * gap_x);
        ret[i] = (LecRect){left + i % columns * (w + gap_x), top + row * (h + gap_y), w, h};
    }
}

static double best_grid(const LecArrangement *what, LecRect *ret) {
    bool upright = what->height > what->width;
    LecRect area = {0, 0, what->width, what->height};
    double best = -1;
    for (guint i = 1; i <= what->count; i++) {
        Cells cells;
        grid(area, what->gap, what->shapes, what->count, upright ? i : what->count + 1 - i, cells);
        double score = seen_all(cells, what->shapes, what->count);
        if (best >= 0 && score <= best * BETTER)
            continue;
        best = score;
        for (guint c = 0; c < what->count; c++)
            ret[c] = cells[c];
    }
    return best;
}

/*
 * Rows whose pictures are equally high and as wide as their shapes want, each as wide as the
 * display unless the rows together were too high then. False where there is no room, or the rows
 * would be too different.
 */
static bool justify(const LecArrangement *what, guint columns, LecRect *ret) {
    guint count = what->count, rows = (count + columns - 1) / columns;
    guint gaps_x = (columns - 1) * what->gap, gaps_y = (rows - 1) * what->gap;
    if (what->width <= gaps_x || what->height <= gaps_y)
        return false;
    double heights[LEC_ARRANGE_MAX] = {0}, sum = 0, least = G_MAXDOUBLE, most = 0;
    for (guint i = 0; i < count; i++)
        heights[i / columns] += aspect(what->shapes[i]);
    for (guint r = 0; r < rows; r++) {
        heights[r] = (what->width - gaps_x) / heights[r];
        sum += heights[r];
        least = MIN(least, heights[r]);
        most = MAX(most, heights[r]);
    }
    if (most > least * ROWS_MAX)
        return false;
    double fit = MIN(1, (what->height - gaps_y) / sum);
    guint y = even_down((guint)((what->height - gaps_y - sum * fit) / 2));
    for (guint r = 0, i = 0; r < rows; r++) {
        guint h = even_down((guint)(heights[r] * fit)), first = i, used = 0;
        for (; i < MIN(count, (r + 1) * columns); i++) {
            guint w = even_down((guint)(heights[r] * fit * aspect(what->shapes[i])));
            ret[i] = (LecRect){used, y, w, h};
            used += w + what->gap;
        }
        guint left = middle(0, what->width, used - what->gap);
        for (guint c = first; c < i; c++)
            ret[c].x += left;
        y += h + what->gap;
    }
    return true;
}

static void automatic(const LecArrangement *what, LecRect *ret) {
    double best = best_grid(what, ret) * JUSTIFIED;
    for (guint columns = 1; columns <= what->count; columns++) {
        Cells cells;
        if (!justify(what, columns, cells))
            continue;
        double score = seen_all(cells, what->shapes, what->count);
        if (score <= best)
            continue;
        best = score;
        for (guint c = 0; c < what->count; c++)
            ret[c] = cells[c];
    }
}

/* A strip of small tiles, 16 by 9 each, and what it leaves of the display. */
typedef struct {
    LecRect rest;
    Cells cells; /* count of them */
} Strip;

/* The length of 16 by 9 tiles along a strip of so many lines that is at most this thick. */
static guint tile_length(guint along, guint count, guint lines, double most, double ratio,
                         guint gap) {
    guint length = share(along, (count + lines - 1) / lines, &gap);
    double thick = (most - (lines - 1) * gap) / lines;
    return even_down((guint)MAX(MIN(MIN(length, along * STRIP_TILE), thick / ratio), 0));
}

/*
 * Along the right or the lower edge, in as many lines as make the tiles largest. Thicker than
 * STRIP_MAX only where the large pictures leave spare pixels of the display free.
 */
static void strip(const LecArrangement *what, guint count, bool right, double spare, Strip *ret) {
    guint across = right ? what->width : what->height, along = right ? what->height : what->width;
    double ratio = right ? 16.0 / 9 : 9.0 / 16;
    double most = MAX(across * STRIP_MAX, MIN(spare, across * STRIP_SPARE));
    guint lines = 1, length = tile_length(along, count, 1, most, ratio, what->gap);
    for (guint i = 2; i <= STRIP_LINES && i <= count; i++) {
        guint now = tile_length(along, count, i, most, ratio, what->gap);
        if (now > length * BETTER) {
            length = now;
            lines = i;
        }
    }
    guint thick = even_down((guint)(length * ratio)), gap = length ? what->gap : 0;
    guint all = lines * thick + (lines - 1) * gap, edge = even_down(across) - all;
    guint in_line = (count + lines - 1) / lines;
    for (guint i = 0; i < count; i++) {
        guint line = i / in_line, n = MIN(in_line, count - line * in_line);
        guint at = middle(0, along, n * length + (n - 1) * gap) + i % in_line * (length + gap);
        guint off = edge + line * (thick + gap);
        ret->cells[i] =
            right ? (LecRect){off, at, thick, length} : (LecRect){at, off, length, thick};
    }
    guint left = edge > what->gap ? edge - what->gap : 0;
    ret->rest = (LecRect){0, 0, right ? left : even_down(what->width),
                          right ? even_down(what->height) : left};
}

/* What the large cells leave free of the display where it is cut. */
static double spare_beside(const LecArrangement *what, const LecRect *cells, guint n, bool right) {
    const LecRect *last = &cells[n - 1];
    guint used = right ? last->x + last->width - cells[0].x : last->y + last->height - cells[0].y;
    double spare = (double)(right ? what->width : what->height) - used - what->gap;
    return MAX(spare, 0);
}

/* Moves large cells and strip towards each other, to the middle of the display. */
static void close_up(const LecArrangement *what, LecRect *cells, guint n, Strip *small,
                     guint others, bool right) {
    const LecRect first = cells[0], last = cells[n - 1];
    const LecRect tile = small->cells[0], end = small->cells[others - 1];
    guint from = right ? first.x : first.y, strip_at = right ? tile.x : tile.y;
    guint large = right ? last.x + last.width - from : last.y + last.height - from;
    guint thick = right ? end.x + end.width - strip_at : end.y + end.height - strip_at;
    guint at = middle(0, right ? what->width : what->height, large + what->gap + thick);
    for (guint i = 0; i < n; i++)
        *(right ? &cells[i].x : &cells[i].y) += at - from;
    for (guint i = 0; i < others; i++)
        *(right ? &small->cells[i].x : &small->cells[i].y) += at + large + what->gap - strip_at;
}

/* The first n large ones share the display with a strip of the others along one edge. Returns how
 * large they are seen. */
static double with_strip(const LecArrangement *what, const guint *large, guint n, bool right,
                         LecRect *ret) {
    guint columns = what->height > what->width ? 1 : n, others = what->count - n;
    const LecShape shapes[2] = {what->shapes[large[0]], what->shapes[large[n - 1]]};
    Strip small = {.rest = {0, 0, even_down(what->width), even_down(what->height)}};
    Cells cells;
    grid(small.rest, what->gap, shapes, n, columns, cells);
    if (others) {
        strip(what, others, right, spare_beside(what, cells, n, right), &small);
        grid(small.rest, what->gap, shapes, n, columns, cells);
        if ((right ? small.rest.width : small.rest.height) > 0)
            close_up(what, cells, n, &small, others, right);
    }
    guint next = 0;
    for (guint i = 0; i < what->count; i++)
        if (i != large[0] && i != large[n - 1])
            ret[i] = small.cells[next++];
    for (guint i = 0; i < n; i++)
        ret[large[i]] = cells[i];
    return seen_all(cells, shapes, n);
}

/* Where both edges are as good: a column at the right of one, a row below two side by side. */
static void best_strip(const LecArrangement *what, const guint *large, guint n, LecRect *ret) {
    bool right = (n == 1) != (what->height > what->width);
    Cells cells;
    double one = with_strip(what, large, n, right, ret);
    double other = with_strip(what, large, n, !right, cells);
    for (guint i = 0; other > one * BETTER && i < what->count; i++)
        ret[i] = cells[i];
}

void lec_arrange(const LecArrangement *what, LecRect *ret) {
    g_assert(what->count >= 1 && what->count <= LEC_ARRANGE_MAX && what->focus < what->count);
    const guint large[2] = {what->focus, (what->focus + 1) % what->count};
    if (what->count == 1)
        ret[0] = (LecRect){0, 0, what->width, what->height};
    else if (what->layout == LEC_LAYOUT_AUTOMATIC)
        automatic(what, ret);
    else if (what->layout == LEC_LAYOUT_GRID)
        best_grid(what, ret);
    else
        best_strip(what, large, what->layout == LEC_LAYOUT_FOCUS ? 1 : 2, ret);
}
