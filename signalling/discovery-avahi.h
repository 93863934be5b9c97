/*
 * A client of avahi-daemon on the default main context that outlives the daemon: it waits where
 * there is none, and begins anew when it comes back. For the discovery files alone.
 */
#pragma once

#include <avahi-client/client.h>
#include <stdbool.h>

typedef struct {
    void (*up)(AvahiClient *client, void *user); /* make your objects */
    /* Free your objects; client is about to go. why: a sentence, or NULL where the daemon is only
     * busy with itself. */
    void (*down)(const char *why, void *user);
} LecAvahiEvents;

typedef struct LecAvahi LecAvahi;

/* No event before this returns. */
LecAvahi *lec_avahi_new(const LecAvahiEvents *events, void *user);
void lec_avahi_free(LecAvahi *self); /* after your objects; no event follows */
void lec_avahi_restart(
    LecAvahi *self, const char *why); /* an object of yours failed: down(why), and from the start */
