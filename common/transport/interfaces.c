/* Lists the addresses that a link offers, by getifaddrs(). */
#include "common/transport/interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>

static bool is_wanted_ipv6(const struct in6_addr *address) {
    return !IN6_IS_ADDR_LINKLOCAL(address) && !IN6_IS_ADDR_LOOPBACK(address) &&
           !IN6_IS_ADDR_UNSPECIFIED(address) && !IN6_IS_ADDR_MULTICAST(address) &&
           !IN6_IS_ADDR_V4MAPPED(address);
}

bool lec_interface_is_wanted(const char *name, guint flags, const struct sockaddr *address,
                             const char *const *denied, bool loopback) {
    if (address == NULL || !(flags & IFF_UP))
        return false;
    if (denied != NULL && g_strv_contains(denied, name))
        return false;
    if (address->sa_family == AF_INET6)
        return !(flags & IFF_LOOPBACK) &&
               is_wanted_ipv6(&((const struct sockaddr_in6 *)address)->sin6_addr);
    if (address->sa_family != AF_INET)
        return false;
    guint32 ipv4 = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
    if ((flags & IFF_LOOPBACK) || (ipv4 >> 24) == 127)
        return loopback && ipv4 == INADDR_LOOPBACK;
    return ipv4 != INADDR_ANY;
}

static char *address_text(const struct sockaddr *address) {
    char text[INET6_ADDRSTRLEN];
    const void *bytes = address->sa_family == AF_INET
                            ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                            : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    return g_strdup(inet_ntop(address->sa_family, bytes, text, sizeof text));
}

/* libnice gives up gathering altogether over one address that cannot be bound, as a tentative IPv6
 * one cannot. */
static bool can_bind(const struct sockaddr *address) {
    socklen_t len =
        address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool bound = bind(fd, address, len) == 0; /* its port is 0: any */
    close(fd);
    return bound;
}

static void add_family(GPtrArray *list, const struct ifaddrs *all, int family,
                       const char *const *denied, bool loopback) {
    for (const struct ifaddrs *i = all; i != NULL && list->len < LEC_INTERFACES_MAX;
         i = i->ifa_next) {
        if (i->ifa_addr != NULL && i->ifa_addr->sa_family == family &&
            lec_interface_is_wanted(i->ifa_name, i->ifa_flags, i->ifa_addr, denied, loopback) &&
            can_bind(i->ifa_addr))
            g_ptr_array_add(list, address_text(i->ifa_addr));
    }
}

GPtrArray *lec_interfaces_list(const char *const *denied, bool loopback) {
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        return list;
    add_family(list, all, AF_INET, denied, loopback);
    add_family(list, all, AF_INET6, denied, loopback);
    freeifaddrs(all);
    return list;
}
