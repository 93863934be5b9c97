/* The raw TLS client of the tests, on GIO. */
#include "tests/support/tls-client.h"

#include "tests/support/until.h"

#include <string.h>

static gboolean on_accept(GTlsConnection *tls, GTlsCertificate *certificate,
                          GTlsCertificateFlags errors, gpointer user) {
    return TRUE;
}

static void on_client_event(GSocketClient *client, GSocketClientEvent event, GSocketConnectable *to,
                            GIOStream *stream, gpointer user) {
    if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
        g_signal_connect(stream, "accept-certificate", G_CALLBACK(on_accept), NULL);
}

static void on_client_connected(GObject *object, GAsyncResult *result, gpointer user) {
    LecTlsClient *client = user;
    client->stream =
        G_IO_STREAM(g_socket_client_connect_finish(G_SOCKET_CLIENT(object), result, NULL));
    client->failed = !client->stream;
}

void lec_tls_client_open(LecTlsClient *client, guint16 port) {
    *client = (LecTlsClient){.client = g_socket_client_new(),
                             .cancellable = g_cancellable_new(),
                             .heard = g_string_new(NULL)};
    g_socket_client_set_tls(client->client, TRUE);
    g_socket_client_set_enable_proxy(client->client, FALSE);
    g_signal_connect(client->client, "event", G_CALLBACK(on_client_event), NULL);
    g_socket_client_connect_to_host_async(client->client, "127.0.0.1", port, NULL,
                                          on_client_connected, client);
}

static void on_client_read(GObject *object, GAsyncResult *result, gpointer user) {
    LecTlsClient *client = user;
    gssize n = g_input_stream_read_finish(G_INPUT_STREAM(object), result, NULL);
    client->reading = false;
    if (n <= 0) {
        client->closed = true;
        return;
    }
    g_string_append_len(client->heard, client->buffer, n);
    client->reading = true;
    g_input_stream_read_async(G_INPUT_STREAM(object), client->buffer, sizeof client->buffer,
                              G_PRIORITY_DEFAULT, client->cancellable, on_client_read, client);
}

void lec_tls_client_listen(LecTlsClient *client) {
    GInputStream *in = g_io_stream_get_input_stream(client->stream);
    client->reading = true;
    g_input_stream_read_async(in, client->buffer, sizeof client->buffer, G_PRIORITY_DEFAULT,
                              client->cancellable, on_client_read, client);
}

bool lec_tls_client_send(LecTlsClient *client, const void *data, gsize len) {
    GPollableOutputStream *out =
        G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(client->stream));
    g_autoptr(GError) error = NULL;
    while (len) {
        g_clear_error(&error);
        gssize n = g_pollable_output_stream_write_nonblocking(out, data, len, NULL, &error);
        if (n < 0 && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            return false;
        if (n < 0) {
            g_main_context_iteration(NULL, FALSE);
            continue;
        }
        data = (const char *)data + n;
        len -= (gsize)n;
    }
    return true;
}

void lec_tls_client_say(LecTlsClient *client, const char *text) {
    lec_tls_client_send(client, text, strlen(text));
}

void lec_tls_client_connect(LecTlsClient *client, guint16 port) {
    lec_tls_client_open(client, port);
    LEC_UNTIL(client->stream || client->failed);
    g_assert_nonnull(client->stream);
    lec_tls_client_listen(client);
}

void lec_tls_client_clear(LecTlsClient *client) {
    if (client->stream) {
        g_cancellable_cancel(client->cancellable);
        LEC_UNTIL(!client->reading);
        g_io_stream_close(client->stream, NULL, NULL);
    }
    g_clear_object(&client->cancellable);
    g_clear_object(&client->stream);
    g_clear_object(&client->client);
    g_string_free(client->heard, TRUE);
}

void lec_tls_client_get(LecTlsClient *client, const char *path) {
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    lec_tls_client_say(client, request);
}

void lec_tls_client_upgrade(LecTlsClient *client, const char *headers) {
    g_autofree char *request = g_strdup_printf(
        "GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
        headers);
    lec_tls_client_say(client, request);
    LEC_UNTIL(strstr(client->heard->str, "\r\n\r\n") || client->closed);
}
