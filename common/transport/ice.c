/* ICE behind libnice: the agent, its candidates to and from our own type, its sockets. */
#include "common/transport/ice.h"

#include "common/base/log.h"
#include "common/net/own-networks.h"
#include "common/transport/ice-close.h"
#include "common/transport/interfaces.h"
#include "common/transport/link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nice/agent.h>
#include <string.h>

#define COMPONENT NICE_COMPONENT_TYPE_RTP /* the only one: RTCP is multiplexed (RFC 5761) */
#define CHECK_PACING_MS 5                 /* RFC 8445 §14.2: the least that is allowed */
#define CHECK_FIRST_RTO_MS 100            /* libnice's 500 would make one lost check felt */
/* 4.5 s for a pair: with TCP candidates libnice nominates regularly (RFC 6544), and two ends that
 * both need a relay have one good pair, which waits until all those before it are given up. */
#define CHECK_RETRANSMISSIONS 4
#define SOCKET_RECEIVE_BYTES \
    (4 * 1024 * 1024) /* a keyframe's burst; the default overflowed 32,401 times in a test */
#define SOCKET_SEND_BYTES (1024 * 1024)
#define TCP_UNSENT_BYTES \
    (128 * 1024) /* what may wait in the kernel before packets are dropped: it ages there */
#define TCP_ACTIVE_PORT 9 /* RFC 6544 §4.5 */
#define GATHER_MS                                                                  \
    8000 /* a relay that cannot be reached leaves libnice waiting, for ever by TCP \
          */

struct LecIce {
    GMainContext *context;
    NiceAgent *agent;
    LecIceServers *servers;
    guint stream;
    bool loopback;
    bool no_relays;
    LecOwnNetworks *only; /* NULL: peers may be anywhere */
    LecIceEvents events;
    void *user;
    guint n_remote;  /* candidates taken from the peer */
    bool paired;     /* libnice has a pair */
    bool connected;  /* and it may be used */
    GArray *refused; /* of NiceAddress: the peer's relays, where none may be used */
    bool gathered;
    GSource *overdue;      /* gathering */
    GCancellable *lookups; /* of .local names */
};

/* ---- sockets ---- */

static void set_buffer(int fd, int forced, int option, int bytes) {
    /* The forced kind goes beyond net.core.[rw]mem_max and needs CAP_NET_ADMIN. */
    if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
}

static void tune_sockets(LecIce *self) {
    g_autoptr(GPtrArray) sockets = nice_agent_get_sockets(self->agent, self->stream, COMPONENT);
    for (guint i = 0; sockets != NULL && i < sockets->len; i++) {
        GSocket *socket = sockets->pdata[i];
        int fd = g_socket_get_fd(socket);
        if (g_socket_get_socket_type(socket) == G_SOCKET_TYPE_DATAGRAM) {
            set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, SOCKET_RECEIVE_BYTES);
            set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SOCKET_SEND_BYTES);
        } else {
            g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
            g_socket_set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, TCP_UNSENT_BYTES, NULL);
        }
    }
}

/* ---- candidates out ---- */

static LecCandidateType type_from_nice(NiceCandidateType type) {
    switch (type) {
    case NICE_CANDIDATE_TYPE_HOST:
        return LEC_CANDIDATE_HOST;
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
        return LEC_CANDIDATE_SRFLX;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
        return LEC_CANDIDATE_PRFLX;
    case NICE_CANDIDATE_TYPE_RELAYED:
        return LEC_CANDIDATE_RELAY;
    }
    g_assert_not_reached();
}

static LecCandidateTransport transport_from_nice(NiceCandidateTransport transport) {
    switch (transport) {
    case NICE_CANDIDATE_TRANSPORT_UDP:
        return LEC_CANDIDATE_UDP;
    case NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE:
        return LEC_CANDIDATE_TCP_ACTIVE;
    case NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE:
        return LEC_CANDIDATE_TCP_PASSIVE;
    case NICE_CANDIDATE_TRANSPORT_TCP_SO:
        return LEC_CANDIDATE_TCP_SO;
    }
    g_assert_not_reached();
}

