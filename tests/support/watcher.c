/*
 * Watches a display for barcodes and tells how old each was when it appeared: the delay from one
 * display to another. Can start the sharing itself, to know how long the first picture took.
 */
#include <X11/extensions/Xdamage.h>
#include <cairo/cairo.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/support/barcode.h"
#include "tests/support/display.h"

typedef struct {
    char *display, *json, *picture, *region;
    double seconds, settle, patience;
    int id, at_least;
    char **command;
} Options;

typedef struct {
    TestDisplay display;
    GPid child;     /* the sharing, where we started it; 0: none, or it has ended */
    TestImage code; /* the part of the display with the barcode */
    int code_x, code_y;
    BarcodePlace place;
    int id;
    gint64 start_us, first_us, last_drawn_us, last_seen_us;
    gint64 counted_from_us;
    gint64 longest_gap_us;
    GArray *ages_us; /* of gint64 */
} Watch;

static bool read_options(int *argc, char ***argv, Options *options) {
    GOptionEntry entries[] = {
        {"display", 0, 0, G_OPTION_ARG_STRING, &options->display, "X display", ":N"},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->seconds,
         "Watch for so long after the first picture", "S"},
        {"settle", 0, 0, G_OPTION_ARG_DOUBLE, &options->settle, "Leave out the first S seconds",
         "S"},
        {"patience", 0, 0, G_OPTION_ARG_DOUBLE, &options->patience,
         "Give up without a first picture after S", "S"},
        {"region", 0, 0, G_OPTION_ARG_STRING, &options->region,
         "Where the shared picture stands, X,Y,W,H", "R"},
        {"id", 0, 0, G_OPTION_ARG_INT, &options->id, "Only barcodes of this number", "N"},
        {"at-least", 0, 0, G_OPTION_ARG_INT, &options->at_least, "Fail with fewer pictures", "N"},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &options->json,
         "Write the figures to FILE (-: standard output)", "FILE"},
        {"picture", 0, 0, G_OPTION_ARG_FILENAME, &options->picture,
         "Write the display as PNG to FILE", "FILE"},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[-- COMMAND …]");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (g_option_context_parse(context, argc, argv, &error)) {
        char **rest = *argv + 1;
        options->command = *rest && g_str_equal(*rest, "--") ? rest + 1 : rest;
        return true;
    }
    fprintf(stderr, "%s\n", error->message);
    return false;
}

static void open_watch(Watch *self, const Options *options) {
    self->display = test_display_open(options->display);
    double x = 0, y = 0, width = self->display.width, height = self->display.height;
    if (options->region &&
        sscanf(options->region, "%lf,%lf,%lf,%lf", &x, &y, &width, &height) != 4) {
        fprintf(stderr, "--region is X,Y,W,H.\n");
        exit(2);
    }
    self->place = barcode_place(x, y, width, height);
    self->code_x = (int)floor(self->place.x);
    self->code_y = (int)floor(self->place.y);
    test_image_init(&self->code, &self->display,
                    (guint)ceil((BARCODE_COLUMNS + 1) * self->place.cell),
                    (guint)ceil((BARCODE_ROWS + 1) * self->place.cell));
    self->id = options->id;
    self->ages_us = g_array_new(FALSE, FALSE, sizeof(gint64));
}

/* Looks once; true where a barcode newer than the last is there. */
static bool look(Watch *self) {
    XImage *image = self->code.image;
    if (!XShmGetImage(self->display.display, self->display.root, image, self->code_x, self->code_y,
                      AllPlanes))
        return false;
    const gint64 now = g_get_monotonic_time();
    gint64 drawn;
    guint id;
    if (!barcode_read((const guint8 *)image->data, (gsize)image->bytes_per_line,
                      (guint)image->width, (guint)image->height, self->code_x, self->code_y,
                      self->place, now, &drawn, &id) ||
        (self->id >= 0 && (int)id != self->id) || drawn <= self->last_drawn_us ||
        drawn < self->start_us)
        return false;
    self->last_drawn_us = drawn;
    if (self->first_us == 0)
        self->first_us = now;
    if (now >= self->counted_from_us && self->counted_from_us > 0) {
        const gint64 age = now - drawn;
        g_array_append_val(self->ages_us, age);
        if (self->last_seen_us > 0)
            self->longest_gap_us = MAX(self->longest_gap_us, now - self->last_seen_us);
        self->last_seen_us = now;
    }
    return true;
}

static void wait_for_damage(Watch *self, Damage damage, int event_base, int timeout_ms) {
    Display *display = self->display.display;
    struct pollfd fd = {.fd = ConnectionNumber(display), .events = POLLIN};
    if (!XPending(display))
        poll(&fd, 1, timeout_ms);
    while (XPending(display)) {
        XEvent event;
        XNextEvent(display, &event);
        if (event.type == event_base + XDamageNotify)
            XDamageSubtract(display, damage, None, None);
    }
}

