/* Whatever stands in a credentials' file: what is taken is written and read back the same. */
#include "common/net/credentials.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_memdup2(data, len); /* exactly so long */
    g_autoptr(LecCredentials) read = lec_credentials_parse(text ? text : "", len, &error);
    g_assert_true((read == NULL) == (error != NULL));
    if (!read)
        return 0;
    g_assert_null(strchr(read->user, ':'));
    g_autofree char *written = g_strdup_printf("%s\n%s\n", read->user, read->password);
    g_autoptr(LecCredentials) again = lec_credentials_parse(written, strlen(written), NULL);
    g_assert_nonnull(again);
    g_assert_cmpstr(again->user, ==, read->user);
    g_assert_cmpstr(again->password, ==, read->password);
    return 0;
}
