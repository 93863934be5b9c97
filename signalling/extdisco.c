/* Reads the list of STUN and TURN servers that an XMPP server gives (XEP-0215). */
#include "signalling/extdisco.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_HOST_BYTES 253
#define MAX_CREDENTIAL_BYTES 512
#define MAX_EXPIRES_BYTES 40
#define MIN_LIFETIME_S 60
#define LONG_LIFETIME_S 3600
#define STUN_PORT 3478
#define STUN_TLS_PORT 5349

LecStanza *lec_extdisco_ask(void) {
    return lec_stanza_new("services", LEC_EXTDISCO_NS);
}

/* A name or an address, and nothing that could be more than one. */
/* A cloud must not point our questions at this very machine, or at nobody or everybody. */
static bool is_nowhere(const char *host) {
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return address &&
           (g_inet_address_get_is_any(address) || g_inet_address_get_is_loopback(address) ||
            g_inet_address_get_is_link_local(address) || g_inet_address_get_is_multicast(address));
}

static bool host_is_valid(const char *host) {
    const gsize len = host ? strlen(host) : 0;
    return len > 0 && len <= MAX_HOST_BYTES && *host != '-' &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_") ==
               len &&
           !is_nowhere(host);
}

static bool credential_is_valid(const char *text) {
    if (!text || !*text || strlen(text) > MAX_CREDENTIAL_BYTES)
        return false;
    for (const char *c = text; *c; c++) {
        if (g_ascii_iscntrl(*c))
            return false;
    }
    return true;
}

static bool read_kind(const LecStanza *service, LecRelayKind *ret_kind) {
    const char *type = lec_stanza_get(service, "type");
    const char *transport = lec_stanza_get(service, "transport");
    const bool udp = !transport || strcmp(transport, "udp") == 0;
    const bool tcp = !transport || strcmp(transport, "tcp") == 0;
    if (g_strcmp0(type, "stun") == 0 && udp)
        *ret_kind = LEC_RELAY_STUN;
    else if (g_strcmp0(type, "turn") == 0 && udp)
        *ret_kind = LEC_RELAY_TURN_UDP;
    else if (g_strcmp0(type, "turns") == 0 && tcp)
        *ret_kind = LEC_RELAY_TURN_TLS;
    else
        return false;
    return true;
}

static bool read_port(const LecStanza *service, LecRelayKind kind, guint16 *ret_port) {
    const char *text = lec_stanza_get(service, "port");
    guint64 port = kind == LEC_RELAY_TURN_TLS ? STUN_TLS_PORT : STUN_PORT;
    if (text && !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &port, NULL))
        return false;
    *ret_port = (guint16)port;
    return true;
}

/* XEP-0082 times; without one, credentials are taken for an hour. False: it is over already, or
 * nonsense. */
static bool read_lifetime(const LecStanza *service, gint64 now_utc_s, gint64 *ret_lifetime_s) {
    const char *text = lec_stanza_get(service, "expires");
    if (!text) {
        *ret_lifetime_s = LONG_LIFETIME_S;
        return true;
    }
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) expires =
        strlen(text) <= MAX_EXPIRES_BYTES ? g_date_time_new_from_iso8601(text, utc) : NULL;
    if (!expires || g_date_time_to_unix(expires) <= now_utc_s)
        return false;
    *ret_lifetime_s = g_date_time_to_unix(expires) - now_utc_s;
    return true;
}

/* The strings in ret_relay are borrowed from service. */
static bool read_service(const LecStanza *service, gint64 now_utc_s, LecRelay *ret_relay,
                         gint64 *ret_lifetime_s) {
    LecRelay relay = {.host = (char *)lec_stanza_get(service, "host")};
    if (!lec_stanza_is(service, "service", LEC_EXTDISCO_NS) || !host_is_valid(relay.host) ||
        !read_kind(service, &relay.kind) || !read_port(service, relay.kind, &relay.port) ||
        !read_lifetime(service, now_utc_s, ret_lifetime_s))
        return false;
    if (relay.kind != LEC_RELAY_STUN) {
        relay.username = (char *)lec_stanza_get(service, "username");
        relay.password = (char *)lec_stanza_get(service, "password");
        if (!credential_is_valid(relay.username) || !credential_is_valid(relay.password))
            return false;
    }
    *ret_relay = relay;
    return true;
}

LecRelays *lec_extdisco_read(const LecStanza *services, gint64 now_utc_s, guint *ret_lifetime_s) {
    if (!lec_stanza_is(services, "services", LEC_EXTDISCO_NS))
        return NULL;
    LecRelay relays[LEC_RELAYS_MAX];
    guint count = 0;
    gint64 lifetime_s = LONG_LIFETIME_S;
    for (const LecStanza *child = lec_stanza_first(services); child && count < LEC_RELAYS_MAX;
         child = lec_stanza_next(child)) {
        gint64 its_lifetime_s;
        if (read_service(child, now_utc_s, &relays[count], &its_lifetime_s)) {
            lifetime_s = MIN(lifetime_s, its_lifetime_s);
            count++;
        }
    }
    *ret_lifetime_s = (guint)MAX(lifetime_s, MIN_LIFETIME_S);
    return lec_relays_new(relays, count);
}
