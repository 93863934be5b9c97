/* The mixer: tracks on one side, one pulling GStreamer sink on the other. */
#include "receiver/sound.h"

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <string.h>

#include "common/base/log.h"
#include "receiver/track.h"

#define BLOCK_FRAMES (LEC_SOUND_RATE / 100) /* 10 ms */
#define BLOCK_BYTES (BLOCK_FRAMES * LEC_SOUND_CHANNELS * sizeof(gint16))

G_STATIC_ASSERT(LEC_SOUND_RATE == LEC_TRACK_RATE && LEC_SOUND_CHANNELS == LEC_TRACK_CHANNELS);

struct LecMixer {
    /*
     * Guards tracks and their buffers between the decoders' threads, the sink's and main. A mailbox
     * would not do: the sink's thread has no main loop and must have its samples within the call
     * that asks for them.
     */
    GMutex lock;
    GPtrArray *tracks; /* borrowed LecTrack */
    GstElement *pipeline;
    GstAppSrc *source;
    GThreadPool
        *opener; /* one thread: opening a sound device can take long, and must happen in order */
    guint watch;
    bool open;        /* the opener's thread */
    guint64 produced; /* frames since the pipeline started; the sink's thread */
    gint muted;       /* atomic */
};

struct LecTrack {
    LecMixer *mixer;
    LecTrackBuffer *buffer;
    bool muted; /* under the lock */
};

/* When a block that begins at frame `produced` will be heard, on the monotonic clock. */
static gint64 heard_us(LecMixer *self) {
    const gint64 now = g_get_monotonic_time();
    g_autoptr(GstClock) clock = gst_element_get_clock(self->pipeline);
    if (!clock)
        return now;
    const GstClockTime begin = gst_util_uint64_scale(self->produced, GST_SECOND, LEC_SOUND_RATE);
    const GstClockTime base = gst_element_get_base_time(self->pipeline);
    const GstClockTimeDiff ahead = GST_CLOCK_DIFF(gst_clock_get_time(clock), base + begin);
    return now + MAX(ahead, 0) / 1000;
}

static void fill(LecMixer *self, gint16 *samples) {
    gint32 mix[BLOCK_FRAMES * LEC_SOUND_CHANNELS] = {0};
    gint32 unheard[BLOCK_FRAMES * LEC_SOUND_CHANNELS] = {0};
    const gint64 heard = heard_us(self);
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->tracks->len; i++) {
        LecTrack *track = g_ptr_array_index(self->tracks, i);
        lec_track_buffer_mix(track->buffer, track->muted ? unheard : mix, BLOCK_FRAMES, heard);
    }
    g_mutex_unlock(&self->lock);
    const bool muted = g_atomic_int_get(&self->muted);
    for (guint i = 0; i < G_N_ELEMENTS(mix); i++)
        samples[i] = muted ? 0 : (gint16)CLAMP(mix[i], G_MININT16, G_MAXINT16);
}

/* On the sink's thread. */
static void on_need_data(GstAppSrc *source, guint length, gpointer user) {
    LecMixer *self = user;
    gint16 *samples = g_malloc(BLOCK_BYTES);
    fill(self, samples);
    GstBuffer *buffer = gst_buffer_new_wrapped(samples, BLOCK_BYTES);
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(self->produced, GST_SECOND, LEC_SOUND_RATE);
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 100;
    self->produced += BLOCK_FRAMES;
    gst_app_src_push_buffer(source, buffer);
}

static gboolean on_bus(GstBus *bus, GstMessage *message, gpointer user) {
    LecMixer *self = user;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    lec_warning("The sound output does not work (%s); presenters are shown without sound. "
                "Check the sound device, or start with sound=false.",
                error->message);
    self->watch = 0;
    return G_SOURCE_REMOVE;
}

/* The sink is open while there are tracks. On the opener's thread. */
static void settle(gpointer change, gpointer user) {
    LecMixer *self = user;
    g_mutex_lock(&self->lock);
    const bool wanted = self->tracks->len > 0;
    g_mutex_unlock(&self->lock);
    if (wanted == self->open)
        return;
    self->open = wanted;
    self->produced = 0; /* nobody produces while the pipeline is closed */
    gst_element_set_state(self->pipeline, wanted ? GST_STATE_PLAYING : GST_STATE_NULL);
}

