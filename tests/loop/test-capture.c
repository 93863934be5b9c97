/* The X11 source against a real Xvfb: what is drawn arrives, only then, and no more than that. */
#include "sender/encode.h"
#include "tests/support/h264.h"
#include "tests/support/xvfb.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#define WIDTH 801 /* odd, so that the picture has to be cropped */
#define HEIGHT 601
#define PICTURE_TIMEOUT (5 * GST_SECOND)
#define STILL_TIMEOUT (1500 * GST_MSECOND)

typedef struct {
    LecXvfb *server;
    Display *display;
    GC gc;
    LecCapture *capture;
    GstElement *source, *pipeline, *sink;
    GError *error;
    bool answered;
} Fixture;

static void on_ready(GstElement *element, const GError *error, void *user) {
    Fixture *self = user;
    self->source = element;
    self->error = error != NULL ? g_error_copy(error) : NULL;
    self->answered = true;
}

static void open_capture(Fixture *self, const char *source) {
    self->capture = lec_capture_open(source, 60, on_ready, self);
    while (!self->answered)
        g_main_context_iteration(NULL, TRUE);
}

static void start(Fixture *self, const char *source) {
    open_capture(self, source);
    g_assert_no_error(self->error);
    self->pipeline = gst_pipeline_new(NULL);
    self->sink = gst_element_factory_make("appsink", NULL);
    g_object_set(self->sink, "sync", FALSE, "async", FALSE, NULL);
    gst_bin_add_many(GST_BIN(self->pipeline), self->source, self->sink, NULL);
    gst_object_unref(self->source);
    g_assert_true(gst_element_link(self->source, self->sink));
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
}

static void set_up(Fixture *self, gconstpointer user) {
    g_autoptr(GError) error = NULL;
    self->server = lec_xvfb_start(WIDTH, HEIGHT, &error);
    if (self->server == NULL) {
        g_test_skip(error->message);
        return;
    }
    g_setenv("DISPLAY", self->server->name, TRUE);
    self->display = XOpenDisplay(self->server->name);
    g_assert_nonnull(self->display);
    self->gc = XCreateGC(self->display, DefaultRootWindow(self->display), 0, NULL);
    XWarpPointer(self->display, None, DefaultRootWindow(self->display), 0, 0, 0, 0, WIDTH - 1,
                 HEIGHT - 1);
    XSync(self->display, False);
}

static void tear_down(Fixture *self, gconstpointer user) {
    if (self->pipeline != NULL)
        gst_element_set_state(self->pipeline, GST_STATE_NULL);
    gst_clear_object(&self->pipeline);
    g_clear_pointer(&self->capture, lec_capture_free);
    if (self->display != NULL) {
        XFreeGC(self->display, self->gc);
        XCloseDisplay(self->display);
    }
    g_clear_error(&self->error);
    g_clear_pointer(&self->server, lec_xvfb_free);
}

static void fill(Fixture *self, Drawable where, guint32 colour, int x, int y, unsigned width,
                 unsigned height) {
    XSetForeground(self->display, self->gc, colour);
    XFillRectangle(self->display, where, self->gc, x, y, width, height);
    XSync(self->display, False);
}

static GstSample *next_picture(Fixture *self) {
    GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(self->sink), PICTURE_TIMEOUT);
    g_assert_nonnull(sample);
    return sample;
}

/* The picture that first shows the colour at a place; fails if it does not come. */
static GstSample *wait_for_colour(Fixture *self, int x, int y, guint32 colour) {
    for (int i = 0; i < 60; i++) {
        g_autoptr(GstSample) sample = next_picture(self);
        if (test_colour_near(test_sample_colour(sample, x, y), colour, 6))
            return g_steal_pointer(&sample);
    }
    g_assert_not_reached();
}

static void drain(Fixture *self) {
    GstSample *sample;
    while ((sample = gst_app_sink_try_pull_sample(GST_APP_SINK(self->sink), STILL_TIMEOUT)) != NULL)
        gst_sample_unref(sample);
}

