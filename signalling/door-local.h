/*
 * The local door: RFC 7395 (XMPP over WebSocket, path /xmpp, subprotocol "xmpp") in the box's HTTPS
 * server: open, SASL ANONYMOUS, bind, IQs to the box, and nothing else. Each session is one peer.
 */
#pragma once

#include "signalling/https-server.h"
#include "signalling/stanza.h"

typedef struct LecDoorPeer LecDoorPeer; /* one bound session */

typedef struct {
    /* A payload in LEC_CALL_NS or LEC_HOST_NS from an IQ-set; already acknowledged. */
    void (*payload)(LecDoorPeer *peer, const LecStanza *payload, void *user);
    void (*gone)(LecDoorPeer *peer, void *user); /* peer is invalid afterwards */
} LecDoorEvents;

typedef struct LecDoorLocal LecDoorLocal;

/* events.payload is the first that is heard of a peer. */
LecDoorLocal *lec_door_local_new(LecHttpsServer *server, const LecDoorEvents *events, void *user);
void lec_door_local_free(LecDoorLocal *self); /* closes all sessions, no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDoorLocal, lec_door_local_free)

const char *lec_door_peer_get_source(
    const LecDoorPeer *peer); /* the address it comes from, for the attempt counter */
bool lec_door_peer_is_loopback(const LecDoorPeer *peer); /* it comes from this very machine */
void lec_door_peer_set_data(LecDoorPeer *peer, void *data);
void *lec_door_peer_get_data(const LecDoorPeer *peer);
void lec_door_peer_keep(LecDoorPeer *peer); /* it is in: never dropped to make room */
guint lec_door_peer_count_unacknowledged(const LecDoorPeer *peer);
void lec_door_peer_send(LecDoorPeer *peer, LecStanza *payload); /* takes; wraps it in an IQ-set */
void lec_door_peer_close(
    LecDoorPeer *peer); /* after what was sent; gone() follows later, on the loop */
