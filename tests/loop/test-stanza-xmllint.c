/*
 * Another reader's opinion: whatever ours accepts, libxml2 must find well-formed, for two readers
 * that disagree are how stanzas get smuggled. The input is the fuzz corpus and thousands of
 * mutations of it.
 */
#include "signalling/stanza.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define MUTATIONS_A_SEED 400
#define MAX_ACCEPTED 1200

static GPtrArray *load_corpus(void) {
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_build_filename(LEC_TEST_CORPUS, "stanza", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    g_assert_no_error(error);
    GPtrArray *seeds = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        char *data = NULL;
        gsize len = 0;
        g_assert_true(g_file_get_contents(path, &data, &len, NULL));
        g_ptr_array_add(seeds, g_bytes_new_take(data, len));
    }
    return seeds;
}

/* One small change at a random place: what XML cares about, put in, taken out or repeated. */
static void mutate(GString *text) {
    static const char *const pieces[] = {"<",
                                         ">",
                                         "/",
                                         "&",
                                         ";",
                                         "'",
                                         "\"",
                                         "=",
                                         " ",
                                         "\n",
                                         ":",
                                         "]]>",
                                         "]]",
                                         "<a>",
                                         "</a>",
                                         "<a/>",
                                         "&amp;",
                                         "&#65;",
                                         "&#0;",
                                         "&x;",
                                         "x",
                                         "1",
                                         "-",
                                         ".",
                                         "\t",
                                         "xmlns='u' ",
                                         "xml:a='' ",
                                         "p:",
                                         "xmlns:p='u' ",
                                         "<![CDATA[",
                                         "]",
                                         "!",
                                         "?",
                                         "#",
                                         "\r",
                                         "\xc3\xa9",
                                         "\xc2\xb7",
                                         "\xcc\x80",
                                         "\xe2\x80\xbf",
                                         "\xf0\x9f\x91\x8d"};
    gssize at = g_test_rand_int_range(0, (gint)text->len + 1);
    gssize wanted = g_test_rand_int_range(1, 6); /* MIN would draw twice */
    gssize len = MIN(wanted, (gssize)text->len - at);
    switch (g_test_rand_int_range(0, 3)) {
    case 0:
        g_string_erase(text, at, len);
        break;
    case 1:
        g_string_insert(text, at, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
        break;
    case 2: {
        g_autofree char *again = g_strndup(text->str + at, (gsize)len);
        g_string_insert(text, at, again);
        break;
    }
    }
}

/* Writes text to a file in folder if our reader takes it. */
static void keep_if_accepted(const GString *text, const char *folder, GPtrArray *arguments) {
    g_autoptr(LecStanza) stanza = lec_stanza_parse(text->str, text->len, NULL);
    if (!stanza || arguments->len > MAX_ACCEPTED)
        return;
    char *path = g_strdup_printf("%s/%u.xml", folder, arguments->len);
    g_assert_true(g_file_set_contents(path, text->str, (gssize)text->len, NULL));
    g_ptr_array_add(arguments, path);
}

static void keep_accepted(GPtrArray *seeds, const char *folder, GPtrArray *arguments) {
    for (guint i = 0; i < seeds->len; i++) {
        gsize len;
        const char *seed = g_bytes_get_data(g_ptr_array_index(seeds, i), &len);
        for (guint j = 0; j < MUTATIONS_A_SEED; j++) {
            g_autoptr(GString) text = g_string_new_len(seed, (gssize)len);
            for (guint k = 0; k < j % 4; k++)
                mutate(text);
            if (j < 4 || j % 4 != 0) /* the seed itself only once */
                keep_if_accepted(text, folder, arguments);
        }
    }
}

static void remove_all(GPtrArray *arguments, guint first, const char *folder) {
    for (guint i = first; i < arguments->len; i++)
        if (arguments->pdata[i])
            g_unlink(arguments->pdata[i]);
    g_rmdir(folder);
}

/* Namespace names are compared and never fetched: whether one is a proper URI does not concern us.
 */
static bool is_serious(const char *complaint) {
    return strstr(complaint, " error : ") && !strstr(complaint, "is not a valid URI");
}

static bool has_serious(const char *complaints) {
    g_auto(GStrv) lines = g_strsplit(complaints, "\n", -1);
    bool serious = false;
    for (char **line = lines; *line; line++) {
        g_autofree char *shown = g_strescape(*line, NULL);
        if (is_serious(*line))
            g_test_message("%s", shown);
        serious |= is_serious(*line);
    }
    return serious;
}

/* True where xmllint takes all the files. arguments gets its closing NULL. */
static bool is_taken(GPtrArray *arguments) {
    g_autoptr(GError) error = NULL;
    g_ptr_array_add(arguments, NULL);
    g_autoptr(GSubprocess) process = g_subprocess_newv((const char *const *)arguments->pdata,
                                                       G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) output = NULL; /* its excerpts may cut characters in two */
    g_subprocess_communicate(process, NULL, NULL, NULL, &output, &error);
    g_assert_no_error(error);
    gsize len;
    const char *data = g_bytes_get_data(output, &len);
    g_autofree char *complaints = g_strndup(data, len);
    bool serious = has_serious(complaints);
    return g_subprocess_get_if_exited(process) && g_subprocess_get_exit_status(process) == 0 &&
           !serious;
}

typedef struct {
    char *folder;
    GPtrArray *arguments;
    guint first; /* of the files */
} Rig;

static bool set_up(Rig *rig) {
    g_autoptr(GError) error = NULL;
    g_autofree char *xmllint = g_find_program_in_path("xmllint");
    if (!xmllint) {
        g_test_skip("xmllint (libxml2-utils) is not installed");
        return false;
    }
    rig->folder = g_dir_make_tmp("lectern-stanza-XXXXXX", &error);
    g_assert_no_error(error);
    rig->arguments = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(rig->arguments, g_steal_pointer(&xmllint));
    g_ptr_array_add(rig->arguments, g_strdup("--noout"));
    g_ptr_array_add(rig->arguments, g_strdup("--nonet"));
    rig->first = rig->arguments->len;
    return true;
}

static void tear_down(Rig *rig) {
    remove_all(rig->arguments, rig->first, rig->folder);
    g_ptr_array_unref(rig->arguments);
    g_free(rig->folder);
}

static void test_accepted(void) {
    Rig rig;
    if (!set_up(&rig))
        return;
    g_autoptr(GPtrArray) seeds = load_corpus();
    keep_accepted(seeds, rig.folder, rig.arguments);
    guint n = rig.arguments->len - rig.first;
    g_test_message("%u accepted stanzas compared", n);
    bool taken = is_taken(rig.arguments);
    tear_down(&rig);
    g_assert_true(taken);
    g_assert_cmpuint(n, >, 200); /* or the comparison says little */
}

/* That the comparison notices what it is there for. */
static void test_noticed(void) {
    static const char *const bad[] = {"<a b='1' b='2'/>", "<p:a/>", "<a>&#1;</a>", "<a/>x",
                                      "<a>]]></a>"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        Rig rig;
        if (!set_up(&rig))
            return;
        char *path = g_build_filename(rig.folder, "bad.xml", NULL);
        g_assert_true(g_file_set_contents(path, bad[i], -1, NULL));
        g_ptr_array_add(rig.arguments, path);
        bool taken = is_taken(rig.arguments);
        tear_down(&rig);
        g_assert_false(taken);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stanza-xmllint/accepted", test_accepted);
    g_test_add_func("/stanza-xmllint/noticed", test_noticed);
    return g_test_run();
}
