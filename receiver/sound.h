/*
 * The box's sound: every presenter's decoded track mixed into one stream to one sink, in step with
 * the pictures. Off by a switch: then no sink is opened at all.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_SOUND_RATE 48000
#define LEC_SOUND_CHANNELS 2

typedef struct LecMixer LecMixer;
typedef struct LecTrack LecTrack;

/* sink: "auto", or a GStreamer element description's name such as "fakesink", "pulsesink" (tests).
 */
LecMixer *lec_mixer_new(const char *sink, GError **error);
void lec_mixer_free(LecMixer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecMixer, lec_mixer_free)

void lec_mixer_set_muted(LecMixer *self, bool muted);

LecTrack *lec_mixer_add_track(LecMixer *self);
void lec_track_free(LecTrack *self);
void lec_track_set_muted(LecTrack *self, bool muted); /* it keeps its place in time */

/*
 * ANY one thread. Interleaved s16 at LEC_SOUND_RATE. sender_us: capture time of the first frame on
 * the sender's clock, 0: unknown.
 */
void lec_track_push(LecTrack *self, const gint16 *samples, guint frames, gint64 sender_us);

/*
 * Main. The picture captured at sender_us is now on the display: the track keeps its own delay so
 * that sound comes out within ±40 ms of it. Returns by how much the picture should be held back
 * (µs, 0 where it need not).
 */
gint64 lec_track_sync(LecTrack *self, gint64 sender_us, gint64 shown_us);

/* By how much sound comes behind its picture (µs, negative: ahead); 0: not known yet. */
gint64 lec_track_get_skew_us(LecTrack *self);
