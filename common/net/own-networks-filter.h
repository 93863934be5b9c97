/* A socket filter that lets packets in by their source (classic BPF, Linux's SO_ATTACH_FILTER). */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* masks: GInetAddressMask. In place of the filter before. */
bool lec_own_networks_filter_attach(const GPtrArray *masks, GSocket *socket, GError **error);
