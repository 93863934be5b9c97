/* One accept at a time, and a pause after one that failed. */
#include "signalling/acceptor.h"

#include "common/base/log.h"

#define REST_MS 100
#define SILENCE_US (60 * G_USEC_PER_SEC) /* between two lines in the log */

struct LecAcceptor {
    GSocketListener *listener;
    LecAcceptorEvents events;
    void *user;
    GCancellable *cancellable;
    guint rest;
    gint64 said_us; /* 0: nothing yet */
};

static void begin(LecAcceptor *self);

static gboolean on_rested(gpointer data) {
    LecAcceptor *self = data;
    self->rest = 0;
    begin(self);
    return G_SOURCE_REMOVE;
}

static void take_a_rest(LecAcceptor *self, const GError *error) {
    const gint64 now = g_get_monotonic_time();
    if (self->said_us == 0 || now - self->said_us >= SILENCE_US) {
        lec_warning("Connections have to wait. %s.", error->message);
        self->said_us = now;
    }
    self->rest = g_timeout_add(REST_MS, on_rested, self);
    if (self->events.exhausted)
        self->events.exhausted(self->user);
}

static void on_accepted(GObject *listener, GAsyncResult *result, gpointer data) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection =
        g_socket_listener_accept_finish(G_SOCKET_LISTENER(listener), result, NULL, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* data is gone */
    LecAcceptor *self = data;
    if (!connection) {
        take_a_rest(self, error);
        return;
    }
    begin(self); /* first: the event may free us */
    self->events.accepted(connection, self->user);
}

static void begin(LecAcceptor *self) {
    g_socket_listener_accept_async(self->listener, self->cancellable, on_accepted, self);
}

LecAcceptor *lec_acceptor_new(GSocketListener *listener, const LecAcceptorEvents *events,
                              void *user) {
    LecAcceptor *self = g_new0(LecAcceptor, 1);
    self->listener = g_object_ref(listener);
    self->events = *events;
    self->user = user;
    self->cancellable = g_cancellable_new();
    begin(self);
    return self;
}

void lec_acceptor_free(LecAcceptor *self) {
    if (!self)
        return;
    g_cancellable_cancel(self->cancellable);
    g_clear_handle_id(&self->rest, g_source_remove);
    g_socket_listener_close(self->listener);
    g_object_unref(self->listener);
    g_object_unref(self->cancellable);
    g_free(self);
}
