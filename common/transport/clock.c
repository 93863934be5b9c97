/* Conversions between monotonic microseconds and NTP's fixed-point seconds. */
#include "common/transport/clock.h"

#define MAX_CREDIBLE_RTT_US (60 * G_USEC_PER_SEC)
#define ROUNDING_US 32 /* two 16.16 numbers, each off by up to one unit of 15.3 µs */

guint64 lec_clock_to_ntp(gint64 us) {
    g_assert(us >= 0);
    guint64 seconds = (guint64)us / G_USEC_PER_SEC;
    guint64 rest = (guint64)us % G_USEC_PER_SEC;
    return seconds << 32 | ((rest << 32) + G_USEC_PER_SEC / 2) / G_USEC_PER_SEC;
}

gint64 lec_clock_from_ntp(guint64 ntp) {
    guint64 rest = ((ntp & G_MAXUINT32) * G_USEC_PER_SEC + (G_GUINT64_CONSTANT(1) << 31)) >> 32;
    return (gint64)((ntp >> 32) * G_USEC_PER_SEC + rest);
}

guint32 lec_clock_to_short(gint64 us) {
    if (us <= 0)
        return 0;
    if (us / G_USEC_PER_SEC > G_MAXUINT16)
        return G_MAXUINT32;
    return (guint32)(((guint64)us << 16) / G_USEC_PER_SEC);
}

gint64 lec_clock_from_short(guint32 duration) {
    return (gint64)(((guint64)duration * G_USEC_PER_SEC + (1 << 15)) >> 16);
}

gint64 lec_clock_rtt_us(gint64 now_us, guint32 lsr, guint32 dlsr) {
    if (lsr == 0)
        return 0;
    /* The subtraction wraps as the 16.16 clock does, every 18 hours; its sign tells what cannot be.
     */
    gint32 rtt = (gint32)(lec_clock_middle(lec_clock_to_ntp(now_us)) - lsr - dlsr);
    gint64 us = rtt < 0 ? -lec_clock_from_short((guint32) - (gint64)rtt)
                        : lec_clock_from_short((guint32)rtt);
    if (us < -ROUNDING_US || us > MAX_CREDIBLE_RTT_US)
        return 0;
    return MAX(us, 1);
}
