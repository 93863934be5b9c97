/* A presenter's two decoding pipelines: appsrc → depayloader → decoder → appsink, one for pictures,
 * one for sound. */
#include "receiver/playback.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/audio/audio.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include "common/base/log.h"
#include "common/base/mailbox.h"
#include "receiver/decoders.h"
#include "receiver/picture-end.h"
#include "receiver/picture-size.h"
#include "receiver/stamps.h"

#define MAX_QUEUED_BYTES \
    4194304 /* of undecoded packets: a few keyframes; then the newest is refused */
#define MAX_UNFINISHED_BYTES (3 * MAX_QUEUED_BYTES) /* of a picture whose end does not come */
#define RESTART_INTERVAL_US G_USEC_PER_SEC
#define MAX_OLD_SOURCES 8 /* nobody is in one for that many intervals */
#define FIRST_PICTURE_PATIENCE_MS 500

typedef enum { NOTE_FRAME, NOTE_KEYFRAME, NOTE_RESTART } NoteKind;
#define MAX_NOTES 3 /* of each kind one at a time */

typedef struct {
    GstElement *pipeline;
    GstAppSrc *source; /* atomic: main replaces it with the decoder while packets come */
    GPtrArray *old;    /* its predecessors: the transport's thread may still be in one */
    guint watch;       /* on the bus, main */
    LecStamps stamps;
} Medium;

struct LecPlayback {
    Medium video, audio;
    LecMediaSection video_section;
    gint codec;               /* atomic: index into the section's codecs; main alone writes */
    gint wanted;              /* atomic: the codec to start (anew), plus one; 0: none */
    gint unfinished_bytes;    /* atomic: given in since a whole picture came to the decoder */
    gint64 restarted_us;      /* main */
    guint decoder;            /* index into the decoders that this machine has */
    gint decoder_works;       /* atomic: a picture came out of it */
    const char *decoder_name; /* set once a picture came */
    LecTrack *track;
    LecMailbox *notes; /* from GStreamer's threads */
    LecFrame *newest;  /* atomic: what main has not seen yet */
    gint seen_a_frame; /* atomic */
    gint64 entered_us; /* atomic: when the decoder was given its newest picture */
    gint pictures;     /* atomic: those that came out, and how long they were inside, since the */
    gint decode_us;    /* last look */
    LecPictureEnd picture_end; /* transport's thread */
    gint asked;    /* atomic: main has been told of a keyframe's want and has not looked yet */
    guint waiting; /* source id: for the first picture */
    const LecPlaybackEvents *events;
    void *user;
};

/* ---- from GStreamer's threads ---- */

typedef struct {
    GstVideoFrame mapped;
    GstSample *sample;
} Picture;

static void picture_free(gpointer data) {
    Picture *self = data;
    gst_video_frame_unmap(&self->mapped);
    gst_sample_unref(self->sample);
    g_free(self);
}

static bool describe(LecFrame *frame, const GstVideoFrame *mapped) {
    const GstVideoInfo *info = &mapped->info;
    switch (GST_VIDEO_INFO_FORMAT(info)) {
    case GST_VIDEO_FORMAT_I420:
        frame->format = LEC_FRAME_I420;
        break;
    case GST_VIDEO_FORMAT_NV12:
        frame->format = LEC_FRAME_NV12;
        break;
    default:
        return false;
    }
    frame->matrix = info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709 ? LEC_MATRIX_BT709
                                                                             : LEC_MATRIX_BT601;
    frame->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
    frame->width = GST_VIDEO_INFO_WIDTH(info);
    frame->height = GST_VIDEO_INFO_HEIGHT(info);
    for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES(info); plane++) {
        frame->planes[plane] = GST_VIDEO_FRAME_PLANE_DATA(mapped, plane);
        frame->strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(mapped, plane);
    }
    return frame->width > 0 && frame->height > 0 && frame->width <= LEC_PICTURE_MAX_SIDE &&
           frame->height <= LEC_PICTURE_MAX_SIDE;
}

