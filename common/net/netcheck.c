/* Runs the probes side by side and has their facts judged. */
#include "common/net/netcheck.h"

#include "common/net/netcheck-https.h"
#include "common/net/netcheck-judge.h"
#include "common/net/netcheck-near.h"
#include "common/net/netcheck-own.h"
#include "common/net/netcheck-stun.h"

#define HTTPS_S 8
#define LOOKUP_S 6

enum { DIRECT, PROXIED, BOX, RELAY, TRIES };
enum { WEB_NAME, BOXES_NAME, TURN_NAME, NAMES };

/* A name being looked up; it outlives the check where that is freed meanwhile. */
typedef struct {
    LecNetcheck *check; /* NULL: freed */
    guint which;
    char *name;
    GCancellable *cancellable;
} Lookup;

struct LecNetcheck {
    LecNetcheckDone done;
    void *user;
    char *cloud, *peer, *gateway;
    LecNetFacts facts;
    guint pending;
    LecNetHttpsProbe *tries[TRIES];
    LecNetStunProbe *stun;
    LecNetMulticastProbe *multicast;
    LecNetReachProbe *to_gateway, *to_peer;
    Lookup *lookups[NAMES];
    guint lookup_timeout; /* source id */
};

static void https_clear(LecNetHttps *self) {
    g_free(self->host);
    g_free(self->issuer);
    g_free(self->why);
}

void lec_net_facts_clear(LecNetFacts *self) {
    https_clear(&self->direct);
    https_clear(&self->proxied);
    https_clear(&self->box);
    https_clear(&self->relay);
    for (guint i = 0; i < LEC_NET_STUN_SERVERS; i++)
        g_free(self->stun.mapped[i]);
    g_free(self->stun.why);
    g_free(self->multicast.why);
    g_free(self->missing);
}

static void on_done(void *user) {
    LecNetcheck *self = user;
    if (--self->pending > 0)
        return;
    g_clear_handle_id(&self->lookup_timeout, g_source_remove);
    g_autoptr(GPtrArray) results = lec_netcheck_judge(&self->facts);
    self->done(results, self->user);
}

/* ---- names ---- */

static void take_lookup(LecNetcheck *self, const Lookup *lookup, const GError *error) {
    LecNetLookup found = LEC_NET_FOUND;
    if (error)
        found = g_error_matches(error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND)
                    ? LEC_NET_NOT_FOUND
                    : LEC_NET_SILENT;
    if (found <= self->facts.lookup)
        return;
    self->facts.lookup = found;
    g_free(self->facts.missing);
    self->facts.missing = g_strdup(lookup->name);
}

static void on_looked_up(GObject *resolver, GAsyncResult *result, gpointer data) {
    Lookup *lookup = data;
    LecNetcheck *self = lookup->check;
    g_autoptr(GError) error = NULL;
    GList *addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, &error);
    if (self) {
        take_lookup(self, lookup, error);
        self->lookups[lookup->which] = NULL;
        if (lookup->which == TURN_NAME && addresses)
            self->stun = lec_net_stun_probe_new(addresses, &self->facts.stun, on_done, self);
        else
            on_done(self);
    }
    g_resolver_free_addresses(addresses);
    g_object_unref(lookup->cancellable);
    g_free(lookup->name);
    g_free(lookup);
}

static gboolean on_lookup_timeout(gpointer data) {
    LecNetcheck *self = data;
    self->lookup_timeout = 0;
    for (guint i = 0; i < NAMES; i++)
        if (self->lookups[i])
            g_cancellable_cancel(self->lookups[i]->cancellable);
    return G_SOURCE_REMOVE;
}

static void look_up(LecNetcheck *self, guint which, const char *name) {
    Lookup *lookup = g_new0(Lookup, 1);
    lookup->check = self;
    lookup->which = which;
    lookup->name = g_strdup(name);
    lookup->cancellable = g_cancellable_new();
    self->lookups[which] = lookup;
    self->pending++;
    g_autoptr(GResolver) resolver = g_resolver_get_default();
    g_resolver_lookup_by_name_async(resolver, name, lookup->cancellable, on_looked_up, lookup);
}

/* ---- the cloud ---- */

static void try_https(LecNetcheck *self, guint which, const LecNetHttpsConfig *config,
                      LecNetHttps *facts) {
    self->pending++;
    self->tries[which] = lec_net_https_probe_new(config, facts, on_done, self);
}

static void look_at_cloud(LecNetcheck *self, const LecNetcheckConfig *config) {
    g_autofree char *boxes = g_strconcat("boxes.", self->cloud, NULL);
    g_autofree char *turn = g_strconcat("turn.", self->cloud, NULL);
    GProxyResolver *resolver = config->proxy ? lec_proxy_get_resolver(config->proxy) : NULL;
    const LecNetHttpsConfig direct = {
        .host = self->cloud, .anchors = config->anchors, .ask_time = true, .timeout_s = HTTPS_S};
    LecNetHttpsConfig other = direct;
    try_https(self, DIRECT, &direct, &self->facts.direct);
    other.resolver = resolver;
    if (resolver)
        try_https(self, PROXIED, &other, &self->facts.proxied);
    other.ask_time = false;
    other.host = turn;
    try_https(self, RELAY, &other, &self->facts.relay);
    other.host = boxes;
    other.pins = config->pins;
    other.n_pins = config->n_pins;
    try_https(self, BOX, &other, &self->facts.box);
    look_up(self, WEB_NAME, self->cloud);
    look_up(self, BOXES_NAME, boxes);
    look_up(self, TURN_NAME, turn);
    self->lookup_timeout = g_timeout_add_seconds(LOOKUP_S, on_lookup_timeout, self);
}

static void look_near(LecNetcheck *self) {
    self->pending++;
    self->multicast = lec_net_multicast_probe_new(&self->facts.multicast, on_done, self);
    if (!self->peer)
        return;
    self->pending++;
    self->to_peer = lec_net_reach_probe_new(self->peer, &self->facts.peer_reach, on_done, self);
    self->gateway = lec_net_find_gateway();
    if (!self->gateway)
        return;
    self->pending++;
    self->to_gateway =
        lec_net_reach_probe_new(self->gateway, &self->facts.gateway_reach, on_done, self);
}

LecNetcheck *lec_netcheck_new(const LecNetcheckConfig *config, LecNetcheckDone done, void *user) {
    LecNetcheck *self = g_new0(LecNetcheck, 1);
    self->done = done;
    self->user = user;
    self->cloud = g_strdup(config->cloud);
    self->peer = g_strdup(config->peer);
    self->facts.cloud = self->cloud;
    self->facts.peer = self->peer;
    self->facts.proxy = config->proxy ? lec_proxy_get_description(config->proxy) : NULL;
    self->facts.first_use = config->first_use;
    look_near(self);
    if (self->cloud)
        look_at_cloud(self, config);
    return self;
}

void lec_netcheck_free(LecNetcheck *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->lookup_timeout, g_source_remove);
    for (guint i = 0; i < NAMES; i++) {
        if (!self->lookups[i])
            continue;
        self->lookups[i]->check = NULL;
        g_cancellable_cancel(self->lookups[i]->cancellable);
    }
    for (guint i = 0; i < TRIES; i++)
        lec_net_https_probe_free(self->tries[i]);
    lec_net_stun_probe_free(self->stun);
    lec_net_multicast_probe_free(self->multicast);
    lec_net_reach_probe_free(self->to_gateway);
    lec_net_reach_probe_free(self->to_peer);
    lec_net_facts_clear(&self->facts);
    g_free(self->cloud);
    g_free(self->peer);
    g_free(self->gateway);
    g_free(self);
}
