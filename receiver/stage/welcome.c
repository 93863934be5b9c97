/* Lays the welcome screen out: the name above, how to join in the middle, the network's state
 * below. */
#include "receiver/stage/welcome.h"

#include "common/base/i18n.h"
#include "receiver/stage/welcome-paint.h"
#include "signalling/meeting-id.h"

#include <string.h>

#define SMALLEST_DISPLAY 16 /* pixels a side; below that only the background is drawn */
#define LARGEST_DISPLAY 16384

/* Every text stands out from its ground by 7:1 at least (WCAG 2.1, 1.4.6). */
typedef struct {
    LecColour ground, text, quiet, accent, line, good, bad, notice, notice_text;
} Palette;

#define RGB(hex) \
    { ((hex) >> 16 & 0xff) / 255.0, ((hex) >> 8 & 0xff) / 255.0, ((hex)&0xff) / 255.0 }

static const Palette light = {
    .ground = RGB(0xf5f7fa),
    .text = RGB(0x10161f),
    .quiet = RGB(0x434d5b),
    .accent = RGB(0x144a9c),
    .line = RGB(0xd3d9e2),
    .good = RGB(0x1f9d55),
    .bad = RGB(0xd64545),
    .notice = RGB(0xffe3a3),
    .notice_text = RGB(0x3b2700),
};

static const Palette dark = {
    .ground = RGB(0x0d1219),
    .text = RGB(0xf3f6fa),
    .quiet = RGB(0xaab5c4),
    .accent = RGB(0x8fbcff),
    .line = RGB(0x2a3441),
    .good = RGB(0x3ecf7f),
    .bad = RGB(0xff7070),
    .notice = RGB(0x4a3300),
    .notice_text = RGB(0xffe7b5),
};

/* Where on the display there is still room; u is a hundredth of its height at 16:9. */
typedef struct {
    cairo_t *cr;
    const Palette *palette;
    double u, left, right, top, bottom;
    double least_digits; /* pixels: what can be read from the back of the room */
    bool is_wide;        /* about 16:9 or wider: the code stands beside the rows */
    bool is_narrow;      /* upright: lines are short */
} Page;

/* A label and what to type, one under the other. */
typedef struct {
    const char *label;
    char *digits;  /* owned */
    char *note;    /* beside the label, owned; NULL: none */
    double height; /* of the digits, pixels: fit_rows() sets it */
} Row;

#define LABEL_SIZE 3.4 /* of the font, in u, as all that follow */
#define BEARING 0.4    /* what letters of the label's size keep free on their left */
#define LABEL_CAPITALS (LABEL_SIZE * 0.73)
#define LABEL_GAP 3.2
#define NOTE_GAP 2.5
#define ROW_GAP 7.5
#define COLUMN_GAP 9.0
#define CAPTION_SIZE 2.8
#define CAPTION_GAP 2.2
#define LARGEST_QR 40.0

static char *group_digits(const char *digits) {
    bool all_digits = strspn(digits, "0123456789") == strlen(digits);
    return all_digits ? lec_meeting_id_group(digits) : g_strdup(digits);
}

static const char *how_to_join(const LecWelcome *welcome, bool has_code) {
    if (welcome->meeting_id != NULL && has_code)
        return _("Open %s in a browser, scan the code, or type the meeting ID into Lectern.");
    if (welcome->meeting_id != NULL)
        return _("Open %s in a browser, or type the meeting ID into Lectern.");
    if (has_code)
        return _("Open %s in a browser, or scan the code.");
    return _("Open %s in a browser.");
}

/* A translation that lost its %s still shows; what else it may hold is never taken for a format. */
static char *put_address(const char *sentence, const char *address) {
    g_auto(GStrv) parts = g_strsplit(sentence, "%s", 2);
    return g_strjoinv(address, parts);
}

static void draw_header(Page *page, const LecWelcome *welcome, bool has_code) {
    double u = page->u, width = page->right - page->left, size = (page->is_narrow ? 5.4 : 6.2) * u;
    LecPaintText clock = {.text = welcome->clock != NULL ? welcome->clock : "",
                          .size = size,
                          .max_width = width / 2,
                          .align = LEC_ALIGN_RIGHT,
                          .colour = page->palette->quiet};
    double clock_width = *clock.text != '\0' ? lec_paint_text_width(page->cr, &clock) + 5 * u : 0;
    lec_paint_text(page->cr, &clock, page->right, page->top);
    LecPaintText name = {.text = welcome->name != NULL ? welcome->name : _("Lectern"),
                         .size = size,
                         .max_width = width - clock_width,
                         .max_lines = page->is_narrow ? 2 : 1,
                         .bold = true,
                         .colour = page->palette->text};
    page->top += lec_paint_text(page->cr, &name, page->left, page->top);
    if (welcome->address == NULL)
        return;

    g_autofree char *sentence = put_address(how_to_join(welcome, has_code), welcome->address);
    LecPaintText how = {.text = sentence,
                        .strong = welcome->address,
                        .size = 3.2 * u,
                        .max_width = width,
                        .max_lines = 3,
                        .colour = page->palette->quiet,
                        .strong_colour = page->palette->text};
    page->top += 3.4 * u;
    page->top += lec_paint_text(page->cr, &how, page->left, page->top);
}

