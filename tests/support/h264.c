/* appsrc, rtph264depay, avdec_h264, appsink. */
#include "tests/support/h264.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#define DECODE_TIMEOUT (3 * GST_SECOND)

struct TestDecoder {
    GstElement *pipeline, *source, *sink;
};

TestDecoder *test_decoder_new(void) {
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(
        "appsrc name=source is-live=true format=time "
        "caps=application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=102 ! "
        "rtph264depay ! avdec_h264 max-threads=1 ! videoconvert ! "
        "video/x-raw,format=I420,colorimetry=bt601 ! "
        "appsink name=sink sync=false",
        &error);
    g_assert_no_error(error);
    TestDecoder *self = g_new0(TestDecoder, 1);
    self->pipeline = pipeline;
    self->source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
    self->sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    return self;
}

void test_decoder_free(TestDecoder *self) {
    if (self == NULL)
        return;
    gst_element_set_state(self->pipeline, GST_STATE_NULL);
    gst_object_unref(self->source);
    gst_object_unref(self->sink);
    gst_object_unref(self->pipeline);
    g_free(self);
}

GstSample *test_decoder_decode(TestDecoder *self, GPtrArray *packets) {
    for (guint i = 0; i < packets->len; i++) {
        GstBuffer *buffer = gst_buffer_new_wrapped_bytes(packets->pdata[i]);
        GST_BUFFER_PTS(buffer) = (GstClockTime)g_get_monotonic_time() * 1000;
        gst_app_src_push_buffer(GST_APP_SRC(self->source), buffer);
    }
    return gst_app_sink_try_pull_sample(GST_APP_SINK(self->sink), DECODE_TIMEOUT);
}

static void get_info(GstSample *sample, GstVideoInfo *ret_info) {
    g_assert_true(gst_video_info_from_caps(ret_info, gst_sample_get_caps(sample)));
}

int test_sample_width(GstSample *sample) {
    GstVideoInfo info;
    get_info(sample, &info);
    return GST_VIDEO_INFO_WIDTH(&info);
}

int test_sample_height(GstSample *sample) {
    GstVideoInfo info;
    get_info(sample, &info);
    return GST_VIDEO_INFO_HEIGHT(&info);
}

static guint32 channel(double value) {
    return (guint32)CLAMP(value + 0.5, 0, 255);
}

guint32 test_sample_colour(GstSample *sample, int x, int y) {
    GstVideoInfo info;
    get_info(sample, &info);
    GstVideoFrame frame;
    g_assert_true(gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ));
    double yuv[3];
    for (guint i = 0; i < 3; i++) {
        const int shift = i == 0 ? 0 : 1;
        const guint8 *plane = GST_VIDEO_FRAME_PLANE_DATA(&frame, i);
        yuv[i] = plane[(y >> shift) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i) + (x >> shift)];
    }
    gst_video_frame_unmap(&frame);
    const double luma = (yuv[0] - 16) * 1.164, u = yuv[1] - 128, v = yuv[2] - 128;
    return channel(luma + 1.596 * v) << 16 | channel(luma - 0.392 * u - 0.813 * v) << 8 |
           channel(luma + 2.017 * u);
}

bool test_colour_near(guint32 a, guint32 b, int tolerance) {
    for (guint shift = 0; shift <= 16; shift += 8)
        if (ABS((int)(a >> shift & 0xff) - (int)(b >> shift & 0xff)) > tolerance)
            return false;
    return true;
}

static bool stap_has_idr(const guint8 *data, gsize size) {
    gsize at = 1;
    while (at + 3 <= size) {
        if ((data[at + 2] & 0x1f) == 5)
            return true;
        at += 2 + (gsize)(data[at] << 8 | data[at + 1]);
    }
    return false;
}

bool test_packets_have_idr(GPtrArray *packets) {
    for (guint i = 0; i < packets->len; i++) {
        gsize size;
        const guint8 *data = g_bytes_get_data(packets->pdata[i], &size);
        g_assert_cmpuint(size, >, 14);
        const guint8 type = data[12] & 0x1f;
        if (type == 5 || (type == 28 && (data[13] & 0x1f) == 5) ||
            (type == 24 && stap_has_idr(data + 12, size - 12)))
            return true;
    }
    return false;
}
