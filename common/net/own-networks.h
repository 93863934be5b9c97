/*
 * The networks that this machine is on: what it reaches without a router. In local-only mode nobody
 * else is spoken to, and nobody else is answered.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct LecOwnNetworks LecOwnNetworks;

#define LEC_OWN_NETWORKS_MAX 64

/* prefixes: as "192.0.2.0/24" or "2001:db8::/64", NULL-terminated; a bad one is an assert. */
LecOwnNetworks *lec_own_networks_new(const char *const *prefixes);
/*
 * Loopback, link-local IPv6, and the networks of every interface that is up and leads to a link:
 * not those of tunnels (point to point), which end elsewhere. As things are now.
 */
LecOwnNetworks *lec_own_networks_find(void);
void lec_own_networks_free(LecOwnNetworks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecOwnNetworks, lec_own_networks_free)

/* address: a literal; false for anything else. */
bool lec_own_networks_contain(const LecOwnNetworks *self, const char *address);

/*
 * The kernel drops what comes to the socket from elsewhere before anything answers it: no SYN-ACK,
 * no STUN response, nothing. Sockets that are accepted from it inherit that. Again, with other
 * networks: those count from then on.
 */
bool lec_own_networks_guard(const LecOwnNetworks *self, GSocket *socket, GError **error);
