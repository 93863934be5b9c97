/* When the next picture of a tile may be shown: at most one a refresh, without halving a steady
 * source. Pure. */
#pragma once

#include <glib.h>

typedef struct {
    gint64 due_us; /* when the next one would come if the source kept exact time; 0: none yet */
} LecPace;

/* The earliest time for the next picture. A source's jitter of up to half an interval passes. */
gint64 lec_pace_earliest(const LecPace *self, guint interval_us);

/* A picture was shown at now_us. */
void lec_pace_took(LecPace *self, guint interval_us, gint64 now_us);