static LecFrame *frame_from_sample(LecPlayback *self, GstSample *sample) {
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)))
        return NULL;
    g_autofree Picture *picture = g_new0(Picture, 1);
    if (!gst_video_frame_map(&picture->mapped, &info, gst_sample_get_buffer(sample), GST_MAP_READ))
        return NULL;
    picture->sample = gst_sample_ref(sample);
    const LecStamp stamp =
        lec_stamps_find(&self->video.stamps, GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
    const Picture *view = picture;
    g_autoptr(LecFrame) frame = lec_frame_new(g_steal_pointer(&picture), picture_free);
    frame->arrival_us = stamp.arrival_us;
    frame->sender_us = stamp.sender_us;
    return describe(frame, &view->mapped) ? g_steal_pointer(&frame) : NULL;
}

/* Decoders in software work on the thread that gives them their picture. */
static void note_decoded(LecPlayback *self) {
    const gint64 entered_us = __atomic_exchange_n(&self->entered_us, 0, __ATOMIC_RELAXED);
    g_atomic_int_inc(&self->pictures);
    if (entered_us > 0)
        g_atomic_int_add(&self->decode_us,
                         (gint)MIN(g_get_monotonic_time() - entered_us, G_USEC_PER_SEC));
}

static GstFlowReturn on_picture(GstAppSink *sink, gpointer user) {
    LecPlayback *self = user;
    note_decoded(self);
    GstSample *sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_EOS;
    LecFrame *frame = frame_from_sample(self, sample);
    gst_sample_unref(sample);
    if (!frame)
        return GST_FLOW_NOT_NEGOTIATED;
    g_atomic_int_set(&self->seen_a_frame, 1);
    g_atomic_int_set(&self->decoder_works, 1);
    LecFrame *unseen = g_atomic_pointer_exchange(&self->newest, frame);
    if (unseen)
        lec_frame_unref(unseen); /* main has been told of one already and will find this one */
    else
        lec_mailbox_post(self->notes, GINT_TO_POINTER(NOTE_FRAME + 1));
    return GST_FLOW_OK;
}

static GstFlowReturn on_sound(GstAppSink *sink, gpointer user) {
    LecPlayback *self = user;
    GstSample *sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_EOS;
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;
    if (gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        const LecStamp stamp = lec_stamps_find(&self->audio.stamps, GST_BUFFER_PTS(buffer));
        lec_track_push(self->track, (const gint16 *)(gconstpointer)map.data,
                       (guint)(map.size / (sizeof(gint16) * LEC_SOUND_CHANNELS)), stamp.sender_us);
        gst_buffer_unmap(buffer, &map);
    }
    gst_sample_unref(sample);
    return GST_FLOW_OK;
}

/*
 * One note at a time, as with pictures: losses come faster than a busy main looks, and a mailbox
 * that they filled would have no room for the next picture's note, without which no other is
 * written.
 */
static void note_keyframe(LecPlayback *self) {
    if (g_atomic_int_compare_and_exchange(&self->asked, 0, 1))
        lec_mailbox_post(self->notes, GINT_TO_POINTER(NOTE_KEYFRAME + 1));
}

static void note_restart(LecPlayback *self, gint codec) {
    if (g_atomic_int_compare_and_exchange(&self->wanted, 0, codec + 1))
        lec_mailbox_post(self->notes, GINT_TO_POINTER(NOTE_RESTART + 1));
}

static const LecCodecParams *current_codec(const LecPlayback *self) {
    return &self->video_section.codecs[g_atomic_int_get(&self->codec)];
}

/* What it made of a frame or its parameters: the presenter's end is on its way, or a keyframe. */
static void object_to(LecPlayback *self, GstElement *depayloader, const GError *error) {
    if (!g_error_matches(error, LEC_PICTURE_ERROR, LEC_PICTURE_ERROR_REFUSED)) {
        note_keyframe(self);
        return;
    }
    g_autoptr(GError) told =
        g_error_new_literal(GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, error->message);
    gst_element_post_message(depayloader,
                             gst_message_new_error(GST_OBJECT(depayloader), told, NULL));
}

