/* pulsesrc, opusenc, rtpopuspay: ten milliseconds a packet. */
#include "sender/encode-audio.h"
#include "common/base/i18n.h"

#include "sender/capture-audio.h"
#include "sender/rtp-sink.h"

#define OPUS_BPS 96000
#define OPUS_COMPLEXITY 5 /* half the work of 10, and nobody hears it at this rate */
#define MTU 1150
#define STOPPED "lectern-stopped" /* guarded by the pipeline's state lock */

struct LecEncodeAudio {
    void (*packets)(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user);
    void (*failed)(const GError *error, void *user);
    void *user;
    GstElement *pipeline;
    guint watch_id;
};

static void on_packet(GBytes *packet, bool marker, gint64 time_us, void *user) {
    LecEncodeAudio *self = user;
    GPtrArray *packets = g_ptr_array_new_full(1, (GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(packets, packet);
    self->packets(LEC_MEDIA_AUDIO, packets, time_us, self->user);
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer user) {
    LecEncodeAudio *self = user;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR &&
        GST_MESSAGE_TYPE(message) != GST_MESSAGE_EOS)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) cause = NULL;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        gst_message_parse_error(message, &cause, NULL);
    g_autoptr(GError) error =
        g_error_new(LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_MISSING,
                    _("Sound is not shared, for there is no sound server to take it from (%s)"),
                    cause != NULL ? cause->message : _("it ended"));
    self->watch_id = 0;
    self->failed(error, self->user);
    return G_SOURCE_REMOVE;
}

static GstElement *make_format(void) {
    GstElement *format = gst_element_factory_make("capsfilter", NULL);
    g_autoptr(GstCaps) caps =
        gst_caps_from_string("audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2");
    if (format != NULL)
        g_object_set(format, "caps", caps, NULL);
    return format;
}

static GstElement *make_encoder(void) {
    GstElement *encoder = gst_element_factory_make("opusenc", NULL);
    if (encoder == NULL)
        return NULL;
    gst_util_set_object_arg(G_OBJECT(encoder), "frame-size", "10");
    gst_util_set_object_arg(G_OBJECT(encoder), "audio-type", "generic");
    g_object_set(encoder, "bitrate", OPUS_BPS, "complexity", OPUS_COMPLEXITY, "dtx", FALSE, NULL);
    return encoder;
}

static GstElement *make_payloader(const LecMediaSection *audio, const LecCodecParams *codec,
                                  const LecRtpPlace *place) {
    GstElement *pay = gst_element_factory_make("rtpopuspay", NULL);
    if (pay == NULL)
        return NULL;
    g_object_set(pay, "pt", (guint)codec->payload_type, "mtu", MTU, NULL);
    if (audio->ssrc != 0)
        g_object_set(pay, "ssrc", audio->ssrc, NULL);
    lec_rtp_place_set(place, pay);
    return pay;
}

static const LecCodecParams *find_opus(const LecMediaSection *audio) {
    for (guint i = 0; i < audio->n_codecs; i++)
        if (audio->codecs[i].codec == LEC_CODEC_OPUS)
            return &audio->codecs[i];
    return NULL;
}

static bool build(LecEncodeAudio *self, const LecMediaSection *audio, const LecRtpPlace *place,
                  GError **error) {
    const LecCodecParams *codec = find_opus(audio);
    if (codec == NULL) {
        g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED,
                            _("Sound is not shared: the receiver does not take Opus"));
        return false;
    }
    GstElement *source = lec_capture_audio_new(error);
    if (source == NULL)
        return false;
    GstElement *const chain[] = {source, make_format(), make_encoder(),
                                 make_payloader(audio, codec, place),
                                 lec_rtp_sink_new(on_packet, self)};
    if (lec_rtp_sink_link(self->pipeline, NULL, chain, G_N_ELEMENTS(chain)))
        return true;
    g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_MISSING,
                        _("Sound is not shared: GStreamer's base plugins are not complete here"));
    return false;
}

/* Connecting to the sound server waits for its answer, so not on main; what goes wrong comes
 * through the bus. */
static void start(GstElement *pipeline, gpointer unused) {
    GST_STATE_LOCK(pipeline);
    if (g_object_get_data(G_OBJECT(pipeline), STOPPED) == NULL)
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GST_STATE_UNLOCK(pipeline);
}

/* Also where start() did not come to its turn yet. */
static void stop(GstElement *pipeline) {
    GST_STATE_LOCK(pipeline);
    g_object_set_data(G_OBJECT(pipeline), STOPPED, GINT_TO_POINTER(TRUE));
    gst_element_set_state(pipeline, GST_STATE_NULL);
    GST_STATE_UNLOCK(pipeline);
}

LecEncodeAudio *lec_encode_audio_new(const LecMediaSection *audio, const LecRtpPlace *place,
                                     void (*packets)(LecMediaKind kind, GPtrArray *packets,
                                                     gint64 capture_us, void *user),
                                     void (*failed)(const GError *error, void *user), void *user,
                                     GError **error) {
    g_autoptr(LecEncodeAudio) self = g_new0(LecEncodeAudio, 1);
    self->packets = packets;
    self->failed = failed;
    self->user = user;
    self->pipeline = gst_pipeline_new(NULL);
    if (!build(self, audio, place, error))
        return NULL;
    lec_rtp_sink_set_clock(self->pipeline);
    g_autoptr(GstBus) bus = gst_pipeline_get_bus(GST_PIPELINE(self->pipeline));
    self->watch_id = gst_bus_add_watch(bus, on_message, self);
    gst_element_call_async(self->pipeline, start, NULL, NULL);
    return g_steal_pointer(&self);
}

void lec_encode_audio_free(LecEncodeAudio *self) {
    if (self == NULL)
        return;
    g_clear_handle_id(&self->watch_id, g_source_remove);
    stop(self->pipeline);
    gst_clear_object(&self->pipeline);
    g_free(self);
}
