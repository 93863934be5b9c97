/* The connection to avahi-daemon: kept up, and told of as up and down. */
#include "signalling/discovery-avahi.h"

#include "common/base/i18n.h"

#include <avahi-glib/glib-watch.h>
#include <glib.h>

#define RETRY_S 2

struct LecAvahi {
    LecAvahiEvents events;
    void *user;
    AvahiGLibPoll *poll;
    AvahiClient *client;
    guint start; /* the source that connects, after freeing what has failed */
};

static gboolean avahi_connect(gpointer data);

static void avahi_start_later(LecAvahi *self, guint seconds) {
    g_clear_handle_id(&self->start, g_source_remove);
    self->start = seconds ? g_timeout_add_seconds(seconds, avahi_connect, self)
                          : g_idle_add(avahi_connect, self);
}

static void on_state(AvahiClient *client, AvahiClientState state, void *user) {
    LecAvahi *self = user;
    switch (state) {
    case AVAHI_CLIENT_S_RUNNING:
        self->events.up(client, self->user);
        return;
    case AVAHI_CLIENT_S_REGISTERING:
    case AVAHI_CLIENT_S_COLLISION: /* the machine's own name is being settled */
        self->events.down(NULL, self->user);
        return;
    case AVAHI_CLIENT_CONNECTING:
        self->events.down("avahi-daemon is not running, so boxes cannot be found by name.",
                          self->user);
        return;
    case AVAHI_CLIENT_FAILURE:
        lec_avahi_restart(self, "avahi-daemon went away, so boxes cannot be found by name.");
        return;
    }
}

/* The client cannot be freed in its own callback: that is left to the loop. */
void lec_avahi_restart(LecAvahi *self, const char *why) {
    self->events.down(why, self->user);
    avahi_start_later(self, RETRY_S);
}

static gboolean avahi_connect(gpointer data) {
    LecAvahi *self = data;
    int error = 0;
    self->start = 0;
    g_clear_pointer(&self->client, avahi_client_free);
    self->client = avahi_client_new(avahi_glib_poll_get(self->poll), AVAHI_CLIENT_NO_FAIL, on_state,
                                    self, &error);
    if (!self->client) {
        self->events.down(_("There is no system message bus, so boxes cannot be found by name."),
                          self->user);
        avahi_start_later(self, RETRY_S);
    }
    return G_SOURCE_REMOVE;
}

LecAvahi *lec_avahi_new(const LecAvahiEvents *events, void *user) {
    LecAvahi *self = g_new0(LecAvahi, 1);
    self->events = *events;
    self->user = user;
    self->poll = avahi_glib_poll_new(NULL, G_PRIORITY_DEFAULT);
    avahi_start_later(self, 0);
    return self;
}

void lec_avahi_free(LecAvahi *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->start, g_source_remove);
    g_clear_pointer(&self->client, avahi_client_free);
    g_clear_pointer(&self->poll, avahi_glib_poll_free);
    g_free(self);
}
