/* Who a connection comes from, as limits and attempt counters see it. Pure. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/*
 * "192.0.2.7"; for IPv6 the /64 ("2001:db8:0:1::/64"), of which one machine can use every address;
 * for link-local IPv6 the whole address. IPv4 mapped into IPv6 is IPv4. Free it.
 */
char *lec_source_key(GSocketAddress *address);

/* "192.0.2.7" or "2001:db8::7", without a zone; IPv4 mapped into IPv6 is IPv4. Free it. */
char *lec_source_address(GSocketAddress *address);

/* remote is loopback, or is this machine's own address that it reached us at (local). */
bool lec_source_is_own(GSocketAddress *local, GSocketAddress *remote);
