/* Runs a fuzz target once over every file of a corpus folder, so that the corpus is a regression
 * test. */
#include <glib.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = argc == 2 ? g_dir_open(argv[1], 0, &error) : NULL;
    if (!dir) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER%s%s\n", argv[0], error ? ": " : "",
                error ? error->message : "");
        return 2;
    }
    guint count = 0;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL; count++) {
        g_autofree char *path = g_build_filename(argv[1], name, NULL);
        g_autofree char *data = NULL;
        gsize size = 0;
        if (!g_file_get_contents(path, &data, &size, &error)) {
            fprintf(stderr, "%s\n", error->message);
            return 1;
        }
        /* An exact-size copy lets ASan see an over-read that the terminating NUL would hide. */
        g_autofree guint8 *exact = g_memdup2(data, size);
        LLVMFuzzerTestOneInput(exact ? exact : (const guint8 *)"", size);
    }
    printf("%u inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