static void draw_footer(Page *page, const LecWelcome *welcome) {
    double u = page->u, dot = 1.5 * u, width = page->right - page->left;
    LecPaintText brand = {.text = page->is_narrow ? "" : _("Lectern"),
                          .size = 2.7 * u,
                          .max_width = width,
                          .bold = true,
                          .align = LEC_ALIGN_RIGHT,
                          .colour = page->palette->quiet};
    LecPaintText network = {.text = welcome->network != NULL ? welcome->network : "",
                            .size = 2.7 * u,
                            .max_width = width - lec_paint_text_width(page->cr, &brand) - 4 * dot,
                            .colour = page->palette->quiet};
    double height = lec_paint_text_height(page->cr, &brand);
    double top = page->bottom - height;
    if (*network.text != '\0' && welcome->address != NULL) {
        lec_paint_box(page->cr, page->left, top + (height - dot) / 2, dot, dot, dot,
                      page->palette->good);
        lec_paint_text(page->cr, &network, page->left + 2 * dot, top);
    }
    lec_paint_text(page->cr, &brand, page->right, top);
    page->bottom = top - 3 * u;
    lec_paint_box(page->cr, page->left, page->bottom, page->right - page->left, MAX(0.15 * u, 1), 0,
                  page->palette->line);
}

static void draw_notice(Page *page, const char *sentence) {
    double u = page->u, pad = 2.6 * u;
    LecPaintText text = {.text = sentence,
                         .size = 3.4 * u,
                         .max_width = page->right - page->left - 2 * pad,
                         .max_lines = 3,
                         .bold = true,
                         .colour = page->palette->notice_text};
    double height = lec_paint_text_height(page->cr, &text) + 2 * pad;
    page->bottom -= height + 3 * u;
    lec_paint_box(page->cr, page->left, page->bottom, page->right - page->left, height, 1.4 * u,
                  page->palette->notice);
    lec_paint_text(page->cr, &text, page->left + pad, page->bottom + pad);
}

/* From the top of the label to the foot of the digits. */
static double row_height(const Row *row, double u) {
    return (LABEL_CAPITALS + LABEL_GAP) * u + row->height;
}

/* Left out where it would not fit on the line. */
static void draw_note(const Page *page, const Row *row, double x, double y) {
    LecPaintText note = {.text = row->note,
                         .size = LABEL_SIZE * page->u,
                         .max_width = page->right - page->left,
                         .colour = page->palette->quiet};
    if (row->note && lec_paint_text_width(page->cr, &note) <= page->right - x)
        lec_paint_text(page->cr, &note, x, y);
}

static void draw_row(const Page *page, const Row *row, double x, double y) {
    LecPaintText label = {.text = row->label,
                          .size = LABEL_SIZE * page->u,
                          .max_width = page->right - x,
                          .bold = true,
                          .colour = page->palette->accent};
    lec_paint_text(page->cr, &label, x, y);
    draw_note(page, row, x + lec_paint_text_width(page->cr, &label) + NOTE_GAP * page->u, y);
    lec_paint_digits(page->cr, row->digits, row->height, page->palette->text, x + BEARING * page->u,
                     y + (LABEL_CAPITALS + LABEL_GAP) * page->u);
}

static LecPaintText caption_of(const Page *page, double max_width) {
    return (LecPaintText){.text = _("Scan to join"),
                          .size = CAPTION_SIZE * page->u,
                          .max_width = max_width,
                          .colour = page->palette->quiet};
}

/* The white square with its caption below, its left upper corner at x, y; side as lec_qr_side()
 * gave it. */
static void draw_code(const Page *page, const LecQr *code, double x, double y, double side,
                      bool has_caption) {
    lec_qr_paint(code, page->cr, x, y, side);
    LecPaintText caption = caption_of(page, side);
    caption.align = LEC_ALIGN_CENTRE;
    if (side > 0 && has_caption)
        lec_paint_text(page->cr, &caption, x + side / 2, y + side + CAPTION_GAP * page->u);
}

