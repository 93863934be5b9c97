/* The sender's pipeline for pictures: source, encoder, payloader, and out as packets on the
 * source's own thread. */
#include "sender/encode.h"
#include "common/base/i18n.h"

#include "sender/encode-h264.h"
#include "sender/rtp-sink.h"
#include "sender/scale.h"
#include "sender/source.h"

#define START_KBPS 8000
#define MIN_KBPS 100
#define MAX_KBPS 100000
/* What a film is given at most: more shows nobody anything in motion, and each bit takes time to
 * encode, to send and to decode. What then stands still becomes sharp all the same. */
#define FILM_KBPS 8000
#define WORTH_PERCENT 3
/* What goes into SRTP stays under 1200 bytes with the link's header extensions. */
#define MTU 1150
#define NOMINAL_FPS 30
/* A picture larger than this was a large change, which rate control had to keep coarse. */
#define SHARP_BYTES 8192
/* What may be sent ahead of the rate before the frame rate gives way. */
#define BURST_US (120 * 1000)
/* Headers, what is sent again, and the moments in which the estimate drains the path take their
 * share of the rate. */
#define OVERHEAD_PERCENT 112
/* Where the rate kept a change coarse, its rate control says nothing for a while before it has the
 * means to go on: so many small pictures running are the end. */
#define STARVED_US (60 * 1000)
#define STARVED_RUNS 15

struct LecEncode {
    LecEncodeEvents events;
    void *user;
    GstElement *pipeline, *source, *scale, *encoder;
    guint watch_id;
    guint enough_kbps; /* for the encoder, however much the link bears */
    gint kbps;         /* atomic: what the link bears */
    /* The streaming thread's. */
    GPtrArray *packets;   /* of the picture that is being payloaded */
    gint64 sent_until_us; /* atomic: when all that was sent would have left at the allowed rate */
    bool starved;         /* the last large picture had to wait */
    guint small_pictures; /* since a large one */
};

/* Whether the encoder has more to say about this picture. */
static bool is_unfinished(LecEncode *self, gsize bytes, gint64 ahead_us) {
    const gint64 share_bytes = (gint64)g_atomic_int_get(&self->kbps) * 1000 / 8 / NOMINAL_FPS;
    if ((gint64)bytes > MIN(SHARP_BYTES, share_bytes / 2)) {
        self->starved = self->starved || ahead_us > STARVED_US;
        self->small_pictures = 0;
        return true;
    }
    self->small_pictures++;
    if (self->starved && self->small_pictures < STARVED_RUNS)
        return true;
    self->starved = false;
    return false;
}

static void hold_source(LecEncode *self, gint64 sent_until_us) {
    __atomic_store_n(&self->sent_until_us, sent_until_us, __ATOMIC_RELAXED);
    if (LEC_IS_SOURCE(self->source))
        lec_source_hold_until(LEC_SOURCE(self->source), sent_until_us - BURST_US);
}

/* Where a picture was larger than the rate allows, the next ones wait instead of being queued
 * behind it. */
static void pace_source(LecEncode *self, gsize bytes) {
    const gint64 now_us = g_get_monotonic_time();
    const gint64 kbps = g_atomic_int_get(&self->kbps);
    const gint64 before_us = __atomic_load_n(&self->sent_until_us, __ATOMIC_RELAXED);
    const gint64 until_us =
        MAX(before_us, now_us) + (gint64)bytes * 8000 * OVERHEAD_PERCENT / 100 / kbps;
    hold_source(self, until_us);
    const bool unfinished = is_unfinished(self, bytes, until_us - now_us);
    if (LEC_IS_SOURCE(self->source))
        lec_source_set_unfinished(LEC_SOURCE(self->source), unfinished);
}

/* What waits takes longer where the rate is lower than it was. A picture that is sent meanwhile may
 * make this worth nothing: then its own hold counts. */
static void stretch_hold(LecEncode *self, gint before_kbps, gint kbps) {
    const gint64 now_us = g_get_monotonic_time();
    const gint64 rest_us = __atomic_load_n(&self->sent_until_us, __ATOMIC_RELAXED) - now_us;
    if (rest_us > 0)
        hold_source(self, now_us + rest_us * before_kbps / kbps);
}

static void send_picture(LecEncode *self, gint64 capture_us) {
    gsize bytes = 0;
    for (guint i = 0; i < self->packets->len; i++)
        bytes += g_bytes_get_size(self->packets->pdata[i]);
    GPtrArray *packets = g_steal_pointer(&self->packets);
    self->packets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    pace_source(self, bytes);
    self->events.packets(LEC_MEDIA_VIDEO, packets, capture_us, self->user);
}

static void on_packet(GBytes *packet, bool marker, gint64 time_us, void *user) {
    LecEncode *self = user;
    g_ptr_array_add(self->packets, packet);
    if (marker)
        send_picture(self, time_us);
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer user) {
    LecEncode *self = user;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        self->watch_id = 0;
        self->events.ended(self->user);
        return G_SOURCE_REMOVE;
    }
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) cause = NULL;
    gst_message_parse_error(message, &cause, NULL);
    g_autoptr(GError) error =
        g_error_new(LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED,
                    _("The screen cannot be shared any more: %s"), cause->message);
    self->watch_id = 0;
    self->events.failed(error, self->user);
    return G_SOURCE_REMOVE;
}

