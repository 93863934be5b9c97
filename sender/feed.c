/* Holds the source while encoders come and go behind it. */
#include "sender/feed.h"

#include "common/base/log.h"
#include "sender/encode-audio.h"
#include "sender/source.h"

struct LecFeed {
    LecFeedEvents events;
    void *user;
    guint max_fps, wished_fps; /* wished_fps: 0: no wish */
    LecProfile profile;

    LecCapture *capture, *next; /* what is shared, and what shall be in its place */
    GstElement *source;         /* of capture */
    LecEncode *encode;
    LecEncodeAudio *audio;

    bool connected, takes_sound;
    LecMediaSection video_section, audio_section;
    bool paused, sound;
    guint kbps, width, height; /* as told last; 0: not yet */

    /* One stream each for the whole call. While a pipeline runs its thread has its place. */
    LecRtpPlace video_place, audio_place;
};

static void stop_pictures(LecFeed *self) {
    g_clear_pointer(&self->encode, lec_encode_free);
}

static void stop_sound(LecFeed *self) {
    g_clear_pointer(&self->audio, lec_encode_audio_free);
}

static void drop_source(LecFeed *self) {
    stop_pictures(self);
    gst_clear_object(&self->source);
    g_clear_pointer(&self->capture, lec_capture_free);
}

static void on_packets(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user) {
    LecFeed *self = user;
    lec_rtp_place_pass(kind == LEC_MEDIA_VIDEO ? &self->video_place : &self->audio_place, packets);
    self->events.packets(kind, packets, capture_us, self->user);
}

static void on_encode_failed(const GError *error, void *user) {
    LecFeed *self = user;
    drop_source(self);
    stop_sound(self);
    self->events.failed(error, self->user);
}

static void on_encode_ended(void *user) {
    LecFeed *self = user;
    drop_source(self);
    stop_sound(self);
    self->events.closed(self->user);
}

static const LecEncodeEvents encode_events = {
    .packets = on_packets,
    .failed = on_encode_failed,
    .ended = on_encode_ended,
};

/* The pictures go on without it. */
static void on_audio_failed(const GError *error, void *user) {
    LecFeed *self = user;
    self->sound = false;
    stop_sound(self);
    self->events.silent(error, self->user);
}

static void update_sound(LecFeed *self) {
    const bool wanted =
        self->sound && self->takes_sound && self->connected && !self->paused && self->source;
    if (!wanted)
        stop_sound(self);
    if (!wanted || self->audio)
        return;
    g_autoptr(GError) error = NULL;
    self->audio = lec_encode_audio_new(&self->audio_section, &self->audio_place, on_packets,
                                       on_audio_failed, self, &error);
    if (!self->audio)
        on_audio_failed(error, self);
}

/* True where pictures leave from now on. */
static bool start_pictures(LecFeed *self) {
    if (!self->connected || self->paused || !self->source || self->encode)
        return false;
    g_autoptr(GError) error = NULL;
    self->encode = lec_encode_new(gst_object_ref(self->source), &self->video_section,
                                  &self->video_place, self->profile, &encode_events, self, &error);
    if (!self->encode) {
        on_encode_failed(error, self);
        return false;
    }
    if (self->kbps)
        lec_encode_set_kbps(self->encode, self->kbps);
    if (self->width && self->height)
        lec_encode_set_size(self->encode, self->width, self->height);
    return true;
}

static void set_rate(LecFeed *self) {
    if (self->source && LEC_IS_SOURCE(self->source))
        lec_source_set_max_fps(LEC_SOURCE(self->source), self->wished_fps
                                                             ? MIN(self->wished_fps, self->max_fps)
                                                             : self->max_fps);
}

static void start(LecFeed *self) {
    const bool begun = start_pictures(self);
    update_sound(self);
    if (begun)
        self->events.shown(self->user);
}

static void on_captured(GstElement *element, const GError *error, void *user) {
    LecFeed *self = user;
    if (error) {
        g_autoptr(GError) why = g_error_copy(error);
        g_clear_pointer(&self->next, lec_capture_free);
        self->events.failed(why, self->user);
        return;
    }
    drop_source(self);
    self->capture = g_steal_pointer(&self->next);
    self->source = element;
    set_rate(self);
    start(self);
}

void lec_feed_open(LecFeed *self, const char *source) {
    g_clear_pointer(&self->next, lec_capture_free);
    self->next = lec_capture_open(source, self->max_fps, on_captured, self);
}

bool lec_feed_has_source(const LecFeed *self) {
    return self->source != NULL;
}

bool lec_feed_warm_up(GError **error) {
    return lec_encode_warm_up(error);
}

void lec_feed_connect(LecFeed *self, const LecMediaSection *video, const LecMediaSection *audio) {
    self->connected = true;
    self->video_section = *video;
    self->takes_sound = audio != NULL;
    if (audio)
        self->audio_section = *audio;
    self->video_place = lec_rtp_place_new();
    self->audio_place = lec_rtp_place_new();
    start(self);
}

void lec_feed_disconnect(LecFeed *self) {
    stop_pictures(self);
    stop_sound(self);
    self->connected = false;
    self->kbps = self->width = self->height = self->wished_fps = 0;
    set_rate(self);
}

void lec_feed_set_paused(LecFeed *self, bool paused) {
    if (self->paused == paused)
        return;
    self->paused = paused;
    if (paused) {
        stop_pictures(self);
        stop_sound(self);
    } else {
        start(self);
    }
}

void lec_feed_set_sound(LecFeed *self, bool on) {
    self->sound = on;
    update_sound(self);
}

/* Encoders are set up for theirs from the beginning. */
void lec_feed_set_profile(LecFeed *self, LecProfile profile) {
    if (self->profile == profile)
        return;
    self->profile = profile;
    stop_pictures(self);
    start_pictures(self);
}

void lec_feed_force_keyframe(LecFeed *self) {
    if (self->encode)
        lec_encode_force_keyframe(self->encode);
}

void lec_feed_set_kbps(LecFeed *self, guint kbps) {
    self->kbps = kbps;
    if (self->encode)
        lec_encode_set_kbps(self->encode, kbps);
}

void lec_feed_set_size(LecFeed *self, guint width, guint height) {
    self->width = width;
    self->height = height;
    if (self->encode && width && height)
        lec_encode_set_size(self->encode, width, height);
}

void lec_feed_set_fps(LecFeed *self, guint fps) {
    self->wished_fps = fps;
    set_rate(self);
}

const char *lec_feed_get_encoder(const LecFeed *self) {
    return self->encode ? lec_encode_get_encoder(self->encode) : "";
}

LecFeed *lec_feed_new(guint max_fps, LecProfile profile, const LecFeedEvents *events, void *user) {
    LecFeed *self = g_new0(LecFeed, 1);
    self->events = *events;
    self->user = user;
    self->max_fps = max_fps;
    self->profile = profile;
    return self;
}

void lec_feed_free(LecFeed *self) {
    if (!self)
        return;
    stop_sound(self);
    drop_source(self);
    g_clear_pointer(&self->next, lec_capture_free);
    g_free(self);
}
