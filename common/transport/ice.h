/*
 * One component of ICE (RFC 8445) with trickle and consent freshness, behind libnice. Lives on one
 * thread. Packets from addresses that ICE has not validated never come up here: libnice drops them,
 * which test-link holds it to.
 */
#pragma once

#include "common/base/media-params.h"
#include "common/base/relay.h"
#include "common/net/proxy.h"

typedef struct {
    GMainContext *context;
    bool controlling;
    bool no_tcp;
    bool loopback; /* also says that the peer may be on loopback */
    const char *const *interfaces_denied;
    const char *ufrag, *pwd;
    LecRelays *relays; /* NULL: none; this and the next two as in LecLinkConfig */
    const LecProxy *proxy;
    GTlsDatabase *anchors;
    bool local_only, no_relays, relays_only;
} LecIceConfig;

/* None of them may free the LecIce. */
typedef struct {
    void (*candidate)(const LecCandidate *candidate, void *user); /* NULL: no more */
    void (*connected)(void *user); /* a pair was validated and selected; again where it changes */
    void (*failed)(
        void *user); /* every pair failed, or consent ran out; may recover with late candidates */
    void (*packet)(guint8 *data, gsize len, void *user); /* data may be written to, for the call */
} LecIceEvents;

typedef struct LecIce LecIce;

/* Gathers at once. NULL with LEC_LINK_ERROR_CONNECT where this machine has no usable address. */
LecIce *lec_ice_new(const LecIceConfig *config, const LecIceEvents *events, void *user,
                    GError **error);
void lec_ice_free(LecIce *self); /* no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecIce, lec_ice_free)
/* Before the context goes: gives those that have been freed half a second to tell their relays. */
void lec_ice_linger(GMainContext *context);

/* False where the credentials are unusable. Checks begin with the first candidates. */
bool lec_ice_set_remote(LecIce *self, const char *ufrag, const char *pwd);

/* Unusable ones are dropped: no such address, TCP of unknown kind, one too many. Names end in
 * .local and are looked up in the background. NULL: no more. */
void lec_ice_add_candidate(LecIce *self, const LecCandidate *candidate);

/* False where the packet could not be handed to the network. */
bool lec_ice_send(LecIce *self, const guint8 *data, gsize len);

/* "udp host 192.0.2.1:5000" of the pair in use, or ""; "tls relay …" through TURN inside TLS. ret_
 * hold LEC_ICE_PAIR_TEXT_SIZE bytes. */
#define LEC_ICE_PAIR_TEXT_SIZE 96
void lec_ice_describe_pair(LecIce *self, char *ret_local, char *ret_remote);
