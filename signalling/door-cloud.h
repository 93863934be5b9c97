/*
 * The cloud door: the box's meeting on an XMPP server, a MUC room named by six digits. Each of its
 * other occupants is one peer, who talks to us by IQs in the same words, and within the same
 * limits, as at the local door. Everything else that comes through the server is dropped.
 */
#pragma once

#include "common/base/relay.h"
#include "signalling/cloud-link.h"
#include "signalling/door.h"
#include "signalling/revocation.h"

#define LEC_DOOR_CLOUD_SOURCE "cloud" /* all its peers': nothing tells guests apart for sure */

typedef struct {
    LecCloudLinkConfig link;
    const char *host; /* "example.org", whose rooms are at meet.example.org */
} LecDoorCloudConfig;

typedef struct {
    LecDoorEvents door;
    /* The number may be shown: "123456"; NULL: there is none. It outlives a lost connection. */
    void (*meeting)(const char *number, void *user);
    void (*state)(LecCloudState state, const char *sentence, void *user);
    void (*relays)(LecRelays *relays, void *user); /* the newest; ref to keep */
    /* Devices that the cloud has thrown out: all of them (LecRevocation), then each change. */
    void (*revocations)(const GArray *revocations, void *user);
    void (*revoked)(const LecRevocation *revocation, void *user);
    void (*restored)(const LecFingerprint *device, void *user);
    void (*learned)(const LecFingerprint *key, void *user); /* on first use: to be kept for good */
} LecDoorCloudEvents;

typedef struct LecDoorCloud LecDoorCloud;

LecDoorCloud *lec_door_cloud_new(const LecDoorCloudConfig *config, const LecDoorCloudEvents *events,
                                 void *user);
void lec_door_cloud_free(LecDoorCloud *self); /* leaves the room; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDoorCloud, lec_door_cloud_free)

void lec_door_cloud_hurry(LecDoorCloud *self);  /* the network has changed */
void lec_door_cloud_redraw(LecDoorCloud *self); /* another number, please */
