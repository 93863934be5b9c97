/*
 * Times that belong to an RTP timestamp and must come out of a decoder again with its picture: they
 * travel as the PTS, which names an entry here. One thread notes, another finds.
 */
#pragma once

#include <glib.h>

#define LEC_STAMPS_KEPT 128

typedef struct {
    gint64 arrival_us; /* of the last packet */
    gint64 sender_us;
} LecStamp;

typedef struct {
    GMutex lock; /* between the transport thread and the decoder's, for a few instructions; no
                    message could carry this, for the decoder in between is not ours */
    guint64 count;
    guint32 rtp_time; /* of entry count - 1 */
    LecStamp kept[LEC_STAMPS_KEPT];
} LecStamps;

void lec_stamps_init(LecStamps *self);
void lec_stamps_clear(LecStamps *self);

/* Returns the PTS (ns) that all packets of this RTP timestamp shall carry. */
guint64 lec_stamps_note(LecStamps *self, guint32 rtp_time, gint64 arrival_us, gint64 sender_us);

/* Zeroes where pts was not noted, or too long ago. */
LecStamp lec_stamps_find(LecStamps *self, guint64 pts);
