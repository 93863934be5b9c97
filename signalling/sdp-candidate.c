/* ICE candidates (RFC 8839 §5.1, RFC 6544 §4.5) to and from text. */
#include "signalling/sdp-internal.h"

#include <gio/gio.h>
#include <string.h>

#define FIXED_WORDS 8 /* foundation component transport priority address port typ type */

static bool fail(GError **error, LecSdpError code, const char *what) {
    g_set_error(error, LEC_SDP_ERROR, (gint)code, "The candidate %s.", what);
    return false;
}

static bool is_local_name(const char *text) {
    gsize label = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    return label > 0 && label <= 63 && strcmp(text + label, ".local") == 0;
}

/* No zone, no brackets: an address that means the same on this machine as on the peer's. */
static GInetAddress *read_address(const char *text) {
    if (text[strspn(text, "0123456789abcdefABCDEF:.")] != '\0')
        return NULL;
    return g_inet_address_new_from_string(text);
}

/* RFC 8445 §5.1.1.1 forbids them; they would slip IPv4's special addresses past the checks for
 * IPv6. */
static bool is_ipv4_mapped(GInetAddress *address) {
    static const guint8 prefix[12] = {[10] = 0xff, [11] = 0xff};
    return g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6 &&
           memcmp(g_inet_address_to_bytes(address), prefix, sizeof prefix) == 0;
}

/* Where a packet may be sent: one host, or a name that only the local network resolves (RFC 8828).
 */
static bool is_destination(const char *text) {
    if (is_local_name(text))
        return true;
    g_autoptr(GInetAddress) address = read_address(text);
    return address && !g_inet_address_get_is_any(address) &&
           !g_inet_address_get_is_multicast(address) && !is_ipv4_mapped(address);
}

static bool is_related_address(const char *text) {
    g_autoptr(GInetAddress) address = read_address(text);
    return address || is_local_name(text);
}

static bool read_type(const char *text, LecCandidateType *ret) {
    static const char *const names[] = {"host", "srflx", "prflx", "relay"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret = (LecCandidateType)i;
            return true;
        }
    }
    return false;
}

static bool read_tcptype(const char *text, LecCandidateTransport *ret) {
    static const char *const names[] = {"active", "passive", "so"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret = (LecCandidateTransport)(LEC_CANDIDATE_TCP_ACTIVE + i);
            return true;
        }
    }
    return false;
}

/* SYNTAX for what no candidate may be, UNSUPPORTED for what RFC 8839 §5.1 tells us to pass over. */
static bool read_fixed(char **words, LecCandidate *ret, bool *ret_tcp, GError **error) {
    guint32 component, port;
    if (!lec_sdp_is_ice_word(words[0], 1, sizeof ret->foundation - 1))
        return fail(error, LEC_SDP_ERROR_SYNTAX, "has no proper foundation");
    if (!lec_sdp_number(words[1], 1, 256, &component))
        return fail(error, LEC_SDP_ERROR_SYNTAX, "has no proper component");
    if (!lec_sdp_number(words[3], 1, G_MAXINT32, &ret->priority)) /* RFC 8445 §5.1.2 */
        return fail(error, LEC_SDP_ERROR_SYNTAX, "has no proper priority");
    if (!lec_sdp_number(words[5], 1, G_MAXUINT16, &port))
        return fail(error, LEC_SDP_ERROR_SYNTAX, "has no proper port");
    if (strcmp(words[6], "typ") != 0)
        return fail(error, LEC_SDP_ERROR_SYNTAX, "has no type");
    *ret_tcp = g_ascii_strcasecmp(words[2], "tcp") == 0;
    if (!*ret_tcp && g_ascii_strcasecmp(words[2], "udp") != 0)
        return fail(error, LEC_SDP_ERROR_UNSUPPORTED, "is for neither UDP nor TCP");
    if (component != 1)
        return fail(error, LEC_SDP_ERROR_UNSUPPORTED,
                    "is for a component that RTP with RTCP does not have");
    if (!read_type(words[7], &ret->type))
        return fail(error, LEC_SDP_ERROR_UNSUPPORTED, "is of a type that we do not know");
    if (!is_destination(words[4]))
        return fail(error, LEC_SDP_ERROR_UNSUPPORTED, "has an address that nothing can be sent to");
    g_strlcpy(ret->foundation, words[0], sizeof ret->foundation);
    g_strlcpy(ret->address, words[4], sizeof ret->address);
    ret->port = (guint16)port;
    return true;
}

