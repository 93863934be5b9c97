/* Netcheck's look at this very network: who answers multicast DNS, and whether a machine answers at
 * all. */
#pragma once

#include "common/net/netcheck-facts.h"

typedef struct LecNetMulticastProbe LecNetMulticastProbe;

/* facts outlives the probe; done is called once, from the main loop, and may free it. */
LecNetMulticastProbe *lec_net_multicast_probe_new(LecNetMulticast *facts, void (*done)(void *user),
                                                  void *user);
void lec_net_multicast_probe_free(LecNetMulticastProbe *self);

typedef struct LecNetReachProbe LecNetReachProbe;

/* The same; address: a literal. */
LecNetReachProbe *lec_net_reach_probe_new(const char *address, LecNetReach *facts,
                                          void (*done)(void *user), void *user);
void lec_net_reach_probe_free(LecNetReachProbe *self);