static void test_drawn_arrives(Fixture *self, gconstpointer user) {
    if (self->server == NULL)
        return;
    const Window root = DefaultRootWindow(self->display);
    fill(self, root, 0x206040, 0, 0, WIDTH, HEIGHT);
    start(self, "screen");
    g_autoptr(GstSample) first = wait_for_colour(self, 400, 300, 0x206040);
    g_assert_cmpint(test_sample_width(first), ==, WIDTH - 1);
    g_assert_cmpint(test_sample_height(first), ==, HEIGHT - 1);
    fill(self, root, 0xc03010, 101, 51, 33, 17);
    fill(self, root, 0x1030c0, 600, 500, 20, 20);
    g_autoptr(GstSample) second = wait_for_colour(self, 610, 510, 0x1030c0);
    g_assert_true(test_colour_near(test_sample_colour(second, 110, 60), 0xc03010, 6));
    g_assert_true(test_colour_near(test_sample_colour(second, 98, 60), 0x206040, 6));
    g_assert_true(test_colour_near(test_sample_colour(second, 110, 70), 0x206040, 6));
}

/* The time stamps are the monotonic clock, and a change leaves within a few display intervals. */
static void test_stamped_and_prompt(Fixture *self, gconstpointer user) {
    if (self->server == NULL)
        return;
    start(self, "screen");
    drain(self);
    const gint64 drawn_us = g_get_monotonic_time();
    fill(self, DefaultRootWindow(self->display), 0xffffff, 10, 10, 100, 100);
    g_autoptr(GstSample) sample = next_picture(self);
    const gint64 captured_us = (gint64)(GST_BUFFER_PTS(gst_sample_get_buffer(sample)) / 1000);
    g_assert_cmpint(captured_us, >=, drawn_us);
    g_assert_cmpint(captured_us, <=, g_get_monotonic_time());
    g_assert_true(test_colour_near(test_sample_colour(sample, 50, 50), 0xffffff, 6));
}

