/* Chooses among the box on this network and its meeting in the cloud. */
#include "sender/approach.h"

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "common/net/own-networks.h"
#include "sender/preferences.h"
#include "sender/resolve.h"
#include "signalling/meeting-id.h"

#define CLOUD_PORT 443
#define NEAR_PATIENCE_MS 2000 /* where the cloud is another way */

typedef enum { NEAR, FAR, N_WAYS } Way;

typedef enum {
    UNKNOWN, /* looked for */
    KNOWN,   /* and not dialled */
    DIALLED,
    FAILED, /* or not there */
} WayState;

struct LecApproach {
    LecApproachEvents events;
    void *user;
    LecResolve *resolve;
    char *host, *cloud, *number;
    LecPlace places[N_WAYS];
    WayState states[N_WAYS];
    int dialled; /* Way; -1: none */
    bool settled, usage;
    char *sentence; /* why the last one failed */
    guint next;     /* source id */
    guint patience; /* source id: with the way that is dialled, while there is another */
};

/* ---- choosing ---- */

static void dial(LecApproach *self, Way way) {
    self->states[way] = DIALLED;
    self->dialled = (int)way;
    lec_debug("The box is dialled %s %s, port %u.", way == NEAR ? "at" : "through the cloud",
              self->places[way].host, self->places[way].port);
    self->events.dial(&self->places[way], self->user);
}

static gboolean on_next(gpointer user);

static void go_on(LecApproach *self) {
    if (self->next == 0)
        self->next = g_idle_add_full(G_PRIORITY_DEFAULT, on_next, self, NULL);
}

static gboolean on_patience(gpointer user) {
    LecApproach *self = user;
    self->patience = 0;
    self->states[NEAR] = FAILED;
    go_on(self);
    return G_SOURCE_REMOVE;
}

/* Near wins: it is dialled even while the cloud is. */
static gboolean on_next(gpointer user) {
    LecApproach *self = user;
    self->next = 0;
    if (self->settled)
        return G_SOURCE_REMOVE;
    if (self->states[NEAR] == KNOWN) {
        if (self->states[FAR] == KNOWN)
            self->patience = g_timeout_add(NEAR_PATIENCE_MS, on_patience, self);
        dial(self, NEAR);
    } else if (self->states[NEAR] != DIALLED && self->states[FAR] == KNOWN) {
        dial(self, FAR);
    } else if (self->states[NEAR] == FAILED && self->states[FAR] == FAILED) {
        self->events.failed(self->usage, self->sentence, self->user);
    }
    return G_SOURCE_REMOVE;
}

static void keep_sentence(LecApproach *self, const char *sentence) {
    g_free(self->sentence);
    self->sentence = g_strdup(sentence);
}

/* Nothing is sent to find that out: a name that DNS would have to know is as good as elsewhere. */
static bool is_near(const char *host) {
    g_autoptr(LecOwnNetworks) networks = lec_own_networks_find();
    return lec_own_networks_contain(networks, host) || g_str_equal(host, "localhost");
}

static void refuse_far(LecApproach *self, const char *host) {
    self->states[NEAR] = FAILED;
    g_free(self->sentence);
    self->sentence = g_strdup_printf(
        _("%s is no address on this machine's own networks, and --local-only keeps to those."),
        host);
    go_on(self);
}

static void on_resolved(const char *host, guint16 port, const GError *error, void *user) {
    LecApproach *self = user;
    if (!error && self->places[NEAR].local_only && !is_near(host)) {
        refuse_far(self, host);
        return;
    }
    if (error) {
        self->states[NEAR] = FAILED;
        self->usage = error->code == LEC_RESOLVE_ERROR_USAGE;
        /* What the cloud says of a number is the better reason, where there is one. */
        if (!self->cloud)
            keep_sentence(self, error->message);
    } else {
        self->host = g_strdup(host);
        self->places[NEAR].host = self->host;
        self->places[NEAR].port = port;
        self->states[NEAR] = KNOWN;
        /* Dialled again only if the box does not answer there. */
        if (self->states[FAR] == DIALLED)
            self->states[FAR] = KNOWN;
    }
    go_on(self);
}

