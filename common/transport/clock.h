/* Conversions between monotonic microseconds and NTP's 32.32 fixed-point seconds (RFC 3550 §4). */
#pragma once

#include <glib.h>

/*
 * What a sender report carries. The epoch is the monotonic clock's: RFC 3550 §6.4.1 allows a sender
 * any clock that all its streams share, and the wall clock may jump. us must not be negative.
 */
guint64 lec_clock_to_ntp(gint64 us);

/* Rounds to the nearest microsecond, so that to_ntp and back gives the same number. */
gint64 lec_clock_from_ntp(guint64 ntp);

/* The middle 32 bits: 16.16 seconds, as in LSR and DLSR. */
static inline guint32 lec_clock_middle(guint64 ntp) {
    return (guint32)(ntp >> 16);
}

/* A 16.16 duration, and back. Those over 65535 s are cut to that. */
guint32 lec_clock_to_short(gint64 us);
gint64 lec_clock_from_short(guint32 duration);

/*
 * Round-trip time from a report block (RFC 3550 §6.4.1): now - LSR - DLSR, at least 1 µs; 0 where
 * lsr is 0 (the peer had no sender report yet) or the figures cannot be true (negative beyond
 * rounding, or over 60 s).
 */
gint64 lec_clock_rtt_us(gint64 now_us, guint32 lsr, guint32 dlsr);
