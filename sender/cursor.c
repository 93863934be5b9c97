/* Blending of the mouse cursor. */
#include "sender/cursor.h"

#include "sender/rects.h"

void lec_cursor_clear(LecCursor *self) {
    g_clear_pointer(&self->pixels, g_free);
    *self = (LecCursor){0};
}

void lec_cursor_set(LecCursor *self, const gulong *pixels, int width, int height, int hot_x,
                    int hot_y) {
    lec_cursor_clear(self);
    if (width < 1 || height < 1 || width > LEC_CURSOR_MAX_SIZE || height > LEC_CURSOR_MAX_SIZE)
        return;
    *self = (LecCursor){.width = width, .height = height, .hot_x = hot_x, .hot_y = hot_y};
    self->pixels = g_new(guint32, (gsize)width * height);
    for (int i = 0; i < width * height; i++)
        self->pixels[i] = (guint32)pixels[i];
}

LecRect lec_cursor_cover(const LecCursor *self, int x, int y) {
    if (self->pixels == NULL)
        return (LecRect){0};
    return (LecRect){x - self->hot_x, y - self->hot_y, self->width, self->height};
}

/* One colour channel of premultiplied "over". */
static guint8 over(guint32 cursor, guint shift, guint8 below, guint32 alpha) {
    return (guint8)MIN(255, (cursor >> shift & 0xff) + below * (255 - alpha) / 255);
}

void lec_cursor_blend(const LecCursor *self, int x, int y, const LecRect *within, guint8 *pixels,
                      int stride) {
    const LecRect cover = lec_cursor_cover(self, x, y);
    LecRect part;
    if (!lec_rect_intersect(&cover, within, &part))
        return;
    for (int row = part.y; row < part.y + part.height; row++) {
        const guint32 *from =
            self->pixels + (gsize)(row - cover.y) * self->width + (part.x - cover.x);
        guint8 *to = pixels + (gsize)(row - within->y) * stride + (gsize)(part.x - within->x) * 4;
        for (int i = 0; i < part.width; i++, to += 4) {
            const guint32 alpha = from[i] >> 24;
            to[0] = over(from[i], 0, to[0], alpha);
            to[1] = over(from[i], 8, to[1], alpha);
            to[2] = over(from[i], 16, to[2], alpha);
        }
    }
}
