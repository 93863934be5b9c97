/*
 * One presenter's sound between its decoder and the mixer, pure: a ring of samples that keeps a
 * wanted delay by playing imperceptibly faster or slower, so that sound stays in step with the
 * picture and two clocks that drift never empty or fill it. Not locked: the mixer does that.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_TRACK_RATE 48000
#define LEC_TRACK_CHANNELS 2

typedef struct LecTrackBuffer LecTrackBuffer;

LecTrackBuffer *lec_track_buffer_new(void);
void lec_track_buffer_free(LecTrackBuffer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecTrackBuffer, lec_track_buffer_free)

/* Interleaved; sender_us: capture time of the first frame, 0: unknown (it follows on). Too much
 * drops the oldest. */
void lec_track_buffer_push(LecTrackBuffer *self, const gint16 *samples, guint frames,
                           gint64 sender_us);

/*
 * Adds frames of sound to mix (saturating happens later), which will be heard from heard_us on.
 * Where there is not enough, silence, until the least level has been gathered anew.
 */
void lec_track_buffer_mix(LecTrackBuffer *self, gint32 *mix, guint frames, gint64 heard_us);

/*
 * The picture captured at sender_us was shown at shown_us. Returns by how much pictures should wait
 * (µs) so that sound, which cannot come sooner, is less than LEC_TRACK_TOLERANCE_US behind; 0 where
 * they need not.
 */
#define LEC_TRACK_TOLERANCE_US 30000
gint64 lec_track_buffer_sync(LecTrackBuffer *self, gint64 sender_us, gint64 shown_us);

/* By how much sound is behind the picture (µs, negative: ahead), as last known. For the stats and
 * tests. */
gint64 lec_track_buffer_get_skew_us(const LecTrackBuffer *self);
guint lec_track_buffer_get_level_us(const LecTrackBuffer *self); /* what it holds; for tests */