static void test_still_is_silent(Fixture *self, gconstpointer user) {
    if (self->server == NULL)
        return;
    start(self, "screen");
    guint n = 0;
    GstSample *sample;
    while ((sample = gst_app_sink_try_pull_sample(GST_APP_SINK(self->sink), STILL_TIMEOUT)) !=
           NULL) {
        gst_sample_unref(sample);
        g_assert_cmpuint(++n, <=, 8);
    }
    g_assert_cmpuint(n, >=, 1);
    gst_element_send_event(
        self->sink, gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
    gst_sample_unref(next_picture(self));
    g_assert_null(gst_app_sink_try_pull_sample(GST_APP_SINK(self->sink), STILL_TIMEOUT));
}

static void on_packets(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user) {
    g_async_queue_push(user, packets);
}

static void on_failed(const GError *error, void *user) {
    g_error("%s", error->message);
}

static void on_ended(void *user) {
    g_error("The screen has no end");
}

/* How many pictures come until none comes any more. */
static guint count_until_still(GAsyncQueue *pictures) {
    guint n = 0;
    GPtrArray *packets;
    while ((packets = g_async_queue_timeout_pop(pictures, STILL_TIMEOUT / 1000)) != NULL) {
        g_ptr_array_unref(packets);
        g_assert_cmpuint(++n, <, 100);
    }
    return n;
}

/* The encoder sharpens a still screen and then is silent; whoever joins gets a keyframe though
 * nothing changes. */
static void test_still_is_silent_encoded(Fixture *self, gconstpointer user) {
    if (self->server == NULL)
        return;
    for (int i = 0; i < 3000; i++)
        fill(self, DefaultRootWindow(self->display), g_test_rand_int() & 0xffffff,
             g_test_rand_int_range(0, WIDTH), g_test_rand_int_range(0, HEIGHT), 9, 7);
    open_capture(self, "screen");
    const LecMediaSection video = {
        .codecs = {{.codec = LEC_CODEC_H264, .payload_type = 102, .clock_rate = 90000}},
        .n_codecs = 1,
        .ssrc = 1};
    const LecEncodeEvents events = {.packets = on_packets, .failed = on_failed, .ended = on_ended};
    g_autoptr(GAsyncQueue) pictures = g_async_queue_new_full((GDestroyNotify)g_ptr_array_unref);
    g_autoptr(LecEncode) encode = lec_encode_new(self->source, &video, NULL, LEC_PROFILE_TEXT,
                                                 &events, pictures, &self->error);
    g_assert_no_error(self->error);
    g_assert_cmpuint(count_until_still(pictures), >=, 1);
    lec_encode_set_size(encode, WIDTH, HEIGHT);
    count_until_still(pictures);
    lec_encode_set_size(encode, WIDTH, HEIGHT);
    g_assert_cmpuint(count_until_still(pictures), ==, 0);
    lec_encode_force_keyframe(encode);
    g_autoptr(GPtrArray) packets = g_async_queue_timeout_pop(pictures, PICTURE_TIMEOUT / 1000);
    g_assert_nonnull(packets);
    g_assert_true(test_packets_have_idr(packets));
    count_until_still(pictures);
}

static Cursor make_red_cursor(Fixture *self) {
    const Pixmap shape = XCreatePixmap(self->display, DefaultRootWindow(self->display), 16, 16, 1);
    GC gc = XCreateGC(self->display, shape, 0, NULL);
    XSetForeground(self->display, gc, 1);
    XFillRectangle(self->display, shape, gc, 0, 0, 16, 16);
    XFreeGC(self->display, gc);
    XColor red = {.red = 0xffff}, black = {0};
    const Cursor cursor = XCreatePixmapCursor(self->display, shape, shape, &red, &black, 8, 8);
    XFreePixmap(self->display, shape);
    return cursor;
}

static void test_cursor_is_drawn(Fixture *self, gconstpointer user) {
    if (self->server == NULL)
        return;
    const Window root = DefaultRootWindow(self->display);
    fill(self, root, 0x404040, 0, 0, WIDTH, HEIGHT);
    XDefineCursor(self->display, root, make_red_cursor(self));
    XSync(self->display, False);
    start(self, "screen");
    XWarpPointer(self->display, None, root, 0, 0, 0, 0, 200, 150);
    XSync(self->display, False);
    gst_sample_unref(wait_for_colour(self, 200, 150, 0xff0000));
    XWarpPointer(self->display, None, root, 0, 0, 0, 0, 500, 400);
    XSync(self->display, False);
    g_autoptr(GstSample) moved = wait_for_colour(self, 500, 400, 0xff0000);
    g_assert_true(test_colour_near(test_sample_colour(moved, 200, 150), 0x404040, 6));
}

static Window make_window(Fixture *self, int x, int y, unsigned width, unsigned height,
                          guint32 colour) {
    XSetWindowAttributes attributes = {.override_redirect = True, .background_pixel = colour};
    const Window window = XCreateWindow(
        self->display, DefaultRootWindow(self->display), x, y, width, height, 0, CopyFromParent,
        InputOutput, CopyFromParent, CWOverrideRedirect | CWBackPixel, &attributes);
    XMapRaised(self->display, window);
    XSync(self->display, False);
    return window;
}

/* What lies over a shared window, and what of it lies off the screen, is nobody's and everybody's
 * business. */
static void test_window_alone(Fixture *self, gconstpointer user) {
    if (self->server == NULL)
        return;
    const Window window = make_window(self, 600, 100, 400, 300, 0x2050a0);
    g_autofree char *name = g_strdup_printf("window:0x%lx", window);
    start(self, name);
    g_autoptr(GstSample) first = wait_for_colour(self, 390, 150, 0x2050a0);
    g_assert_cmpint(test_sample_width(first), ==, 400);
    make_window(self, 620, 120, 100, 100, 0xff00ff);
    fill(self, window, 0x10c010, 250, 200, 50, 50);
    g_autoptr(GstSample) covered = wait_for_colour(self, 270, 220, 0x10c010);
    g_assert_true(test_colour_near(test_sample_colour(covered, 60, 60), 0x2050a0, 6));
    XResizeWindow(self->display, window, 300, 250);
    XSync(self->display, False);
    g_autoptr(GstSample) smaller = NULL;
    do {
        g_clear_pointer(&smaller, gst_sample_unref);
        smaller = next_picture(self);
    } while (test_sample_width(smaller) != 300);
    g_assert_cmpint(test_sample_height(smaller), ==, 250);
    XDestroyWindow(self->display, window);
    XSync(self->display, False);
    g_autoptr(GstBus) bus = gst_element_get_bus(self->pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, PICTURE_TIMEOUT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_assert_nonnull(message);
    g_assert_cmpint(GST_MESSAGE_TYPE(message), ==, GST_MESSAGE_EOS);
}

static void test_display_lost(Fixture *self, gconstpointer user) {
    if (self->server == NULL)
        return;
    start(self, "screen");
    gst_sample_unref(next_picture(self));
    XFreeGC(self->display, self->gc);
    XCloseDisplay(g_steal_pointer(&self->display));
    g_clear_pointer(&self->server, lec_xvfb_free);
    g_autoptr(GstBus) bus = gst_element_get_bus(self->pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, PICTURE_TIMEOUT, GST_MESSAGE_ERROR);
    g_assert_nonnull(message);
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    g_assert_nonnull(strstr(error->message, "connection to the display was lost"));
}

static void assert_refused(const char *source, LecCaptureError code) {
    Fixture self = {0};
    open_capture(&self, source);
    g_assert_null(self.source);
    g_assert_error(self.error, LEC_CAPTURE_ERROR, (int)code);
    g_clear_error(&self.error);
    lec_capture_free(self.capture);
}

static void test_refusals(Fixture *self, gconstpointer user) {
    if (self->server == NULL)
        return;
    assert_refused("camera", LEC_CAPTURE_ERROR_USAGE);
    assert_refused("window:", LEC_CAPTURE_ERROR_USAGE);
    assert_refused("window:12x", LEC_CAPTURE_ERROR_USAGE);
    assert_refused("window:0x7ffffff", LEC_CAPTURE_ERROR_USAGE);
    g_setenv("DISPLAY", ":nowhere", TRUE);
    assert_refused("screen", LEC_CAPTURE_ERROR_MISSING);
    g_unsetenv("DISPLAY");
    assert_refused("screen", LEC_CAPTURE_ERROR_MISSING);
}

/* A Wayland session whose bus is not there. */
static void test_no_portal(void) {
    g_setenv("WAYLAND_DISPLAY", "wayland-nowhere", TRUE);
    g_setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
    assert_refused("screen", LEC_CAPTURE_ERROR_MISSING);
    Fixture unheard = {0};
    lec_capture_free(lec_capture_open("screen", 30, on_ready, &unheard));
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_false(unheard.answered);
    g_unsetenv("WAYLAND_DISPLAY");
}

int main(int argc, char **argv) {
    g_unsetenv("WAYLAND_DISPLAY");
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/capture/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("drawn-arrives", test_drawn_arrives);
    ADD("stamped-and-prompt", test_stamped_and_prompt);
    ADD("still-is-silent", test_still_is_silent);
    ADD("still-is-silent-encoded", test_still_is_silent_encoded);
    ADD("cursor-is-drawn", test_cursor_is_drawn);
    ADD("window-alone", test_window_alone);
    ADD("display-lost", test_display_lost);
    ADD("refusals", test_refusals);
    g_test_add_func("/capture/no-portal", test_no_portal);
    return g_test_run();
}
