/* A screen-cast session of the desktop portal (org.freedesktop.portal.ScreenCast): the user is
 * asked, by the desktop. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct LecPortal LecPortal;

/* On main. */
typedef struct {
    void (*ready)(int fd, guint32 node,
                  void *user); /* takes fd, a PipeWire connection; node: the stream there */
    void (*failed)(const GError *error, void *user); /* LEC_CAPTURE_ERROR; last event */
    void (*closed)(void *user); /* after ready: the desktop ended it; last event */
} LecPortalEvents;

LecPortal *lec_portal_open(const LecPortalEvents *events, void *user);
void lec_portal_free(LecPortal *self); /* ends the session; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPortal, lec_portal_free)
