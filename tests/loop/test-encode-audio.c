/* What a real sound server plays, captured as Opus and decoded again. */
#include "sender/encode-audio.h"
#include "tests/support/pulse.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <math.h>

#define TIMEOUT_US (10 * G_USEC_PER_SEC)
#define TONE_HZ 1000
#define RATE 48000
#define SSRC 0x5eed5eed

typedef struct {
    GAsyncQueue *packets; /* of GPtrArray */
    GError *error;
    gint late; /* atomic */
} Fixture;

static void on_packets(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user) {
    Fixture *self = user;
    const gint64 age_us = g_get_monotonic_time() - capture_us;
    if (kind != LEC_MEDIA_AUDIO || packets->len != 1 || age_us < -50000 || age_us > G_USEC_PER_SEC)
        g_atomic_int_inc(&self->late);
    g_async_queue_push(self->packets, packets);
}

static void on_failed(const GError *error, void *user) {
    ((Fixture *)user)->error = g_error_copy(error);
}

static LecMediaSection make_section(void) {
    return (LecMediaSection){
        .kind = LEC_MEDIA_AUDIO,
        .codecs =
            {{.codec = LEC_CODEC_OPUS, .payload_type = 111, .clock_rate = RATE, .channels = 2}},
        .n_codecs = 1,
        .ssrc = SSRC,
    };
}

/* How much of the samples' energy lies at the tone (Goertzel), 0 to 1. */
static double share_of_tone(const gint16 *samples, gsize n) {
    const double w = 2 * G_PI * TONE_HZ / RATE, c = 2 * cos(w);
    double s1 = 0, s2 = 0, energy = 0;
    for (gsize i = 0; i < n; i++) {
        const double s = samples[2 * i] + c * s1 - s2;
        s2 = s1;
        s1 = s;
        energy += (double)samples[2 * i] * samples[2 * i];
    }
    const double tone = s1 * s1 + s2 * s2 - c * s1 * s2;
    return energy > 0 ? 2 * tone / (energy * (double)n) : 0;
}

static GstElement *launch(const char *line) {
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(line, &error);
    g_assert_no_error(error);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    return pipeline;
}

static void check_header(GBytes *packet, guint index, guint16 *seq, guint32 *timestamp) {
    gsize size;
    const guint8 *data = g_bytes_get_data(packet, &size);
    g_assert_cmpuint(size, >, 12);
    g_assert_cmpuint(data[1] & 0x7f, ==, 111);
    const guint16 now_seq = (guint16)(data[2] << 8 | data[3]);
    const guint32 now_timestamp = GUINT32_FROM_BE(*(const guint32 *)(data + 4));
    if (index > 0) {
        g_assert_cmpuint(now_seq, ==, (guint16)(*seq + 1));
        /* The encoder's look-ahead shortens the step from the first to the second. */
        g_assert_cmpuint(now_timestamp - *timestamp, >=, index == 1 ? 1 : RATE / 200);
        g_assert_cmpuint(now_timestamp - *timestamp, <=, RATE / 10);
    }
    *seq = now_seq;
    *timestamp = now_timestamp;
}

