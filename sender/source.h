/*
 * The base of our live picture sources. It decides when a picture leaves: at once when something
 * changed, never faster than the rate allows, again while the encoder has more to say about the
 * same picture, then not at all. What changed and how to fetch it is the subclass's affair.
 *
 * A GstForceKeyUnit event sent upstream through the "src" pad makes a picture leave at once.
 */
#pragma once

#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>
#include <stdbool.h>

#include "sender/convert.h"

#define LEC_TYPE_SOURCE (lec_source_get_type())
G_DECLARE_DERIVABLE_TYPE(LecSource, lec_source, LEC, SOURCE, GstPushSrc)

typedef enum {
    LEC_SOURCE_QUIET,
    LEC_SOURCE_CHANGED,
    LEC_SOURCE_ENDED,
    LEC_SOURCE_FAILED
} LecSourceState;

/* All are called on the streaming thread. */
struct _LecSourceClass {
    GstPushSrcClass parent_class;
    /* A descriptor whose readiness means that look() has something to read; -1: none. */
    int (*get_fd)(LecSource *self);
    /* Without waiting, reads what has happened. *wake_us may be lowered to when to look again at
     * the latest. */
    LecSourceState (*look)(LecSource *self, gint64 now_us, gint64 *wake_us, GError **error);
    /* Brings the picture up to date, through lec_source_begin_paint(). */
    bool (*paint)(LecSource *self, GError **error);
};

void lec_source_set_max_fps(LecSource *self, guint max_fps); /* any thread */
/* Any thread: no picture leaves before this time of the monotonic clock: frame rate gives way,
 * quality stays. */
void lec_source_hold_until(LecSource *self, gint64 time_us);
/* Any thread: the last picture went out coarser than it will be; it is sent again until this is
 * taken back. */
void lec_source_set_unfinished(LecSource *self, bool unfinished);

/*
 * For subclasses. The picture is kept from one painting to the next; a new size starts with a black
 * one, and sets *ret_fresh. End every begun painting, before paint() returns.
 */
bool lec_source_begin_paint(LecSource *self, int width, int height, LecPlanes *ret_planes,
                            bool *ret_fresh);
void lec_source_end_paint(LecSource *self);

/* For subclasses, any thread: calls look() soon. */
void lec_source_wake(LecSource *self);