/* The address of a meeting's page, as a cloud gives it: https://cloud.example.org/#123456. */
static bool read_page(const char *target, char **ret_cloud, char **ret_number) {
    g_autoptr(GUri) uri = g_uri_parse(target, G_URI_FLAGS_NONE, NULL);
    char digits[LEC_MEETING_ID_SIZE];
    guint32 ipv4;
    guint16 port;
    if (!uri || g_ascii_strcasecmp(g_uri_get_scheme(uri), "https") != 0 || !g_uri_get_host(uri) ||
        !lec_preferences_is_cloud(g_uri_get_host(uri)) || !g_uri_get_fragment(uri) ||
        lec_meeting_id_parse(g_uri_get_fragment(uri), &ipv4, &port, digits) !=
            LEC_MEETING_ID_NUMBER)
        return false;
    *ret_cloud = g_strdup(g_uri_get_host(uri));
    *ret_number = g_strdup(digits);
    return true;
}

/* ---- what others call ---- */

static void know_cloud(LecApproach *self, char *cloud, GTlsDatabase *anchors) {
    self->cloud = cloud;
    self->places[FAR].host = self->cloud;
    self->places[FAR].port = CLOUD_PORT;
    self->places[FAR].number = self->number;
    self->places[FAR].anchors = anchors ? g_object_ref(anchors) : NULL;
    self->states[FAR] = KNOWN;
    go_on(self);
}

LecApproach *lec_approach_new(const LecApproachConfig *config, const LecApproachEvents *events,
                              void *user) {
    g_autofree char *cloud = NULL, *number = NULL;
    if (!read_page(config->target, &cloud, &number))
        cloud = g_strdup(config->cloud);
    /* An authority of one's own is for the cloud that it was set for. */
    const bool is_own = cloud && config->cloud && g_ascii_strcasecmp(cloud, config->cloud) == 0;
    LecApproach *self = g_new0(LecApproach, 1);
    self->events = *events;
    self->user = user;
    self->dialled = -1;
    self->resolve = lec_resolve_new(number ? number : config->target, on_resolved, self);
    self->places[NEAR].local_only = config->local_only;
    self->places[NEAR].proxy = self->places[FAR].proxy = config->local_only ? NULL : config->proxy;
    self->number = g_strdup(lec_resolve_get_number(self->resolve));
    self->states[FAR] = FAILED;
    if (self->number && cloud && !config->local_only)
        know_cloud(self, g_steal_pointer(&cloud), is_own ? config->anchors : NULL);
    return self;
}

void lec_approach_free(LecApproach *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->next, g_source_remove);
    g_clear_handle_id(&self->patience, g_source_remove);
    g_clear_pointer(&self->resolve, lec_resolve_free);
    g_clear_object(&self->places[FAR].anchors);
    g_free(self->host);
    g_free(self->cloud);
    g_free(self->number);
    g_free(self->sentence);
    g_free(self);
}

const LecPlace *lec_approach_get_place(const LecApproach *self) {
    return self->dialled < 0 ? NULL : &self->places[self->dialled];
}

guint lec_approach_get_head_start_ms(const LecApproach *self) {
    return self->dialled == FAR && self->resolve && self->states[NEAR] == UNKNOWN
               ? LEC_APPROACH_HEAD_START_MS
               : 0;
}

void lec_approach_settle(LecApproach *self) {
    self->settled = true;
    g_clear_handle_id(&self->next, g_source_remove);
    g_clear_handle_id(&self->patience, g_source_remove);
    g_clear_pointer(&self->resolve, lec_resolve_free);
}

bool lec_approach_is_settled(const LecApproach *self) {
    return self->settled;
}

void lec_approach_give_up(LecApproach *self, const char *sentence) {
    if (self->settled || self->dialled < 0)
        return;
    /* Of two, what the cloud says: it is asked where the other way has led nowhere. */
    if (self->dialled == FAR || self->states[FAR] == FAILED || !self->sentence)
        keep_sentence(self, sentence);
    self->states[self->dialled] = FAILED;
    g_clear_handle_id(&self->patience, g_source_remove);
    go_on(self);
}
