/* lectern-receiver: the box's program. */
#include <gst/gst.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/log.h"
#include "receiver/app.h"
#include "receiver/cloud-account.h"
#include "receiver/host-code.h"
#include "receiver/netcheck.h"
#include "receiver/status.h"

#define LARGE_BLOCK_BYTES (256 * 1024)

static int fail(const GError *error, int status) {
    fprintf(stderr, "lectern-receiver: %s\n", error->message);
    return status;
}

static int print_status(const LecSettings *settings) {
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = lec_settings_get_state_folder(settings);
    g_autofree char *text = lec_status_ask(folder, &error);
    if (!text)
        return fail(error, 3);
    puts(text);
    return 0;
}

static int print_host_code(const LecSettings *settings) {
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = lec_settings_get_state_folder(settings);
    char *code = lec_host_code_load((LecHostCodeMode)settings->host_code, folder,
                                    settings->host_code_file, FALSE, &error);
    if (error)
        return fail(error, 3);
    puts(code ? code : "off");
    lec_host_code_free(code);
    return 0;
}

static int forget_cloud(const LecSettings *settings) {
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = lec_settings_get_state_folder(settings);
    if (!lec_cloud_account_forget(folder, &error))
        return fail(error, 3);
    puts("The cloud has been forgotten. A receiver that runs goes on with it until it is started "
         "again.");
    return 0;
}

int main(int argc, char **argv) {
    lec_language_init();
    g_autoptr(GError) error = NULL;
    g_auto(LecSettings) settings = {0};
    LecOptions options;
    if (!lec_settings_read(argc, argv, &settings, &options, &error))
        return fail(error, 2);
    if (settings.language > 0)
        lec_language_set(lec_settings_languages[settings.language]);
    if (options.start == LEC_START_VERSION) {
        puts("lectern-receiver " LEC_VERSION);
        return 0;
    }
    if (options.start == LEC_START_STATUS)
        return print_status(&settings);
    if (options.start == LEC_START_HOST_CODE)
        return print_host_code(&settings);
    if (options.start == LEC_START_FORGET_CLOUD)
        return forget_cloud(&settings);
    signal(SIGPIPE, SIG_IGN);
    if (options.start == LEC_START_NETCHECK)
        return lec_netcheck_command(&settings, &options);
    /* Whole pictures go back to the system when they are freed: glibc would raise its limit to keep
     * them. */
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
    lec_log_init(options.verbose ? LEC_LOG_DEBUG : LEC_LOG_INFO);
    gst_registry_fork_set_enabled(FALSE);
    gst_init(NULL, NULL);
    g_autoptr(LecApp) app = lec_app_new(&settings, &options, &error);
    if (!app || !lec_app_run(app, &error))
        return fail(error, 1);
    return 0;
}
