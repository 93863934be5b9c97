/* A client for tests that sends what it likes over TLS, to loopback, and collects what comes. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct {
    GSocketClient *client;
    GIOStream *stream;
    GString *heard;
    char buffer[4096];
    GCancellable *cancellable;
    bool failed; /* it did not get as far as a stream */
    bool closed; /* by the far end */
    bool reading;
} LecTlsClient;

/* Begins; in the end there is a stream, or it has failed. */
void lec_tls_client_open(LecTlsClient *client, guint16 port);
void lec_tls_client_listen(LecTlsClient *client);
/* Opens, waits for the stream, and listens. */
void lec_tls_client_connect(LecTlsClient *client, guint16 port);
/* What the far end does with it is the test's matter; false: it takes no more. */
bool lec_tls_client_send(LecTlsClient *client, const void *data, gsize len);
void lec_tls_client_say(LecTlsClient *client, const char *text);
void lec_tls_client_get(LecTlsClient *client, const char *path);
/* Asks for a WebSocket, with the header lines given, and waits for the answer. */
void lec_tls_client_upgrade(LecTlsClient *client, const char *headers);
void lec_tls_client_clear(LecTlsClient *client);
