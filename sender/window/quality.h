/* How a sharing goes, in plain words. Pure. */
#pragma once

#include "sender/share-stats.h"

typedef enum {
    LEC_QUALITY_UNKNOWN,
    LEC_QUALITY_GOOD,
    LEC_QUALITY_FAIR,
    LEC_QUALITY_POOR
} LecQuality;

LecQuality lec_quality_judge(const LecShareStats *stats);

/* In the person's language. */
const char *lec_quality_get_words(LecQuality quality);
/* How late the display is; people notice a tenth of a second when they point, half a one when they
 * talk. */
const char *lec_quality_get_delay_words(guint32 latency_us);
/* What is to be done where it is not good; NULL: nothing. */
const char *lec_quality_get_advice(LecQuality quality);
