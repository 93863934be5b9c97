/* Reads the proxies of the environment. */
#include "common/net/proxy-environment.h"

#include "common/base/log.h"

#include <string.h>

/* As curl does: http_proxy in capitals could be a header that a web server made a variable of. */
static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                    "http_proxy"};

static const char *get_either(const char *lower, const char *upper) {
    const char *value = g_getenv(lower);
    return value && *value ? value : g_getenv(upper);
}

static LecProxyUrl *find(void) {
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = g_getenv(names[i]);
        if (!value || !*value)
            continue;
        g_autoptr(GError) error = NULL;
        LecProxyUrl *url = lec_proxy_url_parse(value, true, true, &error);
        if (url)
            return url;
        lec_warning("The environment's %s cannot be used and is left alone.", names[i]);
    }
    return NULL;
}

/* "*.example.org" and "example.org" mean the same to GIO: the domain and what is in it. */
static GStrv read_exceptions(bool *ret_all) {
    const char *text = get_either("no_proxy", "NO_PROXY");
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", ", \t", -1);
    *ret_all = false;
    for (char **word = words; *word; word++)
        if (g_str_equal(*word, "*"))
            *ret_all = true;
        else if (**word)
            g_strv_builder_add(builder, *word);
    return g_strv_builder_end(builder);
}

GProxyResolver *lec_proxy_environment_get(const LecCredentials *credentials,
                                          LecProxyUrl **ret_url) {
    bool all;
    g_autoptr(LecProxyUrl) url = find();
    if (!url)
        return NULL;
    g_auto(GStrv) exceptions = read_exceptions(&all);
    g_autofree char *text = all ? g_strdup("direct://") : lec_proxy_url_write(url, credentials);
    GProxyResolver *resolver = g_simple_proxy_resolver_new(text, exceptions);
    explicit_bzero(text, strlen(text));
    if (ret_url)
        *ret_url = g_steal_pointer(&url);
    return resolver;
}
