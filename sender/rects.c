/* Greedy merging of changed rectangles. */
#include "sender/rects.h"

#define MERGE_SLACK_PIXELS \
    40000 /* a round trip to the display costs about as much as so many pixels */

static gint64 area(const LecRect *rect) {
    return (gint64)rect->width * rect->height;
}

static LecRect unite(const LecRect *a, const LecRect *b) {
    const int x = MIN(a->x, b->x), y = MIN(a->y, b->y);
    return (LecRect){
        .x = x,
        .y = y,
        .width = MAX(a->x + a->width, b->x + b->width) - x,
        .height = MAX(a->y + a->height, b->y + b->height) - y,
    };
}

bool lec_rect_intersect(const LecRect *a, const LecRect *b, LecRect *ret_common) {
    const int left = MAX(a->x, b->x), top = MAX(a->y, b->y);
    const int right = MIN(a->x + a->width, b->x + b->width);
    const int bottom = MIN(a->y + a->height, b->y + b->height);
    if (right <= left || bottom <= top)
        return false;
    *ret_common = (LecRect){.x = left, .y = top, .width = right - left, .height = bottom - top};
    return true;
}

/* What fetching a and b as one costs over fetching them apart; overlapping ones may gain. */
static gint64 merge_cost(const LecRect *a, const LecRect *b) {
    const LecRect both = unite(a, b);
    return area(&both) - area(a) - area(b);
}

static void remove_at(LecRects *self, guint i) {
    self->items[i] = self->items[--self->n];
}

/* A merged rectangle may now reach others, so it goes round again. */
static void insert(LecRects *self, LecRect rect) {
    for (;;) {
        guint best = 0;
        gint64 best_cost = G_MAXINT64;
        for (guint i = 0; i < self->n; i++) {
            const gint64 cost = merge_cost(&self->items[i], &rect);
            if (cost < best_cost) {
                best_cost = cost;
                best = i;
            }
        }
        if (self->n < LEC_RECTS_MAX && best_cost > MERGE_SLACK_PIXELS) {
            self->items[self->n++] = rect;
            return;
        }
        rect = unite(&self->items[best], &rect);
        remove_at(self, best);
    }
}

void lec_rects_add(LecRects *self, const LecRect *rect, int width, int height) {
    const LecRect all = {.width = width, .height = height};
    LecRect clipped;
    if (!lec_rect_intersect(rect, &all, &clipped))
        return;
    const int right = (clipped.x + clipped.width + 1) & ~1,
              bottom = (clipped.y + clipped.height + 1) & ~1;
    clipped.x &= ~1;
    clipped.y &= ~1;
    clipped.width = right - clipped.x;
    clipped.height = bottom - clipped.y;
    insert(self, clipped);
}
