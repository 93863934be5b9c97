/* Finds lectern-window and runs it in this process's place. */
#include "sender/window-program.h"
#include "common/base/i18n.h"

#include <stdbool.h>
#include <unistd.h>

#define PROGRAM "lectern-window"

static bool has_display(void) {
    const char *const names[] = {"WAYLAND_DISPLAY", "DISPLAY"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = g_getenv(names[i]);
        if (value && *value)
            return true;
    }
    return false;
}

/* Beside this program in a build tree, else where it is installed. */
static char *find_program(void) {
    g_autofree char *own = g_file_read_link("/proc/self/exe", NULL);
    if (own) {
        g_autofree char *folder = g_path_get_dirname(own);
        g_autofree char *beside = g_build_filename(folder, "window", PROGRAM, NULL);
        if (g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer(&beside);
    }
    return g_build_filename(LEC_LIBEXECDIR, PROGRAM, NULL);
}

void lec_window_program_become(char **argv, GError **error) {
    const char *sentence = _("Say whom to share with: lectern-share ID|HOST|NAME. Without it a "
                             "window opens, for which there is no display here.");
    if (has_display()) {
        g_autofree char *program = find_program();
        execv(program, argv);
        sentence = _("Say whom to share with: lectern-share ID|HOST|NAME. Without it a window "
                     "opens, but that part of Lectern is not installed here.");
    }
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, sentence);
}
