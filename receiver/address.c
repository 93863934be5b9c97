/* Finds the box's own IPv4 address among its interfaces. */
#include "receiver/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* The interface of the default route with the least metric, from the kernel's table; false: there
 * is none. */
static bool find_default_interface(char ret_name[IF_NAMESIZE]) {
    g_autofree char *table = NULL;
    if (!g_file_get_contents("/proc/net/route", &table, NULL, NULL))
        return false;
    g_auto(GStrv) lines = g_strsplit(table, "\n", 0);
    unsigned best = G_MAXUINT;
    for (char **line = lines; *line && **line; line++) {
        char name[IF_NAMESIZE];
        unsigned destination, flags, metric, mask;
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers fit. */
        if (sscanf(*line, "%15s %x %*x %x %*d %*d %u %x", name, &destination, &flags, &metric,
                   &mask) != 5)
            continue;
        if (destination == 0 && mask == 0 && metric < best) {
            best = metric;
            g_strlcpy(ret_name, name, IF_NAMESIZE);
        }
    }
    return best != G_MAXUINT;
}

/* The higher the better; 0: of no use. */
static int judge(const struct ifaddrs *interface, guint32 ipv4, const char *default_interface) {
    if (!(interface->ifa_flags & IFF_UP) || (interface->ifa_flags & IFF_LOOPBACK) || ipv4 == 0)
        return 0;
    if ((ipv4 >> 16) == 0xa9fe) /* 169.254/16, RFC 3927 */
        return 1;
    return default_interface && g_str_equal(interface->ifa_name, default_interface) ? 3 : 2;
}

bool lec_address_find(guint32 *ret_ipv4) {
    char name[IF_NAMESIZE];
    const char *default_interface = find_default_interface(name) ? name : NULL;
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        return false;
    int best = 0;
    for (const struct ifaddrs *interface = all; interface; interface = interface->ifa_next) {
        if (!interface->ifa_addr || interface->ifa_addr->sa_family != AF_INET)
            continue;
        struct sockaddr_in address;
        memcpy(&address, interface->ifa_addr, sizeof address);
        const guint32 ipv4 = ntohl(address.sin_addr.s_addr);
        const int merit = judge(interface, ipv4, default_interface);
        if (merit > best) {
            best = merit;
            *ret_ipv4 = ipv4;
        }
    }
    freeifaddrs(all);
    return best > 0;
}

char *lec_address_format(guint32 ipv4, guint16 port) {
    const struct in_addr address = {htonl(ipv4)};
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &address, text, sizeof text);
    return port == 443 ? g_strdup(text) : g_strdup_printf("%s:%u", text, port);
}
