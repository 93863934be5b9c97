/* Lists the machine's own networks and looks addresses up in them. */
#include "common/net/own-networks.h"

#include "common/net/own-networks-filter.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct LecOwnNetworks {
    GPtrArray *masks; /* GInetAddressMask */
};

static LecOwnNetworks *make(void) {
    LecOwnNetworks *self = g_new0(LecOwnNetworks, 1);
    self->masks = g_ptr_array_new_with_free_func(g_object_unref);
    return self;
}

static void add_text(LecOwnNetworks *self, const char *prefix) {
    GInetAddressMask *mask = g_inet_address_mask_new_from_string(prefix, NULL);
    g_assert(mask && self->masks->len < LEC_OWN_NETWORKS_MAX);
    g_ptr_array_add(self->masks, mask);
}

LecOwnNetworks *lec_own_networks_new(const char *const *prefixes) {
    LecOwnNetworks *self = make();
    for (guint i = 0; prefixes[i]; i++)
        add_text(self, prefixes[i]);
    return self;
}

/* The bytes of an address, and how many; NULL: of another family. */
static const guint8 *bytes_of(const struct sockaddr *address, gsize *ret_len) {
    if (address && address->sa_family == AF_INET) {
        *ret_len = sizeof(struct in_addr);
        return (const guint8 *)&((const struct sockaddr_in *)address)->sin_addr;
    }
    if (address && address->sa_family == AF_INET6) {
        *ret_len = sizeof(struct in6_addr);
        return (const guint8 *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    }
    return NULL;
}

static guint count_bits(const guint8 *mask, gsize len) {
    guint bits = 0;
    while (bits < len * 8 && (mask[bits / 8] & (0x80 >> bits % 8)))
        bits++;
    return bits;
}

static void add_interface(LecOwnNetworks *self, const struct ifaddrs *interface) {
    gsize len = 0, mask_len = 0;
    const guint8 *address = bytes_of(interface->ifa_addr, &len);
    const guint8 *mask = bytes_of(interface->ifa_netmask, &mask_len);
    if (!address || !mask || len != mask_len || !(interface->ifa_flags & IFF_UP) ||
        (interface->ifa_flags & (IFF_POINTOPOINT | IFF_LOOPBACK)) ||
        self->masks->len >= LEC_OWN_NETWORKS_MAX)
        return;
    guint8 network[sizeof(struct in6_addr)];
    for (gsize i = 0; i < len; i++)
        network[i] = address[i] & mask[i];
    const guint bits = count_bits(mask, len);
    g_autoptr(GInetAddress) base = g_inet_address_new_from_bytes(
        network, len == sizeof(struct in_addr) ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
    /* A network of all addresses would be none at all. */
    GInetAddressMask *own = bits ? g_inet_address_mask_new(base, bits, NULL) : NULL;
    if (own)
        g_ptr_array_add(self->masks, own);
}

LecOwnNetworks *lec_own_networks_find(void) {
    LecOwnNetworks *self = make();
    add_text(self, "127.0.0.0/8");
    add_text(self, "::1/128");
    add_text(self, "fe80::/10");
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        return self;
    for (const struct ifaddrs *i = all; i; i = i->ifa_next)
        add_interface(self, i);
    freeifaddrs(all);
    return self;
}

void lec_own_networks_free(LecOwnNetworks *self) {
    if (!self)
        return;
    g_ptr_array_unref(self->masks);
    g_free(self);
}

bool lec_own_networks_contain(const LecOwnNetworks *self, const char *address) {
    g_autoptr(GInetAddress) literal = g_inet_address_new_from_string(address);
    for (guint i = 0; literal && i < self->masks->len; i++)
        if (g_inet_address_mask_matches(self->masks->pdata[i], literal))
            return true;
    return false;
}

bool lec_own_networks_guard(const LecOwnNetworks *self, GSocket *socket, GError **error) {
    return lec_own_networks_filter_attach(self->masks, socket, error);
}
