/* The sent packets of one stream, kept a short while so that a NACK can be answered. */
#pragma once

#include <glib.h>

typedef struct LecHistory LecHistory;

/* Keeps at most so many packets (rounded up to a power of two, at most 32768), bytes and µs; 0:
 * 2048, 4 MB, 1 s. */
LecHistory *lec_history_new(guint max_packets, gsize max_bytes, gint64 max_age_us);
void lec_history_free(LecHistory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecHistory, lec_history_free)

/* When a packet leaves for the first time, not when it is queued. Takes a reference of packet. */
void lec_history_add(LecHistory *self, guint16 sequence, GBytes *packet, gint64 now_us);

/*
 * The packet to send again, borrowed until the next call, and notes that it was. NULL where it is
 * unknown, too old, or left (for the first time or again) less than rtt_us (at least 5 ms) ago, so
 * that the request must be about an earlier copy.
 */
GBytes *lec_history_resend(LecHistory *self, guint16 sequence, gint64 rtt_us, gint64 now_us);

/*
 * The newest packet, to send again unasked (as retransmission), borrowed until the next call; NULL
 * where it left less than quiet_us ago or has been given here before. Where a screen falls still,
 * the loss of its last packet would show to the receiver only with the next picture: the repeat
 * shows it at once.
 */
GBytes *lec_history_repeat_tail(LecHistory *self, gint64 quiet_us, guint16 *ret_sequence,
                                gint64 now_us);

/* When lec_history_repeat_tail() will give something; G_MAXINT64: not before another packet. */
gint64 lec_history_get_tail_us(const LecHistory *self, gint64 quiet_us);
