/* The HTTPS client of the tests, on libsoup. */
#include "tests/support/https-client.h"

#include "tests/support/until.h"

#include <string.h>

LecHttpsClient *lec_https_client_new(guint16 port) {
    LecHttpsClient *self = g_new0(LecHttpsClient, 1);
    self->session = soup_session_new_with_options("proxy-resolver", NULL, "max-conns-per-host", 64,
                                                  "max-conns", 64, NULL);
    self->base = g_strdup_printf("https://127.0.0.1:%u", port);
    return self;
}

void lec_https_client_free(LecHttpsClient *self) {
    if (!self)
        return;
    soup_session_abort(self->session);
    g_object_unref(self->session);
    g_free(self->base);
    g_free(self);
}

static gboolean on_certificate(SoupMessage *message, GTlsCertificate *certificate,
                               GTlsCertificateFlags errors, gpointer user) {
    return TRUE;
}

SoupMessage *lec_https_client_prepare(const LecHttpsClient *self,
                                      const LecHttpsQuestion *question) {
    g_autofree char *url = g_strconcat(self->base, question->path, NULL);
    SoupMessage *message = soup_message_new(question->method, url);
    SoupMessageHeaders *headers = soup_message_get_request_headers(message);
    g_signal_connect(message, "accept-certificate", G_CALLBACK(on_certificate), NULL);
    if (question->token) {
        g_autofree char *bearer = g_strconcat("Bearer ", question->token, NULL);
        soup_message_headers_append(headers, "Authorization", bearer);
    }
    for (guint i = 0; i < G_N_ELEMENTS(question->headers) && question->headers[i]; i += 2)
        soup_message_headers_append(headers, question->headers[i], question->headers[i + 1]);
    if (question->body) {
        g_autoptr(GBytes) bytes = g_bytes_new(question->body, strlen(question->body));
        soup_message_set_request_body_from_bytes(message, question->type, bytes);
    }
    return message;
}

static void on_answer(GObject *session, GAsyncResult *result, gpointer user) {
    LecHttpsReply *reply = user;
    g_autoptr(GBytes) body =
        soup_session_send_and_read_finish(SOUP_SESSION(session), result, &reply->error);
    const char *data = body ? g_bytes_get_data(body, &reply->len) : NULL;
    reply->body = data ? g_strndup(data, reply->len) : g_strdup("");
    reply->status = soup_message_get_status(reply->message);
    reply->done = true;
}

void lec_https_client_begin(LecHttpsClient *self, const LecHttpsQuestion *question,
                            LecHttpsReply *reply) {
    *reply = (LecHttpsReply){.message = lec_https_client_prepare(self, question),
                             .cancellable = g_cancellable_new()};
    soup_session_send_and_read_async(self->session, reply->message, G_PRIORITY_DEFAULT,
                                     reply->cancellable, on_answer, reply);
}

void lec_https_client_ask(LecHttpsClient *self, const LecHttpsQuestion *question,
                          LecHttpsReply *reply) {
    lec_https_client_begin(self, question, reply);
    LEC_UNTIL(reply->done);
    g_assert_no_error(reply->error);
}

const char *lec_https_reply_header(const LecHttpsReply *self, const char *name) {
    return soup_message_headers_get_list(soup_message_get_response_headers(self->message), name);
}

void lec_https_reply_clear(LecHttpsReply *self) {
    g_clear_object(&self->message);
    g_clear_object(&self->cancellable);
    g_clear_error(&self->error);
    g_clear_pointer(&self->body, g_free);
}
