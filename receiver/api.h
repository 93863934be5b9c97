/* The interface for programs that steer the room with a token, docs/protocol/api.md: what a host
 * may do, by HTTPS. */
#pragma once

#include "receiver/hosts.h"
#include "receiver/steering.h"
#include "signalling/http-api.h"

typedef struct LecApi LecApi;

/* What is there: each path and method, and the token that it takes. A method of NULL ends it. */
typedef struct {
    const char *method, *path;
    LecTokenScope scope;
    void (*handle)(LecApi *self, const LecApiRequest *request, LecApiAnswer *ret);
} LecApiRoute;
extern const LecApiRoute lec_api_routes[];

/* All borrowed, outlive it. */
LecApi *lec_api_new(const LecHouse *house, LecHttpsServer *server, const LecTokens *tokens,
                    LecSteering *steering, const LecHosts *hosts);
void lec_api_free(LecApi *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecApi, lec_api_free)
