/* Reads the host code's file, and draws a code where there is none. */
#include "receiver/host-code.h"

#include "common/base/config.h"
#include "common/base/log.h"

#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>

#define FILE_NAME "host-code"
#define MIN_CHARACTERS 6
#define MAX_CHARACTERS 32

static char *make_code(const char *path, GError **error) {
    if (sodium_init() < 0)
        g_error("libsodium found no source of random numbers");
    char line[LEC_HOST_CODE_DIGITS + 2] = "";
    for (guint i = 0; i < LEC_HOST_CODE_DIGITS; i++)
        line[i] = (char)('0' + randombytes_uniform(10));
    line[LEC_HOST_CODE_DIGITS] = '\n';
    const gboolean kept = g_file_set_contents_full(
        path, line, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
    line[LEC_HOST_CODE_DIGITS] = '\0';
    char *code = kept ? g_strdup(line) : NULL;
    sodium_memzero(line, sizeof line);
    return code;
}

static char *read_code(const char *path, GError **error) {
    GStatBuf info;
    if (g_stat(path, &info) == 0 && (info.st_mode & 077) != 0)
        lec_warning("Others can read the host code in %s: chmod 600 it.", path);
    char *code = NULL;
    if (!g_file_get_contents(path, &code, NULL, error))
        return NULL;
    code[strcspn(code, "\r\n")] = '\0';
    const glong characters = g_utf8_validate(code, -1, NULL) ? g_utf8_strlen(code, -1) : 0;
    if (characters >= MIN_CHARACTERS && characters <= MAX_CHARACTERS)
        return code;
    lec_host_code_free(code);
    g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                "The first line of %s is to be a host code of %d to %d characters.", path,
                MIN_CHARACTERS, MAX_CHARACTERS);
    return NULL;
}

static char *load_made(const char *state_folder, gboolean make, GError **error) {
    g_autofree char *path = g_build_filename(state_folder, FILE_NAME, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return read_code(path, error);
    if (make)
        return make_code(path, error);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                "There is no host code in %s yet: the receiver makes one when it first starts.",
                state_folder);
    return NULL;
}

char *lec_host_code_load(LecHostCodeMode mode, const char *state_folder, const char *path,
                         gboolean make, GError **error) {
    switch (mode) {
    case LEC_HOST_CODE_MADE:
        return load_made(state_folder, make, error);
    case LEC_HOST_CODE_FILE:
        return read_code(path, error);
    case LEC_HOST_CODE_OFF:
        break;
    }
    return NULL;
}

void lec_host_code_free(char *code) {
    if (code)
        sodium_memzero(code, strlen(code));
    g_free(code);
}
