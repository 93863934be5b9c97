/*
 * Paints a display full, or a window with a title: a moving picture, a film that no motion vector
 * describes, a page of text that somebody types in, or nothing new at all; each picture with the
 * time of its drawing as a barcode.
 */
#include <X11/Xutil.h>
#include <cairo/cairo.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/barcode.h"
#include "tests/support/display.h"

#define WINDOW_WIDTH 640
#define WINDOW_HEIGHT 360

typedef struct {
    const char *display, *mode, *title;
    int fps, id;
    double seconds;
} Options;

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
    stopped = 1;
}

static bool read_options(int argc, char **argv, Options *options) {
    GOptionEntry entries[] = {
        {"display", 0, 0, G_OPTION_ARG_STRING, &options->display, "X display", ":N"},
        {"mode", 0, 0, G_OPTION_ARG_STRING, &options->mode, "moving, film, text or still", "MODE"},
        {"fps", 0, 0, G_OPTION_ARG_INT, &options->fps, "Pictures a second", "N"},
        {"id", 0, 0, G_OPTION_ARG_INT, &options->id, "Number in the barcode, 0 to 15", "N"},
        {"title", 0, 0, G_OPTION_ARG_STRING, &options->title,
         "Only a window of this name, in the lower right corner", "TITLE"},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->seconds, "For so long; 0: until stopped",
         "S"},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (g_option_context_parse(context, &argc, &argv, &error))
        return true;
    fprintf(stderr, "%s\n", error->message);
    return false;
}

/* A landscape of soft waves, sharp shapes and fine grain, twice as wide as the display, to be
 * scrolled. */
static guint8 *paint_landscape(guint width, guint height) {
    const gsize stride = (gsize)width * 2 * 4;
    guint8 *pixels = g_malloc(stride * height);
    guint32 grain = 12345;
    for (guint y = 0; y < height; y++)
        for (guint x = 0; x < width * 2; x++) {
            const double turn = 2 * G_PI * x / width;
            grain = grain * 1664525u + 1013904223u;
            const int noise = (int)(grain >> 28) - 8;
            const bool shape = ((x / 64) * 7 + (y / 64) * 13) % 11 == 0;
            const int level =
                (int)(128 + 60 * sin(2 * turn + y / 90.0) + 40 * sin(y / 37.0 + 3 * turn));
            guint8 *pixel = &pixels[y * stride + x * 4];
            pixel[0] = (guint8)CLAMP(level + noise, 0, 255);
            pixel[1] = (guint8)CLAMP(shape ? 230 : level / 2 + 60 + noise, 0, 255);
            pixel[2] = (guint8)CLAMP(shape ? 40 : 200 - level / 2 + noise, 0, 255);
            pixel[3] = 255;
        }
    return pixels;
}

static void scroll(XImage *image, const guint8 *landscape, guint width, guint height, guint step) {
    const gsize offset = (gsize)(step * 6 % width) * 4;
    for (guint y = 0; y < height; y++)
        memcpy(image->data + (gsize)y * (gsize)image->bytes_per_line,
               landscape + (gsize)y * width * 8 + offset, (gsize)width * 4);
}

/* Slowly nearer and back: every part moves otherwise, by fractions of a pixel, as in a film. */
static void zoom(XImage *image, const guint8 *landscape, guint width, guint height, guint step) {
    const double scale = 0.85 + 0.15 * cos(step / 40.0);
    g_autofree guint *columns = g_new(guint, width);
    for (guint x = 0; x < width; x++)
        columns[x] = (guint)(width / 2 + scale * ((double)x - width / 2));
    for (guint y = 0; y < height; y++) {
        const guint from = (guint)(height / 2 + scale * ((double)y - height / 2));
        const guint32 *source =
            (const guint32 *)(gconstpointer)(landscape + (gsize)from * width * 8);
        guint32 *to = (guint32 *)(gpointer)(image->data + (gsize)y * (gsize)image->bytes_per_line);
        for (guint x = 0; x < width; x++)
            to[x] = source[columns[x]];
    }
}

static cairo_t *draw_on(XImage *image) {
    cairo_surface_t *surface =
        cairo_image_surface_create_for_data((guint8 *)image->data, CAIRO_FORMAT_RGB24, image->width,
                                            image->height, image->bytes_per_line);
    cairo_t *cairo = cairo_create(surface);
    cairo_surface_destroy(surface);
    return cairo;
}

static void paint_page(XImage *image, guint height) {
    cairo_t *cairo = draw_on(image);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    cairo_set_source_rgb(cairo, 0.1, 0.1, 0.1);
    cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, 18);
    for (guint line = 0; 200 + line * 26 < height - 120; line++) {
        cairo_move_to(cairo, 80, 200 + line * 26);
        cairo_show_text(
            cairo,
            "The quick brown fox jumps over the lazy dog; pack my box with five dozen liquor jugs. "
            "0123456789 — how vexingly quick daft zebras jump over 42 sphinxes of black quartz.");
    }
    cairo_destroy(cairo);
}

