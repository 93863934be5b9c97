/* The doors' other side: callers to the presenters, hosts to the hosts, by what they say
 * first. */
#pragma once

#include "receiver/hosts.h"
#include "receiver/presenters.h"
#include "signalling/door-local.h"

typedef struct LecDoors LecDoors;

/* presenters and hosts are borrowed and outlive it, but for lec_doors_free(). */
LecDoors *lec_doors_new(LecHttpsServer *server, LecPresenters *presenters, LecHosts *hosts);
/* What comes through another door; see LecDoorEvents. */
void lec_doors_payload(LecDoors *self, LecDoorPeer *peer, const LecStanza *payload);
void lec_doors_gone(LecDoors *self, LecDoorPeer *peer);
void lec_doors_free(LecDoors *self); /* after the presenters and the hosts, which say goodbye */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDoors, lec_doors_free)
