/* A real encoder's packets through the real decoder: pictures come out with their times, losses ask
 * for a keyframe. */
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#include "receiver/playback.h"
#include "tests/support/starved.h"

#define WATCHDOG_S 20

typedef struct {
    GMainLoop *loop;
    GPtrArray *packets; /* of GstBuffer, RTP */
    guint frames, keyframes_needed, failures;
    guint wanted_frames;
    gint64 last_sender_us;
    guint width, height;
    glong faults; /* of memory, up to the fifth picture */
    bool times_out_of_order;
} Fixture;

static gboolean on_watchdog(gpointer user) {
    g_error("Nothing came in %d s.", WATCHDOG_S);
    return G_SOURCE_REMOVE;
}

static glong count_faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static void on_frame(LecFrame *frame, void *user) {
    Fixture *self = user;
    if (++self->frames == 5)
        self->faults = count_faults();
    self->width = frame->width;
    self->height = frame->height;
    self->times_out_of_order |= frame->sender_us < self->last_sender_us;
    self->last_sender_us = frame->sender_us;
    lec_frame_unref(frame);
    g_main_loop_quit(self->loop);
}

static void on_keyframe_needed(void *user) {
    Fixture *self = user;
    self->keyframes_needed++;
    g_main_loop_quit(self->loop);
}

static void on_failed(const GError *error, void *user) {
    Fixture *self = user;
    self->failures++;
    g_main_loop_quit(self->loop);
}

static const LecPlaybackEvents events = {
    .frame = on_frame, .keyframe_needed = on_keyframe_needed, .failed = on_failed};

static const LecMediaSection video = {
    .kind = LEC_MEDIA_VIDEO,
    .codecs = {{.codec = LEC_CODEC_H264, .payload_type = 96, .clock_rate = 90000},
               {.codec = LEC_CODEC_VP8, .payload_type = 97, .clock_rate = 90000},
               {.codec = LEC_CODEC_VP9, .payload_type = 98, .clock_rate = 90000}},
    .n_codecs = 3,
};
static const LecMediaSection audio = {
    .kind = LEC_MEDIA_AUDIO,
    .codecs = {{.codec = LEC_CODEC_OPUS, .payload_type = 111, .clock_rate = 48000, .channels = 2}},
    .n_codecs = 1,
};

/* Runs a pipeline to its end and keeps the RTP packets. */
static void encode(Fixture *self, const char *description) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GstElement) pipeline = gst_parse_launch(description, &error);
    g_assert_no_error(error);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstSample *sample;
    while ((sample = gst_app_sink_pull_sample(GST_APP_SINK(sink))) != NULL) {
        g_ptr_array_add(self->packets, gst_buffer_ref(gst_sample_get_buffer(sample)));
        gst_sample_unref(sample);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    g_assert_cmpuint(self->packets->len, >, 0);
}

static Fixture *fixture_new(const char *description) {
    Fixture *self = g_new0(Fixture, 1);
    self->loop = g_main_loop_new(NULL, FALSE);
    self->packets = g_ptr_array_new_with_free_func((GDestroyNotify)gst_buffer_unref);
    encode(self, description);
    return self;
}

static void fixture_free(Fixture *self) {
    g_ptr_array_unref(self->packets);
    g_main_loop_unref(self->loop);
    g_free(self);
}

static void push(Fixture *self, LecPlayback *playback, LecMediaKind kind, guint i,
                 bool discontinuity) {
    GstMapInfo map;
    GstBuffer *buffer = g_ptr_array_index(self->packets, i);
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    lec_playback_push(playback, kind, map.data, map.size, g_get_monotonic_time(), 1000 + (gint64)i,
                      discontinuity);
    gst_buffer_unmap(buffer, &map);
}

static bool is_last_of_picture(Fixture *self, guint i) {
    guint8 second;
    gst_buffer_extract(g_ptr_array_index(self->packets, i), 1, &second, 1);
    return second & 0x80;
}

static guint8 payload_type(Fixture *self) {
    guint8 second;
    gst_buffer_extract(g_ptr_array_index(self->packets, 0), 1, &second, 1);
    return second & 0x7f;
}

static void wait_for_anything(Fixture *self) {
    const guint watchdog = g_timeout_add_seconds(WATCHDOG_S, on_watchdog, NULL);
    g_main_loop_run(self->loop);
    g_source_remove(watchdog);
}

#define SOURCE(n, size)                                                                          \
    "videotestsrc num-buffers=" n " pattern=ball ! video/x-raw,format=I420,framerate=30/1," size \
    " ! "
