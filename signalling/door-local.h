/*
 * The local door: RFC 7395 (XMPP over WebSocket, path /xmpp, subprotocol "xmpp") in the box's HTTPS
 * server: open, SASL ANONYMOUS, bind, IQs to the box, and nothing else. Each session is one peer.
 */
#pragma once

#include "signalling/door.h"
#include "signalling/https-server.h"

typedef struct LecDoorLocal LecDoorLocal;

/* events.payload is the first that is heard of a peer. */
LecDoorLocal *lec_door_local_new(LecHttpsServer *server, const LecDoorEvents *events, void *user);
void lec_door_local_free(LecDoorLocal *self); /* closes all sessions, no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDoorLocal, lec_door_local_free)
