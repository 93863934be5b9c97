/*
 * A presenter's decoding: RTP in, pictures and sound out, one GStreamer pipeline a medium, so that
 * an error in one presenter's never reaches another's.
 */
#pragma once

#include "common/base/media-params.h"
#include "receiver/frame.h"
#include "receiver/sound.h"

typedef struct LecPlayback LecPlayback;

typedef struct {
    void (*frame)(LecFrame *frame,
                  void *user); /* main; takes; only ever the newest that main has not seen yet */
    void (*keyframe_needed)(void *user); /* main: the decoder lost its thread */
    void (*failed)(const GError *error,
                   void *user); /* main; last event: this presenter cannot be shown, and why */
} LecPlaybackEvents;

/* The sections as negotiated: the first codec is what is expected, any other is followed. mixer may
 * be NULL (sound off). */
LecPlayback *lec_playback_new(const LecMediaSection *video, const LecMediaSection *audio,
                              LecMixer *mixer, const LecPlaybackEvents *events, void *user,
                              GError **error);
void lec_playback_free(LecPlayback *self); /* no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPlayback, lec_playback_free)

/* ANY one thread (the transport's): a packet in order. data is copied. Sound counts from the first
 * picture on. */
void lec_playback_push(LecPlayback *self, LecMediaKind kind, const guint8 *data, gsize len,
                       gint64 arrival_us, gint64 sender_us, bool discontinuity);

/* What decoding took since the last call. */
typedef struct {
    guint pictures;
    guint32 decode_us;  /* how long the decoder was at work */
    guint32 waiting_us; /* how old the oldest packet is now that it has not been given */
} LecPlaybackLoad;
void lec_playback_take_load(LecPlayback *self, LecPlaybackLoad *ret);

/* For lec_track_sync(); NULL where there is no sound. Borrowed. */
LecTrack *lec_playback_get_track(const LecPlayback *self);

/* "VP8": what comes now, or is expected. */
const char *lec_playback_get_codec(const LecPlayback *self);

/* "avdec_h264", for the stats; NULL before the first picture. */
const char *lec_playback_get_decoder(const LecPlayback *self);