/* is_config: what stands in H.264's caps. */
static bool may_decode(LecPlayback *self, GstElement *depayloader, GstBuffer *buffer,
                       bool is_config) {
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return false;
    g_autoptr(GError) error = NULL;
    if (is_config)
        lec_picture_size_read_avc(map.data, map.size, NULL, &error);
    else
        lec_picture_size_read(current_codec(self)->codec, map.data, map.size, NULL, &error);
    gst_buffer_unmap(buffer, &map);
    if (error)
        object_to(self, depayloader, error);
    return !error;
}

static bool may_configure(LecPlayback *self, GstElement *depayloader, GstEvent *event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
        return true;
    GstCaps *caps;
    gst_event_parse_caps(event, &caps);
    const GValue *config = gst_structure_get_value(gst_caps_get_structure(caps, 0), "codec_data");
    return !config || may_decode(self, depayloader, gst_value_get_buffer(config), true);
}

/* Takes buffer: what a decoder is given is what was read, and no second frame behind it. */
static GstBuffer *close_frame(LecPlayback *self, GstBuffer *buffer) {
    guint8 index[LEC_PICTURE_VP9_INDEX_BYTES];
    GstMapInfo map;
    if (current_codec(self)->codec != LEC_CODEC_VP9 || !gst_buffer_map(buffer, &map, GST_MAP_READ))
        return buffer;
    const guint len = lec_picture_make_vp9_index(map.data, map.size, index);
    gst_buffer_unmap(buffer, &map);
    if (len == 0)
        return buffer;
    guint8 *copy = g_memdup2(index, len);
    GstMemory *memory = gst_memory_new_wrapped(0, copy, len, 0, len, copy, g_free);
    GstBuffer *closed = gst_buffer_make_writable(buffer);
    gst_buffer_append_memory(closed, memory);
    return closed;
}

static gboolean close_each(GstBuffer **buffer, guint i, gpointer user) {
    *buffer = close_frame(user, *buffer);
    return TRUE;
}

/* Nothing passes here that would have a decoder allocate more than was agreed. */
static GstPadProbeReturn on_encoded(GstPad *pad, GstPadProbeInfo *info, gpointer user) {
    LecPlayback *self = user;
    g_autoptr(GstElement) depayloader = gst_pad_get_parent_element(pad);
    bool fine = true;
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM)
        return may_configure(self, depayloader, gst_pad_probe_info_get_event(info))
                   ? GST_PAD_PROBE_OK
                   : GST_PAD_PROBE_DROP;
    g_atomic_int_set(&self->unfinished_bytes, 0);
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
        GstBufferList *list = gst_pad_probe_info_get_buffer_list(info);
        for (guint i = 0; i < gst_buffer_list_length(list) && fine; i++)
            fine = may_decode(self, depayloader, gst_buffer_list_get(list, i), false);
        list = gst_buffer_list_make_writable(list);
        gst_buffer_list_foreach(list, close_each, self);
        GST_PAD_PROBE_INFO_DATA(info) = list;
    } else {
        GstBuffer *buffer = gst_pad_probe_info_get_buffer(info);
        fine = may_decode(self, depayloader, buffer, false);
        GST_PAD_PROBE_INFO_DATA(info) = close_frame(self, buffer);
    }
    __atomic_store_n(&self->entered_us, g_get_monotonic_time(), __ATOMIC_RELAXED);
    return fine ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

/* The decoder asks upstream for a keyframe after an error. */
static GstPadProbeReturn on_upstream_event(GstPad *pad, GstPadProbeInfo *info, gpointer user) {
    LecPlayback *self = user;
    if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)))
        note_keyframe(self);
    return GST_PAD_PROBE_OK;
}

/* ---- main ---- */

static void restart_video(LecPlayback *self);

static void on_note(gpointer message, void *user) {
    LecPlayback *self = user;
    switch ((NoteKind)(GPOINTER_TO_INT(message) - 1)) {
    case NOTE_FRAME: {
        LecFrame *frame = g_atomic_pointer_exchange(&self->newest, NULL);
        if (frame) {
            g_clear_handle_id(&self->waiting, g_source_remove);
            self->decoder_name = lec_decoders_name(current_codec(self)->codec, self->decoder);
            self->events->frame(frame, self->user);
        }
        break;
    }
    case NOTE_KEYFRAME:
        g_atomic_int_set(&self->asked, 0);
        /* The decoder asks at its start too, where the sender begins with a keyframe anyhow. */
        if (!self->waiting)
            self->events->keyframe_needed(self->user);
        break;
    case NOTE_RESTART:
        restart_video(self);
        break;
    }
}