static void from_nice(const NiceCandidate *from, LecCandidate *ret) {
    *ret = (LecCandidate){.transport = transport_from_nice(from->transport),
                          .type = type_from_nice(from->type),
                          .priority = from->priority,
                          .port = (guint16)nice_address_get_port(&from->addr)};
    g_strlcpy(ret->foundation, from->foundation, sizeof ret->foundation);
    char text[NICE_ADDRESS_STRING_LEN];
    nice_address_to_string(&from->addr, text);
    g_strlcpy(ret->address, text, sizeof ret->address);
    if (ret->port == 0)
        ret->port = TCP_ACTIVE_PORT;
    if (from->type == NICE_CANDIDATE_TYPE_HOST)
        return;
    nice_address_to_string(&from->base_addr, text);
    g_strlcpy(ret->related_address, text, sizeof ret->related_address);
    ret->related_port = (guint16)nice_address_get_port(&from->base_addr);
}

static void on_candidate(NiceAgent *agent, NiceCandidate *candidate, gpointer user) {
    LecIce *self = user;
    if (self->gathered)
        return;
    LecCandidate ours;
    from_nice(candidate, &ours);
    self->events.candidate(&ours, self->user);
}

static void set_gathered(LecIce *self) {
    if (self->gathered)
        return;
    self->gathered = true;
    tune_sockets(self);
    self->events.candidate(NULL, self->user);
}

static void on_gathered(NiceAgent *agent, guint stream, gpointer user) {
    set_gathered(user);
}

static gboolean on_overdue(gpointer user) {
    set_gathered(user);
    return G_SOURCE_REMOVE;
}

/* ---- state ---- */

/* A peer's relay can reach us unasked, as an address that nobody has named (a peer-reflexive
 * candidate): where no relays may be used, such a pair is none. */
static bool is_pair_refused(LecIce *self) {
    NiceCandidate *local = NULL, *remote = NULL;
    if (!self->no_relays ||
        !nice_agent_get_selected_pair(self->agent, self->stream, COMPONENT, &local, &remote))
        return false;
    for (guint i = 0; i < self->refused->len; i++) {
        if (nice_address_equal(&g_array_index(self->refused, NiceAddress, i), &remote->addr))
            return true;
    }
    return false;
}

static void consider_pair(LecIce *self) {
    const bool was_connected = self->connected;
    self->connected = !is_pair_refused(self);
    if (self->connected) {
        tune_sockets(self); /* TCP's have come since */
        self->events.connected(self->user);
    } else if (was_connected) {
        self->events.failed(self->user);
    }
}

static void on_state(NiceAgent *agent, guint stream, guint component, guint state, gpointer user) {
    LecIce *self = user;
    if (state == NICE_COMPONENT_STATE_FAILED) {
        self->connected = self->paired = false;
        self->events.failed(self->user);
    } else if ((state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY) &&
               !self->paired) {
        self->paired = true;
        consider_pair(self);
    }
}

static void on_pair(NiceAgent *agent, guint stream, guint component, NiceCandidate *local,
                    NiceCandidate *remote, gpointer user) {
    LecIce *self = user;
    if (self->paired)
        consider_pair(self);
}

static void on_received(NiceAgent *agent, guint stream, guint component, guint len, gchar *data,
                        gpointer user) {
    LecIce *self = user;
    if (len > 0)
        self->events.packet((guint8 *)data, len, self->user);
}

/* ---- set-up ---- */

