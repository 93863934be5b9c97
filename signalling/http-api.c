/* Requests under LEC_API_PATH to values, and values to answers. */
#include "signalling/http-api.h"

#include <libsoup/soup.h>
#include <string.h>

#include "signalling/http-bearer.h"
#include "signalling/source.h"

struct LecHttpApi {
    SoupServer *soup;
    LecApiHandler handler;
    void *user;
};

static void set_header(SoupMessageHeaders *headers, const char *name, const char *value) {
    if (value)
        soup_message_headers_replace(headers, name, value);
}

/* Takes what is in answer. */
static void send_answer(SoupServerMessage *message, const LecApiAnswer *answer) {
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    soup_server_message_set_status(message, answer->status, NULL);
    set_header(headers, "Cache-Control", "no-store");
    set_header(headers, "X-Content-Type-Options", "nosniff");
    set_header(headers, "ETag", answer->etag);
    set_header(headers, "Allow", answer->allow);
    set_header(headers, "WWW-Authenticate", answer->challenge);
    if (answer->retry_after_s) {
        g_autofree char *seconds = g_strdup_printf("%u", answer->retry_after_s);
        set_header(headers, "Retry-After", seconds);
    }
    if (answer->body)
        soup_server_message_set_response(message, answer->type, SOUP_MEMORY_TAKE, answer->body,
                                         strlen(answer->body));
    g_free(answer->etag);
    g_free(answer->allow);
}

static void on_request(SoupServer *soup, SoupServerMessage *message, const char *path,
                       GHashTable *query, gpointer user) {
    LecHttpApi *self = user;
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    g_autofree char *source = lec_source_key(soup_server_message_get_remote_address(message));
    const LecApiRequest request = {
        .method = soup_server_message_get_method(message),
        .path = path,
        .source = source,
        .bearer = lec_http_bearer_find(soup_message_headers_get_one(headers, "Authorization")),
        .type = soup_message_headers_get_content_type(headers, NULL),
        .if_none_match = soup_message_headers_get_list(headers, "If-None-Match"),
        .body = body->data ? body->data : "",
        .len = body->data ? (gsize)body->length : 0,
    };
    LecApiAnswer answer = {0};
    self->handler(&request, &answer, self->user);
    send_answer(message, &answer);
}

LecHttpApi *lec_http_api_new(LecHttpsServer *server, LecApiHandler handler, void *user) {
    LecHttpApi *self = g_new0(LecHttpApi, 1);
    self->soup = g_object_ref(lec_https_server_get_soup(server));
    self->handler = handler;
    self->user = user;
    soup_server_add_handler(self->soup, LEC_API_PATH, on_request, self, NULL);
    return self;
}

void lec_http_api_free(LecHttpApi *self) {
    if (!self)
        return;
    soup_server_remove_handler(self->soup, LEC_API_PATH);
    g_object_unref(self->soup);
    g_free(self);
}
