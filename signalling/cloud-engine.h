/* What runs in the cloud link's thread: one connection after another, and the waiting between. */
#pragma once

#include "signalling/cloud-link.h"

typedef struct {
    void (*ready)(bool resumed, void *user);
    void (*stanza)(LecStanza *stanza, void *user); /* takes */
    void (*state)(LecCloudState state, const char *sentence, void *user);
    void (*learned)(const LecFingerprint *key, void *user);
    void (*over)(void *user); /* after lec_cloud_engine_stop(): may be freed */
} LecCloudEngineEvents;

typedef struct LecCloudEngine LecCloudEngine;

/* On the thread's default context; config is borrowed, outlives it. */
LecCloudEngine *lec_cloud_engine_new(const LecCloudLinkConfig *config,
                                     const LecCloudEngineEvents *events, void *user);
void lec_cloud_engine_free(LecCloudEngine *self); /* not from within an event but over */
void lec_cloud_engine_send(LecCloudEngine *self, const char *text);
void lec_cloud_engine_hurry(LecCloudEngine *self);
void lec_cloud_engine_stop(LecCloudEngine *self); /* says goodbye, within half a second */
