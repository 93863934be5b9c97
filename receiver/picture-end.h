/* Notices that a sender has begun another picture without the end of the one before. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* All zero at first. */
typedef struct {
    guint32 rtp_time;
    bool ended, marks_ends;
} LecPictureEnd;

/*
 * packet: whole RTP packets of pictures, at least their header of 12 bytes, in order. True where
 * another picture begins although the last one's end has not come: Chromium forgets what it had yet
 * to send of a picture when it changes its encoder. A depayloader would put both into one, of which
 * decoders make grey. Who never marks ends is not held to it (RFC 6184 §5.1: the marker is not to
 * be relied on); padding after an end begins no picture.
 */
bool lec_picture_end_is_missing(LecPictureEnd *self, const guint8 *packet);
