/*
 * What goes into the call: the shared source with its encoder, and the sound. It is begun,
 * switched, paused and ended without the call's noticing more than other pictures.
 */
#pragma once

#include "sender/encode.h"

typedef struct LecFeed LecFeed;

typedef struct {
    /* A GStreamer thread. Takes packets, as in LecEncodeEvents. */
    void (*packets)(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user);
    /* All below from the main loop. */
    void (*shown)(void *user); /* what was asked for last is what leaves from now on */
    /* What was asked for is not to be had, or what was shared broke. What was shared before, if
     * anything, still is: lec_feed_has_source(). */
    void (*failed)(const GError *error, void *user);
    void (*closed)(void *user);                      /* the shared window was closed */
    void (*silent)(const GError *error, void *user); /* sound cannot be shared */
} LecFeedEvents;

LecFeed *lec_feed_new(guint max_fps, LecProfile profile, const LecFeedEvents *events, void *user);
void lec_feed_free(LecFeed *self); /* no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecFeed, lec_feed_free)

/* As lec_capture_open() takes it. What is shared now goes on until the new source is there. */
void lec_feed_open(LecFeed *self, const char *source);
bool lec_feed_has_source(const LecFeed *self);
/* Loads what encoding will need, while there is time. */
bool lec_feed_warm_up(GError **error);

/* The link is up: sections as negotiated, audio NULL where the box takes none. */
void lec_feed_connect(LecFeed *self, const LecMediaSection *video, const LecMediaSection *audio);
void lec_feed_disconnect(LecFeed *self); /* nothing leaves from here on; the source stays open */

/* While it is on nothing of the screen or of the sound is captured, let alone sent. */
void lec_feed_set_paused(LecFeed *self, bool paused);
void lec_feed_set_sound(LecFeed *self, bool on);
void lec_feed_set_profile(LecFeed *self, LecProfile profile);

void lec_feed_force_keyframe(LecFeed *self);
void lec_feed_set_kbps(LecFeed *self, guint kbps);
void lec_feed_set_fps(LecFeed *self, guint fps); /* no more are wished for; 0: no wish */
void lec_feed_set_size(LecFeed *self, guint width, guint height); /* no larger is worth sending */
const char *lec_feed_get_encoder(const LecFeed *self); /* "x264enc"; "" while nothing is encoded */