#define SINK " mtu=1150 ! appsink name=sink sync=false"
#define ENCODE(n, size)                                            \
    SOURCE(n, size)                                                \
    "x264enc tune=zerolatency speed-preset=ultrafast ! "           \
    "video/x-h264,profile=constrained-baseline ! rtph264pay pt=96" \
    " config-interval=-1" SINK
#define ENCODE_VP8(n, size) SOURCE(n, size) "vp8enc deadline=1 cpu-used=8 ! rtpvp8pay pt=97" SINK
#define ENCODE_VP9(n, size) SOURCE(n, size) "vp9enc deadline=1 cpu-used=8 ! rtpvp9pay pt=98" SINK

/* Gives all packets in, each picture only when the one before has come out: the decoder holds none
 * back. */
static void play(Fixture *self, LecPlayback *playback) {
    guint pictures = self->frames;
    for (guint i = 0; i < self->packets->len && self->failures == 0; i++) {
        push(self, playback, LEC_MEDIA_VIDEO, i, false);
        if (!is_last_of_picture(self, i))
            continue;
        pictures++;
        while (self->frames < pictures && self->failures == 0)
            wait_for_anything(self);
    }
}

/* As if the nth codec alone had been agreed on. */
static LecPlayback *play_codec(Fixture *self, guint n) {
    g_autoptr(GError) error = NULL;
    LecMediaSection only = video;
    only.codecs[0] = video.codecs[n];
    only.n_codecs = 1;
    LecPlayback *playback = lec_playback_new(&only, NULL, NULL, &events, self, &error);
    g_assert_no_error(error);
    play(self, playback);
    return playback;
}

static void test_every_picture_at_once(gconstpointer description) {
    Fixture *self = fixture_new(description);
    LecPlayback *playback = play_codec(self, payload_type(self) - 96);
    g_assert_cmpuint(self->frames, ==, 20);
    g_assert_cmpuint(self->width, ==, 642);
    g_assert_cmpuint(self->height, ==, 362);
    g_assert_false(self->times_out_of_order);
    g_assert_cmpint(self->last_sender_us, >, 1000);
    g_assert_cmpuint(self->failures, ==, 0);
    g_assert_nonnull(lec_playback_get_decoder(playback));
    lec_playback_free(playback);
    fixture_free(self);
}

/* Memory that is new for each picture costs more than to decode a page of text: 340 faults. */
static void test_memory_is_used_again(void) {
    mallopt(M_MMAP_THRESHOLD, 131072); /* as the receiver has it */
    Fixture *self = fixture_new(ENCODE("25", "width=1280,height=720"));
    LecPlayback *playback = play_codec(self, 0);
    g_assert_cmpuint(self->frames, ==, 25);
    g_assert_cmpint((count_faults() - self->faults) / 20, <, 100);
    lec_playback_free(playback);
    fixture_free(self);
}

/* A window is resized: the pictures go on in their new size. */
static void test_other_size(void) {
    static const char *const descriptions[][2] = {
        {ENCODE("5", "width=642,height=362"), ENCODE("5", "width=320,height=722")},
        {ENCODE_VP8("5", "width=642,height=362"), ENCODE_VP8("5", "width=320,height=722")},
        {ENCODE_VP9("5", "width=642,height=362"), ENCODE_VP9("5", "width=320,height=722")}};
    for (guint i = 0; i < G_N_ELEMENTS(descriptions); i++) {
        Fixture *self = fixture_new(descriptions[i][0]);
        LecPlayback *playback = play_codec(self, i);
        g_assert_cmpuint(self->height, ==, 362);
        g_ptr_array_set_size(self->packets, 0);
        encode(self, descriptions[i][1]);
        play(self, playback);
        g_assert_cmpuint(self->frames, ==, 10);
        g_assert_cmpuint(self->height, ==, 722);
        g_assert_cmpuint(self->failures, ==, 0);
        lec_playback_free(playback);
        fixture_free(self);
    }
}

