/* Which decoder is used, and with what settings: hardware where there is some, then the fastest
 * software. */
#include "receiver/decoders.h"

#include <gst/video/video.h>

typedef struct {
    LecCodec codec;
    const char *depayloader;
    const char *decoder;
    const char *settings;
} Choice;

/*
 * wait-for-keyframe: a presenter sees a still picture for one round trip after a loss rather than
 * smears. avc: with start codes, a depayloader takes the parameter sets that GStreamer's senders
 * put before each slice of a keyframe for the next picture's, and cuts it in two. avdec_h264: slice
 * threads only, for frame threads hold a picture back each; and into memory of its own, for
 * GstVideoDecoder takes what the decoder still looks at for shared, and copies it into memory that
 * is new for each picture (1.22). AV1 is missing: see docs/decisions/0040-video-codecs.md.
 */
#define DEPAY(codec) "rtp" codec "depay name=" LEC_DECODERS_DEPAYLOADER " wait-for-keyframe=true"
#define H264_DEPAY DEPAY("h264") " ! video/x-h264,stream-format=avc,alignment=au"

static const Choice choices[] = {
    {LEC_CODEC_H264, H264_DEPAY, "vah264dec", ""},
    {LEC_CODEC_H264, H264_DEPAY, "v4l2slh264dec", ""},
    {LEC_CODEC_H264, H264_DEPAY, "avdec_h264",
     " thread-type=2 max-threads=2 direct-rendering=false automatic-request-sync-points=true"},
    /* It negotiates with a parsed stream only. */
    {LEC_CODEC_H264, H264_DEPAY " ! h264parse", "openh264dec", ""},
    {LEC_CODEC_VP8, DEPAY("vp8"), "vavp8dec", ""},
    {LEC_CODEC_VP8, DEPAY("vp8"), "v4l2slvp8dec", ""},
    {LEC_CODEC_VP8, DEPAY("vp8"), "vp8dec", " threads=2 automatic-request-sync-points=true"},
    {LEC_CODEC_VP9, DEPAY("vp9"), "vavp9dec", ""},
    {LEC_CODEC_VP9, DEPAY("vp9"), "v4l2slvp9dec", ""},
    {LEC_CODEC_VP9, DEPAY("vp9"), "vp9dec", " threads=2 automatic-request-sync-points=true"},
};

static bool is_installed(const char *element) {
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(element);
    return factory != NULL;
}

static const Choice *find(LecCodec codec, guint n) {
    for (guint i = 0; i < G_N_ELEMENTS(choices); i++)
        if (choices[i].codec == codec && is_installed(choices[i].decoder) && n-- == 0)
            return &choices[i];
    return NULL;
}

const char *lec_decoders_name(LecCodec codec, guint n) {
    const Choice *choice = find(codec, n);
    return choice ? choice->decoder : NULL;
}

char *lec_decoders_describe(LecCodec codec, guint n, GError **error) {
    const Choice *choice = find(codec, n);
    if (!choice) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
                    "No decoder for %s is installed; install gstreamer1.0-libav and "
                    "gstreamer1.0-plugins-good.",
                    lec_codec_name(codec));
        return NULL;
    }
    return g_strdup_printf("%s ! %s%s", choice->depayloader, choice->decoder, choice->settings);
}

/* Strides are understood, so that no picture need be copied into a tight one. */
static GstPadProbeReturn on_query(GstPad *pad, GstPadProbeInfo *info, gpointer user) {
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
        return GST_PAD_PROBE_OK;
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
    return GST_PAD_PROBE_HANDLED;
}

void lec_decoders_give_memory(GstPad *sink) {
    gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, NULL, NULL);
}

void lec_decoders_warm_up(void) {
    static const char *const elements[] = {
        "appsrc",       "appsink", "rtph264depay", "rtpvp8depay",   "vp8dec",
        "rtpopusdepay", "opusdec", "audioconvert", "audioresample", "capsfilter"};
    for (guint i = 0; i < G_N_ELEMENTS(elements); i++) {
        g_autoptr(GstElementFactory) factory = gst_element_factory_find(elements[i]);
        GstPluginFeature *loaded = NULL;
        if (factory)
            loaded = gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory));
        gst_clear_object(&loaded); /* the plug-in stays */
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *chain = lec_decoders_describe(LEC_CODEC_H264, 0, &error);
    GstElement *bin = chain ? gst_parse_bin_from_description(chain, FALSE, &error) : NULL;
    if (bin) {
        gst_element_set_state(bin, GST_STATE_READY);
        gst_element_set_state(bin, GST_STATE_NULL);
        gst_object_unref(gst_object_ref_sink(bin));
    }
}
