/* Netcheck's question to STUN servers over UDP, from one socket: does UDP pass, and how is it
 * translated? */
#pragma once

#include "common/net/netcheck-facts.h"

#define LEC_NET_STUN_PORT 3478

typedef struct LecNetStunProbe LecNetStunProbe;

/* addresses: GInetAddress, of which those of the first's family are asked, LEC_NET_STUN_SERVERS at
 * most. facts outlives the probe; done is called once, from the main loop, and may free it. */
LecNetStunProbe *lec_net_stun_probe_new(GList *addresses, LecNetStun *facts,
                                        void (*done)(void *user), void *user);
void lec_net_stun_probe_free(LecNetStunProbe *self); /* done is not called any more */
