/* Recorded and hand-made descriptions: the fuzz corpus, read by name. */
#pragma once

#include <glib.h>

static inline char *sdp_corpus_load(const char *name) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(LEC_TEST_CORPUS, "sdp", name, NULL);
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return g_steal_pointer(&text);
}

/* The same with what replaced by with, which must occur. */
static inline char *sdp_corpus_edit(const char *name, const char *what, const char *with) {
    g_autofree char *text = sdp_corpus_load(name);
    g_auto(GStrv) parts = g_strsplit(text, what, -1);
    g_assert_cmpuint(g_strv_length(parts), >, 1);
    return g_strjoinv(with, parts);
}