/* The same with the caption on its right. */
static void draw_code_and_line(const Page *page, const LecQr *code, double y, double side) {
    double x = page->left + side + 2 * CAPTION_GAP * page->u;
    lec_qr_paint(code, page->cr, page->left, y, side);
    LecPaintText caption = caption_of(page, page->right - x);
    caption.size = LABEL_SIZE * page->u;
    if (side > 0)
        lec_paint_text(page->cr, &caption, x, y + (side - LABEL_CAPITALS * page->u) / 2);
}

/*
 * Digits as high as fit, and all alike, for they are typed alike; but a PIN in words does not make
 * the first row, the ID, too small to be read from afar.
 */
static void fit_rows(const Page *page, Row *rows, guint n_rows, double width, double height) {
    double least = height, inner = width - 2 * BEARING * page->u;
    for (guint i = 0; i < n_rows; i++) {
        least = lec_paint_fit_digits(page->cr, rows[i].digits, inner, least);
        rows[i].height = least;
    }
    rows[0].height = MIN(rows[0].height, MAX(least, page->least_digits));
}

static double rows_height(const Row *rows, guint n_rows, double u) {
    double height = (n_rows - 1) * ROW_GAP * u;
    for (guint i = 0; i < n_rows; i++)
        height += row_height(&rows[i], u);
    return height;
}

/* What is left for the digits of each row; before fit_rows(). */
static double room_of_digits(const Row *rows, guint n_rows, double height, double u) {
    return (height - rows_height(rows, n_rows, u)) / n_rows;
}

static void draw_rows(const Page *page, const Row *rows, guint n_rows, double y) {
    for (guint i = 0; i < n_rows; i++) {
        draw_row(page, &rows[i], page->left, y);
        y += row_height(&rows[i], page->u) + ROW_GAP * page->u;
    }
}

/* The widest that a code beside the rows may be: digits that are read from afar come first. */
static double room_beside(const Page *page, const Row *rows) {
    double width = page->right - page->left;
    double first = lec_paint_digits_width(page->cr, rows[0].digits, page->least_digits);
    double left = width - first - (COLUMN_GAP + 2 * BEARING) * page->u;
    return CLAMP(left, width * 0.2, width * 0.28);
}

/* Rows one under the other, the code on their right. */
static void draw_wide(const Page *page, Row *rows, guint n_rows, const LecQr *code) {
    double u = page->u, width = page->right - page->left, height = page->bottom - page->top;
    double caption = (CAPTION_GAP + CAPTION_SIZE * 0.73) * u, side = 0;
    if (code != NULL)
        side =
            lec_qr_side(code, MIN(MIN(LARGEST_QR * u, height - caption), room_beside(page, rows)));
    if (side > 0)
        draw_code(page, code, page->right - side, page->top + (height - side - caption) / 2, side,
                  true);

    double room = room_of_digits(rows, n_rows, height, u);
    fit_rows(page, rows, n_rows, width - side - (side > 0 ? COLUMN_GAP * u : 0),
             MIN(room, (n_rows > 1 ? 16 : 20) * u));
    Page column = *page;
    column.right -= side > 0 ? side + COLUMN_GAP * u : 0;
    draw_rows(&column, rows, n_rows, page->top + (height - rows_height(rows, n_rows, u)) / 2);
}

/* Rows over the whole width, the code beside the last of them where it is larger there than below.
 */
static void draw_tall(const Page *page, Row *rows, guint n_rows, const LecQr *code) {
    double u = page->u, width = page->right - page->left, height = page->bottom - page->top;
    double caption = (CAPTION_GAP + CAPTION_SIZE * 0.73) * u;
    double room = room_of_digits(rows, n_rows, height, u);
    fit_rows(page, rows, n_rows, width, MIN(room, page->least_digits * 1.1));
    const Row *last = &rows[n_rows - 1];
    double all = rows_height(rows, n_rows, u), above = all - row_height(last, u);
    double last_width = lec_paint_digits_width(page->cr, last->digits, last->height);

    double beside = MIN(width - last_width - COLUMN_GAP * u, height - above);
    double below = MIN(width / 2, height - all - ROW_GAP * u);
    bool is_beside = n_rows > 1 && beside > below;
    double side =
        code != NULL ? lec_qr_side(code, MIN(is_beside ? beside : below, LARGEST_QR * u)) : 0;
    bool has_caption = is_beside && above + side + caption <= height && side > 20 * u;
    double needed = all;
    if (side > 0)
        needed = is_beside ? MAX(all, above + side + (has_caption ? caption : 0))
                           : all + ROW_GAP * u + side;
    double y = page->top + (height - needed) / 2;
    draw_rows(page, rows, n_rows, y);
    if (side > 0 && is_beside)
        draw_code(page, code, page->right - side, y + above, side, has_caption);
    else if (side > 0)
        draw_code_and_line(page, code, y + all + ROW_GAP * u, side);
}

