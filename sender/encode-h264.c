/* The choice of an H.264 encoder by trying, and the settings of each. */
#include "sender/encode-h264.h"
#include "common/base/i18n.h"

#define NO_PERIODIC_KEYFRAMES                                           \
    (60 * 60 * 60 * 24) /* a day of pictures; keyframes come on request \
                         */
#define TRIAL_TIMEOUT (500 * GST_MSECOND)
#define VBV_MS 400
/* Letters stay readable up to here (measured by reading a page of 12 points by machine: 99.8 % of
 * the words); beyond, fewer pictures leave instead of coarser ones. */
#define TEXT_QP_MAX 44u
#define AUTO_QP_MAX 48u

typedef struct {
    const char *factory;
    bool is_hardware; /* its presence promises nothing: it is tried */
    bool takes_i420;
    guint bps_per_unit; /* of the property "bitrate"; 0: see set_up */
    void (*set_up)(GstElement *element, LecProfile profile);
} Kind;

static void set_up_x264(GstElement *element, LecProfile profile) {
    /*
     * Constant quality, held under the link's rate by the decoder buffer model: text is sharp at
     * once, and what moves becomes coarser only where it must. Slices of one picture share the
     * cores, so no picture waits for the next.
     */
    gst_util_set_object_arg(G_OBJECT(element), "speed-preset", "ultrafast");
    gst_util_set_object_arg(G_OBJECT(element), "tune", "zerolatency");
    gst_util_set_object_arg(G_OBJECT(element), "pass", "qual");
    static const guint qp_max[] = {[LEC_PROFILE_AUTO] = AUTO_QP_MAX,
                                   [LEC_PROFILE_TEXT] = TEXT_QP_MAX,
                                   [LEC_PROFILE_VIDEO] = 51};
    const guint n_slices = CLAMP(g_get_num_processors(), 1, 4);
    g_object_set(element, "quantizer", profile == LEC_PROFILE_VIDEO ? 25u : 22u, "qp-min", 20u,
                 "qp-max", qp_max[profile], "vbv-buf-capacity", (guint)VBV_MS, "bframes", 0u,
                 "threads", n_slices, "sliced-threads", TRUE, "key-int-max",
                 (guint)NO_PERIODIC_KEYFRAMES, "aud", FALSE, "byte-stream", TRUE, NULL);
}

static void set_up_va(GstElement *element, LecProfile profile) {
    gst_util_set_object_arg(G_OBJECT(element), "rate-control", "cbr");
    g_object_set(element, "b-frames", 0u, "ref-frames", 1u, "key-int-max", 1024u, "target-usage",
                 7u, "aud", FALSE, NULL);
}

static void set_up_nv(GstElement *element, LecProfile profile) {
    gst_util_set_object_arg(G_OBJECT(element), "preset", "low-latency-hq");
    gst_util_set_object_arg(G_OBJECT(element), "rc-mode", "cbr");
    g_object_set(element, "zerolatency", TRUE, "bframes", 0u, "gop-size", -1, "aud", FALSE, NULL);
}

static void set_up_v4l2(GstElement *element, LecProfile profile) {
    /* The driver keeps its defaults but for the rate, which goes through "extra-controls". */
}

static void set_up_openh264(GstElement *element, LecProfile profile) {
    gst_util_set_object_arg(G_OBJECT(element), "usage-type", "camera");
    gst_util_set_object_arg(G_OBJECT(element), "rate-control", "bitrate");
    gst_util_set_object_arg(G_OBJECT(element), "complexity", "low");
    g_object_set(element, "gop-size", (guint)NO_PERIODIC_KEYFRAMES, "multi-thread", 2u,
                 "enable-frame-skip", FALSE, NULL);
}

static const Kind kinds[] = {
    {"vah264enc", true, false, 1000, set_up_va}, {"vah264lpenc", true, false, 1000, set_up_va},
    {"nvh264enc", true, false, 1000, set_up_nv}, {"v4l2h264enc", true, false, 0, set_up_v4l2},
    {"x264enc", false, true, 1000, set_up_x264}, {"openh264enc", false, true, 1, set_up_openh264},
};

static const Kind *kind_of(GstElement *encoder) {
    const char *name = GST_OBJECT_NAME(gst_element_get_factory(encoder));
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].factory, name) == 0)
            return &kinds[i];
    g_assert_not_reached();
}

/* Sends a few pictures through it: drivers announce what the card then refuses. */
static bool encodes(const Kind *kind) {
    g_autofree char *line =
        g_strdup_printf("videotestsrc num-buffers=3 ! "
                        "video/x-raw,format=I420,width=640,height=480,framerate=30/1 ! "
                        "videoconvert ! %s ! video/x-h264 ! fakesink sync=false",
                        kind->factory);
    g_autoptr(GstElement) pipeline =
        gst_parse_launch_full(line, NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
    if (pipeline == NULL)
        return false;
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstMessage) last =
        gst_bus_timed_pop_filtered(bus, TRIAL_TIMEOUT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return last != NULL && GST_MESSAGE_TYPE(last) == GST_MESSAGE_EOS;
}

static const Kind *find_kind(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GstElementFactory) factory = gst_element_factory_find(kinds[i].factory);
        if (factory != NULL && (!kinds[i].is_hardware || encodes(&kinds[i])))
            return &kinds[i];
    }
    return NULL;
}

const char *lec_encode_find_h264(GError **error) {
    static gsize found; /* 1 + index; set once */
    if (g_once_init_enter(&found)) {
        const Kind *kind = find_kind();
        g_once_init_leave(&found, kind != NULL ? 1 + (gsize)(kind - kinds) : G_MAXSIZE);
    }
    if (found != G_MAXSIZE)
        return kinds[found - 1].factory;
    g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_MISSING,
                        _("No H.264 encoder works here; GStreamer's \"ugly\" plugins bring one"));
    return NULL;
}

GstElement *lec_h264_new(LecProfile profile, guint kbps, GError **error) {
    const char *name = lec_encode_find_h264(error);
    if (name == NULL)
        return NULL;
    GstElement *element = gst_element_factory_make(name, "encoder");
    g_assert(element != NULL);
    kind_of(element)->set_up(element, profile);
    lec_h264_set_kbps(element, kbps);
    return element;
}

bool lec_h264_takes_i420(GstElement *encoder) {
    return kind_of(encoder)->takes_i420;
}

void lec_h264_set_kbps(GstElement *encoder, guint kbps) {
    const Kind *kind = kind_of(encoder);
    if (kind->bps_per_unit != 0) {
        g_object_set(encoder, "bitrate", kbps * (1000 / kind->bps_per_unit), NULL);
        return;
    }
    g_autoptr(GstStructure) controls = gst_structure_new(
        "controls", "video_bitrate", G_TYPE_INT, (gint)MIN(kbps, G_MAXINT / 1000) * 1000, NULL);
    g_object_set(encoder, "extra-controls", controls, NULL);
}
