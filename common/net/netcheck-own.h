/* Which addresses are this machine's, and where its router is. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

bool lec_net_is_own(GInetAddress *address);
/* The IPv4 router of the default route; NULL: there is none. Free it. */
char *lec_net_find_gateway(void);
