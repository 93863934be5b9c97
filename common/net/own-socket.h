/* Whether a connection that came in over loopback was made by this very process. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* connection: accepted, IPv4 or IPv6. False where it cannot be told. */
bool lec_own_socket_is_peer(GSocket *connection);
