/* Draws labels, notice bands, marks, questions and passing sentences into small pictures with
 * alpha. */
#include "receiver/stage/overlay.h"

#include <math.h>
#include <pango/pangocairo.h>

#define TEXT_BYTES_MAX 400 /* what is laid out at most; two lines hold less */
#define LABEL_FONT 0.026   /* of the display's shorter side */
#define NOTICE_FONT 0.038
#define TOAST_FONT 0.034
#define QUESTION_FONT 0.04
#define QUESTION_LINES 3
#define PAUSED_FONT 0.045 /* of the display's shorter side, or of the picture's height */
#define PAUSED_TALL 0.13

typedef struct {
    double r, g, b, a;
} Colour;

static const Colour PLATE = {0.055, 0.063, 0.086, 0.86};
static const Colour BAND = {0.055, 0.063, 0.086, 0.96};
static const Colour EDGE = {1, 1, 1, 0.14};
static const Colour TEXT = {0.97, 0.97, 0.98, 1};
static const Colour PAPER = {0.98, 0.98, 0.99, 1};
static const Colour INK = {0.055, 0.063, 0.086, 1};
static const Colour BLUE = {0.11, 0.33, 0.83, 1};
static const Colour AMBER = {1.0, 0.72, 0.22, 1};

static void set_colour(cairo_t *cr, const Colour *c) {
    cairo_set_source_rgba(cr, c->r, c->g, c->b, c->a);
}

static PangoLayout *layout_new(const char *text, double font_px, PangoWeight weight) {
    PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
    PangoLayout *layout = pango_layout_new(context);
    g_object_unref(context);
    PangoFontDescription *font = pango_font_description_from_string("Sans");
    pango_font_description_set_absolute_size(font, font_px * PANGO_SCALE);
    pango_font_description_set_weight(font, weight);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    g_autofree char *cut = g_strndup(text, TEXT_BYTES_MAX);
    g_autofree char *valid = g_utf8_make_valid(cut, -1);
    pango_layout_set_text(layout, valid, -1);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    return layout;
}

/*
 * No wider than max_width; a text that is narrower keeps its own width, and two lines share theirs,
 * so that no last word stands alone.
 */
static void layout_bound(PangoLayout *layout, int max_width) {
    int width;
    pango_layout_get_pixel_size(layout, &width, NULL);
    if (width <= max_width)
        return;
    pango_layout_set_width(layout, MAX(max_width, 1) * PANGO_SCALE);
    if (pango_layout_get_line_count(layout) < 2 || pango_layout_is_ellipsized(layout))
        return;
    int low = width / 2, high = max_width;
    while (high - low > 8) {
        int middle = (low + high) / 2;
        pango_layout_set_width(layout, middle * PANGO_SCALE);
        if (pango_layout_get_line_count(layout) > 2 || pango_layout_is_ellipsized(layout))
            low = middle;
        else
            high = middle;
    }
    pango_layout_set_width(layout, high * PANGO_SCALE);
}

static LecOverlay *overlay_new(guint width, guint height, cairo_surface_t **ret_surface) {
    LecOverlay *self = g_new0(LecOverlay, 1);
    self->width = width;
    self->height = height;
    self->stride = (gsize)width * 4;
    self->pixels = g_malloc0(self->stride * height);
    *ret_surface = cairo_image_surface_create_for_data(self->pixels, CAIRO_FORMAT_ARGB32,
                                                       (int)width, (int)height, (int)self->stride);
    return self;
}

static LecOverlay *overlay_finish(LecOverlay *self, cairo_t *cr, cairo_surface_t *surface) {
    bool failed = cairo_status(cr) != CAIRO_STATUS_SUCCESS;
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
    if (!failed)
        return self;
    lec_overlay_free(self);
    return NULL;
}

