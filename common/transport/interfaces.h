/* Which of this machine's addresses a link offers to its peer. */
#pragma once

#include <glib.h>
#include <net/if.h>
#include <stdbool.h>
#include <sys/socket.h>

#define LEC_INTERFACES_MAX 12 /* addresses; ICE makes three candidates of each */

/*
 * The rule, pure. IPv4 and IPv6 of an interface that is up; never link-local IPv6 (its scope means
 * nothing to the peer), never a denied interface; of loopback 127.0.0.1 alone, and only where asked
 * for.
 */
bool lec_interface_is_wanted(const char *name, guint flags, const struct sockaddr *address,
                             const char *const *denied, bool loopback);

/* The wanted addresses as text (char *), IPv4 first, LEC_INTERFACES_MAX at most; empty where there
 * are none. */
GPtrArray *lec_interfaces_list(const char *const *denied, bool loopback);