static NiceAgent *make_agent(const LecIceConfig *config) {
    /* Aggressive nomination: the first pair that works carries media, a better one takes over. */
    NiceAgent *agent =
        nice_agent_new_full(config->context, NICE_COMPATIBILITY_RFC5245,
                            NICE_AGENT_OPTION_ICE_TRICKLE | NICE_AGENT_OPTION_CONSENT_FRESHNESS);
    g_object_set(agent, "controlling-mode", config->controlling, "upnp", FALSE, "ice-udp", TRUE,
                 "ice-tcp", !config->no_tcp, "stun-pacing-timer", CHECK_PACING_MS,
                 "stun-initial-timeout", CHECK_FIRST_RTO_MS, "stun-max-retransmissions",
                 CHECK_RETRANSMISSIONS, "force-relay", config->relays_only, NULL);
    return agent;
}

static bool add_addresses(NiceAgent *agent, const LecIceConfig *config, GError **error) {
    g_autoptr(GPtrArray) addresses =
        lec_interfaces_list(config->interfaces_denied, config->loopback);
    for (guint i = 0; i < addresses->len; i++) {
        NiceAddress address;
        nice_address_init(&address);
        if (nice_address_set_from_string(&address, addresses->pdata[i]))
            nice_agent_add_local_address(agent, &address);
    }
    if (addresses->len > 0)
        return true;
    g_set_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_CONNECT,
                "This machine has no network address to connect from");
    return false;
}

static void connect_signals(LecIce *self) {
    g_signal_connect(self->agent, "new-candidate-full", G_CALLBACK(on_candidate), self);
    g_signal_connect(self->agent, "candidate-gathering-done", G_CALLBACK(on_gathered), self);
    g_signal_connect(self->agent, "component-state-changed", G_CALLBACK(on_state), self);
    g_signal_connect(self->agent, "new-selected-pair-full", G_CALLBACK(on_pair), self);
}

/* A stranger's checks, which libnice would answer, do not even come in. */
static bool keep_local(LecIce *self, GError **error) {
    g_autoptr(GPtrArray) sockets =
        self->only ? nice_agent_get_sockets(self->agent, self->stream, COMPONENT) : NULL;
    for (guint i = 0; sockets != NULL && i < sockets->len; i++)
        if (!lec_own_networks_guard(self->only, sockets->pdata[i], error))
            return false;
    return true;
}

LecIce *lec_ice_new(const LecIceConfig *config, const LecIceEvents *events, void *user,
                    GError **error) {
    g_autoptr(LecIce) self = g_new0(LecIce, 1);
    self->context = g_main_context_ref(config->context);
    self->events = *events;
    self->user = user;
    self->loopback = config->loopback;
    self->no_relays = config->no_relays;
    self->only = config->local_only ? lec_own_networks_find() : NULL;
    self->lookups = g_cancellable_new();
    self->refused = g_array_new(FALSE, FALSE, sizeof(NiceAddress));
    self->agent = make_agent(config);
    if (!add_addresses(self->agent, config, error))
        return NULL;
    self->stream = nice_agent_add_stream(self->agent, 1);
    connect_signals(self);
    self->servers = lec_ice_servers_new(self->agent, self->stream, config);
    if (nice_agent_set_local_credentials(self->agent, self->stream, config->ufrag, config->pwd) &&
        nice_agent_attach_recv(self->agent, self->stream, COMPONENT, config->context, on_received,
                               self) &&
        nice_agent_gather_candidates(self->agent, self->stream) && keep_local(self, error)) {
        self->overdue = g_timeout_source_new(GATHER_MS);
        g_source_set_callback(self->overdue, on_overdue, self, NULL);
        g_source_attach(self->overdue, self->context);
        return g_steal_pointer(&self);
    }
    g_clear_error(error);
    g_set_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_CONNECT,
                "No network socket can be opened on this machine");
    return NULL;
}

void lec_ice_free(LecIce *self) {
    if (self == NULL)
        return;
    g_cancellable_cancel(self->lookups);
    g_clear_object(&self->lookups);
    if (self->overdue != NULL)
        g_source_destroy(self->overdue);
    g_clear_pointer(&self->overdue, g_source_unref);
    if (self->agent != NULL)
        g_signal_handlers_disconnect_by_data(self->agent, self);
    if (self->agent != NULL && self->stream != 0)
        lec_ice_close(g_steal_pointer(&self->agent), self->stream, g_steal_pointer(&self->servers),
                      self->context);
    g_clear_object(&self->agent);
    g_array_unref(self->refused);
    lec_own_networks_free(self->only);
    g_main_context_unref(self->context);
    g_free(self);
}

