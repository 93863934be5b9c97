/* The painter: a child that shares one word with its parent, the time when it last painted. */
#include "tests/bench/painter.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLIDE 256 /* how far the moving picture goes before it returns */
#define MOVING_HZ 30
#define N_BANDS 9
#define TEXT_HZ 10
#define GLYPH_WIDTH 8
#define LINE_HEIGHT 16

struct BenchPaint {
    pid_t child;
    gint64 *painted_us;
};

typedef struct {
    Display *display;
    GC gc;
    int width, height;
    XImage *image;
    XShmSegmentInfo segment;
} Canvas;

static bool make_image(Canvas *self, int width, int height) {
    const int screen = DefaultScreen(self->display);
    self->image = XShmCreateImage(self->display, DefaultVisual(self->display, screen), 24, ZPixmap,
                                  NULL, &self->segment, (unsigned)width, (unsigned)height);
    self->segment.shmid =
        shmget(IPC_PRIVATE, (size_t)self->image->bytes_per_line * height, IPC_CREAT | 0600);
    self->segment.shmaddr = self->image->data = shmat(self->segment.shmid, NULL, 0);
    const bool attached = XShmAttach(self->display, &self->segment) != 0;
    XSync(self->display, False);
    shmctl(self->segment.shmid, IPC_RMID, NULL);
    return attached;
}

/* Something like a photograph: smooth shapes with some grain. */
static void draw_photo(XImage *image) {
    guint32 noise = 1;
    for (int y = 0; y < image->height; y++) {
        guint32 *row = (guint32 *)(image->data + (size_t)y * image->bytes_per_line);
        for (int x = 0; x < image->width; x++) {
            noise = noise * 1664525 + 1013904223;
            const int grain = (int)(noise >> 29);
            const int r = (int)(110 + 90 * sin(x * 0.011 + y * 0.004)) + grain;
            const int g = (int)(110 + 90 * sin(x * 0.006 - y * 0.013)) + grain;
            const int b =
                (int)(110 + 60 * sin((x + y) * 0.009) + 40 * sin(x * 0.07) * sin(y * 0.05)) + grain;
            row[x] = (guint32)(r << 16 | g << 8 | b);
        }
    }
}

/* One letter's place, filled with a pattern as dense as print. */
static void draw_glyph(XImage *image, int x, int y, guint32 seed) {
    for (int row = 3; row < LINE_HEIGHT - 3; row++) {
        guint32 *to = (guint32 *)(image->data + (size_t)(y + row) * image->bytes_per_line) + x;
        for (int column = 0; column < GLYPH_WIDTH; column++) {
            seed = seed * 1664525 + 1013904223;
            to[column] = column > 0 && seed % 5 < 2 ? 0x202020 : 0xffffff;
        }
    }
}

static void draw_page(XImage *image) {
    memset(image->data, 0xff, (size_t)image->bytes_per_line * image->height);
    for (int y = 0; y + LINE_HEIGHT <= image->height; y += LINE_HEIGHT)
        for (int x = 80; x < image->width - 80; x += GLYPH_WIDTH)
            if ((x / GLYPH_WIDTH * 7 + y) % 9 != 0)
                draw_glyph(image, x, y, (guint32)(x % 26 * GLYPH_WIDTH + 1) * 977);
}

static void put(Canvas *self, int from_x, int from_y, int x, int y, unsigned width,
                unsigned height) {
    XShmPutImage(self->display, DefaultRootWindow(self->display), self->gc, self->image, from_x,
                 from_y, x, y, width, height, False);
    XSync(self->display, False);
}

static void wait_for_turn(struct timespec *turn, int hz) {
    turn->tv_nsec += 1000000000 / hz;
    if (turn->tv_nsec >= 1000000000) {
        turn->tv_sec++;
        turn->tv_nsec -= 1000000000;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, turn, NULL);
}

/* Bands that slide at speeds of their own, back and forth. */
static void slide(Canvas *self, gint64 *painted_us) {
    make_image(self, self->width + SLIDE, self->height);
    draw_photo(self->image);
    struct timespec turn;
    clock_gettime(CLOCK_MONOTONIC, &turn);
    const int band_height = self->height / N_BANDS;
    for (int step = 0;; step++) {
        wait_for_turn(&turn, MOVING_HZ);
        __atomic_store_n(painted_us, g_get_monotonic_time(), __ATOMIC_RELEASE);
        for (int band = 0; band < N_BANDS; band++) {
            const int at = step * (3 + 2 * band) % (2 * SLIDE), y = band * band_height;
            XShmPutImage(self->display, DefaultRootWindow(self->display), self->gc, self->image,
                         at < SLIDE ? at : 2 * SLIDE - at, y, 0, y, (unsigned)self->width,
                         (unsigned)band_height, False);
        }
        XSync(self->display, False);
    }
}

static void type(Canvas *self, gint64 *painted_us, bool changes) {
    make_image(self, self->width, self->height);
    draw_page(self->image);
    put(self, 0, 0, 0, 0, (unsigned)self->width, (unsigned)self->height);
    if (!changes) {
        pause();
        return;
    }
    struct timespec turn;
    clock_gettime(CLOCK_MONOTONIC, &turn);
    for (guint32 step = 1;; step++) {
        wait_for_turn(&turn, TEXT_HZ);
        const int x = 80 + (int)(step * 24 % 1600), y = (int)(step / 60 % 60) * LINE_HEIGHT;
        for (int i = 0; i < 12; i++)
            draw_glyph(self->image, x + i * GLYPH_WIDTH, y, step * 31 + (guint32)i);
        __atomic_store_n(painted_us, g_get_monotonic_time(), __ATOMIC_RELEASE);
        put(self, x, y, x, y, 12 * GLYPH_WIDTH, LINE_HEIGHT);
    }
}

G_NORETURN static void paint(const char *content, int width, int height, gint64 *painted_us) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Canvas canvas = {.display = XOpenDisplay(NULL), .width = width, .height = height};
    if (canvas.display == NULL)
        _exit(1);
    canvas.gc = XCreateGC(canvas.display, DefaultRootWindow(canvas.display), 0, NULL);
    if (strcmp(content, "moving") == 0)
        slide(&canvas, painted_us);
    type(&canvas, painted_us, strcmp(content, "text") == 0);
    _exit(0);
}

BenchPaint *bench_paint_start(const char *content, int width, int height) {
    BenchPaint *self = g_new0(BenchPaint, 1);
    self->painted_us = mmap(NULL, sizeof *self->painted_us, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (self->painted_us == MAP_FAILED)
        g_error("There is no shared memory for the painter");
    self->child = fork();
    if (self->child == 0)
        paint(content, width, height, self->painted_us);
    return self;
}

void bench_paint_stop(BenchPaint *self) {
    kill(self->child, SIGKILL);
    waitpid(self->child, NULL, 0);
    munmap(self->painted_us, sizeof *self->painted_us);
    g_free(self);
}

gint64 bench_paint_take(BenchPaint *self) {
    return __atomic_exchange_n(self->painted_us, 0, __ATOMIC_ACQ_REL);
}
