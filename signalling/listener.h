/* Listens for TCP on every address of this machine: for everybody, or for its own networks only. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/*
 * port: 0 takes any, and then holds it. own_networks_only: who is elsewhere is not even answered
 * (common/net/own-networks.h); which networks those are is looked at again when the network
 * changes. Errors are GIO's, as binding gave them. Unref it; closed sockets stay closed.
 */
GSocketListener *lec_listener_new(guint16 *port, int backlog, bool own_networks_only,
                                  GError **error);
