/* A stanza that is accepted is written as one that reads as the same tree. */
#include "tests/support/stanza-equal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) stanza = lec_stanza_parse((const char *)data, size, &error);
    g_assert_true(!stanza == !!error);
    if (!stanza)
        return 0;
    g_autofree char *written = lec_stanza_write(stanza);
    gsize len = strlen(written);
    g_autoptr(LecStanza) again = lec_stanza_parse(written, len, &error);
    if (len > LEC_STANZA_MAX_BYTES) { /* escaping made it too long for a reader */
        g_assert_error(error, LEC_STANZA_ERROR, LEC_STANZA_ERROR_LIMIT);
        return 0;
    }
    g_assert_no_error(error);
    g_assert_true(stanza_equal(stanza, again));
    g_autofree char *rewritten = lec_stanza_write(again);
    g_assert_cmpstr(rewritten, ==, written);
    return 0;
}
