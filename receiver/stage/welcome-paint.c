/* Text, digits, boxes and QR codes, with Pango, Cairo and libqrencode. */
#include "receiver/stage/welcome-paint.h"

#include <math.h>
#include <qrencode.h>
#include <string.h>

#define QUIET_MODULES 4 /* ISO/IEC 18004 §6.3.8 */
#define REFERENCE_SIZE 200.0
#define LINE_SPACING 1.15f

/* The first that is installed; the last always is. */
#define FONT_FAMILIES "Inter,Cantarell,Noto Sans,DejaVu Sans,Sans"

static PangoLayout *make_layout(cairo_t *cr, const char *text, double size, PangoWeight weight) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string(FONT_FAMILIES);
    pango_font_description_set_absolute_size(font, MAX(size, 1.0) * PANGO_SCALE);
    pango_font_description_set_weight(font, weight);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_single_paragraph_mode(layout, true);
    pango_layout_set_text(layout, valid, -1);
    return layout;
}

static void mark_strong(PangoLayout *layout, const LecPaintText *text) {
    const char *whole = pango_layout_get_text(layout);
    const char *part = text->strong != NULL ? strstr(whole, text->strong) : NULL;
    if (part == NULL)
        return;
    PangoAttribute *marks[] = {
        pango_attr_weight_new(PANGO_WEIGHT_BOLD),
        pango_attr_foreground_new((guint16)(text->strong_colour.red * G_MAXUINT16),
                                  (guint16)(text->strong_colour.green * G_MAXUINT16),
                                  (guint16)(text->strong_colour.blue * G_MAXUINT16)),
    };
    PangoAttrList *list = pango_attr_list_new();
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        marks[i]->start_index = (guint)(part - whole);
        marks[i]->end_index = marks[i]->start_index + (guint)strlen(text->strong);
        pango_attr_list_insert(list, marks[i]);
    }
    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
}

