/* Whatever a PAC file answers: every URL that comes of it is direct or a proxy that reads back. */
#include "common/net/pac-result.h"
#include "common/net/proxy-url.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    g_autofree char *text = g_strndup((const char *)data, len);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) found = lec_pac_result_parse(text, NULL, &error);
    g_assert_true((found == NULL) == (error != NULL));
    g_assert_cmpuint(found ? g_strv_length(found) : 1, >=, 1);
    g_assert_cmpuint(found ? g_strv_length(found) : 0, <=, LEC_PAC_RESULT_MAX_PROXIES);
    for (char **url = found; url && *url; url++) {
        if (g_str_equal(*url, "direct://"))
            continue;
        g_autoptr(LecProxyUrl) proxy = lec_proxy_url_parse(*url, false, false, NULL);
        g_assert_nonnull(proxy);
        g_autofree char *again = lec_proxy_url_write(proxy, NULL);
        g_assert_cmpstr(again, ==, *url);
    }
    return 0;
}
