/* Reads Host headers and keeps the names that are the box's own. */
#include "signalling/http-host.h"

#include <arpa/inet.h>
#include <string.h>

#define MAX_NAME_BYTES 253
#define MAX_LABEL_BYTES 63

struct LecHttpNames {
    GHashTable *names; /* of lower-case text, a set */
};

static bool parse_port(const char *text, guint16 *ret) {
    guint port = 0;
    gsize len = strlen(text);
    if (len < 1 || len > 5)
        return false;
    for (; *text; text++) {
        if (!g_ascii_isdigit(*text))
            return false;
        port = port * 10 + (guint)(*text - '0');
    }
    if (port < 1 || port > G_MAXUINT16)
        return false;
    *ret = (guint16)port;
    return true;
}

static bool read_address(int family, const char *text, LecHttpHost *host) {
    guint8 bytes[sizeof(struct in6_addr)];
    host->is_address = inet_pton(family, text, bytes) == 1 &&
                       inet_ntop(family, bytes, host->name, sizeof host->name);
    return host->is_address;
}

/* Letters, digits, hyphens and, for machines named long ago, underscores. */
static bool label_is_good(const char *label, gsize len) {
    if (len < 1 || len > MAX_LABEL_BYTES || label[0] == '-' || label[len - 1] == '-')
        return false;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isalnum(label[i]) && label[i] != '-' && label[i] != '_')
            return false;
    }
    return true;
}

/* Lower case, without the dot at its end. A last label of digits alone would be an address to a
 * browser ("10.1" is 10.0.0.1), and never is a name. */
static bool read_name(const char *text, gsize len, char *ret) {
    if (len > 1 && text[len - 1] == '.')
        len--;
    if (len < 1 || len > MAX_NAME_BYTES)
        return false;
    const char *end = text + len, *last = text;
    for (const char *label = text; label <= end;) {
        const char *dot = memchr(label, '.', (gsize)(end - label));
        gsize label_len = (gsize)((dot ? dot : end) - label);
        if (!label_is_good(label, label_len))
            return false;
        last = label;
        label += label_len + 1;
    }
    if (strspn(last, "0123456789") >= (gsize)(end - last))
        return false;
    for (gsize i = 0; i < len; i++)
        ret[i] = g_ascii_tolower(text[i]);
    ret[len] = '\0';
    return true;
}

/* *ret_after: behind the host. */
static bool read_host(const char *text, LecHttpHost *host, const char **ret_after) {
    char address[INET6_ADDRSTRLEN + 1];
    const bool bracketed = *text == '[';
    gsize len = bracketed ? strcspn(text, "]") : strcspn(text, ":");
    if (bracketed) {
        if (text[len] != ']' || len - 1 >= sizeof address)
            return false;
        memcpy(address, text + 1, len - 1);
        address[len - 1] = '\0';
        *ret_after = text + len + 1;
        return read_address(AF_INET6, address, host);
    }
    *ret_after = text + len;
    if (len < sizeof address) {
        memcpy(address, text, len);
        address[len] = '\0';
        if (read_address(AF_INET, address, host))
            return true;
    }
    return read_name(text, len, host->name);
}

bool lec_http_host_parse(const char *text, LecHttpHost *ret) {
    LecHttpHost host = {0};
    const char *after;
    if (!text || !read_host(text, &host, &after))
        return false;
    if (*after && (*after != ':' || !parse_port(after + 1, &host.port)))
        return false;
    *ret = host;
    return true;
}

char *lec_http_host_format(const char *name, guint16 port) {
    const bool bracketed = strchr(name, ':') != NULL;
    g_autofree char *host = bracketed ? g_strdup_printf("[%s]", name) : g_strdup(name);
    return port ? g_strdup_printf("%s:%u", host, port) : g_steal_pointer(&host);
}

LecHttpNames *lec_http_names_new(void) {
    LecHttpNames *self = g_new0(LecHttpNames, 1);
    self->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    lec_http_names_clear(self);
    return self;
}

void lec_http_names_free(LecHttpNames *self) {
    if (!self)
        return;
    g_hash_table_unref(self->names);
    g_free(self);
}

void lec_http_names_clear(LecHttpNames *self) {
    g_hash_table_remove_all(self->names);
    g_hash_table_add(self->names, g_strdup("localhost"));
}

bool lec_http_names_add(LecHttpNames *self, const char *name) {
    const char *rest = g_str_has_prefix(name, "*.") ? name + 2 : name;
    char tidy[LEC_HTTP_HOST_SIZE];
    if (!read_name(rest, strlen(rest), tidy))
        return false;
    g_hash_table_add(self->names, g_strconcat(rest == name ? "" : "*.", tidy, NULL));
    return true;
}

bool lec_http_names_has(const LecHttpNames *self, const LecHttpHost *host) {
    if (host->is_address || g_hash_table_contains(self->names, host->name))
        return true;
    const char *dot = strchr(host->name, '.');
    if (!dot)
        return false;
    g_autofree char *starred = g_strconcat("*", dot, NULL);
    return g_hash_table_contains(self->names, starred);
}
