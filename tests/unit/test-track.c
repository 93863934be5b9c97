/* The ring that keeps sound in step: gathers, mixes, follows the picture, survives drift and
 * floods. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "receiver/track.h"

#define BLOCK 480u          /* 10 ms */
#define EPOCH_US 1000000000 /* where the sender's clock stands at the start: far from the box's */

typedef struct {
    LecTrackBuffer *track;
    gint64 now_us;
    gint64 sender_us;
    double phase;
} Fixture;

static Fixture *fixture_new(void) {
    Fixture *self = g_new0(Fixture, 1);
    self->track = lec_track_buffer_new();
    self->now_us = 5000000;
    self->sender_us = EPOCH_US;
    return self;
}

static void fixture_free(Fixture *self) {
    lec_track_buffer_free(self->track);
    g_free(self);
}

static void push_tone(Fixture *self, guint frames) {
    g_autofree gint16 *samples = g_new(gint16, frames * LEC_TRACK_CHANNELS);
    for (guint i = 0; i < frames; i++) {
        samples[2 * i] = samples[2 * i + 1] = (gint16)(10000 * sin(self->phase));
        self->phase += 2 * G_PI * 440 / LEC_TRACK_RATE;
    }
    lec_track_buffer_push(self->track, samples, frames, self->sender_us);
    self->sender_us += (gint64)frames * G_USEC_PER_SEC / LEC_TRACK_RATE;
}

/* One block out; its loudest sample. The device holds another 20 ms. */
static gint32 pull(Fixture *self, gint32 *mix) {
    memset(mix, 0, BLOCK * LEC_TRACK_CHANNELS * sizeof *mix);
    lec_track_buffer_mix(self->track, mix, BLOCK, self->now_us + 20000);
    gint32 peak = 0;
    for (guint i = 0; i < BLOCK * LEC_TRACK_CHANNELS; i++)
        peak = MAX(peak, ABS(mix[i]));
    return peak;
}

static void test_gathers_first(void) {
    Fixture *self = fixture_new();
    gint32 mix[BLOCK * LEC_TRACK_CHANNELS];
    push_tone(self, BLOCK);
    g_assert_cmpint(pull(self, mix), ==, 0);
    for (guint i = 0; i < 4; i++)
        push_tone(self, BLOCK);
    g_assert_cmpint(pull(self, mix), >, 9000);
    fixture_free(self);
}

static void test_adds_to_the_mix(void) {
    Fixture *self = fixture_new();
    gint32 mix[BLOCK * LEC_TRACK_CHANNELS];
    for (guint i = 0; i < 6; i++)
        push_tone(self, BLOCK);
    for (guint i = 0; i < G_N_ELEMENTS(mix); i++)
        mix[i] = 100000;
    lec_track_buffer_mix(self->track, mix, BLOCK, self->now_us);
    gint32 highest = 0;
    for (guint i = 0; i < G_N_ELEMENTS(mix); i++)
        highest = MAX(highest, mix[i]);
    g_assert_cmpint(highest, >, 100000 + 9000);
    fixture_free(self);
}

/* Runs for seconds with pictures that take delay_us; pushes come drift parts a million too fast.
 * Returns the last skew. */
static gint64 run(Fixture *self, double seconds, gint64 delay_us, double drift,
                  guint *ret_silent_blocks) {
    gint32 mix[BLOCK * LEC_TRACK_CHANNELS];
    double owed = 0;
    guint silent = 0;
    for (guint i = 0; i < seconds * 100; i++) {
        owed += BLOCK * (1 + drift);
        const guint frames = (guint)owed;
        owed -= frames;
        push_tone(self, frames);
        silent += pull(self, mix) == 0;
        self->now_us += 10000;
        lec_track_buffer_sync(self->track, self->sender_us - delay_us, self->now_us);
    }
    if (ret_silent_blocks)
        *ret_silent_blocks = silent;
    return lec_track_buffer_get_skew_us(self->track);
}

/* Pictures later than sound can be: sound waits for them. */
static void test_waits_for_late_pictures(void) {
    Fixture *self = fixture_new();
    const gint64 skew = run(self, 20, 180000, 0, NULL);
    g_assert_cmpint(ABS(skew), <, 40000);
    fixture_free(self);
}

/* Pictures earlier than sound can be: the caller is told to hold them. */
static void test_asks_early_pictures_to_wait(void) {
    Fixture *self = fixture_new();
    run(self, 3, 5000, 0, NULL);
    const gint64 wait = lec_track_buffer_sync(self->track, self->sender_us - 5000, self->now_us);
    g_assert_cmpint(wait, >, 0);
    g_assert_cmpint(wait, <, 60000);
    g_assert_cmpint(lec_track_buffer_get_skew_us(self->track) - wait, <=, LEC_TRACK_TOLERANCE_US);
    fixture_free(self);
}

/* Two sound clocks 300 parts a million apart, an hour: in step to the end and never silent after
 * the start. */
static void test_follows_drift(void) {
    for (int sign = -1; sign <= 1; sign += 2) {
        Fixture *self = fixture_new();
        guint silent;
        run(self, 5, 60000, 0, NULL);
        const gint64 skew = run(self, 600, 60000, sign * 300e-6, &silent);
        g_assert_cmpint(ABS(skew), <, 40000);
        g_assert_cmpuint(silent, <, 5);
        fixture_free(self);
    }
}

static void test_without_pictures_keeps_a_level(void) {
    Fixture *self = fixture_new();
    gint32 mix[BLOCK * LEC_TRACK_CHANNELS];
    for (guint i = 0; i < 30; i++) /* 300 ms at once, as after a stall */
        push_tone(self, BLOCK);
    for (guint i = 0; i < 6000; i++) {
        push_tone(self, BLOCK);
        pull(self, mix);
        self->now_us += 10000;
    }
    g_assert_cmpuint(lec_track_buffer_get_level_us(self->track), <, 100000);
    fixture_free(self);
}

static void test_flood_keeps_the_newest_second(void) {
    Fixture *self = fixture_new();
    push_tone(self, LEC_TRACK_RATE * 3);
    g_assert_cmpuint(lec_track_buffer_get_level_us(self->track), ==, G_USEC_PER_SEC);
    fixture_free(self);
}

static void test_runs_dry_and_begins_again(void) {
    Fixture *self = fixture_new();
    gint32 mix[BLOCK * LEC_TRACK_CHANNELS];
    run(self, 1, 60000, 0, NULL);
    for (guint i = 0; i < 100; i++)
        pull(self, mix);
    g_assert_cmpint(pull(self, mix), ==, 0);
    for (guint i = 0; i < 6; i++)
        push_tone(self, BLOCK);
    g_assert_cmpint(pull(self, mix), >, 9000);
    fixture_free(self);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/track/gathers-first", test_gathers_first);
    g_test_add_func("/track/adds-to-the-mix", test_adds_to_the_mix);
    g_test_add_func("/track/waits-for-late-pictures", test_waits_for_late_pictures);
    g_test_add_func("/track/asks-early-pictures-to-wait", test_asks_early_pictures_to_wait);
    g_test_add_func("/track/follows-drift", test_follows_drift);
    g_test_add_func("/track/without-pictures-keeps-a-level", test_without_pictures_keeps_a_level);
    g_test_add_func("/track/flood-keeps-the-newest-second", test_flood_keeps_the_newest_second);
    g_test_add_func("/track/runs-dry-and-begins-again", test_runs_dry_and_begins_again);
    return g_test_run();
}
