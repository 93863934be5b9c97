/* The box's HTTPS server with a page at /page and a WebSocket at /socket, and what they saw, for
 * tests.
 */
#pragma once

#include "signalling/https-server.h"

typedef struct {
    LecIdentity *identity;
    LecHttpsServer *server;
    guint16 port;
    guint requests;
    char *scheme;
    GPtrArray *kept; /* WebSockets */
    guint websockets, messages;
} LecHttpsRig;

/* limits: NULL for those of the box. */
void lec_https_rig_open(LecHttpsRig *rig, const LecGateLimits *limits);
void lec_https_rig_close(LecHttpsRig *rig);
/* A whole visit by somebody well-meaning, who is served. */
void lec_https_rig_visit(LecHttpsRig *rig);
