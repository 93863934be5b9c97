/* The layouts' names, fitting a picture in its cell, and the way between two places. Coordinates
 * are even because a chroma sample covers two by two pixels. */
#include "receiver/stage/layout.h"

#define CUT_MAX 4 /* pixels: what may be cut off rather than scaling for it */
#define PART_MAX 4

const char *const lec_layout_names[] = {"automatic", "grid", "focus", "side-by-side", NULL};

static guint even_down(guint v) {
    return v & ~1u;
}

static guint even_up(guint v) {
    return (v + 1) & ~1u;
}

/* size in the middle of from..from+room, on an even coordinate and inside. */
static guint centre(guint from, guint room, guint *size) {
    guint at = even_up(from + (room - *size) / 2);
    if (at > from + 1 && at + *size > from + room)
        at -= 2;
    if (at + *size > from + room)
        *size = *size >= 2 ? *size - 2 : 0;
    return at;
}

LecRect lec_layout_fit(LecRect cell, guint picture_width, guint picture_height) {
    if (!picture_width || !picture_height)
        return (LecRect){even_up(cell.x), even_up(cell.y), 0, 0};
    guint64 w = cell.width, h = cell.height;
    if (w * picture_height > h * picture_width)
        w = (h * picture_width + picture_height / 2) / picture_height;
    else
        h = (w * picture_height + picture_width / 2) / picture_width;
    LecRect ret = {0, 0, even_down(MIN(MAX(w + 1, 2), cell.width)),
                   even_down(MIN(MAX(h + 1, 2), cell.height))};
    ret.x = centre(cell.x, cell.width, &ret.width);
    ret.y = centre(cell.y, cell.height, &ret.height);
    return ret;
}

static guint blend(guint from, guint to, double t) {
    return even_down((guint)(from + ((double)to - from) * t + 0.5));
}

LecRect lec_layout_between(LecRect from, LecRect to, double t) {
    if (t <= 0)
        return from;
    if (t >= 1)
        return to;
    double eased = t * t * (3 - 2 * t);
    guint x = blend(from.x, to.x, eased), y = blend(from.y, to.y, eased);
    /* The far edges move too, so that an edge which stands still does not tremble. */
    guint right = blend(from.x + from.width, to.x + to.width, eased);
    guint lower = blend(from.y + from.height, to.y + to.height, eased);
    return (LecRect){x, y, right - x, lower - y};
}

/* Whether the picture, drawn in this size, nearly fills the cell, where it would be fit at best. */
static bool nearly_fills(LecRect cell, LecRect fit, guint width, guint height) {
    return width <= cell.width + CUT_MAX && height <= cell.height + CUT_MAX &&
           (guint64)width * 100 >= (guint64)fit.width * 95 &&
           (guint64)height * 100 >= (guint64)fit.height * 95;
}

LecPlace lec_layout_place(LecRect cell, guint picture_width, guint picture_height) {
    const LecRect fit = lec_layout_fit(cell, picture_width, picture_height);
    for (guint part = 1; part <= PART_MAX; part++) {
        guint w = picture_width / part, h = picture_height / part;
        if (part > 1 && (picture_width % (2 * part) || picture_height % (2 * part)))
            continue;
        if (!nearly_fills(cell, fit, w, h))
            continue;
        LecPlace ret = {.width = w, .height = h, .scaled = part > 1};
        ret.at.width = even_down(MIN(w, cell.width));
        ret.at.height = even_down(MIN(h, cell.height));
        ret.at.x = centre(cell.x, cell.width, &ret.at.width);
        ret.at.y = centre(cell.y, cell.height, &ret.at.height);
        ret.crop_x = even_down((w - ret.at.width) / 2);
        ret.crop_y = even_down((h - ret.at.height) / 2);
        return ret;
    }
    return (LecPlace){.at = fit, .width = fit.width, .height = fit.height, .scaled = true};
}
