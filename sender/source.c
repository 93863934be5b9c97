/* The waiting and the pacing that all our picture sources share. */
#include "sender/source.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DEFAULT_MAX_FPS 60
/* A source of just the allowed rate jitters by so much and must not lose every other picture. */
#define EARLY_PERCENT 10
/* The first repeat must not stand in the way of what moves at an ordinary rate. */
#define FIRST_REPEAT_US 80000
#define REPEAT_US 33000
/* An encoder that never comes to an end must not keep a still screen busy. */
#define MAX_REPEATS 120
/* Rate control gives each picture its share of a second, by this; bursts are paced elsewhere. */
#define NOMINAL_FPS 30

typedef struct {
    int control_fd;
    gint flushing;        /* atomic */
    gint refresh;         /* atomic */
    gint interval_us;     /* atomic */
    gint unfinished;      /* atomic */
    gint64 hold_until_us; /* atomic */
    bool changed;
    gint64 last_sent_us;
    guint n_repeats;
    GstClockTime last_pts;
    GstVideoInfo info; /* of picture */
    GstBuffer *picture;
    GstVideoFrame frame; /* while painting */
    bool painting, renegotiate;
} LecSourcePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(LecSource, lec_source, GST_TYPE_PUSH_SRC)

#define PRIVATE(self) ((LecSourcePrivate *)lec_source_get_instance_private(self))

void lec_source_wake(LecSource *self) {
    const guint64 one = 1;
    /* The counter cannot overflow and the descriptor does not block, so nothing can be done about a
     * failure. */
    if (write(PRIVATE(self)->control_fd, &one, sizeof one) < 0)
        return;
}

void lec_source_set_max_fps(LecSource *self, guint max_fps) {
    const gint interval_us = (gint)(G_USEC_PER_SEC / CLAMP(max_fps, 1, 240));
    if (g_atomic_int_exchange(&PRIVATE(self)->interval_us, interval_us) > interval_us)
        lec_source_wake(self); /* it may be waiting for longer than it now has to */
}

void lec_source_hold_until(LecSource *self, gint64 time_us) {
    __atomic_store_n(&PRIVATE(self)->hold_until_us, time_us, __ATOMIC_RELAXED);
}

void lec_source_set_unfinished(LecSource *self, bool unfinished) {
    g_atomic_int_set(&PRIVATE(self)->unfinished, unfinished);
}

static GstCaps *make_caps(const LecSourcePrivate *priv) {
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&priv->info);
    return g_steal_pointer(&caps);
}

static void start_picture(LecSourcePrivate *priv, int width, int height) {
    gst_clear_buffer(&priv->picture);
    gst_video_info_set_format(&priv->info, GST_VIDEO_FORMAT_I420, width, height);
    GST_VIDEO_INFO_FPS_N(&priv->info) = NOMINAL_FPS;
    GST_VIDEO_INFO_FPS_D(&priv->info) = 1;
    gst_video_colorimetry_from_string(&priv->info.colorimetry, GST_VIDEO_COLORIMETRY_BT601);
    priv->picture = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&priv->info), NULL);
    priv->renegotiate = true;
}

bool lec_source_begin_paint(LecSource *self, int width, int height, LecPlanes *ret_planes,
                            bool *ret_fresh) {
    LecSourcePrivate *priv = PRIVATE(self);
    const bool fresh = priv->picture == NULL || GST_VIDEO_INFO_WIDTH(&priv->info) != width ||
                       GST_VIDEO_INFO_HEIGHT(&priv->info) != height;
    if (fresh)
        start_picture(priv, width, height);
    else if (!gst_buffer_is_all_memory_writable(priv->picture)) {
        /* Someone behind us still holds the last one. */
        GstBuffer *copy = gst_buffer_copy_deep(priv->picture);
        gst_buffer_replace(&priv->picture, copy);
        gst_buffer_unref(copy);
    }
    if (!gst_video_frame_map(&priv->frame, &priv->info, priv->picture, GST_MAP_READWRITE))
        return false;
    priv->painting = true;
    *ret_planes = (LecPlanes){
        .y = GST_VIDEO_FRAME_PLANE_DATA(&priv->frame, 0),
        .u = GST_VIDEO_FRAME_PLANE_DATA(&priv->frame, 1),
        .v = GST_VIDEO_FRAME_PLANE_DATA(&priv->frame, 2),
        .y_stride = GST_VIDEO_FRAME_PLANE_STRIDE(&priv->frame, 0),
        .u_stride = GST_VIDEO_FRAME_PLANE_STRIDE(&priv->frame, 1),
        .v_stride = GST_VIDEO_FRAME_PLANE_STRIDE(&priv->frame, 2),
        .width = width,
        .height = height,
    };
    if (fresh)
        lec_convert_clear(ret_planes);
    *ret_fresh = fresh;
    return true;
}

