/* A GStreamer filter around lec_convert_scale(). */
#include "sender/scale.h"

#include "sender/convert.h"

#include <gst/video/gstvideofilter.h>

#define WORTH_PERCENT \
    75 /* a picture that would keep more of its width than this is sent whole: it stays sharper */
#define MIN_SIZE 64

struct _LecScale {
    GstVideoFilter parent;
    gint width, height; /* atomic: the limit, 0: none */
};

#define LEC_TYPE_SCALE (lec_scale_get_type())
G_DECLARE_FINAL_TYPE(LecScale, lec_scale, LEC, SCALE, GstVideoFilter)
G_DEFINE_FINAL_TYPE(LecScale, lec_scale, GST_TYPE_VIDEO_FILTER)

bool lec_scale_set_limit(GstElement *scale, guint width, guint height) {
    LecScale *self = LEC_SCALE(scale);
    const gint before_width = g_atomic_int_exchange(&self->width, (gint)MIN(width, 16384));
    const gint before_height = g_atomic_int_exchange(&self->height, (gint)MIN(height, 16384));
    if (before_width == (gint)MIN(width, 16384) && before_height == (gint)MIN(height, 16384))
        return false;
    gst_base_transform_reconfigure_src(GST_BASE_TRANSFORM(self));
    return true;
}

static void choose_size(LecScale *self, int width, int height, int *ret_width, int *ret_height) {
    const int max_width = g_atomic_int_get(&self->width),
              max_height = g_atomic_int_get(&self->height);
    *ret_width = width;
    *ret_height = height;
    if (max_width <= 0 || max_height <= 0)
        return;
    const double factor = MIN((double)max_width / width, (double)max_height / height);
    if (factor * 100 >= WORTH_PERCENT)
        return;
    *ret_width = MAX(MIN_SIZE, (int)(width * factor + 0.5)) & ~1;
    *ret_height = MAX(MIN_SIZE, (int)(height * factor + 0.5)) & ~1;
}

/* Either side may have any size, whatever the other has. */
static GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection direction, GstCaps *caps,
                               GstCaps *filter) {
    g_autoptr(GstCaps) any = gst_caps_copy(caps);
    for (guint i = 0; i < gst_caps_get_size(any); i++)
        gst_structure_set(gst_caps_get_structure(any, i), "width", GST_TYPE_INT_RANGE, 1, G_MAXINT,
                          "height", GST_TYPE_INT_RANGE, 1, G_MAXINT, NULL);
    return filter != NULL ? gst_caps_intersect_full(filter, any, GST_CAPS_INTERSECT_FIRST)
                          : g_steal_pointer(&any);
}

static GstCaps *fixate_caps(GstBaseTransform *base, GstPadDirection direction, GstCaps *caps,
                            GstCaps *other) {
    GstVideoInfo info;
    other = gst_caps_truncate(other);
    if (direction == GST_PAD_SINK && gst_video_info_from_caps(&info, caps)) {
        int width, height;
        choose_size(LEC_SCALE(base), GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info),
                    &width, &height);
        other = gst_caps_make_writable(other);
        GstStructure *structure = gst_caps_get_structure(other, 0);
        gst_structure_fixate_field_nearest_int(structure, "width", width);
        gst_structure_fixate_field_nearest_int(structure, "height", height);
    }
    return gst_caps_fixate(other);
}

static LecPlanes planes_of(GstVideoFrame *frame) {
    return (LecPlanes){
        .y = GST_VIDEO_FRAME_PLANE_DATA(frame, 0),
        .u = GST_VIDEO_FRAME_PLANE_DATA(frame, 1),
        .v = GST_VIDEO_FRAME_PLANE_DATA(frame, 2),
        .y_stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0),
        .u_stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, 1),
        .v_stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, 2),
        .width = GST_VIDEO_FRAME_WIDTH(frame),
        .height = GST_VIDEO_FRAME_HEIGHT(frame),
    };
}

static GstFlowReturn transform_frame(GstVideoFilter *filter, GstVideoFrame *in,
                                     GstVideoFrame *out) {
    const LecPlanes source = planes_of(in), target = planes_of(out);
    lec_convert_scale(&source, &target);
    return GST_FLOW_OK;
}

static void lec_scale_init(LecScale *self) {
}

static void lec_scale_class_init(LecScaleClass *class) {
    static GstStaticPadTemplate sink = GST_STATIC_PAD_TEMPLATE(
        "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("I420")));
    static GstStaticPadTemplate src = GST_STATIC_PAD_TEMPLATE(
        "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("I420")));
    GstElementClass *element = GST_ELEMENT_CLASS(class);
    gst_element_class_add_static_pad_template(element, &sink);
    gst_element_class_add_static_pad_template(element, &src);
    gst_element_class_set_static_metadata(element, "Shrink", "Filter/Video/Scaler",
                                          "Makes pictures smaller", "Lectern");
    GST_BASE_TRANSFORM_CLASS(class)->transform_caps = transform_caps;
    GST_BASE_TRANSFORM_CLASS(class)->fixate_caps = fixate_caps;
    GST_BASE_TRANSFORM_CLASS(class)->passthrough_on_same_caps = TRUE;
    GST_VIDEO_FILTER_CLASS(class)->transform_frame = transform_frame;
}

GstElement *lec_scale_new(void) {
    return g_object_new(LEC_TYPE_SCALE, NULL);
}
