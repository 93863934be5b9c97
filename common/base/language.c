/* The process's language and character set, and where the texts in that language are. */
#include "common/base/language.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

#include "common/base/i18n.h"

#define PROBE "de/LC_MESSAGES/" LEC_TEXT_DOMAIN ".mo"

/* Beside this program in a build tree, else where they are installed. */
static char *find_texts(void) {
    static const char *const ways[] = {"../assets/translations", "../../assets/translations"};
    g_autofree char *own = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = own ? g_path_get_dirname(own) : g_strdup(".");
    for (guint i = 0; own && i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *texts = g_build_filename(folder, ways[i], NULL);
        g_autofree char *probe = g_build_filename(texts, PROBE, NULL);
        if (g_file_test(probe, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&texts);
    }
    return g_strdup(LEC_LOCALEDIR);
}

/* What the environment asks for, by the order of POSIX (XBD 8.2). NULL: nothing, or no language. */
static const char *get_wish(void) {
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = g_getenv(names[i]);
        if (value && *value)
            return strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0 ? NULL : value;
    }
    return NULL;
}

void lec_language_set(const char *language) {
    /* gettext looks at LANGUAGE in every locale but "C". */
    g_setenv("LANGUAGE", language, TRUE);
    setlocale(LC_MESSAGES, "C.UTF-8");
}

void lec_language_init(void) {
    const char *wish = get_wish();
    if (!setlocale(LC_MESSAGES, "") && wish)
        lec_language_set(g_getenv("LANGUAGE") ? g_getenv("LANGUAGE") : wish);
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    g_autofree char *texts = find_texts();
    bindtextdomain(LEC_TEXT_DOMAIN, texts);
    bind_textdomain_codeset(LEC_TEXT_DOMAIN, "UTF-8");
    textdomain(LEC_TEXT_DOMAIN);
}
