/* Finding boxes: every announcement of a name is resolved, and the best address of each name is
 * told. */
#include "signalling/discovery.h"

#include "signalling/discovery-avahi.h"

#include <avahi-client/lookup.h>
#include <avahi-common/address.h>
#include <avahi-common/strlst.h>
#include <net/if.h>
#include <string.h>

/* What the network may make us hold. */
#define MAX_BOXES 256
#define MAX_PLACES 16 /* of one name: interfaces times address families */
#define MAX_TXT 32

/* One announcement of a name, on one interface in one address family. */
typedef struct {
    struct Box *box;
    AvahiIfIndex interface;
    AvahiProtocol protocol;
    AvahiServiceResolver *resolver;
    bool answered; /* resolved, or failed for good */
    char *host;    /* NULL: not resolved */
    int rank;      /* of host: the higher the better */
    guint16 port;
    char **txt;
} Place;

typedef struct Box {
    LecBrowser *browser;
    char *name;
    GPtrArray *places; /* of Place */
    bool told;
    bool changed; /* since it was told */
} Box;

struct LecBrowser {
    LecBrowserEvents events;
    void *user;
    LecAvahi *avahi;
    AvahiServiceBrowser *services;
    GHashTable *boxes; /* name -> Box */
    bool complete;     /* avahi has named all it knows */
    bool settled;
    bool complained;
    char *complaint; /* to be told */
    guint tell;      /* the source that tells: events come from the loop, never from within avahi */
    bool *freed;     /* where tell wants to know that the owner freed us in an event */
};

static gboolean browser_tell(gpointer data);

static void browser_tell_later(LecBrowser *self) {
    if (!self->tell)
        self->tell = g_idle_add_full(G_PRIORITY_DEFAULT, browser_tell, self, NULL);
}

static void place_free(gpointer data) {
    Place *place = data;
    g_clear_pointer(&place->resolver, avahi_service_resolver_free);
    g_free(place->host);
    g_strfreev(place->txt);
    g_free(place);
}

static void box_free(gpointer data) {
    Box *box = data;
    g_ptr_array_unref(box->places);
    g_free(box->name);
    g_free(box);
}

static Box *browser_get_box(LecBrowser *self, const char *name) {
    Box *box = g_hash_table_lookup(self->boxes, name);
    if (box || g_hash_table_size(self->boxes) >= MAX_BOXES)
        return box;
    box = g_new0(Box, 1);
    box->browser = self;
    box->name = g_strdup(name);
    box->places = g_ptr_array_new_with_free_func(place_free);
    g_hash_table_insert(self->boxes, box->name, box);
    return box;
}

static const Place *box_best_place(const Box *box) {
    const Place *best = NULL;
    for (guint i = 0; i < box->places->len; i++) {
        const Place *place = g_ptr_array_index(box->places, i);
        if (place->host && (!best || place->rank > best->rank))
            best = place;
    }
    return best;
}

/* IPv4 first: box addresses are read out, typed and routed as IPv4 in most offices. Link-local
 * addresses last. */
static int rank_address(const AvahiAddress *address) {
    if (address->proto == AVAHI_PROTO_INET) {
        guint32 host = g_ntohl(address->data.ipv4.address);
        if (host >> 24 == 127)
            return 2;
        return host >> 16 == 0xa9fe ? 1 : 4; /* 169.254/16, RFC 3927 */
    }
    const guint8 *bytes = address->data.ipv6.address;
    return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80 ? 0 : 3;
}

static char *address_text(const AvahiAddress *address, AvahiIfIndex interface, int rank) {
    char text[AVAHI_ADDRESS_STR_MAX], device[IF_NAMESIZE];
    avahi_address_snprint(text, sizeof text, address);
    if (rank == 0 && if_indextoname((unsigned)interface, device))
        return g_strdup_printf("%s%%%s", text, device); /* RFC 4007 §11 */
    return g_strdup(text);
}

