/*
 * A door lets strangers send payloads to the box and gets payloads back to them. This is the peer
 * that comes through it, whichever door it is: local (RFC 7395 in the box's own server) or cloud
 * (an occupant of the meeting's room).
 */
#pragma once

#include "signalling/stanza.h"

typedef struct LecDoorPeer LecDoorPeer; /* one bound session */

typedef struct {
    /* A payload in LEC_CALL_NS or LEC_HOST_NS from an IQ-set; already acknowledged. */
    void (*payload)(LecDoorPeer *peer, const LecStanza *payload, void *user);
    void (*gone)(LecDoorPeer *peer, void *user); /* peer is invalid afterwards */
} LecDoorEvents;

/* What a door does for its peers; the first member of a peer of its own is a LecDoorPeer. */
typedef struct {
    void (*send)(LecDoorPeer *peer, LecStanza *payload); /* takes */
    void (*close)(LecDoorPeer *peer);
    void (*keep)(LecDoorPeer *peer);
    guint (*count_unacknowledged)(const LecDoorPeer *peer);
} LecDoorClass;

struct LecDoorPeer {
    const LecDoorClass *klass;
    const char *source; /* what the attempt counter calls it: an address, or "cloud"; the door's */
    bool loopback;      /* it comes from this very machine */
    bool remote;        /* it comes through the cloud */
    void *data;         /* the owner's */
};

static inline const char *lec_door_peer_get_source(const LecDoorPeer *peer) {
    return peer->source;
}
static inline bool lec_door_peer_is_loopback(const LecDoorPeer *peer) {
    return peer->loopback;
}
static inline bool lec_door_peer_is_remote(const LecDoorPeer *peer) {
    return peer->remote;
}
static inline void lec_door_peer_set_data(LecDoorPeer *peer, void *data) {
    peer->data = data;
}
static inline void *lec_door_peer_get_data(const LecDoorPeer *peer) {
    return peer->data;
}
/* It is in: never dropped to make room. */
static inline void lec_door_peer_keep(LecDoorPeer *peer) {
    peer->klass->keep(peer);
}
static inline guint lec_door_peer_count_unacknowledged(const LecDoorPeer *peer) {
    return peer->klass->count_unacknowledged(peer);
}
/* Takes payload; wraps it in an IQ-set. */
static inline void lec_door_peer_send(LecDoorPeer *peer, LecStanza *payload) {
    peer->klass->send(peer, payload);
}
/* After what was sent; gone() follows later, on the loop. */
static inline void lec_door_peer_close(LecDoorPeer *peer) {
    peer->klass->close(peer);
}