static PangoLayout *layout_of(cairo_t *cr, const LecPaintText *text) {
    PangoLayout *layout = make_layout(cr, text->text, text->size,
                                      text->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    mark_strong(layout, text);
    pango_layout_set_width(layout, (int)(MAX(text->max_width, 1.0) * PANGO_SCALE));
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_height(layout, -MAX(text->max_lines, 1));
    pango_layout_set_line_spacing(layout, LINE_SPACING);
    return layout;
}

static double cap_height(double size) {
    return size * 0.73; /* near enough for every family above */
}

/* From the first base line to the last. */
static double lines_height(PangoLayout *layout) {
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    int first = pango_layout_iter_get_baseline(iter);
    while (pango_layout_iter_next_line(iter))
        ;
    int last = pango_layout_iter_get_baseline(iter);
    pango_layout_iter_free(iter);
    return (double)(last - first) / PANGO_SCALE;
}

double lec_paint_text(cairo_t *cr, const LecPaintText *text, double x, double y) {
    g_autoptr(PangoLayout) layout = layout_of(cr, text);
    static const PangoAlignment alignments[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                                PANGO_ALIGN_RIGHT};
    pango_layout_set_alignment(layout, alignments[text->align]);
    pango_layout_set_auto_dir(layout,
                              false); /* names of any script stand where the design wants them */
    double left = x - text->max_width * text->align / 2.0;
    double base = y + cap_height(text->size);
    cairo_set_source_rgb(cr, text->colour.red, text->colour.green, text->colour.blue);
    cairo_move_to(cr, left, base - (double)pango_layout_get_baseline(layout) / PANGO_SCALE);
    pango_cairo_show_layout(cr, layout);
    return cap_height(text->size) + lines_height(layout);
}

double lec_paint_text_height(cairo_t *cr, const LecPaintText *text) {
    g_autoptr(PangoLayout) layout = layout_of(cr, text);
    return cap_height(text->size) + lines_height(layout);
}

double lec_paint_text_width(cairo_t *cr, const LecPaintText *text) {
    g_autoptr(PangoLayout) layout = layout_of(cr, text);
    PangoRectangle logical;
    pango_layout_get_extents(layout, NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

static PangoRectangle ink_of(cairo_t *cr, const char *text) {
    g_autoptr(PangoLayout) layout = make_layout(cr, text, REFERENCE_SIZE, PANGO_WEIGHT_NORMAL);
    PangoRectangle ink;
    pango_layout_get_pixel_extents(layout, &ink, NULL);
    return ink;
}

/* As inked at REFERENCE_SIZE; upright as "0" is, so that all digits come out alike. Every side at
 * least 1. */
static PangoRectangle measure(cairo_t *cr, const char *text) {
    PangoRectangle ink = ink_of(cr, text), zero = ink_of(cr, "0");
    return (PangoRectangle){
        .x = ink.x, .y = zero.y, .width = MAX(ink.width, 1), .height = MAX(zero.height, 1)};
}

double lec_paint_fit_digits(cairo_t *cr, const char *text, double max_width, double max_height) {
    PangoRectangle ink = measure(cr, text);
    return MAX(MIN(max_height, max_width * ink.height / ink.width), 0.0);
}

double lec_paint_digits_width(cairo_t *cr, const char *text, double height) {
    PangoRectangle ink = measure(cr, text);
    return height * ink.width / ink.height;
}

void lec_paint_digits(cairo_t *cr, const char *text, double height, LecColour colour, double x,
                      double y) {
    /* Drawn at the reference size and scaled, so that what was measured is what is seen. */
    PangoRectangle ink = measure(cr, text);
    double scale = height / ink.height;
    if (scale <= 0)
        return;
    g_autoptr(PangoLayout) layout = make_layout(cr, text, REFERENCE_SIZE, PANGO_WEIGHT_NORMAL);
    cairo_save(cr);
    cairo_set_source_rgb(cr, colour.red, colour.green, colour.blue);
    cairo_translate(cr, x - ink.x * scale, y - ink.y * scale);
    cairo_scale(cr, scale, scale);
    cairo_move_to(cr, 0, 0);
    pango_cairo_layout_path(cr, layout);
    cairo_fill(cr);
    cairo_restore(cr);
}

void lec_paint_box(cairo_t *cr, double x, double y, double width, double height, double radius,
                   LecColour colour) {
    double r = MIN(radius, MIN(width, height) / 2);
    if (width <= 0 || height <= 0)
        return;
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + width - r, y + r, r, -G_PI_2, 0);
    cairo_arc(cr, x + width - r, y + height - r, r, 0, G_PI_2);
    cairo_arc(cr, x + r, y + height - r, r, G_PI_2, G_PI);
    cairo_arc(cr, x + r, y + r, r, G_PI, 3 * G_PI_2);
    cairo_close_path(cr);
    cairo_set_source_rgb(cr, colour.red, colour.green, colour.blue);
    cairo_fill(cr);
}

struct LecQr {
    QRcode *code;
};

LecQr *lec_qr_new(const char *text) {
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL)
        return NULL;
    LecQr *self = g_new0(LecQr, 1);
    self->code = code;
    return self;
}

void lec_qr_free(LecQr *self) {
    if (self == NULL)
        return;
    QRcode_free(self->code);
    g_free(self);
}

int lec_qr_side(const LecQr *self, double size) {
    int modules = self->code->width + 2 * QUIET_MODULES;
    return size > 0 ? (int)(size / modules) * modules : 0;
}

void lec_qr_paint(const LecQr *self, cairo_t *cr, double x, double y, double size) {
    int side = lec_qr_side(self, size);
    int modules = self->code->width + 2 * QUIET_MODULES;
    int module = side / modules;
    if (module == 0)
        return;
    double left = floor(x), top = floor(y);
    lec_paint_box(cr, left, top, side, side, 1.5 * module, (LecColour){1, 1, 1});
    for (int row = 0; row < self->code->width; row++) {
        for (int column = 0; column < self->code->width; column++) {
            if (self->code->data[row * self->code->width + column] & 1)
                cairo_rectangle(cr, left + (column + QUIET_MODULES) * module,
                                top + (row + QUIET_MODULES) * module, module, module);
        }
    }
    cairo_set_source_rgb(cr, 0, 0, 0);
    cairo_save(cr);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
    cairo_fill(cr);
    cairo_restore(cr);
}