/* In place of the rows, with what the footer else says. */
static void draw_no_network(const Page *page, const LecWelcome *welcome) {
    double u = page->u, width = page->right - page->left, dot = 2.2 * u;
    LecPaintText title = {.text = _("No network"),
                          .size = (page->is_narrow ? 9 : 12) * u,
                          .max_width = width,
                          .bold = true,
                          .colour = page->palette->text};
    LecPaintText why = {.text = welcome->network != NULL ? welcome->network : "",
                        .size = 4 * u,
                        .max_width = width - 2 * dot,
                        .max_lines = 3,
                        .colour = page->palette->quiet};
    double height =
        lec_paint_text_height(page->cr, &title) + 6 * u + lec_paint_text_height(page->cr, &why);
    double y = page->top + (page->bottom - page->top - height) / 2;
    y += lec_paint_text(page->cr, &title, page->left, y) + 6 * u;
    if (*why.text == '\0')
        return;
    lec_paint_box(page->cr, page->left, y + (4 * 0.73 * u - dot) / 2, dot, dot, dot,
                  page->palette->bad);
    lec_paint_text(page->cr, &why, page->left + 2 * dot, y);
}

static char *note_of(const LecWelcome *welcome) {
    if (welcome->local_id == NULL)
        return NULL;
    g_autofree char *digits = group_digits(welcome->local_id);
    return put_address(_("or, on this network, %s"), digits);
}

static guint make_rows(const LecWelcome *welcome, Row rows[2]) {
    guint n = 0;
    if (welcome->meeting_id != NULL && *welcome->meeting_id != '\0')
        rows[n++] = (Row){.label = _("Meeting ID"),
                          .digits = group_digits(welcome->meeting_id),
                          .note = note_of(welcome)};
    else if (welcome->address != NULL)
        rows[n++] = (Row){.label = _("Address"), .digits = g_strdup(welcome->address)};
    if (welcome->pin != NULL && *welcome->pin != '\0')
        rows[n++] = (Row){.label = _("PIN"), .digits = group_digits(welcome->pin)};
    return n;
}

static Page begin_page(cairo_t *cr, const LecWelcome *welcome, double width, double height) {
    bool is_wide = width / height >= 1.5, is_narrow = width / height < 0.85;
    double u = MIN(height / 100, width / (is_wide ? 165 : is_narrow ? 100 : 150));
    double margin = (is_wide ? 8 : 7) * u;
    return (Page){
        .cr = cr,
        .palette = welcome->dark ? &dark : &light,
        .u = u,
        .left = margin,
        .right = width - margin,
        .top = margin,
        .bottom = height - 5.5 * u,
        .least_digits = height / 8.8,
        .is_wide = is_wide,
        .is_narrow = is_narrow,
    };
}

static void draw_page(cairo_t *cr, const LecWelcome *welcome, double width, double height) {
    Page page = begin_page(cr, welcome, width, height);
    bool can_join = welcome->join_url != NULL && welcome->address != NULL;
    g_autoptr(LecQr) code = can_join ? lec_qr_new(welcome->join_url) : NULL;
    draw_header(&page, welcome, code != NULL);
    draw_footer(&page, welcome);
    if (welcome->notice != NULL)
        draw_notice(&page, welcome->notice);
    page.top += 6 * page.u;
    page.bottom -= 6 * page.u;

    Row rows[2] = {0};
    guint n_rows = make_rows(welcome, rows);
    if (n_rows == 0 || welcome->address == NULL)
        draw_no_network(&page, welcome);
    else if (page.is_wide)
        draw_wide(&page, rows, n_rows, code);
    else
        draw_tall(&page, rows, n_rows, code);
    for (guint i = 0; i < n_rows; i++) {
        g_free(rows[i].digits);
        g_free(rows[i].note);
    }
}

bool lec_welcome_draw(const LecWelcome *welcome, guint width, guint height, guint8 *pixels,
                      gsize stride) {
    if (width == 0 || height == 0 || width > LARGEST_DISPLAY || height > LARGEST_DISPLAY ||
        stride % 4 != 0 || stride < (gsize)width * 4 || stride > G_MAXINT)
        return false;
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        pixels, CAIRO_FORMAT_RGB24, (int)width, (int)height, (int)stride);
    cairo_t *cr = cairo_create(surface);
    const LecColour *ground = welcome->dark ? &dark.ground : &light.ground;
    cairo_set_source_rgb(cr, ground->red, ground->green, ground->blue);
    cairo_paint(cr);
    if (width >= SMALLEST_DISPLAY && height >= SMALLEST_DISPLAY)
        draw_page(cr, welcome, width, height);
    cairo_surface_flush(surface);
    bool drawn = cairo_status(cr) == CAIRO_STATUS_SUCCESS &&
                 cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return drawn;
}
