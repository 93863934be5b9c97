/* A stream cut into elements is cut alike however it comes in: at once, or byte by byte. */
#include "signalling/stream-reader.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void on_header(const LecStanza *header, void *user) {
    g_string_append(user, "[header]");
}

static void on_element(LecStanza *element, void *user) {
    g_autofree char *text = lec_stanza_write(element);
    g_string_append(user, text);
    lec_stanza_free(element);
}

static void on_refused(const GError *error, void *user) {
    g_assert_nonnull(error);
    g_string_append(user, "[refused]");
}

static void on_end(void *user) {
    g_string_append(user, "[end]");
}

static bool feed(const guint8 *data, gsize size, gsize step, GString *log) {
    static const LecStreamReaderEvents events = {on_header, on_element, on_refused, on_end};
    g_autoptr(LecStreamReader) reader = lec_stream_reader_new(&events, log);
    for (gsize at = 0; at < size; at += step) {
        g_autoptr(GError) error = NULL;
        const gsize len = MIN(step, size - at);
        if (!lec_stream_reader_feed(reader, (const char *)data + at, len, &error)) {
            g_assert_nonnull(error);
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GString) whole = g_string_new(NULL);
    g_autoptr(GString) bytes = g_string_new(NULL);
    const bool good = feed(data, size, MAX(size, 1), whole);
    g_assert_true(feed(data, size, 1, bytes) == good);
    g_assert_cmpstr(whole->str, ==, bytes->str);
    return 0;
}