/* A sender that changes to another of the codecs agreed is followed, and asked for a keyframe. */
static void test_other_codec(void) {
    Fixture *self = fixture_new(ENCODE("3", "width=642,height=362"));
    g_autoptr(GError) error = NULL;
    LecPlayback *playback = lec_playback_new(&video, NULL, NULL, &events, self, &error);
    g_assert_no_error(error);
    play(self, playback);
    g_assert_cmpuint(self->frames, ==, 3);
    g_ptr_array_set_size(self->packets, 0);
    encode(self, ENCODE_VP8("3", "width=320,height=180"));
    const guint asked = self->keyframes_needed;
    push(self, playback, LEC_MEDIA_VIDEO, 0, false);
    while (self->keyframes_needed == asked)
        wait_for_anything(self);
    play(self, playback);
    g_assert_cmpuint(self->frames, ==, 6);
    g_assert_cmpuint(self->width, ==, 320);
    g_assert_cmpuint(self->failures, ==, 0);
    lec_playback_free(playback);
    fixture_free(self);
}

/* A keyframe that says that it is enormous ends the presentation before a decoder has seen it. */
static void test_enormous(void) {
    Fixture *self = fixture_new(ENCODE_VP8("1", "width=320,height=180"));
    GstMapInfo map;
    GstBuffer *first = gst_buffer_copy_deep(g_ptr_array_index(self->packets, 0));
    gst_buffer_map(first, &map, GST_MAP_READWRITE);
    guint8 *code = memmem(map.data, map.size, "\x9d\x01\x2a", 3);
    g_assert_nonnull(code);
    memcpy(code + 3, "\x00\x20\x00\x20", 4); /* 8192 × 8192 */
    gst_buffer_unmap(first, &map);
    g_ptr_array_remove_index(self->packets, 0);
    g_ptr_array_insert(self->packets, 0, first);
    LecPlayback *playback = play_codec(self, 1);
    g_assert_cmpuint(self->failures, ==, 1);
    g_assert_cmpuint(self->frames, ==, 0);
    lec_playback_free(playback);
    fixture_free(self);
}

/* The same in H.264, where a depayloader takes the parameters out of the stream. */
static void test_enormous_h264(void) {
    static const guint8 sps[] = "\x80\x60\0\0\0\0\0\0\0\0\0\1"
                                "\x67\x42\0\x34\xda\0\x20\0\x04\x01\x90";
    static const guint8 pps[] = "\x80\x60\0\1\0\0\0\0\0\0\0\1"
                                "\x68\xce\x3c\x80";
    static const guint8 slice[] = "\x80\xe0\0\2\0\0\0\0\0\0\0\1"
                                  "\x65\x88\x84\0\x33";
    Fixture self = {.loop = g_main_loop_new(NULL, FALSE)};
    g_autoptr(GError) error = NULL;
    LecPlayback *playback = lec_playback_new(&video, NULL, NULL, &events, &self, &error);
    lec_playback_push(playback, LEC_MEDIA_VIDEO, sps, sizeof sps - 1, 0, 0, false);
    lec_playback_push(playback, LEC_MEDIA_VIDEO, pps, sizeof pps - 1, 0, 0, false);
    lec_playback_push(playback, LEC_MEDIA_VIDEO, slice, sizeof slice - 1, 0, 0, false);
    while (self.failures == 0)
        wait_for_anything(&self);
    g_assert_cmpuint(self.frames, ==, 0);
    lec_playback_free(playback);
    g_main_loop_unref(self.loop);
}

/* Behind a VP9 frame libvpx looks for the next one: a frame that nobody has measured. */
static void test_hidden_frame(void) {
    Fixture *hidden = fixture_new(
        SOURCE("1", "width=64,height=64") "vp9enc deadline=1 ! appsink name=sink sync=false");
    Fixture *self = fixture_new(ENCODE_VP9("1", "width=320,height=180"));
    const guint last = self->packets->len - 1;
    GstBuffer *longer =
        gst_buffer_append(gst_buffer_copy_deep(g_ptr_array_index(self->packets, last)),
                          gst_buffer_copy_deep(g_ptr_array_index(hidden->packets, 0)));
    g_ptr_array_remove_index(self->packets, last);
    g_ptr_array_add(self->packets, longer);
    LecPlayback *playback = play_codec(self, 2);
    g_assert_cmpuint(self->frames, ==, 1);
    g_assert_cmpuint(self->width, ==, 320);
    g_assert_cmpuint(self->height, ==, 180);
    lec_playback_free(playback);
    fixture_free(self);
    fixture_free(hidden);
}

