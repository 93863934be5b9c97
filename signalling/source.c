/* From a socket address to the name of a source. */
#include "signalling/source.h"

#include <string.h>

static GInetAddress *inet_of(GSocketAddress *address) {
    g_assert(G_IS_INET_SOCKET_ADDRESS(address));
    return g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
}

/* A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). */
static GInetAddress *unmapped(GInetAddress *address) {
    static const guint8 prefix[12] = {[10] = 0xff, [11] = 0xff};
    const guint8 *bytes = g_inet_address_to_bytes(address);
    if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6 &&
        !memcmp(bytes, prefix, sizeof prefix))
        return g_inet_address_new_from_bytes(bytes + sizeof prefix, G_SOCKET_FAMILY_IPV4);
    return g_object_ref(address);
}

char *lec_source_key(GSocketAddress *address) {
    g_autoptr(GInetAddress) inet = unmapped(inet_of(address));
    if (g_inet_address_get_family(inet) != G_SOCKET_FAMILY_IPV6 ||
        g_inet_address_get_is_link_local(inet) || g_inet_address_get_is_loopback(inet))
        return g_inet_address_to_string(inet);
    guint8 network[16] = {0};
    memcpy(network, g_inet_address_to_bytes(inet), 8);
    g_autoptr(GInetAddress) masked = g_inet_address_new_from_bytes(network, G_SOCKET_FAMILY_IPV6);
    g_autofree char *text = g_inet_address_to_string(masked);
    return g_strconcat(text, "/64", NULL);
}

char *lec_source_address(GSocketAddress *address) {
    g_autoptr(GInetAddress) inet = unmapped(inet_of(address));
    return g_inet_address_to_string(inet);
}

bool lec_source_is_own(GSocketAddress *local, GSocketAddress *remote) {
    g_autoptr(GInetAddress) there = unmapped(inet_of(remote));
    if (g_inet_address_get_is_loopback(there))
        return true;
    g_autoptr(GInetAddress) here = unmapped(inet_of(local));
    return g_inet_address_equal(here, there);
}
