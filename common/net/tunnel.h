/*
 * A loopback port that leads to one host far away, through whatever proxy there is, inside TLS
 * where asked: for libraries that bring neither (libstrophe no proxy, libnice no TLS). It takes
 * connections from this very process only, one at a time or several, and nothing else of the
 * machine can use it.
 */
#pragma once

#include "common/net/proxy.h"

typedef struct {
    const char *host; /* name or address */
    guint16 port;
    const LecProxy *proxy; /* borrowed, outlives the tunnel; NULL: none */
    bool tls;              /* the tunnel speaks TLS to the host; otherwise bytes pass as they are */
    const char *tls_name;  /* checked in the certificate and sent as SNI; NULL: host */
    GTlsDatabase *anchors; /* NULL: the system's */
    guint timeout_s;       /* to be connected; 0: 10 */
    bool ipv6;             /* listens on ::1: for who has no other address */
} LecTunnelConfig;

typedef struct LecTunnel LecTunnel;

/* Listens on loopback; runs on context (NULL: the thread's default). */
LecTunnel *lec_tunnel_new(const LecTunnelConfig *config, GMainContext *context, GError **error);
void lec_tunnel_free(LecTunnel *self); /* on the context's thread; ends what passes through it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecTunnel, lec_tunnel_free)

guint16 lec_tunnel_get_port(const LecTunnel *self);

/* How the last connection through it failed: a sentence (no such host, proxy refused, certificate
 * unknown …) or NULL. Owned by self. */
const GError *lec_tunnel_get_error(const LecTunnel *self);
