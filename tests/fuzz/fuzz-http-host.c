/* Whatever stands in Host: what is accepted means the same when it is written and read again, and a
 * name that is not on the list never passes for one that is. */
#include "signalling/http-host.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    LecHttpHost host, again;
    if (!lec_http_host_parse(text, &host))
        return 0;
    g_autofree char *written = lec_http_host_format(host.name, host.port);
    g_assert_true(lec_http_host_parse(written, &again));
    g_assert_cmpstr(again.name, ==, host.name);
    g_assert_true(again.is_address == host.is_address && again.port == host.port);
    g_autoptr(LecHttpNames) names = lec_http_names_new();
    g_assert_true(lec_http_names_has(names, &host) ==
                  (host.is_address || !strcmp(host.name, "localhost")));
    if (!host.is_address) {
        g_assert_true(lec_http_names_add(names, host.name));
        g_assert_true(lec_http_names_has(names, &host));
    }
    return 0;
}
