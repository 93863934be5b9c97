/*
 * The box's line to its XMPP server, in a thread of its own: it connects, signs in, keeps the line
 * alive, notices within half a minute when it is dead, and comes back, resuming the session where
 * it can. Both directions are mailboxes.
 */
#pragma once

#include "signalling/cloud-connect.h"
#include "signalling/stanza.h"

/* Always the same, so that a new session takes an old one's place at the server. */
#define LEC_CLOUD_RESOURCE "box"
#define LEC_CLOUD_WAIT_MIN_MS 500
#define LEC_CLOUD_WAIT_MAX_MS 60000
#define LEC_CLOUD_IDLE_MS 15000 /* of silence, before the server is asked whether it is there */
#define LEC_CLOUD_PONG_MS 10000

typedef enum {
    LEC_CLOUD_CONNECTING, /* or waiting before the next attempt */
    LEC_CLOUD_CONNECTED,
    LEC_CLOUD_REFUSED, /* by the server, or the server by us; attempts go on, far apart */
} LecCloudState;

typedef struct {
    LecCloudServer server; /* its strings are copied, its objects reffed */
    const char *jid;       /* "room12@boxes.example.org" */
    const char *password;
    const char *certificate_file; /* server.certificate's: sign in with it where that is offered */
} LecCloudLinkConfig;

/* On the context that was the default one of the thread that made the link. */
typedef struct {
    void (*ready)(bool resumed, void *user);
    void (*stanza)(const LecStanza *stanza, void *user);
    /* sentence: why not connected; NULL with CONNECTED. Told when it changes. */
    void (*state)(LecCloudState state, const char *sentence, void *user);
    void (*learned)(const LecFingerprint *key, void *user); /* trust on first use */
} LecCloudLinkEvents;

typedef struct LecCloudLink LecCloudLink;

LecCloudLink *lec_cloud_link_new(const LecCloudLinkConfig *config, const LecCloudLinkEvents *events,
                                 void *user);
/* Says goodbye where it can, and joins the thread: within a second. No event follows. */
void lec_cloud_link_free(LecCloudLink *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCloudLink, lec_cloud_link_free)

/* One stanza. While the line is down it waits, within bounds, for a session that is resumed, and is
 * dropped where that is not to be. */
void lec_cloud_link_send(LecCloudLink *self, const char *text);

/* The network has changed: connects at once, and asks an idle server whether it is still there. */
void lec_cloud_link_hurry(LecCloudLink *self);