/* name value pairs; those that we do not know are passed over. */
static bool read_extensions(char **words, LecCandidate *ret, bool tcp, GError **error) {
    bool has_tcptype = false;
    guint32 port;
    for (; words[0]; words += 2) {
        if (!words[1])
            return fail(error, LEC_SDP_ERROR_SYNTAX, "ends in a name without a value");
        if (strcmp(words[0], "raddr") == 0) {
            if (!is_related_address(words[1]) || strlen(words[1]) >= sizeof ret->related_address)
                return fail(error, LEC_SDP_ERROR_SYNTAX, "has no proper related address");
            g_strlcpy(ret->related_address, words[1], sizeof ret->related_address);
        } else if (strcmp(words[0], "rport") == 0) {
            if (!lec_sdp_number(words[1], 0, G_MAXUINT16, &port))
                return fail(error, LEC_SDP_ERROR_SYNTAX, "has no proper related port");
            ret->related_port = (guint16)port;
        } else if (tcp && strcmp(words[0], "tcptype") == 0) {
            has_tcptype = read_tcptype(words[1], &ret->transport);
        }
    }
    if (tcp && !has_tcptype)
        return fail(error, LEC_SDP_ERROR_UNSUPPORTED, "is for TCP without a known tcptype");
    if (*ret->related_address == '\0')
        ret->related_port = 0;
    return true;
}

bool lec_sdp_parse_candidate(const char *text, LecCandidate *ret, GError **error) {
    if (strlen(text) > LEC_SDP_MAX_LINE_BYTES)
        return fail(error, LEC_SDP_ERROR_LIMIT, "is too long");
    const char *value = lec_sdp_after(text, "candidate:");
    g_auto(GStrv) words = g_strsplit(value ? value : text, " ", -1);
    if (g_strv_length(words) < FIXED_WORDS)
        return fail(error, LEC_SDP_ERROR_SYNTAX, "is too short");
    LecCandidate candidate = {.transport = LEC_CANDIDATE_UDP};
    bool tcp;
    if (!read_fixed(words, &candidate, &tcp, error) ||
        !read_extensions(words + FIXED_WORDS, &candidate, tcp, error))
        return false;
    *ret = candidate;
    return true;
}

static const char *type_name(LecCandidateType type) {
    switch (type) {
    case LEC_CANDIDATE_HOST:
        return "host";
    case LEC_CANDIDATE_SRFLX:
        return "srflx";
    case LEC_CANDIDATE_PRFLX:
        return "prflx";
    case LEC_CANDIDATE_RELAY:
        return "relay";
    }
    g_assert_not_reached();
}

static const char *tcptype_suffix(LecCandidateTransport transport) {
    switch (transport) {
    case LEC_CANDIDATE_UDP:
        return "";
    case LEC_CANDIDATE_TCP_ACTIVE:
        return " tcptype active";
    case LEC_CANDIDATE_TCP_PASSIVE:
        return " tcptype passive";
    case LEC_CANDIDATE_TCP_SO:
        return " tcptype so";
    }
    g_assert_not_reached();
}

char *lec_sdp_write_candidate(const LecCandidate *candidate) {
    const char *protocol = candidate->transport == LEC_CANDIDATE_UDP ? "udp" : "tcp";
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "candidate:%s 1 %s %u %s %u typ %s", candidate->foundation,
                           protocol, candidate->priority, candidate->address, candidate->port,
                           type_name(candidate->type));
    if (*candidate->related_address)
        g_string_append_printf(out, " raddr %s rport %u", candidate->related_address,
                               candidate->related_port);
    g_string_append(out, tcptype_suffix(candidate->transport));
    return g_string_free(out, FALSE);
}
