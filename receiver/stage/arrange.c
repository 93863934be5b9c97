/* Finds the cells of each layout by trying the few arrangements there are and keeping the one that
 * shows the pictures largest. */
#include "receiver/stage/arrange.h"

#include <math.h>

#define SHAPE_MAX 4.0    /* how many times wider than high, or higher, a picture is taken to be */
#define BETTER 1.02      /* by this much, or an arrangement stays behind the one tried before */
#define JUSTIFIED 1.05   /* the same for leaving the even grid */
#define STRIP_MIN 0.125  /* of the display: the strip's thickness */
#define STRIP_MAX 0.2    /* what it takes from the large ones */
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

/* Cells of one size in rows from left to right, the last row centred. area's corner is even. */
static void grid(LecRect area, guint gap, guint count, guint columns, LecRect *ret) {
    guint rows = (count + columns - 1) / columns, gap_x = gap, gap_y = gap;
    guint w = share(area.width, columns, &gap_x), h = share(area.height, rows, &gap_y);
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
        grid(area, what->gap, what->count, upright ? i : what->count + 1 - i, cells);
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
 * display unless the rows together were too high then. False where there is no room.
 */
static bool justify(const LecArrangement *what, guint columns, LecRect *ret) {
    guint count = what->count, rows = (count + columns - 1) / columns;
    guint gaps_x = (columns - 1) * what->gap, gaps_y = (rows - 1) * what->gap;
    if (what->width <= gaps_x || what->height <= gaps_y)
        return false;
    double heights[LEC_ARRANGE_MAX] = {0}, sum = 0;
    for (guint i = 0; i < count; i++)
        heights[i / columns] += aspect(what->shapes[i]);
    for (guint r = 0; r < rows; r++) {
        heights[r] = (what->width - gaps_x) / heights[r];
        sum += heights[r];
    }
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

/*
 * Along the right or the lower edge. As thick as its tiles want, but thicker than STRIP_MAX only
 * where the large pictures leave spare pixels of the display free.
 */
static void strip(const LecArrangement *what, guint count, bool right, double spare, Strip *ret) {
    guint across = right ? what->width : what->height, along = right ? what->height : what->width;
    guint gap = what->gap;
    guint length = MIN(share(along, count, &gap), even_down((guint)(along * STRIP_TILE)));
    double ratio = right ? 16.0 / 9 : 9.0 / 16, want = length * ratio;
    double most = MAX(across * STRIP_MAX, MIN(spare, across * STRIP_SPARE));
    guint thick = even_down((guint)CLAMP(want, across * STRIP_MIN, most));
    length = MIN(length, even_down((guint)(thick / ratio) + 1));
    guint at = middle(0, along, count * length + (count - 1) * gap);
    guint edge = even_down(across) - thick;
    for (guint i = 0; i < count; i++, at += length + gap)
        ret->cells[i] =
            right ? (LecRect){edge, at, thick, length} : (LecRect){at, edge, length, thick};
    guint left = edge > what->gap ? edge - what->gap : 0;
    ret->rest = (LecRect){0, 0, right ? left : even_down(what->width),
                          right ? even_down(what->height) : left};
}

/* What lies free beside the large cells' pictures if they have the whole display. */
static double spare_beside(const LecArrangement *what, const LecRect *cells, const guint *large,
                           guint n, bool right) {
    double most = 0;
    for (guint i = 0; i < n; i++) {
        double ratio = aspect(what->shapes[large[i]]);
        double height = MIN(cells[i].height, cells[i].width / ratio);
        most = MAX(most, right ? height * ratio : height);
    }
    double free_here = (right ? cells[0].width : cells[0].height) - most - what->gap;
    return MAX(free_here, 0);
}

/* The first n of large share the rest of the display, side by side or one over the other. */
static void with_strip(const LecArrangement *what, const guint *large, guint n, LecRect *ret) {
    bool upright = what->height > what->width;
    LecRect all = {0, 0, even_down(what->width), even_down(what->height)};
    double best = -1;
    for (guint side = 0; side < 2; side++) {
        /* Where both are as good: a column at the right of one, a row below two side by side. */
        bool right = (n == 1) != upright ? side == 0 : side == 1;
        guint columns = upright ? 1 : n, others = what->count - n;
        Cells cells;
        Strip small = {.rest = all};
        grid(all, what->gap, n, columns, cells);
        if (others)
            strip(what, others, right, spare_beside(what, cells, large, n, right), &small);
        grid(small.rest, what->gap, n, columns, cells);
        double score = 0;
        for (guint i = 0; i < n; i++)
            score += seen(cells[i], what->shapes[large[i]]);
        if (best >= 0 && score <= best * BETTER)
            continue;
        best = score;
        guint next = 0;
        for (guint i = 0; i < what->count; i++)
            if (i != large[0] && i != large[n - 1])
                ret[i] = small.cells[next++];
        for (guint i = 0; i < n; i++)
            ret[large[i]] = cells[i];
    }
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
        with_strip(what, large, what->layout == LEC_LAYOUT_FOCUS ? 1 : 2, ret);
}
