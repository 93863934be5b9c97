/* Reads the answer of a PAC file. */
#include "common/net/pac-result.h"

#include <string.h>

#include "common/base/i18n.h"
#include "common/net/proxy-url.h"
#include "common/net/proxy.h"

/* SOCKS alone has meant version 4, and 5 where the server can: both are tried. */
static const struct {
    const char *word, *schemes[3];
} words[] = {
    {"PROXY", {"http"}},    {"HTTP", {"http"}},
    {"HTTPS", {"https"}},   {"SOCKS", {"socks5", "socks4a"}},
    {"SOCKS5", {"socks5"}}, {"SOCKS4", {"socks4a"}},
};

static void add(GPtrArray *found, const char *scheme, const char *place,
                const LecCredentials *credentials) {
    g_autofree char *text = g_strdup_printf("%s://%s", scheme, place);
    g_autoptr(LecProxyUrl) url = lec_proxy_url_parse(text, false, false, NULL);
    if (url && found->len < LEC_PAC_RESULT_MAX_PROXIES)
        g_ptr_array_add(found, lec_proxy_url_write(url, credentials));
}

static void read_entry(GPtrArray *found, char *entry, const LecCredentials *credentials) {
    g_strstrip(entry);
    if (g_ascii_strcasecmp(entry, "DIRECT") == 0) {
        if (found->len < LEC_PAC_RESULT_MAX_PROXIES)
            g_ptr_array_add(found, g_strdup("direct://"));
        return;
    }
    char *place = strpbrk(entry, " \t");
    if (!place)
        return;
    *place++ = '\0';
    g_strstrip(place);
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(entry, words[i].word) == 0)
            for (const char *const *scheme = words[i].schemes; *scheme; scheme++)
                add(found, *scheme, place, credentials);
}

char **lec_pac_result_parse(const char *text, const LecCredentials *credentials, GError **error) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    const bool sound = strlen(text) <= LEC_PAC_RESULT_MAX_BYTES && g_utf8_validate(text, -1, NULL);
    /* Functions that end without an answer: the interpreter makes words of it. */
    const bool none = g_str_equal(text, "null") || g_str_equal(text, "undefined");
    g_auto(GStrv) entries = g_strsplit(sound && !none ? text : ";", ";", -1);
    bool empty = sound;
    for (char **entry = entries; *entry; entry++) {
        read_entry(found, *entry, credentials);
        empty = empty && !**entry;
    }
    if (empty)
        g_ptr_array_add(found, g_strdup("direct://"));
    if (found->len == 0) {
        g_set_error_literal(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_PAC,
                            _("The PAC file names no proxy that can be used."));
        return NULL;
    }
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&found), FALSE);
}
