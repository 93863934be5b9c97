/* Proxies by a PAC file: JavaScript that names them for each host, run by a program of its own. */
#pragma once

#include <gio/gio.h>

#include "common/net/credentials.h"

typedef struct LecPac LecPac;

/* place: a file's path, or an http or https URL. credentials: for what it names; NULL: none. Takes
 * them. */
LecPac *lec_pac_new(const char *place, LecCredentials *credentials);
void lec_pac_free(LecPac *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPac, lec_pac_free)

/*
 * Proxies for uri (https://HOST:PORT) in order, for GIO; blocks for seconds at most, on any thread.
 * It is a LecResolverFind with the LecPac as its data.
 */
char **lec_pac_find(const char *uri, GCancellable *cancellable, gpointer data, GError **error);
