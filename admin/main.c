/* lectern-admin: looks after the boxes of a cloud. */
#include "admin/boxes.h"
#include "admin/device.h"
#include "admin/enrol.h"
#include "common/base/language.h"
#include "common/base/log.h"
#include "common/net/netcheck.h"
#include "signalling/enrol.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define LINGER_MS 400 /* for the last words to go out */

typedef struct {
    GMainLoop *loop;
    LecAdminStatus status;
    guint on_int, on_term;
} Run;

static int fail(const GError *error, LecAdminStatus status) {
    fprintf(stderr, "lectern-admin: %s\n", error->message);
    return (int)status;
}

static LecAdminStatus status_of(const GError *error) {
    if (g_error_matches(error, LEC_API_ERROR, LEC_API_ERROR_UNREACHABLE))
        return LEC_ADMIN_UNREACHABLE;
    return error->domain == LEC_API_ERROR ? LEC_ADMIN_REFUSED : LEC_ADMIN_FAILED;
}

static gboolean on_lingered(gpointer user) {
    g_main_loop_quit(((Run *)user)->loop);
    return G_SOURCE_REMOVE;
}

static void on_ended(LecAdminStatus status, const char *sentence, void *user) {
    Run *run = user;
    run->status = status;
    if (status == LEC_ADMIN_DONE)
        puts(sentence);
    else
        fprintf(stderr, "lectern-admin: %s\n", sentence);
    g_timeout_add(LINGER_MS, on_lingered, run);
}

static gboolean on_signal(gpointer user) {
    Run *run = user;
    run->status = LEC_ADMIN_FAILED;
    g_main_loop_quit(run->loop);
    return G_SOURCE_CONTINUE;
}

static void run_begin(Run *run) {
    run->loop = g_main_loop_new(NULL, FALSE);
    run->on_int = g_unix_signal_add(SIGINT, on_signal, run);
    run->on_term = g_unix_signal_add(SIGTERM, on_signal, run);
}

static int run_end(Run *run) {
    g_source_remove(run->on_int);
    g_source_remove(run->on_term);
    g_main_loop_unref(run->loop);
    return (int)run->status;
}

static bool read_code(const LecAdminOptions *options, char ret_code[LEC_ENROL_CODE_DIGITS + 1],
                      GError **error) {
    char *line = lec_secret_read_line(options->code_file, "Code on the display: ", true, error);
    const bool good = line && lec_enrol_read_code(line, ret_code);
    if (line && !good)
        g_set_error(error, LEC_SECRET_ERROR, LEC_SECRET_ERROR_INVALID,
                    "The code on the display has %d digits.", LEC_ENROL_CODE_DIGITS);
    lec_secret_free(line);
    return good;
}

static LecIdentity *own_identity(const LecAdminOptions *options, GError **error) {
    g_autofree char *folder = options->state_folder
                                  ? g_strdup(options->state_folder)
                                  : g_build_filename(g_get_user_data_dir(), "lectern-admin", NULL);
    return lec_identity_load_or_make(folder, "lectern-admin", error);
}

static int run_enrol(const LecAdminContext *context, const char *code,
                     const LecFingerprint *spare) {
    Run run = {0};
    run_begin(&run);
    LecAdminEnrol *enrol = lec_admin_enrol_new(context, code, spare, on_ended, &run);
    g_main_loop_run(run.loop);
    lec_admin_enrol_free(enrol);
    return run_end(&run);
}

static int run_device(const LecAdminContext *context) {
    Run run = {0};
    run_begin(&run);
    LecAdminDevice *device = lec_admin_device_new(
        context, context->options->command == LEC_ADMIN_REVOKE, on_ended, &run);
    g_main_loop_run(run.loop);
    lec_admin_device_free(device);
    return run_end(&run);
}

