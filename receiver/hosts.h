/* The hosts that are on: each proves the code, then steers and sees the room. */
#pragma once

#include "receiver/steering.h"
#include "signalling/door-local.h"

#define LEC_HOSTS_MAX 4
/* A host whose connection broke counts as on for so long: its page comes back by itself. */
#define LEC_HOSTS_GRACE_US (30 * G_USEC_PER_SEC)
/* Somebody who waits is not kept from the display's question for that long: the page may be closed.
 */
#define LEC_HOSTS_AWAY_US (3 * G_USEC_PER_SEC)

typedef struct LecHosts LecHosts;

typedef struct {
    void (*changed)(void *user); /* one came or went, or an attempt was counted */
} LecHostsEvents;

/* All borrowed, outlive it. code: NULL: there is none, and nobody becomes host. */
LecHosts *lec_hosts_new(const LecHouse *house, LecSteering *steering, const char *code,
                        const LecHostsEvents *events, void *user);
void lec_hosts_free(LecHosts *self); /* tells each goodbye */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecHosts, lec_hosts_free)

/* What the door hears from and of a host; see LecDoorEvents. */
void lec_hosts_receive(LecHosts *self, LecDoorPeer *peer, const LecStanza *payload);
void lec_hosts_gone(LecHosts *self, LecDoorPeer *peer);

void lec_hosts_note(LecHosts *self); /* the room has changed: each host will see it soon */
/* Those on; one more for who has only just been cut off. */
guint lec_hosts_count(const LecHosts *self);
/* A host is there to say yes or no, or will be in a moment; otherwise the display asks. */
bool lec_hosts_answer(const LecHosts *self);