static char **copy_txt(AvahiStringList *txt) {
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint n = 0; txt && n < MAX_TXT; txt = avahi_string_list_get_next(txt), n++) {
        const char *text = (const char *)avahi_string_list_get_text(txt);
        gsize len = avahi_string_list_get_size(txt);
        g_autofree char *copy = g_strndup(text, len);
        if (strlen(copy) == len && g_utf8_validate(copy, (gssize)len, NULL))
            g_strv_builder_add(builder, copy);
    }
    return g_strv_builder_end(builder);
}

static void on_resolved(AvahiServiceResolver *resolver, AvahiIfIndex interface,
                        AvahiProtocol protocol, AvahiResolverEvent event, const char *name,
                        const char *type, const char *domain, const char *host,
                        const AvahiAddress *address, uint16_t port, AvahiStringList *txt,
                        AvahiLookupResultFlags flags, void *user) {
    Place *place = user;
    LecBrowser *self = place->box->browser;
    place->answered = true;
    g_clear_pointer(&place->host, g_free);
    g_clear_pointer(&place->txt, g_strfreev);
    if (event == AVAHI_RESOLVER_FOUND && port) {
        place->rank = rank_address(address);
        place->host = address_text(address, interface, place->rank);
        place->port = port;
        place->txt = copy_txt(txt);
    }
    place->box->changed = true;
    browser_tell_later(self);
}

static void browser_add(LecBrowser *self, AvahiIfIndex interface, AvahiProtocol protocol,
                        const char *name, const char *domain) {
    Box *box = browser_get_box(self, name);
    if (!box || box->places->len >= MAX_PLACES)
        return;
    Place *place = g_new0(Place, 1);
    place->box = box;
    place->interface = interface;
    place->protocol = protocol;
    g_ptr_array_add(box->places, place);
    place->resolver = avahi_service_resolver_new(avahi_service_browser_get_client(self->services),
                                                 interface, protocol, name, LEC_DISCOVERY_TYPE,
                                                 domain, AVAHI_PROTO_UNSPEC, 0, on_resolved, place);
    place->answered = !place->resolver;
}

static void browser_remove(LecBrowser *self, AvahiIfIndex interface, AvahiProtocol protocol,
                           const char *name) {
    Box *box = g_hash_table_lookup(self->boxes, name);
    for (guint i = 0; box && i < box->places->len; i++) {
        const Place *place = g_ptr_array_index(box->places, i);
        if (place->interface != interface || place->protocol != protocol)
            continue;
        g_ptr_array_remove_index(box->places, i);
        box->changed = true;
        break;
    }
    browser_tell_later(self);
}

static bool name_is_fit(const char *name) {
    if (!name || !*name || !g_utf8_validate(name, -1, NULL))
        return false;
    for (const char *p = name; *p; p = g_utf8_next_char(p)) {
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return false;
    }
    return true;
}

static void on_service(AvahiServiceBrowser *services, AvahiIfIndex interface,
                       AvahiProtocol protocol, AvahiBrowserEvent event, const char *name,
                       const char *type, const char *domain, AvahiLookupResultFlags flags,
                       void *user) {
    LecBrowser *self = user;
    switch (event) {
    case AVAHI_BROWSER_NEW:
        if (name_is_fit(name))
            browser_add(self, interface, protocol, name, domain);
        return;
    case AVAHI_BROWSER_REMOVE:
        if (name_is_fit(name))
            browser_remove(self, interface, protocol, name);
        return;
    case AVAHI_BROWSER_ALL_FOR_NOW:
        self->complete = true;
        browser_tell_later(self);
        return;
    case AVAHI_BROWSER_FAILURE:
        lec_avahi_restart(self->avahi, "avahi-daemon does not look for boxes.");
        return;
    case AVAHI_BROWSER_CACHE_EXHAUSTED:
        return;
    }
}

