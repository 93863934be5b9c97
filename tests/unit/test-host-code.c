/* The host code: made once for its owner alone, or the administrator's, or none. */
#include "receiver/host-code.h"

#include "common/base/log.h"

#include <glib/gstdio.h>
#include <string.h>

static char *load(LecHostCodeMode mode, const char *folder, const char *path, gboolean make) {
    g_autoptr(GError) error = NULL;
    char *code = lec_host_code_load(mode, folder, path, make, &error);
    g_assert_true(mode == LEC_HOST_CODE_OFF ? !code && !error : (code == NULL) == (error != NULL));
    return code;
}

static void test_made(void) {
    g_autofree char *folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "host-code", NULL);
    g_assert_null(load(LEC_HOST_CODE_MADE, folder, "", FALSE));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    char *code = load(LEC_HOST_CODE_MADE, folder, "", TRUE);
    g_assert_cmpuint(strspn(code, "0123456789"), ==, LEC_HOST_CODE_DIGITS);
    g_assert_cmpuint(strlen(code), ==, LEC_HOST_CODE_DIGITS);
    GStatBuf info;
    g_assert_cmpint(g_stat(path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    char *again = load(LEC_HOST_CODE_MADE, folder, "", TRUE);
    g_assert_cmpstr(again, ==, code);
    lec_host_code_free(again);
    lec_host_code_free(code);
    g_unlink(path);
    g_rmdir(folder);
    g_assert_null(load(LEC_HOST_CODE_MADE, folder, "", TRUE)); /* no folder to keep it in */
}

static void test_file(void) {
    static const struct {
        const char *text, *code;
    } files[] = {
        {"secret-1\nmore\n", "secret-1"},
        {"secret-1\r\n", "secret-1"},
        {"12345\n", NULL},
        {"", NULL},
        {"123456789012345678901234567890123", NULL},
        {"\xff\xff\xff\xff\xff\xff\xff", NULL},
    };
    g_autofree char *folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "code", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_assert_true(g_file_set_contents_full(path, files[i].text, -1, G_FILE_SET_CONTENTS_NONE,
                                               0600, NULL));
        char *code = load(LEC_HOST_CODE_FILE, folder, path, TRUE);
        g_assert_cmpstr(code, ==, files[i].code);
        lec_host_code_free(code);
    }
    g_unlink(path);
    g_assert_null(load(LEC_HOST_CODE_FILE, folder, path, TRUE));
    g_assert_null(load(LEC_HOST_CODE_OFF, folder, "", TRUE));
    g_rmdir(folder);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    lec_log_init(LEC_LOG_ERROR);
    g_test_add_func("/host-code/made", test_made);
    g_test_add_func("/host-code/file", test_file);
    return g_test_run();
}