static const char change_of_tracks[] = "change";

LecMixer *lec_mixer_new(const char *sink, GError **error) {
    g_autoptr(LecMixer) self = g_new0(LecMixer, 1);
    g_mutex_init(&self->lock);
    self->tracks = g_ptr_array_new();
    const bool automatic = g_str_equal(sink, "auto");
    /* A short device buffer: what it holds is delay. */
    g_autofree char *description = g_strdup_printf(
        "appsrc name=source format=time is-live=false max-bytes=%zu "
        "caps=audio/x-raw,format=S16LE,layout=interleaved,rate=%d,channels=%d ! audioconvert ! "
        "audioresample ! %s name=sink",
        BLOCK_BYTES, LEC_SOUND_RATE, LEC_SOUND_CHANNELS, automatic ? "autoaudiosink" : sink);
    /* Otherwise it would give a pipeline and an error at once for a property that is not known. */
    self->pipeline = gst_parse_launch_full(description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (!self->pipeline)
        return NULL;
    self->source = GST_APP_SRC(gst_bin_get_by_name(GST_BIN(self->pipeline), "source"));
    GstAppSrcCallbacks callbacks = {.need_data = on_need_data};
    gst_app_src_set_callbacks(self->source, &callbacks, self, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(self->pipeline);
    self->watch = gst_bus_add_watch(bus, on_bus, self);
    self->opener = g_thread_pool_new(settle, self, 1, FALSE, error);
    return self->opener ? g_steal_pointer(&self) : NULL;
}

void lec_mixer_free(LecMixer *self) {
    if (!self)
        return;
    if (self->opener)
        g_thread_pool_free(self->opener, TRUE, TRUE);
    g_clear_handle_id(&self->watch, g_source_remove);
    if (self->pipeline)
        gst_element_set_state(self->pipeline, GST_STATE_NULL);
    g_clear_pointer((GstElement **)&self->source, gst_object_unref);
    g_clear_pointer(&self->pipeline, gst_object_unref);
    g_assert(self->tracks->len == 0);
    g_ptr_array_unref(self->tracks);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void lec_mixer_set_muted(LecMixer *self, bool muted) {
    g_atomic_int_set(&self->muted, muted);
}

LecTrack *lec_mixer_add_track(LecMixer *self) {
    LecTrack *track = g_new0(LecTrack, 1);
    track->mixer = self;
    track->buffer = lec_track_buffer_new();
    g_mutex_lock(&self->lock);
    g_ptr_array_add(self->tracks, track);
    g_mutex_unlock(&self->lock);
    g_thread_pool_push(self->opener, (gpointer)change_of_tracks, NULL);
    return track;
}

void lec_track_set_muted(LecTrack *self, bool muted) {
    g_mutex_lock(&self->mixer->lock);
    self->muted = muted;
    g_mutex_unlock(&self->mixer->lock);
}

void lec_track_free(LecTrack *self) {
    if (!self)
        return;
    g_mutex_lock(&self->mixer->lock);
    g_ptr_array_remove(self->mixer->tracks, self);
    g_mutex_unlock(&self->mixer->lock);
    g_thread_pool_push(self->mixer->opener, (gpointer)change_of_tracks, NULL);
    lec_track_buffer_free(self->buffer);
    g_free(self);
}

void lec_track_push(LecTrack *self, const gint16 *samples, guint frames, gint64 sender_us) {
    g_mutex_lock(&self->mixer->lock);
    lec_track_buffer_push(self->buffer, samples, frames, sender_us);
    g_mutex_unlock(&self->mixer->lock);
}

gint64 lec_track_sync(LecTrack *self, gint64 sender_us, gint64 shown_us) {
    g_mutex_lock(&self->mixer->lock);
    const gint64 wait = lec_track_buffer_sync(self->buffer, sender_us, shown_us);
    g_mutex_unlock(&self->mixer->lock);
    return wait;
}

gint64 lec_track_get_skew_us(LecTrack *self) {
    g_mutex_lock(&self->mixer->lock);
    const gint64 skew = lec_track_buffer_get_skew_us(self->buffer);
    g_mutex_unlock(&self->mixer->lock);
    return skew;
}
