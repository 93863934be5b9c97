/* A rate over a sliding window of time, in buckets. */
#include "common/transport/rate-window.h"

#include <string.h>

/* A peer's clock, and so a bucket's number, may well be negative; unsigned, it still counts on
 * through the slots. */
static gsize slot(gint64 bucket) {
    return (guint64)bucket % LEC_RATE_WINDOW_BUCKETS;
}

void lec_rate_window_add(LecRateWindow *self, gint64 time_us, gsize bytes) {
    gint64 bucket = time_us / self->width_us;
    if (self->newest == 0)
        self->newest = self->oldest = bucket;
    if (bucket - self->newest >= LEC_RATE_WINDOW_BUCKETS) {
        memset(self->bytes, 0, sizeof self->bytes);
        self->newest = bucket;
    }
    while (self->newest < bucket)
        self->bytes[slot(++self->newest)] = 0;
    if (self->newest - bucket < LEC_RATE_WINDOW_BUCKETS)
        self->bytes[slot(bucket)] += bytes;
}

guint32 lec_rate_window_get_kbps(const LecRateWindow *self, guint n) {
    gint64 first = MAX(self->newest - n, self->oldest);
    first = MAX(first, self->newest - LEC_RATE_WINDOW_BUCKETS + 1);
    if (first >= self->newest)
        return 0;
    gsize bytes = 0;
    for (gint64 i = first; i < self->newest; i++)
        bytes += self->bytes[slot(i)];
    return (guint32)MIN(bytes * 8000 / (gsize)((self->newest - first) * self->width_us),
                        G_MAXUINT32);
}
