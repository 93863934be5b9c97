/* Capture, encoding and payloading, and back to pictures. */
#include "sender/capture-test.h"
#include "sender/encode.h"
#include "tests/support/h264.h"

#define TIMEOUT_US (5 * G_USEC_PER_SEC)
#define SSRC 0x1234abcd
#define PAYLOAD_TYPE 102

typedef struct {
    LecCapture *capture;
    LecEncode *encode;
    GAsyncQueue *pictures; /* of GPtrArray */
    gint late;             /* atomic: pictures whose capture time is not in the near past */
    GstElement *source;
} Fixture;

static void on_packets(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user) {
    Fixture *self = user;
    const gint64 age_us = g_get_monotonic_time() - capture_us;
    if (age_us < 0 || age_us > G_USEC_PER_SEC)
        g_atomic_int_inc(&self->late);
    g_async_queue_push(self->pictures, packets);
}

static void on_failed(const GError *error, void *user) {
    g_error("%s", error->message);
}

static void on_ended(void *user) {
    g_error("The test picture has no end");
}

static void on_ready(GstElement *element, const GError *error, void *user) {
    g_assert_no_error(error);
    ((Fixture *)user)->source = element;
}

static LecMediaSection make_section(void) {
    return (LecMediaSection){
        .kind = LEC_MEDIA_VIDEO,
        .codecs = {{.codec = LEC_CODEC_VP8, .payload_type = 96},
                   {.codec = LEC_CODEC_H264, .payload_type = PAYLOAD_TYPE, .clock_rate = 90000}},
        .n_codecs = 2,
        .ssrc = SSRC,
    };
}

static void set_up(Fixture *self, gconstpointer user) {
    self->pictures = g_async_queue_new_full((GDestroyNotify)g_ptr_array_unref);
    self->capture = lec_capture_open("test", 30, on_ready, self);
    while (self->source == NULL)
        g_main_context_iteration(NULL, TRUE);
    const LecEncodeEvents events = {.packets = on_packets, .failed = on_failed, .ended = on_ended};
    const LecMediaSection video = make_section();
    g_autoptr(GError) error = NULL;
    self->encode =
        lec_encode_new(self->source, &video, NULL, LEC_PROFILE_AUTO, &events, self, &error);
    g_assert_no_error(error);
    g_assert_nonnull(self->encode);
}

static void tear_down(Fixture *self, gconstpointer user) {
    lec_encode_free(self->encode);
    lec_capture_free(self->capture);
    g_async_queue_unref(self->pictures);
    g_assert_cmpint(g_atomic_int_get(&self->late), ==, 0);
}

static GPtrArray *next_packets(Fixture *self) {
    GPtrArray *packets = g_async_queue_timeout_pop(self->pictures, TIMEOUT_US);
    g_assert_nonnull(packets);
    return packets;
}

static guint32 read_number(GstSample *sample) {
    guint32 number = 0;
    for (int bit = 0; bit < LEC_TEST_NUMBER_BITS; bit++) {
        const guint32 colour =
            test_sample_colour(sample, bit * LEC_TEST_NUMBER_SIZE + LEC_TEST_NUMBER_SIZE / 2,
                               LEC_TEST_HEIGHT - LEC_TEST_NUMBER_SIZE / 2);
        if ((colour & 0xff) > 0x80)
            number |= 1u << bit;
    }
    return number;
}

/* Every picture comes out of the decoder at once (no reordering), in order, and looks as it was
 * painted. */
static void test_round_trip(Fixture *self, gconstpointer user) {
    g_autoptr(TestDecoder) decoder = test_decoder_new();
    for (guint32 expected = 0; expected < 20; expected++) {
        g_autoptr(GPtrArray) packets = next_packets(self);
        g_assert_true(test_packets_have_idr(packets) == (expected == 0));
        g_autoptr(GstSample) sample = test_decoder_decode(decoder, packets);
        g_assert_nonnull(sample);
        g_assert_cmpint(test_sample_width(sample), ==, LEC_TEST_WIDTH);
        g_assert_cmpint(test_sample_height(sample), ==, LEC_TEST_HEIGHT);
        g_assert_cmpuint(read_number(sample), ==, expected);
        g_assert_true(test_colour_near(test_sample_colour(sample, 120, 900), 0xb4b4b4, 12));
        g_assert_true(test_colour_near(test_sample_colour(sample, 1320, 900), 0xb41010, 12));
        g_assert_true(test_colour_near(test_sample_colour(sample, 1560, 900), 0x1010b4, 12));
    }
}

/* RFC 3550 §5.1 and RFC 6184: one time stamp and one marker a picture, an unbroken sequence, no
 * packet too large. */
