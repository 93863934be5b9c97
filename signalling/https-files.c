/* Serves files from memory, to GET and HEAD alone. */
#include "signalling/https-files.h"

#include <libsoup/soup.h>
#include <string.h>

#define YEAR_S "31536000"

/* The answer to a path that is not there. */
static const char missing[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\"><title>Lectern</title>"
    "<h1>There is nothing at this address</h1>"
    "<p><a href=\"/\">Share your screen</a></p></html>";

struct LecHttpsFiles {
    GHashTable *files; /* path -> LecHttpsFile, its parts owned */
};

static void file_free(gpointer data) {
    LecHttpsFile *self = data;
    g_free((char *)self->type);
    g_free((char *)self->etag);
    g_bytes_unref(self->body);
    g_clear_pointer(&self->gzip, g_bytes_unref);
    g_free(self);
}

static void files_free(gpointer data) {
    LecHttpsFiles *self = data;
    g_hash_table_unref(self->files);
    g_free(self);
}

/*
 * 'self' in connect-src covers the WebSocket of the same host in today's browsers; Safari before
 * 15.4 wants it by name. Host has been judged, so it is nothing but a host.
 */
static char *make_policy(SoupMessageHeaders *request) {
    LecHttpHost host;
    g_autofree char *socket = NULL;
    if (lec_http_host_parse(soup_message_headers_get_one(request, "Host"), &host)) {
        g_autofree char *authority = lec_http_host_format(host.name, host.port);
        socket = g_strconcat(" wss://", authority, NULL);
    }
    return g_strdup_printf(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self' blob:; connect-src 'self'%s; worker-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        socket ? socket : "");
}

static void add_policy(SoupServerMessage *message) {
    static const char *const fixed[][2] = {
        {"Permissions-Policy", "display-capture=(self), camera=(self), microphone=(self)"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    g_autofree char *policy = make_policy(soup_server_message_get_request_headers(message));
    soup_message_headers_replace(headers, "Content-Security-Policy", policy);
    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
        soup_message_headers_replace(headers, fixed[i][0], fixed[i][1]);
}

static bool takes_gzip(SoupMessageHeaders *request) {
    const char *accepted = soup_message_headers_get_list(request, "Accept-Encoding");
    if (!accepted)
        return false;
    GSList *codings = soup_header_parse_quality_list(accepted, NULL);
    bool found = g_slist_find_custom(codings, "gzip", (GCompareFunc)g_ascii_strcasecmp) != NULL;
    soup_header_free_list(codings);
    return found;
}

/* RFC 9110 §13.1.2: compared weakly, and either coding will do. */
static bool has_already(SoupMessageHeaders *request, const LecHttpsFile *file) {
    const char *known = soup_message_headers_get_list(request, "If-None-Match");
    if (!known)
        return false;
    g_autofree char *plain = g_strdup_printf("\"%s\"", file->etag);
    g_autofree char *packed = g_strdup_printf("\"%s-gz\"", file->etag);
    return !strcmp(known, "*") || strstr(known, plain) || strstr(known, packed);
}

static void answer(SoupServerMessage *message, const LecHttpsFile *file) {
    SoupMessageHeaders *request = soup_server_message_get_request_headers(message);
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    const bool packed = file->gzip && takes_gzip(request);
    g_autofree char *etag = g_strdup_printf("\"%s%s\"", file->etag, packed ? "-gz" : "");
    soup_message_headers_replace(headers, "ETag", etag);
    soup_message_headers_replace(headers, "Cache-Control",
                                 file->immutable ? "public, max-age=" YEAR_S ", immutable"
                                                 : "no-cache");
    if (file->gzip)
        soup_message_headers_replace(headers, "Vary", "Accept-Encoding");
    if (has_already(request, file)) {
        soup_server_message_set_status(message, SOUP_STATUS_NOT_MODIFIED, NULL);
        return;
    }
    soup_message_headers_set_content_type(headers, file->type, NULL);
    if (packed)
        soup_message_headers_replace(headers, "Content-Encoding", "gzip");
    soup_message_body_append_bytes(soup_server_message_get_response_body(message),
                                   packed ? file->gzip : file->body);
    soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
}

static void on_request(SoupServer *soup, SoupServerMessage *message, const char *path,
                       GHashTable *query, gpointer user) {
    LecHttpsFiles *self = user;
    const char *method = soup_server_message_get_method(message);
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    add_policy(message);
    if (strcmp(method, SOUP_METHOD_GET) != 0 && strcmp(method, SOUP_METHOD_HEAD) != 0) {
        soup_message_headers_replace(headers, "Allow", "GET, HEAD");
        soup_server_message_set_status(message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
        return;
    }
    const LecHttpsFile *file = g_hash_table_lookup(self->files, path);
    if (file) {
        answer(message, file);
        return;
    }
    soup_message_headers_replace(headers, "Cache-Control", "no-store");
    soup_server_message_set_response(message, "text/html; charset=utf-8", SOUP_MEMORY_STATIC,
                                     missing, strlen(missing));
    soup_server_message_set_status(message, SOUP_STATUS_NOT_FOUND, NULL);
}

LecHttpsFiles *lec_https_files_serve(LecHttpsServer *server) {
    LecHttpsFiles *self = g_new0(LecHttpsFiles, 1);
    self->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
    soup_server_add_handler(lec_https_server_get_soup(server), "/", on_request, self, files_free);
    return self;
}

void lec_https_files_put(LecHttpsFiles *self, const char *path, const LecHttpsFile *file) {
    LecHttpsFile *copy = g_new0(LecHttpsFile, 1);
    *copy = (LecHttpsFile){
        .type = g_strdup(file->type),
        .etag = g_strdup(file->etag),
        .immutable = file->immutable,
        .body = g_bytes_ref(file->body),
        .gzip = file->gzip ? g_bytes_ref(file->gzip) : NULL,
    };
    g_hash_table_replace(self->files, g_strdup(path), copy);
}