static gboolean on_first_picture_late(gpointer user) {
    LecPlayback *self = user;
    if (g_atomic_int_get(&self->seen_a_frame)) {
        self->waiting = 0;
        return G_SOURCE_REMOVE;
    }
    self->events->keyframe_needed(self->user);
    return G_SOURCE_CONTINUE;
}

static void medium_init(Medium *self) {
    self->old = g_ptr_array_new_with_free_func(gst_object_unref);
    lec_stamps_init(&self->stamps);
}

static void medium_destroy(Medium *self) {
    g_ptr_array_unref(self->old);
    lec_stamps_clear(&self->stamps);
}

static void medium_clear(Medium *self) {
    g_clear_handle_id(&self->watch, g_source_remove);
    if (self->pipeline)
        gst_element_set_state(self->pipeline, GST_STATE_NULL);
    GstAppSrc *source = g_atomic_pointer_exchange(&self->source, NULL);
    if (source)
        g_ptr_array_add(self->old, source);
    if (self->old->len > MAX_OLD_SOURCES)
        g_ptr_array_remove_index(self->old, 0);
    g_clear_pointer(&self->pipeline, gst_object_unref);
}

static bool start_video(LecPlayback *self, GError **error);

/* The sender has changed to another of the codecs agreed, or its pictures do not end. */
static void restart_video(LecPlayback *self) {
    const gint codec = g_atomic_int_get(&self->wanted) - 1;
    const gint64 now = g_get_monotonic_time();
    if (now - self->restarted_us >= RESTART_INTERVAL_US || self->restarted_us == 0) {
        self->restarted_us = now;
        self->decoder = 0;
        medium_clear(&self->video); /* its threads look at the codec */
        g_atomic_int_set(&self->codec, codec);
        g_autoptr(GError) error = NULL;
        if (start_video(self, &error))
            self->events->keyframe_needed(self->user);
        else
            self->events->failed(error, self->user);
    }
    g_atomic_int_set(&self->wanted, 0); /* where it was too soon, the next packet asks again */
}

/* A hardware decoder that is there and does not work shows only when it is used; what is wrong with
 * the stream would be wrong with the next decoder too. */
static bool may_try_next(LecPlayback *self, const GError *error) {
    return !g_atomic_int_get(&self->decoder_works) && error->domain != GST_STREAM_ERROR &&
           lec_decoders_name(current_codec(self)->codec, self->decoder + 1);
}

static gboolean on_video_bus(GstBus *bus, GstMessage *message, gpointer user) {
    LecPlayback *self = user;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    self->video.watch = 0;
    if (may_try_next(self, error)) {
        lec_warning("The decoder %s failed (%s); the next one is tried.",
                    lec_decoders_name(current_codec(self)->codec, self->decoder), error->message);
        self->decoder++;
        g_autoptr(GError) restart_error = NULL;
        if (start_video(self, &restart_error)) {
            self->events->keyframe_needed(self->user);
            return G_SOURCE_REMOVE;
        }
        g_clear_error(&error);
        error = g_steal_pointer(&restart_error);
    }
    self->events->failed(error, self->user);
    return G_SOURCE_REMOVE;
}

static gboolean on_audio_bus(GstBus *bus, GstMessage *message, gpointer user) {
    LecPlayback *self = user;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    lec_warning("A presenter's sound cannot be played (%s); the picture goes on.", error->message);
    self->audio.watch = 0;
    return G_SOURCE_REMOVE;
}

/* Between depayloader and decoder whole frames can be looked at, however they were cut into
 * packets.
 */
static void guard_decoder(LecPlayback *self, GstBin *pipeline) {
    g_autoptr(GstElement) depayloader = gst_bin_get_by_name(pipeline, LEC_DECODERS_DEPAYLOADER);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(depayloader, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, on_encoded, self, NULL);
}

