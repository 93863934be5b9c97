/* Serves a fixed page. */
#include "signalling/https-page.h"

#include <libsoup/soup.h>
#include <string.h>

typedef struct {
    char *path;
    const char *content_type, *body;
} Page;

static void page_free(gpointer data) {
    Page *self = data;
    g_free(self->path);
    g_free(self);
}

static void add_policy(SoupMessageHeaders *headers) {
    soup_message_headers_replace(headers, "Content-Security-Policy",
                                 "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
    soup_message_headers_replace(headers, "Referrer-Policy", "no-referrer");
    soup_message_headers_replace(headers, "Cache-Control", "no-store");
}

static void on_request(SoupServer *soup, SoupServerMessage *message, const char *path,
                       GHashTable *query, gpointer user) {
    const Page *page = user;
    const char *method = soup_server_message_get_method(message);
    if (strcmp(path, page->path) != 0) {
        soup_server_message_set_status(message, SOUP_STATUS_NOT_FOUND, NULL);
        return;
    }
    if (strcmp(method, SOUP_METHOD_GET) != 0 && strcmp(method, SOUP_METHOD_HEAD) != 0) {
        soup_server_message_set_status(message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
        return;
    }
    add_policy(soup_server_message_get_response_headers(message));
    soup_server_message_set_response(message, page->content_type, SOUP_MEMORY_STATIC, page->body,
                                     strlen(page->body));
    soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
}

void lec_https_page_serve(LecHttpsServer *server, const char *path, const char *content_type,
                          const char *body) {
    Page *page = g_new0(Page, 1);
    *page = (Page){g_strdup(path), content_type, body};
    soup_server_add_handler(lec_https_server_get_soup(server), path, on_request, page, page_free);
}
