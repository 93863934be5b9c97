/* Counts a tile's pictures and the time each took to reach the display. Pure. */
#pragma once

#include "receiver/stage/stage.h"

#define LEC_METER_SAMPLES 256

typedef struct {
    LecTileStats stats;
    guint32 samples_us[LEC_METER_SAMPLES]; /* the newest, in a ring */
    guint n_samples;
    gint64 flying_us; /* arrival of the picture that the output has, -1: none */
} LecMeter;

void lec_meter_init(LecMeter *self);

/* A picture that arrived then (0: unknown) was handed to the output; it counts when it is
 * presented. */
void lec_meter_handed(LecMeter *self, gint64 arrival_us);

/* The output presented what it was handed; nothing happens where nothing was. */
void lec_meter_presented(LecMeter *self, gint64 when_us);

/* Counts since the last call, and their median. */
void lec_meter_take(LecMeter *self, LecTileStats *ret);
