/* Counts a tile's pictures, and keeps the newest display times for their median. */
#include "receiver/stage/meter.h"

#include <string.h>

void lec_meter_init(LecMeter *self) {
    *self = (LecMeter){.flying_us = -1};
}

void lec_meter_handed(LecMeter *self, gint64 arrival_us) {
    self->flying_us = arrival_us;
}

void lec_meter_presented(LecMeter *self, gint64 when_us) {
    if (self->flying_us < 0)
        return;
    self->stats.shown++;
    if (self->flying_us > 0) {
        gint64 took = CLAMP(when_us - self->flying_us, 0, G_MAXUINT32);
        self->samples_us[self->n_samples++ % LEC_METER_SAMPLES] = (guint32)took;
        self->stats.newest_arrival_us = self->flying_us;
    }
    self->flying_us = -1;
}

static int compare(const void *a, const void *b) {
    guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    return x < y ? -1 : x > y;
}

void lec_meter_take(LecMeter *self, LecTileStats *ret) {
    guint n = MIN(self->n_samples, LEC_METER_SAMPLES);
    qsort(self->samples_us, n, sizeof self->samples_us[0], compare);
    *ret = self->stats;
    ret->display_us = n ? self->samples_us[n / 2] : 0;
    self->stats = (LecTileStats){.newest_arrival_us = self->stats.newest_arrival_us};
    self->n_samples = 0;
}