/* Telling, from the loop. Each returns false where the owner freed the browser in the event. */

static bool tell_box(LecBrowser *self, Box *box) {
    bool freed = false;
    const Place *best = box_best_place(box);
    box->changed = false;
    self->freed = &freed;
    if (best) {
        LecBox found = {.name = box->name,
                        .host = best->host,
                        .port = best->port,
                        .txt = (const char *const *)best->txt};
        box->told = true;
        self->events.found(&found, self->user);
    } else if (box->told) {
        box->told = false;
        self->events.lost(box->name, self->user);
    }
    if (!freed)
        self->freed = NULL;
    return !freed;
}

static Box *browser_next_changed(LecBrowser *self) {
    GHashTableIter iter;
    gpointer box;
    g_hash_table_iter_init(&iter, self->boxes);
    while (g_hash_table_iter_next(&iter, NULL, &box)) {
        if (((Box *)box)->changed)
            return box;
    }
    return NULL;
}

static bool browser_awaits_answers(LecBrowser *self) {
    GHashTableIter iter;
    gpointer box;
    g_hash_table_iter_init(&iter, self->boxes);
    while (g_hash_table_iter_next(&iter, NULL, &box)) {
        const GPtrArray *places = ((Box *)box)->places;
        for (guint i = 0; i < places->len; i++) {
            if (!((const Place *)g_ptr_array_index(places, i))->answered)
                return true;
        }
    }
    return false;
}

static gboolean browser_tell(gpointer data) {
    LecBrowser *self = data;
    self->tell = 0;
    for (Box *box; (box = browser_next_changed(self));) {
        if (!tell_box(self, box))
            return G_SOURCE_REMOVE;
        if (!box->places->len)
            g_hash_table_remove(self->boxes, box->name);
    }
    g_autofree char *complaint = g_steal_pointer(&self->complaint);
    if (complaint) {
        self->events.unavailable(complaint, self->user);
    } else if (self->complete && !self->settled && !browser_awaits_answers(self)) {
        self->settled = true;
        self->events.settled(self->user);
    }
    return G_SOURCE_REMOVE;
}

static void on_up(AvahiClient *client, void *user) {
    LecBrowser *self = user;
    if (self->services)
        return;
    self->complained = false;
    self->complete = false;
    self->settled = false;
    self->services = avahi_service_browser_new(client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                               LEC_DISCOVERY_TYPE, NULL, 0, on_service, self);
}

static void on_down(const char *why, void *user) {
    LecBrowser *self = user;
    GHashTableIter iter;
    gpointer box;
    g_hash_table_iter_init(&iter, self->boxes);
    while (g_hash_table_iter_next(&iter, NULL, &box)) {
        g_ptr_array_set_size(((Box *)box)->places, 0);
        ((Box *)box)->changed = true;
    }
    g_clear_pointer(&self->services, avahi_service_browser_free);
    self->complete = false;
    if (why && !self->complained) {
        self->complained = true;
        g_free(self->complaint);
        self->complaint = g_strdup(why);
    }
    browser_tell_later(self);
}

LecBrowser *lec_browser_new(const LecBrowserEvents *events, void *user) {
    static const LecAvahiEvents avahi_events = {.up = on_up, .down = on_down};
    LecBrowser *self = g_new0(LecBrowser, 1);
    self->events = *events;
    self->user = user;
    self->boxes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, box_free);
    self->avahi = lec_avahi_new(&avahi_events, self);
    return self;
}

void lec_browser_free(LecBrowser *self) {
    if (!self)
        return;
    if (self->freed)
        *self->freed = true;
    g_clear_handle_id(&self->tell, g_source_remove);
    g_hash_table_unref(self->boxes); /* with the resolvers, before their client */
    g_clear_pointer(&self->services, avahi_service_browser_free);
    lec_avahi_free(self->avahi);
    g_free(self->complaint);
    g_free(self);
}