/* A lost packet: a keyframe is asked for, and no broken picture is shown. */
static void test_loss_asks_for_keyframe(void) {
    Fixture *self = fixture_new(ENCODE("12", "width=640,height=360"));
    g_autoptr(GError) error = NULL;
    LecPlayback *playback = lec_playback_new(&video, NULL, NULL, &events, self, &error);
    guint pictures = 0, before = 0;
    bool lost = false;
    for (guint i = 0; i < self->packets->len && self->keyframes_needed == before; i++) {
        if (pictures == 5 && !lost) {
            lost = true;
            before = self->keyframes_needed;
            continue;
        }
        push(self, playback, LEC_MEDIA_VIDEO, i, lost);
        if (!is_last_of_picture(self, i))
            continue;
        pictures++;
        while (!lost && self->frames < pictures)
            wait_for_anything(self);
        if (lost)
            wait_for_anything(self);
    }
    g_assert_cmpuint(self->keyframes_needed, >, before);
    g_assert_cmpuint(self->frames, ==, 5);
    lec_playback_free(playback);
    fixture_free(self);
}

/* A hundred losses in a row while main is busy with something else: the pictures go on after it. */
static void test_losses_while_main_is_busy(void) {
    Fixture *self = fixture_new(ENCODE("20", "width=320,height=180"));
    g_autoptr(GError) error = NULL;
    LecPlayback *playback = lec_playback_new(&video, NULL, NULL, &events, self, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 100; i++)
        push(self, playback, LEC_MEDIA_VIDEO, 0, true);
    guint i = 0, pictures = 0;
    for (; pictures < 10; i++) {
        push(self, playback, LEC_MEDIA_VIDEO, i, false);
        pictures += is_last_of_picture(self, i);
    }
    g_usleep(G_USEC_PER_SEC / 2); /* busy */
    while (self->frames == 0)
        wait_for_anything(self);
    g_assert_cmpuint(self->keyframes_needed, <=, 2);
    const guint before = self->frames;
    for (; i < self->packets->len; i++)
        push(self, playback, LEC_MEDIA_VIDEO, i, false);
    while (self->frames == before)
        wait_for_anything(self);
    lec_playback_free(playback);
    fixture_free(self);
}

/* Bytes that are no H.264 at all hurt nobody. */
static void test_rubbish(void) {
    Fixture *self = fixture_new(ENCODE("2", "width=320,height=180"));
    g_autoptr(GError) error = NULL;
    LecPlayback *playback = lec_playback_new(&video, NULL, NULL, &events, self, &error);
    guint8 packet[200] = {0x80, 0xe0};
    for (guint16 i = 0; i < 500; i++) {
        for (guint k = 12; k < sizeof packet; k++)
            packet[k] = (guint8)g_random_int();
        packet[3] = (guint8)i;
        packet[2] = (guint8)(i >> 8);
        packet[7] = (guint8)i;
        lec_playback_push(playback, LEC_MEDIA_VIDEO, packet, 12 + g_random_int_range(0, 188), 0, 0,
                          false);
    }
    lec_playback_push(playback, LEC_MEDIA_VIDEO, packet, 3, 0, 0,
                      false); /* too short for a header */
    for (guint i = 0; i < self->packets->len; i++)
        push(self, playback, LEC_MEDIA_VIDEO, i, i == 0);
    while (self->frames == 0 && self->failures == 0)
        wait_for_anything(self);
    lec_playback_free(playback);
    fixture_free(self);
}

static gint compare_times(gconstpointer a, gconstpointer b) {
    const gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
    return (left > right) - (left < right);
}

static gboolean on_sound_check(gpointer user) {
    Fixture *self = user;
    g_main_loop_quit(self->loop);
    return G_SOURCE_CONTINUE;
}

/* 2 s of sound, and a picture shown 60 ms after it was captured with each packet of it. Returns the
 * middle of what is measured in the last second. */
static gint64 measure_skew_us(Fixture *self, LecPlayback *playback) {
    const gint64 sender_epoch = 77000000;
    LecTrack *track = lec_playback_get_track(playback);
    g_autoptr(GArray) skews = g_array_new(FALSE, FALSE, sizeof(gint64));
    const guint pace = g_timeout_add(10, on_sound_check, self);
    const gint64 begin = g_get_monotonic_time();
    for (guint i = 0; i < self->packets->len; i++) {
        GstMapInfo map;
        GstBuffer *buffer = g_ptr_array_index(self->packets, i);
        gst_buffer_map(buffer, &map, GST_MAP_READ);
        lec_playback_push(playback, LEC_MEDIA_AUDIO, map.data, map.size, g_get_monotonic_time(),
                          sender_epoch + (gint64)i * 10000, false);
        gst_buffer_unmap(buffer, &map);
        lec_track_sync(track, sender_epoch + (gint64)i * 10000, begin + (gint64)i * 10000 + 60000);
        while (g_get_monotonic_time() < begin + (gint64)(i + 1) * 10000)
            g_main_loop_run(self->loop);
        const gint64 skew = lec_track_get_skew_us(track);
        if (i >= self->packets->len / 2)
            g_array_append_val(skews, skew);
    }
    g_source_remove(pace);
    g_array_sort(skews, compare_times);
    return g_array_index(skews, gint64, skews->len / 2);
}

