/*
 * The STUN and TURN servers of one ICE agent. libnice asks those over UDP itself; TURN inside TLS,
 * which it cannot speak, goes through a loopback tunnel that lives as long as this.
 */
#pragma once

#include "common/transport/ice.h"

#include <nice/agent.h>

typedef struct LecIceServers LecIceServers;

/* Tells the agent of them, before it gathers. A server that cannot be used is left out, with a line
 * in the log. */
LecIceServers *lec_ice_servers_new(NiceAgent *agent, guint stream, const LecIceConfig *config);
void lec_ice_servers_free(LecIceServers *self); /* after the agent's stream is gone */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecIceServers, lec_ice_servers_free)