bool lec_ice_set_remote(LecIce *self, const char *ufrag, const char *pwd) {
    return nice_agent_set_remote_credentials(self->agent, self->stream, ufrag, pwd);
}

/* ---- candidates in ---- */

static NiceCandidateType type_to_nice(LecCandidateType type) {
    switch (type) {
    case LEC_CANDIDATE_HOST:
        return NICE_CANDIDATE_TYPE_HOST;
    case LEC_CANDIDATE_SRFLX:
        return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case LEC_CANDIDATE_PRFLX:
        return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case LEC_CANDIDATE_RELAY:
        return NICE_CANDIDATE_TYPE_RELAYED;
    }
    return NICE_CANDIDATE_TYPE_HOST;
}

static bool transport_to_nice(LecCandidateTransport transport, NiceCandidateTransport *ret) {
    switch (transport) {
    case LEC_CANDIDATE_UDP:
        *ret = NICE_CANDIDATE_TRANSPORT_UDP;
        return true;
    case LEC_CANDIDATE_TCP_ACTIVE:
        *ret = NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
        return true;
    case LEC_CANDIDATE_TCP_PASSIVE:
        *ret = NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
        return true;
    case LEC_CANDIDATE_TCP_SO: /* simultaneous open: nobody offers it, libnice cannot do it with
                                  sockets of ours */
        return false;
    }
    return false; /* a TCP candidate of unknown kind makes libnice 0.1.21 crash */
}

/* A peer must not point our checks at multicast, nowhere, or services of this very machine. */
static bool may_check(const LecIce *self, const char *address) {
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (inet_pton(AF_INET, address, &ipv4) == 1) {
        guint32 ip = ntohl(ipv4.s_addr);
        return (ip >> 24) != 0 && (ip >> 28) != 14 && ip != INADDR_BROADCAST &&
               (self->loopback || (ip >> 24) != 127);
    }
    if (inet_pton(AF_INET6, address, &ipv6) != 1)
        return false;
    return !IN6_IS_ADDR_UNSPECIFIED(&ipv6) && !IN6_IS_ADDR_MULTICAST(&ipv6) &&
           !IN6_IS_ADDR_V4MAPPED(&ipv6) && !IN6_IS_ADDR_V4COMPAT(&ipv6) &&
           !IN6_IS_ADDR_LINKLOCAL(&ipv6) && (self->loopback || !IN6_IS_ADDR_LOOPBACK(&ipv6));
}

/* address: a literal, the candidate's own or what its name was found to mean. */
static void add_literal(LecIce *self, const LecCandidate *candidate, const char *address) {
    NiceCandidateTransport transport;
    NiceAddress target;
    nice_address_init(&target);
    if (!transport_to_nice(candidate->transport, &transport) || candidate->port == 0 ||
        !may_check(self, address) ||
        (self->only != NULL && !lec_own_networks_contain(self->only, address)) ||
        !nice_address_set_from_string(&target, address))
        return;
    nice_address_set_port(&target, candidate->port);
    NiceCandidate *nice = nice_candidate_new(type_to_nice(candidate->type));
    nice->transport = transport;
    nice->stream_id = self->stream;
    nice->component_id = COMPONENT;
    nice->priority = candidate->priority;
    nice->addr = target;
    nice->base_addr = target;
    g_strlcpy(nice->foundation, candidate->foundation, sizeof nice->foundation);
    g_autoptr(GSList) list = g_slist_prepend(NULL, nice);
    nice_agent_set_remote_candidates(self->agent, self->stream, COMPONENT, list);
    nice_candidate_free(nice);
}