static void rounded(cairo_t *cr, double x, double y, double w, double h, double radius) {
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + w - radius, y + radius, radius, -G_PI_2, 0);
    cairo_arc(cr, x + w - radius, y + h - radius, radius, 0, G_PI_2);
    cairo_arc(cr, x + radius, y + h - radius, radius, G_PI_2, G_PI);
    cairo_arc(cr, x + radius, y + radius, radius, G_PI, 1.5 * G_PI);
    cairo_close_path(cr);
}

/* A plate with rounded corners around the text. */
static LecOverlay *plate(PangoLayout *layout, double pad_x, double pad_y, double radius,
                         const Colour *fill) {
    int text_width, text_height;
    pango_layout_get_pixel_size(layout, &text_width, &text_height);
    guint width = (guint)ceil(text_width + 2 * pad_x),
          height = (guint)ceil(text_height + 2 * pad_y);
    cairo_surface_t *surface;
    LecOverlay *self = overlay_new(width, height, &surface);
    cairo_t *cr = cairo_create(surface);
    rounded(cr, 0.5, 0.5, width - 1.0, height - 1.0, MIN(radius, height / 2.0 - 1));
    set_colour(cr, fill);
    cairo_fill_preserve(cr);
    set_colour(cr, &EDGE);
    cairo_set_line_width(cr, 1);
    cairo_stroke(cr);
    set_colour(cr, &TEXT);
    cairo_move_to(cr, pad_x, pad_y);
    pango_cairo_show_layout(cr, layout);
    return overlay_finish(self, cr, surface);
}

LecOverlay *lec_overlay_label(const char *name, guint display_side, guint max_width) {
    double font = MAX(display_side * LABEL_FONT, 10);
    if (!name || !*name || max_width < 4 * font)
        return NULL;
    g_autoptr(PangoLayout) layout = layout_new(name, font, PANGO_WEIGHT_SEMIBOLD);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    double pad = font * 0.75;
    layout_bound(layout, (int)(max_width - 2 * pad));
    return plate(layout, pad, font * 0.36, font * 0.5, &PLATE);
}

LecOverlay *lec_overlay_toast(const char *sentence, guint display_side, guint max_width) {
    double font = MAX(display_side * TOAST_FONT, 12), pad = font * 1.1;
    if (!sentence || !*sentence || max_width < 6 * font)
        return NULL;
    g_autoptr(PangoLayout) layout = layout_new(sentence, font, PANGO_WEIGHT_NORMAL);
    pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    pango_layout_set_height(layout, -2);
    layout_bound(layout, (int)(max_width - 2 * pad));
    return plate(layout, pad, font * 0.62, font * 0.8, &BAND);
}

/* An exclamation mark in a disc, size pixels across, drawn rather than written: fonts differ. */
static void draw_mark(cairo_t *cr, double x, double y, double size) {
    double middle = x + size / 2;
    cairo_arc(cr, middle, y + size / 2, size / 2, 0, 2 * G_PI);
    set_colour(cr, &AMBER);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, BAND.r, BAND.g, BAND.b);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cr, size * 0.13);
    cairo_move_to(cr, middle, y + size * 0.25);
    cairo_line_to(cr, middle, y + size * 0.55);
    cairo_stroke(cr);
    cairo_arc(cr, middle, y + size * 0.75, size * 0.075, 0, 2 * G_PI);
    cairo_fill(cr);
}

LecOverlay *lec_overlay_notice(const char *sentence, guint display_side, guint width) {
    double font = MAX(display_side * NOTICE_FONT, 12), pad = font * 0.8, mark = font * 1.25;
    double left = pad + mark + font * 0.6;
    if (!sentence || !*sentence || width < left + pad + 4 * font)
        return NULL;
    g_autoptr(PangoLayout) layout = layout_new(sentence, font, PANGO_WEIGHT_MEDIUM);
    pango_layout_set_height(layout, -2);
    layout_bound(layout, (int)(width - left - pad));
    int text_height;
    pango_layout_get_pixel_size(layout, NULL, &text_height);
    guint height = (guint)ceil(text_height + font * 1.1);
    cairo_surface_t *surface;
    LecOverlay *self = overlay_new(width, height, &surface);
    cairo_t *cr = cairo_create(surface);
    set_colour(cr, &BAND);
    cairo_paint(cr);
    set_colour(cr, &AMBER);
    cairo_rectangle(cr, 0, 0, width, MAX(font * 0.08, 2));
    cairo_fill(cr);
    draw_mark(cr, pad, (height - mark) / 2, mark);
    set_colour(cr, &TEXT);
    cairo_move_to(cr, left, (height - text_height) / 2.0);
    pango_cairo_show_layout(cr, layout);
    return overlay_finish(self, cr, surface);
}

