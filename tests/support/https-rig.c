/* The HTTPS server of the tests, and its page and socket. */
#include "tests/support/https-rig.h"

#include "tests/support/tls-client.h"
#include "tests/support/until.h"

#include <libsoup/soup.h>
#include <string.h>

static void on_page(SoupServer *soup, SoupServerMessage *request, const char *path,
                    GHashTable *query, gpointer user) {
    LecHttpsRig *rig = user;
    rig->requests++;
    g_free(rig->scheme);
    rig->scheme = g_strdup(g_uri_get_scheme(soup_server_message_get_uri(request)));
    soup_server_message_set_response(request, "text/plain", SOUP_MEMORY_STATIC, "page", 4);
    soup_server_message_set_status(request, SOUP_STATUS_OK, NULL);
}

static void on_websocket_message(SoupWebsocketConnection *websocket, gint type, GBytes *message,
                                 gpointer user) {
    ((LecHttpsRig *)user)->messages++;
}

static void on_websocket(SoupServer *soup, SoupServerMessage *request, const char *path,
                         SoupWebsocketConnection *websocket, gpointer user) {
    LecHttpsRig *rig = user;
    rig->websockets++;
    g_signal_connect(websocket, "message", G_CALLBACK(on_websocket_message), rig);
    g_ptr_array_add(rig->kept, g_object_ref(websocket));
}

void lec_https_rig_open(LecHttpsRig *rig, const LecGateLimits *limits) {
    g_autoptr(GError) error = NULL;
    *rig = (LecHttpsRig){.identity = lec_identity_new_ephemeral("Room 12", &error)};
    g_assert_no_error(error);
    rig->server = lec_https_server_new_with_limits(
        rig->identity, 0, limits ? limits : &lec_gate_limits_default, &error);
    g_assert_no_error(error);
    rig->kept = g_ptr_array_new_with_free_func(g_object_unref);
    rig->port = lec_https_server_get_port(rig->server);
    SoupServer *soup = lec_https_server_get_soup(rig->server);
    soup_server_add_handler(soup, "/page", on_page, rig, NULL);
    soup_server_add_websocket_handler(soup, "/socket", NULL, NULL, on_websocket, rig, NULL);
}

void lec_https_rig_close(LecHttpsRig *rig) {
    lec_https_server_free(rig->server);
    lec_identity_free(rig->identity);
    g_ptr_array_unref(rig->kept);
    g_free(rig->scheme);
}

void lec_https_rig_visit(LecHttpsRig *rig) {
    LecTlsClient client;
    guint before = rig->requests;
    gint64 from_us = g_get_monotonic_time();
    lec_tls_client_connect(&client, rig->port);
    lec_tls_client_get(&client, "/page");
    LEC_UNTIL(strstr(client.heard->str, "\r\n\r\npage"));
    g_assert_cmpuint(rig->requests, ==, before + 1);
    g_test_message("served in %.0f ms", (double)(g_get_monotonic_time() - from_us) / 1000);
    lec_tls_client_clear(&client);
}
