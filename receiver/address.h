/* The box's own address: the one that people on the network reach it at. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * The IPv4 address (host order) of the interface with the default route, else of the first that is
 * up and not loopback; link-local only where there is nothing better. False: no network.
 */
bool lec_address_find(guint32 *ret_ipv4);

/* "192.0.2.1", with ":8443" where port is not 443. Free it. */
char *lec_address_format(guint32 ipv4, guint16 port);