static void test_packets_are_sound(Fixture *self, gconstpointer user) {
    guint16 next_seq = 0;
    for (int picture = 0; picture < 10; picture++) {
        g_autoptr(GPtrArray) packets = next_packets(self);
        guint32 timestamp = 0;
        for (guint i = 0; i < packets->len; i++) {
            gsize size;
            const guint8 *data = g_bytes_get_data(packets->pdata[i], &size);
            g_assert_cmpuint(size, >, 12);
            g_assert_cmpuint(size, <=, 1200);
            g_assert_cmphex(data[0], ==, 0x80);
            g_assert_cmpuint(data[1] & 0x7f, ==, PAYLOAD_TYPE);
            g_assert_true(((data[1] & 0x80) != 0) == (i + 1 == packets->len));
            const guint16 seq = (guint16)(data[2] << 8 | data[3]);
            if (picture > 0 || i > 0)
                g_assert_cmpuint(seq, ==, next_seq);
            next_seq = (guint16)(seq + 1);
            guint32 word;
            memcpy(&word, data + 4, 4);
            if (i > 0)
                g_assert_cmpuint(GUINT32_FROM_BE(word), ==, timestamp);
            timestamp = GUINT32_FROM_BE(word);
            memcpy(&word, data + 8, 4);
            g_assert_cmphex(GUINT32_FROM_BE(word), ==, SSRC);
        }
    }
}

static void test_keyframe_on_request(Fixture *self, gconstpointer user) {
    for (int i = 0; i < 5; i++)
        g_ptr_array_unref(next_packets(self));
    lec_encode_force_keyframe(self->encode);
    bool found = false;
    for (int i = 0; i < 5 && !found; i++) {
        g_autoptr(GPtrArray) packets = next_packets(self);
        found = test_packets_have_idr(packets);
    }
    g_assert_true(found);
}

static gsize bytes_of_pictures(Fixture *self, int n) {
    gsize bytes = 0;
    for (int i = 0; i < n; i++) {
        g_autoptr(GPtrArray) packets = next_packets(self);
        for (guint j = 0; j < packets->len; j++)
            bytes += g_bytes_get_size(packets->pdata[j]);
    }
    return bytes;
}

/* A lower rate means fewer bytes in the same time: coarser pictures, or fewer of them. */
static void test_rate_is_kept(Fixture *self, gconstpointer user) {
    lec_encode_set_kbps(self->encode, 300);
    bytes_of_pictures(self, 3); /* the keyframe was made before */
    const gint64 start_us = g_get_monotonic_time();
    const gsize bytes = bytes_of_pictures(self, 30);
    const gint64 kbps = (gint64)bytes * 8000 / (g_get_monotonic_time() - start_us);
    g_assert_cmpint(kbps, <=, 450);
}

/* A tile is filled, not exceeded, and the picture keeps its proportions; the old size returns
 * without a limit. */
static void test_size_follows_tile(Fixture *self, gconstpointer user) {
    g_autoptr(TestDecoder) decoder = test_decoder_new();
    const struct {
        guint width, height;
        int expected_width, expected_height;
    } steps[] = {
        {960, 600, 960, 540}, {1900, 1000, 1920, 1080}, {640, 360, 640, 360}, {0, 0, 1920, 1080}};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        lec_encode_set_size(self->encode, steps[i].width, steps[i].height);
        bool found = false;
        for (int n = 0; n < 10 && !found; n++) {
            g_autoptr(GPtrArray) packets = next_packets(self);
            g_autoptr(GstSample) sample = test_decoder_decode(decoder, packets);
            g_assert_nonnull(sample);
            found = test_sample_width(sample) == steps[i].expected_width;
            if (!found)
                continue;
            g_assert_cmpint(test_sample_height(sample), ==, steps[i].expected_height);
            const int x = 120 * steps[i].expected_width / 1920,
                      y = 900 * steps[i].expected_height / 1080;
            g_assert_true(test_colour_near(test_sample_colour(sample, x, y), 0xb4b4b4, 12));
        }
        g_assert_true(found);
    }
}

static void test_names_encoder(Fixture *self, gconstpointer user) {
    g_autoptr(GError) error = NULL;
    g_assert_cmpstr(lec_encode_get_encoder(self->encode), ==, lec_encode_find_h264(&error));
    g_assert_no_error(error);
}

static void test_needs_h264(void) {
    Fixture self = {0};
    self.capture = lec_capture_open("test", 30, on_ready, &self);
    while (self.source == NULL)
        g_main_context_iteration(NULL, TRUE);
    LecMediaSection video = make_section();
    video.n_codecs = 1;
    const LecEncodeEvents events = {.packets = on_packets, .failed = on_failed, .ended = on_ended};
    g_autoptr(GError) error = NULL;
    g_assert_null(
        lec_encode_new(self.source, &video, NULL, LEC_PROFILE_AUTO, &events, &self, &error));
    g_assert_error(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED);
    lec_capture_free(self.capture);
}

int main(int argc, char **argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/encode/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("round-trip", test_round_trip);
    ADD("packets-are-sound", test_packets_are_sound);
    ADD("keyframe-on-request", test_keyframe_on_request);
    ADD("rate-is-kept", test_rate_is_kept);
    ADD("size-follows-tile", test_size_follows_tile);
    ADD("names-encoder", test_names_encoder);
    g_test_add_func("/encode/needs-h264", test_needs_h264);
    return g_test_run();
}
