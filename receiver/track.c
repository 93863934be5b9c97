/* A ring of samples with a wanted delay: the arithmetic of lip sync. */
#include "receiver/track.h"

#define RING_FRAMES (LEC_TRACK_RATE) /* a second */
#define START_LEVEL_FRAMES \
    (LEC_TRACK_RATE * 25 / 1000) /* gathered before the first sound: rides out jitter */
#define JUMP_US 120000           /* beyond this the ear prefers a cut to ten seconds of chasing */
#define DEAD_BAND_US 4000
#define MAX_STRETCH_PERMILLE 5 /* of speed: below what is heard as pitch */

struct LecTrackBuffer {
    gint16 ring[RING_FRAMES * LEC_TRACK_CHANNELS];
    guint64 written, read;    /* frames since the start */
    gint64 written_sender_us; /* the sender's time of frame `written`, 0: unknown */
    bool gathering;
    double fraction;         /* of a frame already played, while stretching */
    gint64 sound_delay_us;   /* heard − captured, as of the last mix; 0: unknown */
    gint64 picture_delay_us; /* shown − captured; 0: unknown */
};

LecTrackBuffer *lec_track_buffer_new(void) {
    LecTrackBuffer *self = g_new0(LecTrackBuffer, 1);
    self->gathering = true;
    return self;
}

void lec_track_buffer_free(LecTrackBuffer *self) {
    g_free(self);
}

static guint level(const LecTrackBuffer *self) {
    return (guint)(self->written - self->read);
}

static gint64 frames_to_us(gint64 frames) {
    return frames * G_USEC_PER_SEC / LEC_TRACK_RATE;
}

static gint64 us_to_frames(gint64 us) {
    return us * LEC_TRACK_RATE / G_USEC_PER_SEC;
}

void lec_track_buffer_push(LecTrackBuffer *self, const gint16 *samples, guint frames,
                           gint64 sender_us) {
    for (guint i = 0; i < frames; i++) {
        gint16 *frame = &self->ring[(self->written + i) % RING_FRAMES * LEC_TRACK_CHANNELS];
        for (guint channel = 0; channel < LEC_TRACK_CHANNELS; channel++)
            frame[channel] = samples[i * LEC_TRACK_CHANNELS + channel];
    }
    self->written += frames;
    if (level(self) > RING_FRAMES)
        self->read = self->written - RING_FRAMES;
    if (sender_us > 0)
        self->written_sender_us = sender_us + frames_to_us(frames);
    else if (self->written_sender_us > 0)
        self->written_sender_us += frames_to_us(frames);
}

static gint64 skew_us(const LecTrackBuffer *self) {
    return self->sound_delay_us != 0 && self->picture_delay_us != 0
               ? self->sound_delay_us - self->picture_delay_us
               : 0;
}

/* How many frames of the ring become one frame of sound now: over 1 catches up, under 1 falls back.
 */
static double choose_speed(LecTrackBuffer *self) {
    const gint64 skew = skew_us(self);
    gint64 too_late_us = skew;
    if (skew == 0 || (skew > 0 && level(self) <= START_LEVEL_FRAMES))
        too_late_us = skew == 0 ? frames_to_us((gint64)level(self) - 2 * START_LEVEL_FRAMES) : 0;
    if (skew == 0 && ABS(too_late_us) < frames_to_us(START_LEVEL_FRAMES))
        too_late_us =
            0; /* no picture to follow: any level between one and three times the least will do */
    if (too_late_us > JUMP_US) {
        const gint64 spare = (gint64)level(self) - START_LEVEL_FRAMES;
        self->read += (guint64)CLAMP(us_to_frames(too_late_us), 0, MAX(spare, 0));
        return 1.0;
    }
    if (ABS(too_late_us) < DEAD_BAND_US)
        return 1.0;
    return 1.0 + (too_late_us > 0 ? MAX_STRETCH_PERMILLE : -MAX_STRETCH_PERMILLE) / 1000.0;
}

static void mix_frame(const LecTrackBuffer *self, gint32 *mix) {
    const gint16 *here = &self->ring[self->read % RING_FRAMES * LEC_TRACK_CHANNELS];
    const gint16 *next = &self->ring[(self->read + 1) % RING_FRAMES * LEC_TRACK_CHANNELS];
    for (guint channel = 0; channel < LEC_TRACK_CHANNELS; channel++)
        mix[channel] += (gint32)(here[channel] + (next[channel] - here[channel]) * self->fraction);
}

void lec_track_buffer_mix(LecTrackBuffer *self, gint32 *mix, guint frames, gint64 heard_us) {
    if (self->gathering && level(self) < START_LEVEL_FRAMES + frames)
        return;
    self->gathering = false;
    if (self->written_sender_us > 0)
        self->sound_delay_us = heard_us - (self->written_sender_us - frames_to_us(level(self)));
    /* Far ahead of the picture: silence now, the picture catches up. */
    if (skew_us(self) < -JUMP_US && level(self) + frames < RING_FRAMES)
        return;
    const double speed = choose_speed(self);
    for (guint i = 0; i < frames; i++) {
        if (level(self) < 2) {
            self->gathering = true;
            return;
        }
        mix_frame(self, &mix[i * LEC_TRACK_CHANNELS]);
        self->fraction += speed;
        const guint whole = (guint)self->fraction;
        self->read += MIN(whole, level(self));
        self->fraction -= whole;
    }
}

gint64 lec_track_buffer_sync(LecTrackBuffer *self, gint64 sender_us, gint64 shown_us) {
    if (sender_us <= 0)
        return 0;
    const gint64 delay = shown_us - sender_us;
    /* Smoothed, so that one late picture does not move the sound. */
    self->picture_delay_us = self->picture_delay_us == 0
                                 ? delay
                                 : self->picture_delay_us + (delay - self->picture_delay_us) / 2;
    const gint64 skew = skew_us(self);
    return skew > LEC_TRACK_TOLERANCE_US ? skew - LEC_TRACK_TOLERANCE_US : 0;
}

gint64 lec_track_buffer_get_skew_us(const LecTrackBuffer *self) {
    return skew_us(self);
}

guint lec_track_buffer_get_level_us(const LecTrackBuffer *self) {
    return (guint)frames_to_us(level(self));
}
