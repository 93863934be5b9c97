/* Asks the kernel. */
#include "common/net/netcheck-own.h"

#include <arpa/inet.h>
#include <stdio.h>

/* Only an own address can be bound. */
bool lec_net_is_own(GInetAddress *address) {
    g_autoptr(GSocket) socket = g_socket_new(g_inet_address_get_family(address),
                                             G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
    g_autoptr(GSocketAddress) any_port = g_inet_socket_address_new(address, 0);
    return socket && g_socket_bind(socket, any_port, FALSE, NULL);
}

char *lec_net_find_gateway(void) {
    g_autofree char *table = NULL;
    if (!g_file_get_contents("/proc/net/route", &table, NULL, NULL))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(table, "\n", 0);
    for (char **line = lines; *line && **line; line++) {
        unsigned destination, gateway;
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers fit. */
        if (sscanf(*line, "%*s %x %x", &destination, &gateway) == 2 && destination == 0 &&
            gateway != 0) {
            char text[INET_ADDRSTRLEN];
            const struct in_addr address = {gateway}; /* in network order already */
            return g_strdup(inet_ntop(AF_INET, &address, text, sizeof text));
        }
    }
    return NULL;
}
