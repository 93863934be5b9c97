/* When to look for a path without a relay. */
#include "sender/detour.h"

#include <string.h>

/* Either side's relay counts: "udp relay 192.0.2.1:5000". */
static bool is_relayed(const LecLinkStats *stats) {
    return strstr(stats->local_candidate, " relay ") || strstr(stats->remote_candidate, " relay ");
}

bool lec_detour_is_due(LecDetour *self, const LecLinkStats *stats, gint64 now_us) {
    if (!is_relayed(stats)) {
        *self = (LecDetour){0};
        return false;
    }
    if (self->next_us != 0 && now_us < self->next_us)
        return false;
    const bool due = self->next_us != 0;
    self->wait_s = due ? MIN(2 * self->wait_s, LEC_DETOUR_MOST_S) : LEC_DETOUR_FIRST_S;
    self->next_us = now_us + self->wait_s * (gint64)G_USEC_PER_SEC;
    return due;
}
