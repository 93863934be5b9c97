/* What the box offers to browsers besides the door: the page, the certificate, the names it answers
 * to, and the way from plain HTTP. */
#pragma once

#include <json-glib/json-glib.h>

#include "receiver/settings.h"
#include "signalling/https-server.h"

typedef struct LecWeb LecWeb;

/* settings and server are borrowed, and outlive it. */
LecWeb *lec_web_new(const LecSettings *settings, const char *box_name, LecHttpsServer *server,
                    GError **error);
void lec_web_free(LecWeb *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecWeb, lec_web_free)

/* The machine's name in mDNS has been settled; NULL: it has none. */
void lec_web_set_published(LecWeb *self, const char *host);

/* Adds members to the object that json is in. */
void lec_web_describe(const LecWeb *self, JsonBuilder *json);