static bool child_has_ended(Watch *self) {
    if (!self->child || waitpid(self->child, NULL, WNOHANG) != self->child)
        return false;
    self->child = 0;
    return true;
}

/* false: no picture in time. */
static bool watch(Watch *self, const Options *options) {
    int event_base, error_base;
    if (!XDamageQueryExtension(self->display.display, &event_base, &error_base)) {
        fprintf(stderr, "The display has no DAMAGE extension.\n");
        return false;
    }
    const Damage damage =
        XDamageCreate(self->display.display, self->display.root, XDamageReportNonEmpty);
    const gint64 give_up = self->start_us + (gint64)(options->patience * G_USEC_PER_SEC);
    gint64 end = 0;
    for (;;) {
        const gint64 now = g_get_monotonic_time();
        if (self->first_us == 0 ? now > give_up : now > end)
            break;
        if (child_has_ended(self)) {
            fprintf(stderr, "The command has ended before its time.\n");
            break;
        }
        wait_for_damage(self, damage, event_base, 20);
        look(self);
        if (self->first_us != 0 && end == 0) {
            self->counted_from_us = self->first_us + (gint64)(options->settle * G_USEC_PER_SEC);
            end = self->counted_from_us + (gint64)(options->seconds * G_USEC_PER_SEC);
        }
    }
    XDamageDestroy(self->display.display, damage);
    return self->first_us != 0;
}

static bool write_picture(const Watch *self, const char *path) {
    const TestDisplay *display = &self->display;
    TestImage all = {0};
    test_image_init(&all, display, display->width, display->height);
    XShmGetImage(display->display, display->root, all.image, 0, 0, AllPlanes);
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        (guint8 *)all.image->data, CAIRO_FORMAT_RGB24, all.image->width, all.image->height,
        all.image->bytes_per_line);
    const cairo_status_t status = cairo_surface_write_to_png(surface, path);
    cairo_surface_destroy(surface);
    test_image_clear(&all, display);
    if (status != CAIRO_STATUS_SUCCESS)
        fprintf(stderr, "%s cannot be written: %s.\n", path, cairo_status_to_string(status));
    return status == CAIRO_STATUS_SUCCESS;
}

static int compare(gconstpointer a, gconstpointer b) {
    const gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
    return (left > right) - (left < right);
}

static double percentile_ms(const Watch *self, double share) {
    if (self->ages_us->len == 0)
        return 0;
    const guint index = MIN((guint)(share * self->ages_us->len), self->ages_us->len - 1);
    return (double)g_array_index(self->ages_us, gint64, index) / 1000.0;
}

static char *describe(Watch *self, const Options *options) {
    g_array_sort(self->ages_us, compare);
    return g_strdup_printf(
        "{\"frames\":%u,\"fps\":%.2f,\"first_frame_ms\":%.2f,"
        "\"latency_ms\":{\"p50\":%.2f,\"p95\":%.2f,\"max\":%.2f},\"longest_gap_ms\":%.2f}",
        self->ages_us->len, options->seconds > 0 ? self->ages_us->len / options->seconds : 0,
        self->first_us ? (double)(self->first_us - self->start_us) / 1000.0 : 0,
        percentile_ms(self, 0.5), percentile_ms(self, 0.95), percentile_ms(self, 1),
        (double)self->longest_gap_us / 1000.0);
}

static bool write_figures(Watch *self, const Options *options) {
    g_autofree char *text = describe(self, options);
    if (!options->json || g_str_equal(options->json, "-")) {
        puts(text);
        return true;
    }
    g_autoptr(GError) error = NULL;
    if (g_file_set_contents(options->json, text, -1, &error))
        return true;
    fprintf(stderr, "%s\n", error->message);
    return false;
}

int main(int argc, char **argv) {
    Options options = {.seconds = 5, .settle = 0, .patience = 15, .id = -1, .at_least = 1};
    if (!read_options(&argc, &argv, &options))
        return 2;
    Watch self = {0};
    open_watch(&self, &options);
    self.start_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    if (options.command && *options.command &&
        !g_spawn_async(NULL, options.command, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                           G_SPAWN_CHILD_INHERITS_STDIN,
                       NULL, NULL, &self.child, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    const bool seen = watch(&self, &options);
    const bool enough = seen && (int)self.ages_us->len >= options.at_least;
    bool written = write_figures(&self, &options);
    if (options.picture)
        written = write_picture(&self, options.picture) && written;
    if (self.child) {
        kill(self.child, SIGINT);
        waitpid(self.child, NULL, 0);
    }
    if (!enough)
        fprintf(stderr, "%s\n",
                seen ? "Too few pictures were seen." : "No shared picture was seen.");
    return enough && written ? 0 : 1;
}
