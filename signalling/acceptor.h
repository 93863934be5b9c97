/*
 * Takes connections in from a listener, and rests where the system has no descriptor or memory for
 * one more: GSocketService would try again at once and for ever, with a line in the log each time.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    void (*accepted)(GSocketConnection *connection, void *user); /* ref it where it is kept */
    /* There is no room; whatever can be spared may be closed now. May be NULL. */
    void (*exhausted)(void *user);
} LecAcceptorEvents;

typedef struct LecAcceptor LecAcceptor;

/* Refs listener. Events come from the main loop. */
LecAcceptor *lec_acceptor_new(GSocketListener *listener, const LecAcceptorEvents *events,
                              void *user);
void lec_acceptor_free(LecAcceptor *self); /* closes the listener; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAcceptor, lec_acceptor_free)