/* One more letter in the last line. Returns where. */
static XRectangle type_letter(XImage *image, guint height, guint step) {
    const guint column = step % 90;
    cairo_t *cairo = draw_on(image);
    if (column == 0) {
        cairo_set_source_rgb(cairo, 1, 1, 1);
        cairo_rectangle(cairo, 80, height - 90, 90 * 14, 40);
        cairo_fill(cairo);
    }
    const char letter[2] = {(char)('a' + step * 7 % 26), 0};
    cairo_set_source_rgb(cairo, 0.1, 0.1, 0.5);
    cairo_set_font_size(cairo, 22);
    cairo_move_to(cairo, 80 + column * 14, height - 60);
    cairo_show_text(cairo, letter);
    cairo_destroy(cairo);
    if (column == 0)
        return (XRectangle){80, (short)(height - 90), 90 * 14, 40};
    return (XRectangle){(short)(80 + column * 14), (short)(height - 90), 20, 40};
}

static Window make_window(const TestDisplay *display, guint width, guint height,
                          const char *title) {
    XSetWindowAttributes attributes = {.override_redirect = True};
    Window window = XCreateWindow(display->display, display->root, (int)(display->width - width),
                                  (int)(display->height - height), width, height, 0, CopyFromParent,
                                  InputOutput, CopyFromParent, CWOverrideRedirect, &attributes);
    if (title)
        XStoreName(display->display, window, title);
    else /* it stands for the display, whatever else comes up on it */
        XSelectInput(display->display, window, VisibilityChangeMask);
    XMapRaised(display->display, window);
    XSync(display->display, False);
    return window;
}

/* True where another window had come over ours: it is beneath again, and what it hid is to be
 * painted.
 */
static bool stay_on_top(const TestDisplay *display, Window window) {
    bool was_hidden = false;
    XEvent event;
    while (XCheckTypedWindowEvent(display->display, window, VisibilityNotify, &event))
        was_hidden = event.xvisibility.state != VisibilityUnobscured;
    if (was_hidden)
        XRaiseWindow(display->display, window);
    return was_hidden;
}

static void put(const TestDisplay *display, Window window, GC gc, XImage *image, XRectangle where) {
    XShmPutImage(display->display, window, gc, image, where.x, where.y, where.x, where.y,
                 where.width, where.height, False);
}

static void wait_until(gint64 due_us) {
    const gint64 left = due_us - g_get_monotonic_time();
    if (left > 0)
        g_usleep((gulong)left);
}

static void paint(const TestDisplay *display, const Options *options) {
    const guint width = options->title ? MIN(WINDOW_WIDTH, display->width) : display->width;
    const guint height = options->title ? MIN(WINDOW_HEIGHT, display->height) : display->height;
    const bool film = g_str_equal(options->mode, "film"),
               moving = film || g_str_equal(options->mode, "moving"),
               text = g_str_equal(options->mode, "text");
    const Window window = make_window(display, width, height, options->title);
    GC gc = XCreateGC(display->display, window, 0, NULL);
    TestImage image = {0};
    test_image_init(&image, display, width, height);
    g_autofree guint8 *landscape = moving ? paint_landscape(width, height) : NULL;
    const BarcodePlace place = barcode_place(0, 0, width, height);
    const XRectangle everything = {0, 0, (unsigned short)width, (unsigned short)height};
    const XRectangle code = {(short)floor(place.x - place.cell), (short)floor(place.y - place.cell),
                             (unsigned short)ceil((BARCODE_COLUMNS + 2) * place.cell) + 1,
                             (unsigned short)ceil((BARCODE_ROWS + 2) * place.cell) + 1};
    if (!moving)
        paint_page(image.image, height);
    const gint64 start = g_get_monotonic_time();
    for (guint step = 0; !stopped; step++) {
        const gint64 now = g_get_monotonic_time();
        if (options->seconds > 0 && now - start > (gint64)(options->seconds * G_USEC_PER_SEC))
            break;
        XRectangle typed = {0};
        if (film)
            zoom(image.image, landscape, width, height, step);
        else if (moving)
            scroll(image.image, landscape, width, height, step);
        else if (text)
            typed = type_letter(image.image, height, step);
        barcode_draw((guint8 *)image.image->data, (gsize)image.image->bytes_per_line, width, height,
                     g_get_monotonic_time(), (guint)options->id);
        if (stay_on_top(display, window) || moving || step == 0) {
            put(display, window, gc, image.image, everything);
        } else if (text) {
            put(display, window, gc, image.image, code);
            put(display, window, gc, image.image, typed);
        }
        XSync(display->display, False);
        wait_until(start + (gint64)(step + 1) * G_USEC_PER_SEC / options->fps);
    }
    test_image_clear(&image, display);
    XFreeGC(display->display, gc);
}

int main(int argc, char **argv) {
    Options options = {.mode = "moving", .fps = 30};
    if (!read_options(argc, argv, &options) || options.fps < 1)
        return 2;
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    TestDisplay display = test_display_open(options.display);
    paint(&display, &options);
    XCloseDisplay(display.display);
    return 0;
}
