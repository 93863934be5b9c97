/* Runs the check for the cloud of the settings, with the keys that the box knows it by. */
#include "receiver/netcheck.h"

#include <stdio.h>

#include "common/net/netcheck.h"
#include "receiver/cloud-account.h"
#include "signalling/cloud-connect.h"

static int fail(const GError *error) {
    fprintf(stderr, "lectern-receiver: %s\n", error->message);
    return 2;
}

/* Where the box is local only, or has no cloud, only what is near is looked at. */
int lec_netcheck_command(const LecSettings *settings, const LecOptions *options) {
    g_autoptr(GError) error = NULL;
    LecNetcheckConfig config = {.peer = *options->peer ? options->peer : NULL,
                                .first_use = settings->cloud_trust == LEC_CLOUD_TRUST_FIRST_USE};
    if (!*settings->cloud_server || settings->local_only)
        return lec_netcheck_run(&config, options->json);
    g_autoptr(LecProxy) proxy = lec_proxy_new(settings->proxy, settings->proxy_credentials, &error);
    if (!proxy)
        return fail(error);
    g_autoptr(GTlsDatabase) anchors = NULL;
    if (*settings->cloud_ca) {
        anchors = g_tls_file_database_new(settings->cloud_ca, &error);
        if (!anchors)
            return fail(error);
    }
    g_autofree char *folder = lec_settings_get_state_folder(settings);
    g_autoptr(LecCloudAccount) account = lec_cloud_account_load(folder, NULL);
    config.cloud = settings->cloud_server;
    config.proxy = proxy;
    config.anchors = anchors;
    if (account && g_ascii_strcasecmp(account->host, settings->cloud_server) == 0) {
        config.pins = account->pins;
        config.n_pins = account->n_pins;
    }
    return lec_netcheck_run(&config, options->json);
}