/* Sound goes through decoder and mixer to a sink, and its delay to the pictures is known. */
static gint64 hear_and_see(Fixture *self) {
    g_autoptr(GError) error = NULL;
    LecMixer *mixer = lec_mixer_new("fakesink sync=true", &error);
    g_assert_no_error(error);
    LecPlayback *playback = lec_playback_new(&video, &audio, mixer, &events, self, &error);
    g_assert_no_error(error);
    LecTrack *track = lec_playback_get_track(playback);
    const guint pace = g_timeout_add(10, on_sound_check, self);
    for (guint i = 0; i < 50; i++) {
        push(self, playback, LEC_MEDIA_AUDIO, i, false);
        g_main_loop_run(self->loop);
    }
    g_source_remove(pace);
    lec_track_sync(track, 1000, 61000);
    g_assert_cmpint(lec_track_get_skew_us(track), ==, 0); /* nothing is heard before a picture */
    Fixture *picture = fixture_new(ENCODE("1", "width=320,height=180"));
    self->frames = 0;
    for (guint i = 0; i < picture->packets->len; i++)
        push(picture, playback, LEC_MEDIA_VIDEO, i, false);
    while (self->frames == 0)
        wait_for_anything(self);
    fixture_free(picture);
    const gint64 skew_us = measure_skew_us(self, playback);
    lec_playback_free(playback);
    lec_mixer_free(mixer);
    return skew_us;
}

static void test_sound_is_in_step(void) {
    Fixture *self = fixture_new(
        "audiotestsrc num-buffers=200 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=2 ! "
        "opusenc frame-size=10 ! rtpopuspay pt=111 ! appsink name=sink sync=false");
    gint64 skew_us = 0;
    bool starved = true;
    for (guint left = 3; left > 0 && starved; left--) {
        LecStarved *watch = lec_starved_watch();
        skew_us = hear_and_see(self);
        starved = lec_starved_end(watch) && (skew_us == 0 || ABS(skew_us) >= 40000);
        g_test_message("sound behind the picture by %.1f ms", (double)skew_us / 1000);
    }
    g_assert_cmpint(skew_us, !=, 0);
    g_assert_cmpint(ABS(skew_us), <, 40000);
    fixture_free(self);
}

/* A sink that cannot be made as it was asked for is an error, and no mixer beside it. */
static void test_bad_sink(void) {
    static const char *const sinks[] = {"fakesink loudness=11", "nosuchsink", "fakesink !"};
    for (guint i = 0; i < G_N_ELEMENTS(sinks); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(lec_mixer_new(sinks[i], &error));
        g_assert_nonnull(error);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    gst_init(NULL, NULL);
    g_test_add_data_func("/playback/every-picture-at-once/h264",
                         ENCODE("20", "width=642,height=362"), test_every_picture_at_once);
    g_test_add_data_func("/playback/every-picture-at-once/vp8",
                         ENCODE_VP8("20", "width=642,height=362"), test_every_picture_at_once);
    g_test_add_data_func("/playback/every-picture-at-once/vp9",
                         ENCODE_VP9("20", "width=642,height=362"), test_every_picture_at_once);
    g_test_add_func("/playback/memory-is-used-again", test_memory_is_used_again);
    g_test_add_func("/playback/other-size", test_other_size);
    g_test_add_func("/playback/other-codec", test_other_codec);
    g_test_add_func("/playback/enormous", test_enormous);
    g_test_add_func("/playback/enormous-h264", test_enormous_h264);
    g_test_add_func("/playback/hidden-frame", test_hidden_frame);
    g_test_add_func("/playback/loss-asks-for-keyframe", test_loss_asks_for_keyframe);
    g_test_add_func("/playback/losses-while-main-is-busy", test_losses_while_main_is_busy);
    g_test_add_func("/playback/rubbish", test_rubbish);
    g_test_add_func("/playback/bad-sink", test_bad_sink);
    g_test_add_func("/playback/sound-is-in-step", test_sound_is_in_step);
    return g_test_run();
}