/* Two upright bars. */
static void draw_bars(cairo_t *cr, double x, double y, double size) {
    cairo_rectangle(cr, x, y, size * 0.3, size);
    cairo_rectangle(cr, x + size * 0.6, y, size * 0.3, size);
    cairo_fill(cr);
}

LecOverlay *lec_overlay_paused(const char *word, guint display_side, guint width, guint height) {
    double font = MAX(MIN(display_side * PAUSED_FONT, height * PAUSED_TALL), 10);
    double pad = font * 0.8, bars = font * 0.9, gap = font * 0.55;
    g_autoptr(PangoLayout) layout = layout_new(word, font, PANGO_WEIGHT_SEMIBOLD);
    int text_width, text_height;
    pango_layout_get_pixel_size(layout, &text_width, &text_height);
    bool with_word = 2 * pad + bars + gap + text_width <= width;
    guint w = (guint)ceil(2 * pad + bars * 0.9 + (with_word ? gap + text_width : 0));
    guint h = (guint)ceil(text_height + font * 0.8);
    cairo_surface_t *surface;
    LecOverlay *self = overlay_new(w, h, &surface);
    cairo_t *cr = cairo_create(surface);
    rounded(cr, 0.5, 0.5, w - 1.0, h - 1.0, MIN(font * 0.6, h / 2.0 - 1));
    set_colour(cr, &BAND);
    cairo_fill_preserve(cr);
    set_colour(cr, &EDGE);
    cairo_set_line_width(cr, 1);
    cairo_stroke(cr);
    set_colour(cr, &TEXT);
    draw_bars(cr, pad, (h - bars) / 2, bars);
    cairo_move_to(cr, pad + bars * 0.9 + gap, (h - text_height) / 2.0);
    if (with_word)
        pango_cairo_show_layout(cr, layout);
    return overlay_finish(self, cr, surface);
}

LecOverlay *lec_overlay_question(const char *sentence, guint display_side, guint width) {
    double font = MAX(display_side * QUESTION_FONT, 12), pad = font;
    if (!sentence || !*sentence || width < 6 * font)
        return NULL;
    g_autoptr(PangoLayout) layout = layout_new(sentence, font, PANGO_WEIGHT_MEDIUM);
    pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    pango_layout_set_height(layout, -QUESTION_LINES);
    layout_bound(layout, (int)(width - 2 * pad));
    int text_width, text_height;
    pango_layout_get_pixel_size(layout, &text_width, &text_height);
    guint height = (guint)ceil(text_height + font * 1.5);
    cairo_surface_t *surface;
    LecOverlay *self = overlay_new(width, height, &surface);
    cairo_t *cr = cairo_create(surface);
    set_colour(cr, &PAPER);
    cairo_paint(cr);
    set_colour(cr, &BLUE);
    cairo_rectangle(cr, 0, 0, width, MAX(font * 0.14, 3));
    cairo_fill(cr);
    set_colour(cr, &INK);
    PangoRectangle ink;
    pango_layout_get_pixel_extents(layout, NULL, &ink);
    cairo_move_to(cr, (width - text_width) / 2.0 - ink.x, (height - text_height) / 2.0);
    pango_cairo_show_layout(cr, layout);
    return overlay_finish(self, cr, surface);
}

void lec_overlay_free(LecOverlay *self) {
    if (!self)
        return;
    g_free(self->pixels);
    g_free(self);
}
