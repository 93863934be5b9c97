/* Finds out where the box is. */
#include "sender/resolve.h"

#include "common/base/i18n.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <string.h>

#include "signalling/discovery.h"
#include "signalling/meeting-id.h"

#define BROWSE_MS 3000

G_DEFINE_QUARK(lec_resolve_error_quark, lec_resolve_error)

struct LecResolve {
    char *target;
    LecResolved resolved;
    void *user;
    char *host; /* known without asking */
    guint16 port;
    GError *error;
    LecBrowser *browser;
    guint source; /* the answer, or browsing's end */
    bool by_number;
};

static gboolean on_known(gpointer user) {
    LecResolve *self = user;
    self->source = 0;
    self->resolved(self->host, self->port, self->error, self->user);
    return G_SOURCE_REMOVE;
}

static void answer_soon(LecResolve *self) {
    g_clear_handle_id(&self->source, g_source_remove);
    self->source = g_idle_add_full(G_PRIORITY_DEFAULT, on_known, self, NULL);
}

static void fail(LecResolve *self, LecResolveError code, char *sentence) {
    if (!self->error && !self->host)
        self->error = g_error_new_literal(LEC_RESOLVE_ERROR, (int)code, sentence);
    g_free(sentence);
    answer_soon(self);
}

static bool has_id(const LecBox *box, const char *digits) {
    g_autofree char *wanted = g_strdup_printf("id=%s", digits);
    return box->txt && g_strv_contains(box->txt, wanted);
}

static void on_found(const LecBox *box, void *user) {
    LecResolve *self = user;
    const bool match = self->by_number ? has_id(box, self->target)
                                       : g_ascii_strcasecmp(box->name, self->target) == 0;
    if (!match || self->host)
        return;
    self->host = g_strdup(box->host);
    self->port = box->port;
    answer_soon(self);
}

static void on_lost(const char *name, void *user) {
    /* Who was found has been dialled; who was not cannot be lost. */
}

static gboolean on_browsed(gpointer user) {
    LecResolve *self = user;
    self->source = 0;
    if (self->by_number) {
        g_autofree char *grouped = lec_meeting_id_group(self->target);
        fail(self, LEC_RESOLVE_ERROR_UNKNOWN,
             g_strdup_printf(_("No box with the meeting ID %s was found on this network, and no "
                               "cloud is set in which to look for it."),
                             grouped));
        return G_SOURCE_REMOVE;
    }
    fail(self, LEC_RESOLVE_ERROR_UNKNOWN,
         g_strdup_printf(_("No box called \"%s\" was found on this network. Type the 10-digit "
                           "meeting ID from its "
                           "display: it works from other networks too."),
                         self->target));
    return G_SOURCE_REMOVE;
}

static void on_settled(void *user) {
    /* Answers on a busy network may be late: BROWSE_MS decides. */
}

static void on_unavailable(const char *why, void *user) {
    LecResolve *self = user;
    fail(self, LEC_RESOLVE_ERROR_UNKNOWN,
         g_strdup_printf(_("%s Type the 10-digit meeting "
                           "ID from the display."),
                         why));
}

static const LecBrowserEvents browser_events = {
    .found = on_found,
    .lost = on_lost,
    .settled = on_settled,
    .unavailable = on_unavailable,
};

static void browse(LecResolve *self) {
    self->source = g_timeout_add(BROWSE_MS, on_browsed, self);
    self->browser = lec_browser_new(&browser_events, self);
}

static bool take_meeting_id(LecResolve *self) {
    guint32 ipv4;
    char digits[LEC_MEETING_ID_SIZE];
    switch (lec_meeting_id_parse(self->target, &ipv4, &self->port, digits)) {
    case LEC_MEETING_ID_ADDRESS: {
        const struct in_addr address = {htonl(ipv4)};
        char text[INET_ADDRSTRLEN];
        self->host = g_strdup(inet_ntop(AF_INET, &address, text, sizeof text));
        answer_soon(self);
        return true;
    }
    case LEC_MEETING_ID_NUMBER:
        g_free(self->target);
        self->target = g_strdup(digits);
        self->by_number = true;
        browse(self);
        return true;
    case LEC_MEETING_ID_INVALID:
        return false;
    }
    return false;
}

static void refuse(LecResolve *self) {
    fail(self, LEC_RESOLVE_ERROR_USAGE,
         g_strdup(_("That is neither a meeting ID nor a host nor a box's name.")));
}

/* The address of the box's page, as a browser has it and the code on the display. */
static bool take_page(LecResolve *self) {
    g_autofree char *scheme = NULL, *host = NULL;
    int port = -1;
    if (!g_uri_split_network(self->target, G_URI_FLAGS_NONE, &scheme, &host, &port, NULL) ||
        g_ascii_strcasecmp(scheme, "https") != 0 || !host || !*host)
        return false;
    self->host = g_steal_pointer(&host);
    self->port = port > 0 ? (guint16)port : 443;
    answer_soon(self);
    return true;
}

/* "host", "host:port", "192.0.2.1", "[2001:db8::1]:8443": a dot, a colon or "localhost" tells it
 * from a box's name. */
static bool take_host(LecResolve *self) {
    if (strchr(self->target, ' ') ||
        (!strpbrk(self->target, ".:/") && !g_str_equal(self->target, "localhost")))
        return false;
    g_autoptr(GSocketConnectable) place =
        strchr(self->target, '/') ? NULL : g_network_address_parse(self->target, 443, NULL);
    if (!place) {
        refuse(self);
        return true;
    }
    self->host = g_strdup(g_network_address_get_hostname(G_NETWORK_ADDRESS(place)));
    self->port = g_network_address_get_port(G_NETWORK_ADDRESS(place));
    answer_soon(self);
    return true;
}

LecResolve *lec_resolve_new(const char *target, LecResolved resolved, void *user) {
    LecResolve *self = g_new0(LecResolve, 1);
    self->target = g_strstrip(g_strdup(target));
    self->resolved = resolved;
    self->user = user;
    if (!*self->target || strlen(self->target) > 253 || !g_utf8_validate(self->target, -1, NULL))
        refuse(self);
    else if (!take_meeting_id(self) && !take_page(self) && !take_host(self))
        browse(self);
    return self;
}

const char *lec_resolve_get_number(const LecResolve *self) {
    return self->by_number ? self->target : NULL;
}

void lec_resolve_free(LecResolve *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->source, g_source_remove);
    g_clear_pointer(&self->browser, lec_browser_free);
    g_clear_error(&self->error);
    g_free(self->host);
    g_free(self->target);
    g_free(self);
}
