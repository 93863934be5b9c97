/* What the welcome screen is drawn with: lines of text, digits of an exact height, rounded boxes,
 * QR codes. */
#pragma once

#include <pango/pangocairo.h>
#include <stdbool.h>

typedef struct {
    double red, green, blue;
} LecColour;

typedef enum { LEC_ALIGN_LEFT, LEC_ALIGN_CENTRE, LEC_ALIGN_RIGHT } LecAlign;

typedef struct {
    const char *text;   /* bad UTF-8 is made good */
    const char *strong; /* a part of it that stands out, or NULL */
    double size;        /* of the font, pixels */
    double max_width;   /* pixels; what does not fit ends in an ellipsis */
    int max_lines;      /* 0 and 1: one */
    bool bold;
    LecAlign align; /* which part of it stands at x */
    LecColour colour;
    LecColour strong_colour;
} LecPaintText;

/* y is the top of the first line's capitals. Returns how far below y the last line's base is. */
double lec_paint_text(cairo_t *cr, const LecPaintText *text, double x, double y);
double lec_paint_text_height(cairo_t *cr, const LecPaintText *text); /* the same, without drawing */
double lec_paint_text_width(cairo_t *cr, const LecPaintText *text);

/* The height of digits, as inked, at which text is max_width wide, but at most max_height. */
double lec_paint_fit_digits(cairo_t *cr, const char *text, double max_width, double max_height);

/* Digits height high as inked, their top at y, their left edge at x. */
void lec_paint_digits(cairo_t *cr, const char *text, double height, LecColour colour, double x,
                      double y);
double lec_paint_digits_width(cairo_t *cr, const char *text, double height);

void lec_paint_box(cairo_t *cr, double x, double y, double width, double height, double radius,
                   LecColour colour);

/*
 * A QR code (ISO/IEC 18004) with its quiet zone of 4 modules, black on white in any theme, on whole
 * pixels and as large as fits into size. Returns the side of the white square, 0 where nothing
 * could be drawn.
 */
typedef struct LecQr LecQr;
LecQr *lec_qr_new(const char *text); /* NULL: too long */
void lec_qr_free(LecQr *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecQr, lec_qr_free)
int lec_qr_side(const LecQr *self, double size);
void lec_qr_paint(const LecQr *self, cairo_t *cr, double x, double y, double size);
