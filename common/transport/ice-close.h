/* The end of an ICE agent: a relay is told that its allocation is free again, which takes a round
 * trip; the agent goes on in the background until then. */
#pragma once

#include "common/transport/ice-servers.h"

/* Takes both; on the context's thread. No event of the agent follows. */
void lec_ice_close(NiceAgent *agent, guint stream, LecIceServers *servers, GMainContext *context);
