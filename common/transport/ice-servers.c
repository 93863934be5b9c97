/* The servers of an ICE agent, and the tunnels to those inside TLS. */
#include "common/transport/ice-servers.h"

#include "common/base/log.h"
#include "common/net/tunnel.h"
#include "common/transport/interfaces.h"

#include <string.h>

#define MAX_TURN 4 /* each makes an allocation for each of our addresses */

struct LecIceServers {
    GPtrArray *tunnels;
};

static void add_stun(NiceAgent *agent, const LecRelay *relay) {
    g_object_set(agent, "stun-server", relay->host, "stun-server-port", (guint)relay->port, NULL);
}

static bool add_turn(NiceAgent *agent, guint stream, const char *host, guint16 port,
                     NiceRelayType type, const LecRelay *relay) {
    return nice_agent_set_relay_info(agent, stream, NICE_COMPONENT_TYPE_RTP, host, port,
                                     relay->username, relay->password, type);
}

/* libnice reaches a server from each of our addresses of the server's family: one family is enough,
 * for what a relay relays does not depend on it. */
static bool has_ipv4(const LecIceConfig *config) {
    g_autoptr(GPtrArray) addresses =
        lec_interfaces_list(config->interfaces_denied, config->loopback);
    for (guint i = 0; i < addresses->len; i++) {
        if (strchr(addresses->pdata[i], ':') == NULL)
            return true;
    }
    return false;
}

/* To libnice it is a TURN server over TCP on this machine. */
static bool add_tunnelled(LecIceServers *self, NiceAgent *agent, guint stream,
                          const LecIceConfig *config, const LecRelay *relay) {
    const LecTunnelConfig to = {.host = relay->host,
                                .port = relay->port,
                                .proxy = config->proxy,
                                .tls = true,
                                .anchors = config->anchors,
                                .ipv6 = !has_ipv4(config)};
    g_autoptr(GError) error = NULL;
    LecTunnel *tunnel = lec_tunnel_new(&to, config->context, &error);
    if (tunnel == NULL) {
        lec_warning("No tunnel to the relay: %s", error->message);
        return false;
    }
    g_ptr_array_add(self->tunnels, tunnel);
    return add_turn(agent, stream, to.ipv6 ? "::1" : "127.0.0.1", lec_tunnel_get_port(tunnel),
                    NICE_RELAY_TYPE_TURN_TCP, relay);
}

LecIceServers *lec_ice_servers_new(NiceAgent *agent, guint stream, const LecIceConfig *config) {
    LecIceServers *self = g_new0(LecIceServers, 1);
    self->tunnels = g_ptr_array_new_with_free_func((GDestroyNotify)lec_tunnel_free);
    guint turns = 0;
    const guint count =
        config->relays != NULL && !config->local_only ? lec_relays_count(config->relays) : 0;
    for (guint i = 0; i < count; i++) {
        const LecRelay *relay = lec_relays_get(config->relays, i);
        if (relay->kind == LEC_RELAY_STUN)
            add_stun(agent, relay);
        else if (config->no_relays || turns == MAX_TURN)
            continue;
        else if (relay->kind == LEC_RELAY_TURN_UDP)
            turns +=
                add_turn(agent, stream, relay->host, relay->port, NICE_RELAY_TYPE_TURN_UDP, relay);
        else
            turns += add_tunnelled(self, agent, stream, config, relay);
    }
    return self;
}

void lec_ice_servers_free(LecIceServers *self) {
    if (self == NULL)
        return;
    g_ptr_array_unref(self->tunnels);
    g_free(self);
}