/* Decodes until a block is the tone and little else. */
static bool hear_tone(Fixture *self) {
    GstElement *decoder = launch(
        "appsrc name=in is-live=true format=time caps=application/x-rtp,media=audio,"
        "encoding-name=OPUS,clock-rate=48000,payload=111 ! rtpopusdepay ! opusdec ! audioconvert ! "
        "audio/x-raw,format=S16LE,rate=48000,channels=2 ! appsink name=out sync=false");
    g_autoptr(GstElement) in = gst_bin_get_by_name(GST_BIN(decoder), "in");
    g_autoptr(GstElement) out = gst_bin_get_by_name(GST_BIN(decoder), "out");
    bool heard = false;
    guint16 seq = 0;
    guint32 timestamp = 0;
    for (guint i = 0; i < 500 && !heard; i++) {
        g_autoptr(GPtrArray) packets = g_async_queue_timeout_pop(self->packets, TIMEOUT_US);
        g_assert_nonnull(packets);
        check_header(packets->pdata[0], i, &seq, &timestamp);
        gst_app_src_push_buffer(GST_APP_SRC(in), gst_buffer_new_wrapped_bytes(packets->pdata[0]));
        g_autoptr(GstSample) sample =
            gst_app_sink_try_pull_sample(GST_APP_SINK(out), 20 * GST_MSECOND);
        GstMapInfo map;
        if (sample == NULL || !gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ))
            continue;
        heard = map.size >= 4 * RATE / 100 &&
                share_of_tone((const gint16 *)map.data, map.size / 4) > 0.9;
        gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
    }
    gst_element_set_state(decoder, GST_STATE_NULL);
    gst_object_unref(decoder);
    return heard;
}

static void test_tone_is_heard(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(TestPulse) pulse = test_pulse_start(&error);
    if (pulse == NULL) {
        g_test_skip(error->message);
        return;
    }
    Fixture self = {.packets = g_async_queue_new_full((GDestroyNotify)g_ptr_array_unref)};
    GstElement *player = launch("audiotestsrc wave=sine freq=1000 volume=0.5 is-live=true ! "
                                "audio/x-raw,rate=48000,channels=2 ! pulsesink");
    const LecMediaSection section = make_section();
    LecEncodeAudio *audio =
        lec_encode_audio_new(&section, NULL, on_packets, on_failed, &self, &error);
    g_assert_no_error(error);
    g_assert_true(hear_tone(&self));
    lec_encode_audio_free(audio);
    gst_element_set_state(player, GST_STATE_NULL);
    gst_object_unref(player);
    g_async_queue_unref(self.packets);
    g_assert_cmpint(self.late, ==, 0);
    g_assert_no_error(self.error);
}

/* Nobody listens at that address: one sentence, on main, and nothing else. */
static void test_no_server(void) {
    g_setenv("PULSE_SERVER", "unix:/nonexistent/native", TRUE);
    Fixture self = {.packets = g_async_queue_new_full((GDestroyNotify)g_ptr_array_unref)};
    const LecMediaSection section = make_section();
    g_autoptr(GError) error = NULL;
    LecEncodeAudio *audio =
        lec_encode_audio_new(&section, NULL, on_packets, on_failed, &self, &error);
    g_assert_no_error(error);
    while (self.error == NULL)
        g_main_context_iteration(NULL, TRUE);
    g_assert_error(self.error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_MISSING);
    lec_encode_audio_free(audio);
    g_async_queue_unref(self.packets);
    g_clear_error(&self.error);
}

/* Ending at once, while the connection may still be being made. */
static void test_freed_at_once(void) {
    Fixture self = {.packets = g_async_queue_new_full((GDestroyNotify)g_ptr_array_unref)};
    const LecMediaSection section = make_section();
    for (int i = 0; i < 20; i++) {
        g_autoptr(GError) error = NULL;
        lec_encode_audio_free(
            lec_encode_audio_new(&section, NULL, on_packets, on_failed, &self, &error));
        g_assert_no_error(error);
    }
    g_async_queue_unref(self.packets);
    g_assert_no_error(self.error);
}

static void test_needs_opus(void) {
    LecMediaSection section = make_section();
    section.n_codecs = 0;
    g_autoptr(GError) error = NULL;
    g_assert_null(lec_encode_audio_new(&section, NULL, on_packets, on_failed, NULL, &error));
    g_assert_error(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED);
}

int main(int argc, char **argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/encode-audio/tone-is-heard", test_tone_is_heard);
    g_test_add_func("/encode-audio/no-server", test_no_server);
    g_test_add_func("/encode-audio/freed-at-once", test_freed_at_once);
    g_test_add_func("/encode-audio/needs-opus", test_needs_opus);
    return g_test_run();
}
