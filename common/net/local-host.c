/* Tells local hosts from others, by what is written alone. */
#include "common/net/local-host.h"

#include <gio/gio.h>
#include <string.h>

/* RFC 6762 §3, RFC 8375, RFC 6761 §6.3, and what ICANN has set aside for private use. */
static const char *const domains[] = {".local", ".home.arpa", ".localhost", ".internal"};

static bool is_private(GInetAddress *address) {
    const guint8 *bytes = g_inet_address_to_bytes(address);
    if (g_inet_address_get_is_loopback(address) || g_inet_address_get_is_link_local(address) ||
        g_inet_address_get_is_site_local(address))
        return true;
    if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6)
        return (bytes[0] & 0xfe) == 0xfc;              /* RFC 4193 */
    return bytes[0] == 100 && (bytes[1] & 0xc0) == 64; /* RFC 6598 */
}

/* Without a zone (RFC 4007 §11) and the root's dot. */
static char *tidy(const char *host) {
    const char *zone = strchr(host, '%');
    char *name = g_ascii_strdown(host, zone ? zone - host : -1);
    const gsize len = strlen(name);
    if (len > 1 && name[len - 1] == '.')
        name[len - 1] = '\0';
    return name;
}

bool lec_local_host_is_loopback(const char *host) {
    g_autofree char *name = tidy(host);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(name);
    return address ? g_inet_address_get_is_loopback(address)
                   : g_str_equal(name, "localhost") || g_str_has_suffix(name, ".localhost");
}

bool lec_local_host_is(const char *host) {
    g_autofree char *name = tidy(host);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(name);
    if (address)
        return is_private(address);
    for (guint i = 0; i < G_N_ELEMENTS(domains); i++)
        if (g_str_has_suffix(name, domains[i]))
            return true;
    return !strchr(name, '.');
}
