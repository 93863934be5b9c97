/* A GProxyResolver around one function. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* Proxies for uri in the order in which they are tried, "direct://" among them; any thread. */
typedef char **(*LecResolverFind)(const char *uri, GCancellable *cancellable, gpointer data,
                                  GError **error);

/* blocks: find may take its time, so that it runs on a thread where the caller does not wait. */
GProxyResolver *lec_resolver_new(LecResolverFind find, bool blocks, gpointer data,
                                 GDestroyNotify free_data);