void lec_source_end_paint(LecSource *self) {
    LecSourcePrivate *priv = PRIVATE(self);
    g_assert(priv->painting);
    gst_video_frame_unmap(&priv->frame);
    priv->painting = false;
}

/* When the next picture has to leave, G_MAXINT64: none is wanted. */
static gint64 next_due_us(LecSourcePrivate *priv) {
    const gint64 interval_us = g_atomic_int_get(&priv->interval_us);
    const gint64 hold_us = __atomic_load_n(&priv->hold_until_us, __ATOMIC_RELAXED);
    /* A keyframe, too: behind the last one it would only be in the way of both. */
    if (g_atomic_int_get(&priv->refresh) != 0 && priv->picture != NULL)
        return hold_us;
    if (priv->changed)
        return MAX(hold_us, priv->last_sent_us + interval_us - interval_us * EARLY_PERCENT / 100);
    if (g_atomic_int_get(&priv->unfinished) != 0 && priv->n_repeats < MAX_REPEATS)
        return MAX(hold_us,
                   priv->last_sent_us +
                       MAX(interval_us, priv->n_repeats == 0 ? FIRST_REPEAT_US : REPEAT_US));
    return G_MAXINT64;
}

static void wait_until(LecSource *self, gint64 now_us, gint64 until_us) {
    LecSourcePrivate *priv = PRIVATE(self);
    struct pollfd fds[] = {
        {.fd = priv->control_fd, .events = POLLIN},
        /* While a change waits for its turn more of them tell nothing new. */
        {.fd = priv->changed ? -1 : LEC_SOURCE_GET_CLASS(self)->get_fd(self), .events = POLLIN},
    };
    struct timespec timeout = {0}, *until = NULL;
    if (until_us != G_MAXINT64) {
        const gint64 rest_us = MAX(0, until_us - now_us);
        timeout.tv_sec = rest_us / G_USEC_PER_SEC;
        timeout.tv_nsec = rest_us % G_USEC_PER_SEC * 1000;
        until = &timeout;
    }
    if (ppoll(fds, G_N_ELEMENTS(fds), until, NULL) > 0 && (fds[0].revents & POLLIN) != 0) {
        guint64 count;
        if (read(priv->control_fd, &count, sizeof count) < 0)
            g_assert(errno == EAGAIN || errno == EINTR);
    }
}

/* Waits for a picture to be due. */
static GstFlowReturn wait_for_picture(LecSource *self) {
    LecSourcePrivate *priv = PRIVATE(self);
    for (;;) {
        if (g_atomic_int_get(&priv->flushing) != 0)
            return GST_FLOW_FLUSHING;
        g_autoptr(GError) error = NULL;
        const gint64 now_us = g_get_monotonic_time();
        gint64 wake_us = G_MAXINT64;
        switch (LEC_SOURCE_GET_CLASS(self)->look(self, now_us, &wake_us, &error)) {
        case LEC_SOURCE_QUIET:
            break;
        case LEC_SOURCE_CHANGED:
            priv->changed = true;
            break;
        case LEC_SOURCE_ENDED:
            return GST_FLOW_EOS;
        case LEC_SOURCE_FAILED:
            gst_element_message_full(GST_ELEMENT(self), GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
                                     GST_RESOURCE_ERROR_READ, g_strdup(error->message), NULL,
                                     __FILE__, G_STRFUNC, __LINE__);
            return GST_FLOW_ERROR;
        }
        const gint64 due_us = next_due_us(priv);
        if (now_us >= due_us)
            return GST_FLOW_OK;
        wait_until(self, now_us, MIN(due_us, wake_us));
    }
}

static GstBuffer *stamp_picture(LecSourcePrivate *priv, gint64 capture_us) {
    GstBuffer *buffer = gst_buffer_copy(priv->picture); /* the same memory */
    GstClockTime pts = (GstClockTime)capture_us * 1000;
    if (GST_CLOCK_TIME_IS_VALID(priv->last_pts) && pts <= priv->last_pts)
        pts = priv->last_pts + 1;
    GST_BUFFER_PTS(buffer) = priv->last_pts = pts;
    return buffer;
}

static bool negotiate(LecSource *self) {
    LecSourcePrivate *priv = PRIVATE(self);
    g_autoptr(GstCaps) caps = make_caps(priv);
    priv->renegotiate = false;
    return gst_base_src_set_caps(GST_BASE_SRC(self), caps);
}

