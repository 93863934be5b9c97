/* A rate over a sliding window of time, from amounts with times that come roughly in order. */
#pragma once

#include <glib.h>

#define LEC_RATE_WINDOW_BUCKETS 64

/* Plain value; width_us: of a bucket, so the window is up to 64 of them. Zero but for that to
 * begin. */
typedef struct {
    gint64 width_us;
    gint64 newest; /* the number of the newest bucket since time 0; 0: nothing yet */
    gint64 oldest; /* of the first that has been used, for a window not yet full */
    gsize bytes[LEC_RATE_WINDOW_BUCKETS];
} LecRateWindow;

/* Amounts older than the window are left out. */
void lec_rate_window_add(LecRateWindow *self, gint64 time_us, gsize bytes);

/* Over the last n buckets before the newest, which is still filling, or the fewer that there are;
 * 0: none yet. */
guint32 lec_rate_window_get_kbps(const LecRateWindow *self, guint n);
