/*
 * Hands a PAC file to lectern-pac and reads its answer. A script that never ends, eats memory or
 * breaks its interpreter takes that process with it and nothing else.
 */
#include "common/net/pac-run.h"

#include <gio/gunixinputstream.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/i18n.h"
#include "common/net/pac-result.h"
#include "common/net/proxy.h"

#define PROGRAM "lectern-pac"

static char *refuse(GError **error, const char *sentence) {
    g_set_error_literal(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_PAC, sentence);
    return NULL;
}

/* Where this program runs from a build tree, near it; else where it is installed. */
static char *find_program(void) {
    static const char *const near[] = {"../common/net/" PROGRAM, "../../common/net/" PROGRAM};
    g_autofree char *own = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = own ? g_path_get_dirname(own) : NULL;
    for (guint i = 0; folder && i < G_N_ELEMENTS(near); i++) {
        g_autofree char *path = g_build_filename(folder, near[i], NULL);
        if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer(&path);
    }
    return g_build_filename(LEC_LIBEXECDIR, PROGRAM, NULL);
}

static bool write_all(int descriptor, const void *data, gsize len) {
    const char *bytes = data;
    while (len > 0) {
        const gssize n = TEMP_FAILURE_RETRY(write(descriptor, bytes, len));
        if (n <= 0)
            return false;
        bytes += n;
        len -= (gsize)n;
    }
    return true;
}

/* URL, host, script; in memory, so that neither side waits for the other. */
static int make_input(GBytes *script, const char *uri) {
    g_autoptr(GUri) parts = g_uri_parse(uri, G_URI_FLAGS_NONE, NULL);
    gsize len;
    const void *text = g_bytes_get_data(script, &len);
    const int descriptor = parts ? memfd_create("pac", MFD_CLOEXEC) : -1;
    if (descriptor < 0)
        return -1;
    g_autofree char *head = g_strdup_printf("%s\n%s\n", uri, g_uri_get_host(parts));
    if (write_all(descriptor, head, strlen(head)) && write_all(descriptor, text, len) &&
        lseek(descriptor, 0, SEEK_SET) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

/* Up to the end, within the time. NULL: not in time, or too long. */
static char *read_answer(int descriptor) {
    const gint64 give_up_us = g_get_monotonic_time() + LEC_PAC_RUN_S * G_USEC_PER_SEC;
    char text[LEC_PAC_RESULT_MAX_BYTES + 1];
    gsize len = 0;
    for (;;) {
        const gint64 left_us = give_up_us - g_get_monotonic_time();
        struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
        if (left_us <= 0 || len == sizeof text ||
            TEMP_FAILURE_RETRY(poll(&waiting, 1, (int)(left_us / 1000) + 1)) <= 0)
            return NULL;
        const gssize n = TEMP_FAILURE_RETRY(read(descriptor, text + len, sizeof text - len));
        if (n < 0)
            return NULL;
        if (n == 0)
            return g_strndup(text, len);
        len += (gsize)n;
    }
}

static GSubprocess *start(int input, GError **error) {
    g_autofree char *program = find_program();
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    char *const nothing[] = {NULL};
    g_subprocess_launcher_set_environ(launcher, (char **)nothing); /* no secrets of ours */
    g_subprocess_launcher_take_stdin_fd(launcher, input);
    return g_subprocess_launcher_spawn(launcher, error, program, NULL);
}

char *lec_pac_run(GBytes *script, const char *uri, GError **error) {
    g_autoptr(GError) cause = NULL;
    const int input = make_input(script, uri);
    if (input < 0)
        return refuse(error, _("The PAC file cannot be run: there is no memory for it."));
    g_autoptr(GSubprocess) process = start(input, &cause);
    if (!process)
        return refuse(error, _("The PAC file cannot be run: lectern-pac is not installed."));
    GInputStream *output = g_subprocess_get_stdout_pipe(process);
    g_autofree char *answer = read_answer(g_unix_input_stream_get_fd(G_UNIX_INPUT_STREAM(output)));
    if (!answer)
        g_subprocess_force_exit(process);
    g_subprocess_wait(process, NULL, NULL);
    if (!answer || (g_subprocess_get_if_signaled(process)))
        return refuse(error, _("The PAC file did not come to an end in time."));
    if (g_subprocess_get_exit_status(process) != 0)
        return refuse(error, _("The PAC file cannot be run: it is not JavaScript with a function "
                               "FindProxyForURL."));
    return g_steal_pointer(&answer);
}
