/* A call that goes over a relay looks for a direct path now and then. Pure: time in, verdict out.
 */
#pragma once

#include "common/transport/link.h"

typedef struct {
    gint64 next_us; /* 0: the path is direct */
    guint wait_s;
} LecDetour; /* all zero at first */

#define LEC_DETOUR_FIRST_S 15 /* and twice as long each time */
#define LEC_DETOUR_MOST_S 300

/* With each statistics: whether the link should look for other paths now. */
bool lec_detour_is_due(LecDetour *self, const LecLinkStats *stats, gint64 now_us);
