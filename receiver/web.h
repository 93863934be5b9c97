/* What the box offers to browsers besides the door: the page, and the names it answers to. */
#pragma once

#include "receiver/settings.h"
#include "signalling/https-server.h"

typedef struct LecWeb LecWeb;

/* settings and server are borrowed, and outlive it. */
LecWeb *lec_web_new(const LecSettings *settings, LecHttpsServer *server, GError **error);
void lec_web_free(LecWeb *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecWeb, lec_web_free)

/* The machine's name in mDNS has been settled; NULL: it has none. */
void lec_web_set_published(LecWeb *self, const char *host);
