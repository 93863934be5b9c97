/* Which hosts are on this network or this site, so that no proxy leads to them. */
#pragma once

#include <stdbool.h>

bool lec_local_host_is_loopback(const char *host);
/* A private, link-local or loopback address, a name in .local, one without a dot. */
bool lec_local_host_is(const char *host);
