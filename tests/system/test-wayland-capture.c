/* The Wayland source inside a real compositor, portal and PipeWire (see wayland-session). */
#include "sender/capture.h"
#include "sender/encode.h"
#include "tests/support/h264.h"

#include <gio/gio.h>

#define TIMEOUT_US (10 * G_USEC_PER_SEC)
#define FIRST_COLOUR 0x2050a0 /* what wayland-session paints the background with */

typedef struct {
    LecCapture *capture;
    LecEncode *encode;
    GstElement *source;
    GAsyncQueue *pictures;
    bool answered;
} Fixture;

static void on_ready(GstElement *element, const GError *error, void *user) {
    Fixture *self = user;
    g_assert_no_error(error);
    self->source = element;
    self->answered = true;
}

static void on_packets(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user) {
    g_async_queue_push(((Fixture *)user)->pictures, packets);
}

static void on_failed(const GError *error, void *user) {
    g_error("%s", error->message);
}

static void on_ended(void *user) {
    g_error("The capture ended");
}

static void start(Fixture *self) {
    self->pictures = g_async_queue_new_full((GDestroyNotify)g_ptr_array_unref);
    self->capture = lec_capture_open("screen", 60, on_ready, self);
    while (!self->answered)
        g_main_context_iteration(NULL, TRUE);
    const LecMediaSection video = {
        .codecs = {{.codec = LEC_CODEC_H264, .payload_type = 102, .clock_rate = 90000}},
        .n_codecs = 1,
        .ssrc = 1};
    const LecEncodeEvents events = {.packets = on_packets, .failed = on_failed, .ended = on_ended};
    g_autoptr(GError) error = NULL;
    self->encode =
        lec_encode_new(self->source, &video, NULL, LEC_PROFILE_AUTO, &events, self, &error);
    g_assert_no_error(error);
}

static void wait_for_colour(Fixture *self, TestDecoder *decoder, guint32 colour) {
    for (int i = 0; i < 100; i++) {
        g_autoptr(GPtrArray) packets = g_async_queue_timeout_pop(self->pictures, TIMEOUT_US);
        g_assert_nonnull(packets);
        g_autoptr(GstSample) sample = test_decoder_decode(decoder, packets);
        g_assert_nonnull(sample);
        g_assert_cmpint(test_sample_width(sample), ==, 1280);
        g_assert_cmpint(test_sample_height(sample), ==, 720);
        if (test_colour_near(test_sample_colour(sample, 640, 360), colour, 12))
            return;
    }
    g_assert_not_reached();
}

static void paint_background(const char *colour) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) swaymsg =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, "swaymsg", "output",
                         "HEADLESS-1", "bg", colour, "solid_color", NULL);
    g_assert_no_error(error);
    g_assert_true(g_subprocess_wait_check(swaymsg, NULL, &error));
}

static void test_screen(void) {
    Fixture self = {0};
    g_autoptr(TestDecoder) decoder = test_decoder_new();
    start(&self);
    wait_for_colour(&self, decoder, FIRST_COLOUR);
    paint_background("#c03010");
    wait_for_colour(&self, decoder, 0xc03010);
    lec_encode_force_keyframe(self.encode);
    bool found = false;
    for (int i = 0; i < 60 && !found; i++) {
        g_autoptr(GPtrArray) packets = g_async_queue_timeout_pop(self.pictures, TIMEOUT_US);
        g_assert_nonnull(packets);
        found = test_packets_have_idr(packets);
    }
    g_assert_true(found);
    lec_encode_free(self.encode);
    lec_capture_free(self.capture);
    g_async_queue_unref(self.pictures);
}

int main(int argc, char **argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wayland/screen", test_screen);
    return g_test_run();
}
