/* An appsink without a clock, and the pipeline around it. */
#include "sender/rtp-sink.h"

#include <gst/app/gstappsink.h>

typedef struct {
    LecRtpSinkFunc on_packet;
    void *user;
} Target;

/* Header and payload lie apart in the buffer, hence the copy. */
static void take_buffer(const Target *target, GstBuffer *buffer, const GstSegment *segment) {
    const gsize size = gst_buffer_get_size(buffer);
    guint8 *data = g_malloc(size);
    gst_buffer_extract(buffer, 0, data, size);
    const bool marker = size > 1 && (data[1] & 0x80) != 0;
    const GstClockTime time =
        gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    target->on_packet(g_bytes_new_take(data, size), marker, (gint64)(time / 1000), target->user);
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer user) {
    const Target *target = user;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (sample == NULL)
        return GST_FLOW_EOS;
    const GstSegment *segment = gst_sample_get_segment(sample);
    GstBufferList *list = gst_sample_get_buffer_list(sample);
    if (list == NULL) {
        take_buffer(target, gst_sample_get_buffer(sample), segment);
        return GST_FLOW_OK;
    }
    const guint n = gst_buffer_list_length(list);
    for (guint i = 0; i < n; i++)
        take_buffer(target, gst_buffer_list_get(list, i), segment);
    return GST_FLOW_OK;
}

GstElement *lec_rtp_sink_new(LecRtpSinkFunc on_packet, void *user) {
    GstElement *sink = gst_element_factory_make("appsink", NULL);
    if (sink == NULL)
        return NULL;
    g_object_set(sink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, "qos", FALSE,
                 "buffer-list", TRUE, NULL);
    Target *target = g_new(Target, 1);
    *target = (Target){.on_packet = on_packet, .user = user};
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, target, g_free);
    return sink;
}

void lec_rtp_sink_set_clock(GstElement *pipeline) {
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock);
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline, 0);
}

bool lec_rtp_sink_link(GstElement *pipeline, GstElement *last, GstElement *const *chain,
                       gsize n_chain) {
    bool complete = true;
    for (gsize i = 0; i < n_chain; i++) {
        if (chain[i] == NULL) {
            complete = false;
            continue;
        }
        gst_bin_add(GST_BIN(pipeline), chain[i]);
        if (complete && last != NULL)
            complete = gst_element_link(last, chain[i]);
        last = chain[i];
    }
    return complete;
}

LecRtpPlace lec_rtp_place_new(void) {
    return (LecRtpPlace){.next_seq = (guint16)g_random_int(), .time_offset = g_random_int()};
}

void lec_rtp_place_set(const LecRtpPlace *self, GstElement *payloader) {
    if (self != NULL)
        g_object_set(payloader, "seqnum-offset", (gint)self->next_seq, "timestamp-offset",
                     self->time_offset, NULL);
}

void lec_rtp_place_pass(LecRtpPlace *self, GPtrArray *packets) {
    gsize size;
    const guint8 *last = g_bytes_get_data(packets->pdata[packets->len - 1], &size);
    self->next_seq = (guint16)((last[2] << 8 | last[3]) + 1);
}
