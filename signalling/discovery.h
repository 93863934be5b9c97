/*
 * Finding boxes on the local network: _lectern._tcp by DNS-SD, through avahi-daemon. Without the
 * daemon everything else works, and unavailable() says so once; the daemon may come and go.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_DISCOVERY_TYPE "_lectern._tcp"

typedef struct LecPublisher LecPublisher;

typedef struct {
    void (*published)(const char *name, void *user); /* the name as settled, after collisions */
    void (*unavailable)(const char *why, void *user);
} LecPublisherEvents;

/* txt: "key=value" strings, NULL-terminated: protocol version and, where there is one, the 6-digit
 * ID; never secrets. */
LecPublisher *lec_publisher_new(const char *name, guint16 port, const char *const *txt,
                                const LecPublisherEvents *events, void *user);
/* What it says from now on. */
void lec_publisher_set_txt(LecPublisher *self, const char *const *txt);
void lec_publisher_free(LecPublisher *self); /* says goodbye; not from within its own events */
/* "room12.local": the machine's own name in mDNS, as settled; NULL while nothing is published. */
const char *lec_publisher_get_host(const LecPublisher *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPublisher, lec_publisher_free)

typedef struct {
    const char *name; /* "Room 12" */
    const char *host; /* address, ready to dial */
    guint16 port;
    const char *const *txt;
} LecBox; /* borrowed for the call */

typedef struct {
    void (*found)(const LecBox *box, void *user); /* also on change */
    void (*lost)(const char *name, void *user);
    void (*settled)(void *user); /* all that is known for now has been told */
    void (*unavailable)(const char *why, void *user);
} LecBrowserEvents;

typedef struct LecBrowser LecBrowser;
LecBrowser *lec_browser_new(const LecBrowserEvents *events, void *user);
void lec_browser_free(LecBrowser *self); /* also from within its own events */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecBrowser, lec_browser_free)