typedef struct {
    LecIce *ice; /* valid until cancelled */
    GCancellable *cancellable;
    LecCandidate candidate;
} Lookup;

static void on_found(GObject *resolver, GAsyncResult *result, gpointer data) {
    g_autofree Lookup *lookup = data;
    g_autoptr(GCancellable) cancellable = lookup->cancellable;
    GList *found = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, NULL);
    if (found != NULL && !g_cancellable_is_cancelled(cancellable)) {
        g_autofree char *address = g_inet_address_to_string(found->data);
        add_literal(lookup->ice, &lookup->candidate, address);
    }
    g_resolver_free_addresses(found);
}

/* RFC 8828: browsers hide their addresses behind names that mDNS resolves. On GLib's worker
 * threads, never here. */
static void look_up(LecIce *self, const LecCandidate *candidate) {
    Lookup *lookup = g_new0(Lookup, 1);
    lookup->ice = self;
    lookup->cancellable = g_object_ref(self->lookups);
    lookup->candidate = *candidate;
    g_autoptr(GResolver) resolver = g_resolver_get_default();
    g_resolver_lookup_by_name_async(resolver, candidate->address, self->lookups, on_found, lookup);
}

static void refuse(LecIce *self, const LecCandidate *candidate) {
    NiceAddress address;
    nice_address_init(&address);
    if (!nice_address_set_from_string(&address, candidate->address))
        return;
    nice_address_set_port(&address, candidate->port);
    g_array_append_val(self->refused, address);
}

void lec_ice_add_candidate(LecIce *self, const LecCandidate *candidate) {
    if (candidate == NULL) {
        nice_agent_peer_candidate_gathering_done(self->agent, self->stream);
        return;
    }
    if (self->n_remote >= LEC_MEDIA_MAX_CANDIDATES)
        return;
    self->n_remote++;
    if (self->no_relays && candidate->type == LEC_CANDIDATE_RELAY)
        refuse(self, candidate);
    else if (!g_str_has_suffix(candidate->address, ".local"))
        add_literal(self, candidate, candidate->address);
    else if (self->only ==
             NULL) /* else it might be DNS that is asked; the peer reaches us as well */
        look_up(self, candidate);
}

/* ---- use ---- */

bool lec_ice_send(LecIce *self, const guint8 *data, gsize len) {
    return nice_agent_send(self->agent, self->stream, COMPONENT, (guint)len, (const gchar *)data) ==
           (gint)len;
}

/* A relayed candidate is UDP at the relay, whichever way leads there. libnice tells the ways apart
 * in the type preference alone (RFC 8445 §5.1.2.1): 30 by UDP, 20 by TCP, which is our tunnel. */
static const char *describe_way(const NiceCandidate *candidate) {
    if (candidate->type == NICE_CANDIDATE_TYPE_RELAYED && candidate->priority >> 24 == 20)
        return "tls";
    return candidate->transport == NICE_CANDIDATE_TRANSPORT_UDP ? "udp" : "tcp";
}

static void describe(const NiceCandidate *candidate, char *ret) {
    char address[NICE_ADDRESS_STRING_LEN];
    nice_address_to_string(&candidate->addr, address);
    bool ipv6 = strchr(address, ':') != NULL;
    g_snprintf(ret, LEC_ICE_PAIR_TEXT_SIZE, ipv6 ? "%s %s [%s]:%u" : "%s %s %s:%u",
               describe_way(candidate), nice_candidate_type_to_string(candidate->type), address,
               nice_address_get_port(&candidate->addr));
}

void lec_ice_describe_pair(LecIce *self, char *ret_local, char *ret_remote) {
    NiceCandidate *local = NULL, *remote = NULL;
    ret_local[0] = ret_remote[0] = '\0';
    if (!nice_agent_get_selected_pair(self->agent, self->stream, COMPONENT, &local, &remote))
        return;
    describe(local, ret_local);
    describe(remote, ret_remote);
}
