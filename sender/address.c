/* Reads what a stranger may have written. */
#include "sender/address.h"
#include "common/base/i18n.h"

#include <string.h>

#define SCHEME "lectern:"
#define MAX_BYTES 253 /* of a host's name, RFC 1035 §2.3.4 */
#define ALLOWED "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.:[]"

bool lec_address_is(const char *text) {
    return g_ascii_strncasecmp(text, SCHEME, strlen(SCHEME)) == 0;
}

char *lec_address_read(const char *text, GError **error) {
    const char *rest = text + strlen(SCHEME);
    if (g_str_has_prefix(rest, "//"))
        rest += 2;
    gsize len = strlen(rest);
    if (len > 0 && rest[len - 1] == '/')
        len--; /* some programs put one there */
    if (len > 0 && len <= MAX_BYTES && strspn(rest, ALLOWED) == len && *rest != '-')
        return g_strndup(rest, len);
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        _("A lectern: address names a meeting ID or a host, and nothing else."));
    return NULL;
}