/* A description of our own making, never of a peer's. */
static bool medium_start(LecPlayback *self, Medium *medium, const LecCodecParams *codec,
                         const char *description, GstAppSinkCallbacks *callbacks, GstBusFunc on_bus,
                         GError **error) {
    const bool is_video = medium == &self->video;
    medium_clear(medium);
    medium->pipeline = gst_parse_launch_full(description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (!medium->pipeline)
        return false;
    g_autoptr(GstAppSrc) source =
        GST_APP_SRC(gst_bin_get_by_name(GST_BIN(medium->pipeline), "source"));
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(medium->pipeline), "sink");
    g_autofree char *encoding =
        g_ascii_strup(lec_codec_name(codec->codec), -1); /* as GStreamer writes it */
    g_autoptr(GstCaps) caps = gst_caps_new_simple(
        "application/x-rtp", "media", G_TYPE_STRING, is_video ? "video" : "audio", "clock-rate",
        G_TYPE_INT, (int)codec->clock_rate, "encoding-name", G_TYPE_STRING, encoding, "payload",
        G_TYPE_INT, (int)codec->payload_type, NULL);
    gst_app_src_set_caps(source, caps);
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), callbacks, self, NULL);

    g_autoptr(GstPad) pad = gst_element_get_static_pad(GST_ELEMENT(source), "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, self, NULL);
    g_autoptr(GstPad) sink_pad = gst_element_get_static_pad(sink, "sink");
    if (is_video) {
        lec_decoders_give_memory(sink_pad);
        guard_decoder(self, GST_BIN(medium->pipeline));
    }

    g_autoptr(GstBus) bus = gst_element_get_bus(medium->pipeline);
    medium->watch = gst_bus_add_watch(bus, on_bus, self);
    if (gst_element_set_state(medium->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE,
                    "The decoder for %s does not start.", lec_codec_name(codec->codec));
        medium_clear(medium);
        return false;
    }
    g_atomic_pointer_set(&medium->source, g_steal_pointer(&source));
    return true;
}

#define SOURCE \
    "appsrc name=source is-live=true format=time max-bytes=" G_STRINGIFY(MAX_QUEUED_BYTES) " ! "

static bool start_video(LecPlayback *self, GError **error) {
    static GstAppSinkCallbacks callbacks = {.new_sample = on_picture};
    const LecCodecParams *codec = current_codec(self);
    g_autofree char *chain = lec_decoders_describe(codec->codec, self->decoder, error);
    if (!chain)
        return false;
    g_atomic_int_set(&self->decoder_works, 0);
    g_atomic_int_set(&self->unfinished_bytes, 0);
    g_autofree char *description =
        g_strdup_printf(SOURCE "%s ! video/x-raw,format={I420,NV12} ! "
                               "appsink name=sink sync=false max-buffers=1 drop=true qos=false",
                        chain);
    return medium_start(self, &self->video, codec, description, &callbacks, on_video_bus, error);
}

static bool start_audio(LecPlayback *self, const LecMediaSection *section, LecMixer *mixer,
                        GError **error) {
    static GstAppSinkCallbacks callbacks = {.new_sample = on_sound};
    self->track = lec_mixer_add_track(mixer);
    return medium_start(
        self, &self->audio, &section->codecs[0],
        SOURCE
        "rtpopusdepay ! opusdec plc=true ! audioconvert ! audioresample ! "
        "audio/x-raw,format=S16LE,rate=" G_STRINGIFY(LEC_SOUND_RATE) ",channels=" G_STRINGIFY(
            LEC_SOUND_CHANNELS) " ! appsink name=sink sync=false",
        &callbacks, on_audio_bus, error);
}

LecPlayback *lec_playback_new(const LecMediaSection *video, const LecMediaSection *audio,
                              LecMixer *mixer, const LecPlaybackEvents *events, void *user,
                              GError **error) {
    g_autoptr(LecPlayback) self = g_new0(LecPlayback, 1);
    self->events = events;
    self->user = user;
    self->video_section = *video;
    self->notes = lec_mailbox_new(NULL, G_PRIORITY_DEFAULT, MAX_NOTES, on_note, NULL, self);
    medium_init(&self->video);
    medium_init(&self->audio);
    if (!start_video(self, error))
        return NULL;
    if (audio && mixer && !start_audio(self, audio, mixer, error))
        return NULL;
    self->waiting = g_timeout_add(FIRST_PICTURE_PATIENCE_MS, on_first_picture_late, self);
    return g_steal_pointer(&self);
}