static GstElement *make_payloader(const LecMediaSection *video, const LecCodecParams *codec,
                                  const LecRtpPlace *place) {
    GstElement *pay = gst_element_factory_make("rtph264pay", NULL);
    if (pay == NULL)
        return NULL;
    /* RFC 6184 §6.3, packetization-mode 1. The parameter sets go with each keyframe: a decoder may
     * join at any. */
    gst_util_set_object_arg(G_OBJECT(pay), "aggregate-mode", "zero-latency");
    g_object_set(pay, "mtu", MTU, "config-interval", -1, "pt", (guint)codec->payload_type, NULL);
    if (video->ssrc != 0)
        g_object_set(pay, "ssrc", video->ssrc, NULL);
    lec_rtp_place_set(place, pay);
    return pay;
}

/* Baseline without its odd tools is what every decoder knows, and what the description promises
 * (42e0xx). */
static GstElement *make_profile_filter(void) {
    GstElement *filter = gst_element_factory_make("capsfilter", NULL);
    g_autoptr(GstCaps) caps = gst_caps_from_string(
        "video/x-h264,profile=constrained-baseline,stream-format=byte-stream,alignment=au");
    if (filter != NULL)
        g_object_set(filter, "caps", caps, NULL);
    return filter;
}

static bool build(LecEncode *self, const LecMediaSection *video, const LecRtpPlace *place,
                  LecProfile profile, GError **error) {
    const LecCodecParams *codec = NULL;
    for (guint i = 0; i < video->n_codecs && codec == NULL; i++)
        if (video->codecs[i].codec == LEC_CODEC_H264)
            codec = &video->codecs[i];
    if (codec == NULL) {
        g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED,
                            _("The receiver does not take H.264"));
        return false;
    }
    self->encoder = lec_h264_new(profile, MIN((guint)self->kbps, self->enough_kbps), error);
    if (self->encoder == NULL)
        return false;
    self->scale = lec_scale_new();
    GstElement *chain[6];
    gsize n = 0;
    chain[n++] = self->scale;
    if (!lec_h264_takes_i420(self->encoder))
        chain[n++] = gst_element_factory_make("videoconvert", NULL);
    chain[n++] = self->encoder;
    chain[n++] = make_profile_filter();
    chain[n++] = make_payloader(video, codec, place);
    chain[n++] = lec_rtp_sink_new(on_packet, self);
    if (lec_rtp_sink_link(self->pipeline, self->source, chain, n))
        return true;
    g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_MISSING,
                        _("GStreamer's base and good plugins are not complete here"));
    return false;
}

static bool start(LecEncode *self, GError **error) {
    lec_rtp_sink_set_clock(self->pipeline);
    g_autoptr(GstBus) bus = gst_pipeline_get_bus(GST_PIPELINE(self->pipeline));
    self->watch_id = gst_bus_add_watch(bus, on_message, self);
    if (gst_element_set_state(self->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return true;
    g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED,
                        _("The capture did not start"));
    return false;
}

LecEncode *lec_encode_new(GstElement *source, const LecMediaSection *video,
                          const LecRtpPlace *place, LecProfile profile,
                          const LecEncodeEvents *events, void *user, GError **error) {
    g_autoptr(LecEncode) self = g_new0(LecEncode, 1);
    self->events = *events;
    self->user = user;
    self->kbps = START_KBPS;
    self->enough_kbps = profile == LEC_PROFILE_TEXT ? MAX_KBPS : FILM_KBPS;
    self->packets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    self->pipeline = gst_pipeline_new(NULL);
    self->source = source;
    gst_bin_add(GST_BIN(self->pipeline), source);
    gst_object_unref(source); /* the pipeline has it now */
    if (!build(self, video, place, profile, error) || !start(self, error))
        return NULL;
    return g_steal_pointer(&self);
}

void lec_encode_free(LecEncode *self) {
    if (self == NULL)
        return;
    g_clear_handle_id(&self->watch_id, g_source_remove);
    gst_element_set_state(self->pipeline, GST_STATE_NULL);
    gst_clear_object(&self->pipeline);
    g_clear_pointer(&self->packets, g_ptr_array_unref);
    g_free(self);
}

static void ask_for_picture(GstElement *element) {
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, "src");
    gst_pad_send_event(pad,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

/* The encoder first, so that the picture which the source then sends is the one. */
void lec_encode_force_keyframe(LecEncode *self) {
    ask_for_picture(self->encoder);
    ask_for_picture(self->source);
}

void lec_encode_set_kbps(LecEncode *self, guint kbps) {
    const gint bounded = (gint)CLAMP(kbps, MIN_KBPS, MAX_KBPS);
    const gint before = g_atomic_int_get(&self->kbps);
    /* Estimates waver; each change makes the encoder set up its rate control anew. */
    if (ABS(bounded - before) * 100 < before * WORTH_PERCENT)
        return;
    g_atomic_int_set(&self->kbps, bounded);
    stretch_hold(self, before, bounded);
    lec_h264_set_kbps(self->encoder, MIN((guint)bounded, self->enough_kbps));
}

void lec_encode_set_size(LecEncode *self, guint width, guint height) {
    if (lec_scale_set_limit(self->scale, width, height))
        ask_for_picture(self->source);
}

const char *lec_encode_get_encoder(const LecEncode *self) {
    return GST_OBJECT_NAME(gst_element_get_factory(self->encoder));
}

bool lec_encode_warm_up(GError **error) {
    const char *const elements[] = {lec_encode_find_h264(error), "capsfilter", "rtph264pay",
                                    "appsink"};
    if (elements[0] == NULL)
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++) {
        g_autoptr(GstElementFactory) factory = gst_element_factory_find(elements[i]);
        GstPluginFeature *loaded = NULL;
        if (factory != NULL)
            loaded = gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory));
        gst_clear_object(&loaded); /* the plug-in stays */
    }
    return true;
}
