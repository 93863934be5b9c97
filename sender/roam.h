/* Watches this machine's network for a call that may have to move. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct LecRoam LecRoam;

/* changed: addresses or routes have changed, or may have; once for what comes in one go. */
LecRoam *lec_roam_new(void (*changed)(void *user), void *user);
void lec_roam_free(LecRoam *self); /* no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecRoam, lec_roam_free)

/*
 * Whether the address of a local candidate, as LecLinkStats gives it ("udp host 192.0.2.1:5000"),
 * is this machine's no more. False for one that never was its own, and for text that says nothing.
 */
bool lec_roam_has_lost(const char *local_candidate);