void lec_playback_free(LecPlayback *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->waiting, g_source_remove);
    medium_clear(&self->video); /* joins the threads that use what follows */
    medium_clear(&self->audio);
    if (self->notes)
        lec_mailbox_close(self->notes);
    g_clear_pointer(&self->notes, lec_mailbox_unref);
    g_clear_pointer(&self->newest, lec_frame_unref);
    g_clear_pointer(&self->track, lec_track_free);
    medium_destroy(&self->video);
    medium_destroy(&self->audio);
    g_free(self);
}

/* True where the packet is of the codec whose decoder runs; where it is not, that one is asked for.
 */
static bool is_for_decoder(LecPlayback *self, guint8 payload_type, gsize len) {
    const gint current = g_atomic_int_get(&self->codec);
    gint codec = 0;
    while (self->video_section.codecs[codec].payload_type != payload_type)
        if (++codec == (gint)self->video_section.n_codecs)
            return false;
    const bool is_endless =
        g_atomic_int_add(&self->unfinished_bytes, (gint)len) > MAX_UNFINISHED_BYTES;
    if (codec == current && !is_endless)
        return true;
    note_restart(self, codec);
    return false;
}

void lec_playback_push(LecPlayback *self, LecMediaKind kind, const guint8 *data, gsize len,
                       gint64 arrival_us, gint64 sender_us, bool discontinuity) {
    Medium *medium = kind == LEC_MEDIA_VIDEO ? &self->video : &self->audio;
    GstAppSrc *source = g_atomic_pointer_get(&medium->source);
    if (!source || len < 12)
        return;
    if (kind == LEC_MEDIA_AUDIO && !g_atomic_int_get(&self->seen_a_frame))
        return; /* nobody is heard in the room whose name does not stand on the display */
    if (kind == LEC_MEDIA_VIDEO && !is_for_decoder(self, data[1] & 0x7f, len))
        return;
    if (gst_app_src_get_current_level_bytes(source) + len > MAX_QUEUED_BYTES)
        return; /* the depayloader sees the gap and asks for a keyframe */
    const guint32 rtp_time = GST_READ_UINT32_BE(data + 4);
    GstBuffer *buffer = gst_buffer_new_memdup(data, len);
    GST_BUFFER_PTS(buffer) = lec_stamps_note(&medium->stamps, rtp_time, arrival_us, sender_us);
    const bool torn =
        kind == LEC_MEDIA_VIDEO && lec_picture_end_is_missing(&self->picture_end, data);
    if (discontinuity || torn) {
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
        if (kind == LEC_MEDIA_VIDEO)
            note_keyframe(self);
    }
    gst_app_src_push_buffer(source, buffer);
}

/* The queue before the decoder knows its length in time only where packets say theirs. */
static guint32 waiting_us(LecPlayback *self) {
    GstAppSrc *source = g_atomic_pointer_get(&self->video.source);
    const GstClockTime level = source ? gst_app_src_get_current_level_time(source) : 0;
    return GST_CLOCK_TIME_IS_VALID(level) ? (guint32)MIN(level / 1000, 10 * G_USEC_PER_SEC) : 0;
}

void lec_playback_take_load(LecPlayback *self, LecPlaybackLoad *ret) {
    *ret = (LecPlaybackLoad){
        .pictures = (guint)__atomic_exchange_n(&self->pictures, 0, __ATOMIC_RELAXED),
        .decode_us = (guint32)__atomic_exchange_n(&self->decode_us, 0, __ATOMIC_RELAXED),
        .waiting_us = waiting_us(self),
    };
}

const char *lec_playback_get_codec(const LecPlayback *self) {
    return lec_codec_name(current_codec(self)->codec);
}

const char *lec_playback_get_decoder(const LecPlayback *self) {
    return self->decoder_name;
}

LecTrack *lec_playback_get_track(const LecPlayback *self) {
    return self->track;
}