static int enrol(LecAdminContext *context) {
    const LecAdminOptions *options = context->options;
    g_autoptr(GError) error = NULL;
    LecFingerprint spare;
    if (options->spare_key && !lec_fingerprint_parse(options->spare_key, &spare)) {
        fputs("lectern-admin: --spare-key is 32 bytes as AB:CD:…\n", stderr);
        return LEC_ADMIN_USAGE;
    }
    /* Before the display's code is spent. */
    const int has = lec_admin_has_box(context, options->name, &error);
    if (has < 0)
        return fail(error, status_of(error));
    if (has > 0) {
        fprintf(stderr,
                "lectern-admin: The cloud has a box called %s; choose another name, or remove that "
                "one first.\n",
                options->name);
        return LEC_ADMIN_REFUSED;
    }
    g_autoptr(LecIdentity) identity = own_identity(options, &error);
    char code[LEC_ENROL_CODE_DIGITS + 1];
    if (!identity || !read_code(options, code, &error))
        return fail(error, identity ? LEC_ADMIN_USAGE : LEC_ADMIN_FAILED);
    context->identity = identity;
    lec_log_add_secret(code);
    const int status = run_enrol(context, code, options->spare_key ? &spare : NULL);
    lec_log_remove_secret(code);
    explicit_bzero(code, sizeof code);
    return status;
}

typedef bool (*Command)(const LecAdminContext *context, GError **error);

static const Command COMMANDS[] = {
    [LEC_ADMIN_BOXES] = lec_admin_print_boxes,   [LEC_ADMIN_REVOKE] = lec_admin_revoke_box,
    [LEC_ADMIN_RESTORE] = lec_admin_restore_box, [LEC_ADMIN_REMOVE] = lec_admin_remove_box,
    [LEC_ADMIN_STATUS] = lec_admin_print_status,
};

/* Nobody logs in for it. */
static int netcheck(const LecAdminOptions *options, const LecProxy *proxy) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GTlsDatabase) anchors =
        options->ca ? g_tls_file_database_new(options->ca, &error) : NULL;
    if (error)
        return fail(error, LEC_ADMIN_USAGE);
    const LecNetcheckConfig config = {
        .cloud = options->cloud, .proxy = proxy, .anchors = anchors, .peer = options->peer};
    return lec_netcheck_run(&config, options->json);
}

static int run(const LecAdminOptions *options) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecProxy) proxy = lec_proxy_new(options->proxy, options->proxy_credentials, &error);
    if (!proxy)
        return fail(error, LEC_ADMIN_USAGE);
    if (options->command == LEC_ADMIN_NETCHECK)
        return netcheck(options, proxy);
    g_autoptr(LecAdminAccount) account =
        lec_admin_account_get(options->credentials, options->cloud, &error);
    g_autoptr(LecAdminApi) api =
        account ? lec_admin_api_new(options->cloud, account, options->ca, proxy, &error) : NULL;
    if (!api)
        return fail(error, LEC_ADMIN_FAILED);
    g_autofree char *boxes = g_strdup_printf("boxes.%s", options->cloud);
    LecAdminContext context = {
        .options = options, .account = account, .api = api, .proxy = proxy, .boxes = boxes};
    if (options->command == LEC_ADMIN_ENROL)
        return enrol(&context);
    if (options->has_device)
        return run_device(&context);
    if (COMMANDS[options->command](&context, &error))
        return LEC_ADMIN_DONE;
    return fail(error, status_of(error));
}

int main(int argc, char **argv) {
    lec_language_init();
    g_autoptr(GError) error = NULL;
    g_auto(LecAdminOptions) options = {0};
    if (!lec_admin_options_read(argc, argv, g_get_real_time() / G_USEC_PER_SEC, &options, &error))
        return fail(error, LEC_ADMIN_USAGE);
    if (options.version) {
        puts("lectern-admin " LEC_VERSION);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    lec_log_init(options.verbose ? LEC_LOG_DEBUG : LEC_LOG_WARNING);
    return run(&options);
}