static GstFlowReturn create(GstPushSrc *push, GstBuffer **ret_buffer) {
    LecSource *self = LEC_SOURCE(push);
    LecSourcePrivate *priv = PRIVATE(self);
    const GstFlowReturn flow = wait_for_picture(self);
    if (flow != GST_FLOW_OK)
        return flow;
    const bool changed = priv->changed;
    g_atomic_int_set(&priv->refresh, 0);
    priv->changed = false;
    g_autoptr(GError) error = NULL;
    const gint64 capture_us = g_get_monotonic_time();
    if (!LEC_SOURCE_GET_CLASS(self)->paint(self, &error)) {
        gst_element_message_full(GST_ELEMENT(self), GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
                                 GST_RESOURCE_ERROR_READ, g_strdup(error->message), NULL, __FILE__,
                                 G_STRFUNC, __LINE__);
        return GST_FLOW_ERROR;
    }
    g_assert(!priv->painting && priv->picture != NULL);
    if (priv->renegotiate && !negotiate(self))
        return GST_FLOW_NOT_NEGOTIATED;
    priv->last_sent_us = capture_us;
    priv->n_repeats = changed ? 0 : MIN(priv->n_repeats + 1, MAX_REPEATS);
    *ret_buffer = stamp_picture(priv, capture_us);
    return GST_FLOW_OK;
}

static gboolean on_src_event(GstBaseSrc *base, GstEvent *event) {
    LecSource *self = LEC_SOURCE(base);
    if (gst_video_event_is_force_key_unit(event)) {
        g_atomic_int_set(&PRIVATE(self)->refresh, 1);
        lec_source_wake(self);
        return TRUE;
    }
    return GST_BASE_SRC_CLASS(lec_source_parent_class)->event(base, event);
}

static gboolean unlock(GstBaseSrc *base) {
    g_atomic_int_set(&PRIVATE(LEC_SOURCE(base))->flushing, 1);
    lec_source_wake(LEC_SOURCE(base));
    return TRUE;
}

static gboolean unlock_stop(GstBaseSrc *base) {
    g_atomic_int_set(&PRIVATE(LEC_SOURCE(base))->flushing, 0);
    return TRUE;
}

/* The size is known with the first picture only, so there is nothing to settle before. */
static gboolean negotiate_later(GstBaseSrc *base) {
    return TRUE;
}

/* A source may be taken out of one pipeline and put into the next: its first picture there leaves
 * at once, and says what it is. */
static GstStateChangeReturn change_state(GstElement *element, GstStateChange change) {
    LecSourcePrivate *priv = PRIVATE(LEC_SOURCE(element));
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED) {
        g_atomic_int_set(&priv->flushing, 0);
        g_atomic_int_set(&priv->refresh, 1);
        priv->renegotiate = priv->picture != NULL;
        priv->n_repeats = 0;
    }
    return GST_ELEMENT_CLASS(lec_source_parent_class)->change_state(element, change);
}

static int get_no_fd(LecSource *self) {
    return -1;
}

static void finalize(GObject *object) {
    LecSourcePrivate *priv = PRIVATE(LEC_SOURCE(object));
    gst_clear_buffer(&priv->picture);
    if (priv->control_fd >= 0)
        close(priv->control_fd);
    G_OBJECT_CLASS(lec_source_parent_class)->finalize(object);
}

static void lec_source_init(LecSource *self) {
    LecSourcePrivate *priv = PRIVATE(self);
    priv->control_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (priv->control_fd < 0)
        g_error("No file descriptor is left for the capture");
    priv->last_pts = GST_CLOCK_TIME_NONE;
    lec_source_set_max_fps(self, DEFAULT_MAX_FPS);
    gst_base_src_set_live(GST_BASE_SRC(self), TRUE);
    gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
}

static void lec_source_class_init(LecSourceClass *class) {
    static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
        "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("I420")));
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(class), &src_template);
    G_OBJECT_CLASS(class)->finalize = finalize;
    GST_ELEMENT_CLASS(class)->change_state = change_state;
    GST_BASE_SRC_CLASS(class)->event = on_src_event;
    GST_BASE_SRC_CLASS(class)->unlock = unlock;
    GST_BASE_SRC_CLASS(class)->unlock_stop = unlock_stop;
    GST_BASE_SRC_CLASS(class)->negotiate = negotiate_later;
    GST_PUSH_SRC_CLASS(class)->create = create;
    class->get_fd = get_no_fd;
}
