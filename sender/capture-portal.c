/*
 * The Wayland source: pictures that the compositor sends through PipeWire whenever something
 * changed. The newest one waits in a slot; what came before it and was not yet taken is let go.
 */
#include "common/base/i18n.h"
#include "sender/capture-sources.h"
#include "sender/source.h"

#include <gst/app/gstappsink.h>
#include <unistd.h>

#define MIN_SIZE 16

struct _LecPortalSource {
    LecSource parent;
    GstElement *pipeline;
    int fd;            /* the PipeWire connection */
    GstSample *newest; /* atomic: the slot between PipeWire's thread and ours, NULL: nothing new */
    gint closed, broken; /* atomic */
};

#define LEC_TYPE_PORTAL_SOURCE (lec_portal_source_get_type())
G_DECLARE_FINAL_TYPE(LecPortalSource, lec_portal_source, LEC, PORTAL_SOURCE, LecSource)
G_DEFINE_FINAL_TYPE(LecPortalSource, lec_portal_source, LEC_TYPE_SOURCE)

static void put_newest(LecPortalSource *self, GstSample *sample) {
    GstSample *before = g_atomic_pointer_exchange(&self->newest, sample);
    if (before != NULL)
        gst_sample_unref(before);
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer user) {
    LecPortalSource *self = user;
    GstSample *sample = gst_app_sink_pull_sample(sink);
    if (sample == NULL)
        return GST_FLOW_EOS;
    put_newest(self, sample);
    lec_source_wake(LEC_SOURCE(self));
    return GST_FLOW_OK;
}

/* On whichever thread it happens. */
static GstBusSyncReply on_message(GstBus *bus, GstMessage *message, gpointer user) {
    LecPortalSource *self = user;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        g_atomic_int_set(&self->broken, 1);
    else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
        g_atomic_int_set(&self->closed, 1);
    else
        return GST_BUS_DROP;
    lec_source_wake(LEC_SOURCE(self));
    return GST_BUS_DROP;
}

static LecSourceState look(LecSource *source, gint64 now_us, gint64 *wake_us, GError **error) {
    LecPortalSource *self = LEC_PORTAL_SOURCE(source);
    if (g_atomic_int_get(&self->closed) != 0)
        return LEC_SOURCE_ENDED;
    if (g_atomic_int_get(&self->broken) != 0) {
        g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED,
                            _("The connection to the desktop's pictures (PipeWire) was lost"));
        return LEC_SOURCE_FAILED;
    }
    return g_atomic_pointer_get(&self->newest) != NULL ? LEC_SOURCE_CHANGED : LEC_SOURCE_QUIET;
}

static bool paint_frame(LecSource *source, const GstVideoFrame *frame) {
    const int width = GST_VIDEO_FRAME_WIDTH(frame) & ~1,
              height = GST_VIDEO_FRAME_HEIGHT(frame) & ~1;
    if (width < MIN_SIZE || height < MIN_SIZE)
        return false;
    LecPlanes planes;
    bool fresh;
    if (!lec_source_begin_paint(source, width, height, &planes, &fresh))
        return false;
    lec_convert_bgrx(&planes, &(LecRect){.width = width, .height = height},
                     GST_VIDEO_FRAME_PLANE_DATA(frame, 0), GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0));
    lec_source_end_paint(source);
    return true;
}

static bool paint(LecSource *source, GError **error) {
    LecPortalSource *self = LEC_PORTAL_SOURCE(source);
    g_autoptr(GstSample) sample = g_atomic_pointer_exchange(&self->newest, NULL);
    if (sample == NULL)
        return true; /* the same once more */
    GstVideoInfo info;
    GstVideoFrame frame;
    bool painted = gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) &&
                   gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ);
    if (painted) {
        painted = paint_frame(source, &frame);
        gst_video_frame_unmap(&frame);
    }
    if (!painted)
        g_set_error_literal(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_FAILED,
                            _("A picture from the desktop cannot be read"));
    return painted;
}

static gboolean start(GstBaseSrc *base) {
    LecPortalSource *self = LEC_PORTAL_SOURCE(base);
    return gst_element_set_state(self->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
}

static gboolean stop(GstBaseSrc *base) {
    LecPortalSource *self = LEC_PORTAL_SOURCE(base);
    gst_element_set_state(self->pipeline, GST_STATE_NULL);
    put_newest(self, NULL);
    return TRUE;
}

static void finalize(GObject *object) {
    LecPortalSource *self = LEC_PORTAL_SOURCE(object);
    if (self->pipeline != NULL)
        gst_element_set_state(self->pipeline, GST_STATE_NULL);
    gst_clear_object(&self->pipeline);
    put_newest(self, NULL);
    close(self->fd);
    G_OBJECT_CLASS(lec_portal_source_parent_class)->finalize(object);
}

static void lec_portal_source_init(LecPortalSource *self) {
    self->fd = -1;
}

static void lec_portal_source_class_init(LecPortalSourceClass *class) {
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "Wayland screen",
                                          "Source/Video", "What the desktop portal gives",
                                          "Lectern");
    G_OBJECT_CLASS(class)->finalize = finalize;
    GST_BASE_SRC_CLASS(class)->start = start;
    GST_BASE_SRC_CLASS(class)->stop = stop;
    LEC_SOURCE_CLASS(class)->look = look;
    LEC_SOURCE_CLASS(class)->paint = paint;
}

/* videoconvert passes through what nearly every compositor gives: 32-bit pixels. */
static bool build(LecPortalSource *self, guint32 node) {
    self->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    GstElement *source = gst_element_factory_make("pipewiresrc", NULL);
    GstElement *convert = gst_element_factory_make("videoconvert", NULL);
    GstElement *sink = gst_element_factory_make("appsink", NULL);
    GstElement *const all[] = {source, convert, sink};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        if (all[i] != NULL)
            gst_bin_add(GST_BIN(self->pipeline), all[i]);
    if (source == NULL || convert == NULL || sink == NULL ||
        !gst_element_link_many(source, convert, sink, NULL))
        return false;
    g_autofree char *path = g_strdup_printf("%u", node);
    g_object_set(source, "fd", self->fd, "path", path, "do-timestamp", TRUE, NULL);
    g_autoptr(GstCaps) caps = gst_caps_from_string("video/x-raw,format={BGRx,BGRA}");
    g_object_set(sink, "caps", caps, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE,
                 "max-buffers", 1u, "drop", TRUE, NULL);
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, self, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(self->pipeline);
    gst_bus_set_sync_handler(bus, on_message, self, NULL);
    return true;
}

GstElement *lec_capture_portal_new(int fd, guint32 node, guint max_fps, GError **error) {
    LecPortalSource *self = g_object_new(LEC_TYPE_PORTAL_SOURCE, NULL);
    self->fd = fd;
    lec_source_set_max_fps(LEC_SOURCE(self), max_fps);
    if (build(self, node))
        return GST_ELEMENT(self);
    g_set_error_literal(
        error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_MISSING,
        _("Sharing a Wayland screen needs GStreamer's PipeWire plugin, which is not installed"));
    gst_object_unref(gst_object_ref_sink(self));
    return NULL;
}

void lec_capture_portal_close(GstElement *source) {
    g_atomic_int_set(&LEC_PORTAL_SOURCE(source)->closed, 1);
    lec_source_wake(LEC_SOURCE(source));
}
