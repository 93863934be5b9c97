/* Reads a plain request and writes its answer. */
#include "signalling/http-answer.h"

#include "signalling/http-probes.h"

#include <errno.h>
#include <fcntl.h>
#include <libsoup/soup.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHALLENGE_PATH "/.well-known/acme-challenge/"
#define CHALLENGE_MIN_NAME 16
#define CHALLENGE_MAX_NAME 128
#define CHALLENGE_MAX_BYTES 4096
#define MAX_KEPT_PATH 200
#define TOKEN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

typedef struct {
    const LecHttpAnswers *answers;
    SoupMessageHeaders *headers;
    char *method, *path; /* path without the query */
    LecHttpHost host;    /* name empty: none that can be read */
} Request;

static void request_clear(Request *self) {
    soup_message_headers_unref(self->headers);
    g_free(self->method);
    g_free(self->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static GBytes *respond(const Request *request, guint status, const char *extra, const char *type,
                       const void *body, gsize len) {
    GString *text = g_string_new(NULL);
    g_string_printf(text,
                    "HTTP/1.1 %u %s\r\nConnection: close\r\nCache-Control: no-store\r\n"
                    "X-Content-Type-Options: nosniff\r\n%s",
                    status, soup_status_get_phrase(status), extra ? extra : "");
    if (status != SOUP_STATUS_NO_CONTENT)
        g_string_append_printf(text, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                               type ? type : "text/plain", len);
    g_string_append(text, "\r\n");
    if (len && strcmp(request->method, SOUP_METHOD_HEAD) != 0)
        g_string_append_len(text, body, (gssize)len);
    return g_string_free_to_bytes(text);
}

static GBytes *respond_text(const Request *request, guint status, const char *extra,
                            const char *type, const char *body) {
    return respond(request, status, extra, type, body, body ? strlen(body) : 0);
}

/* Nothing but what needs no escaping anywhere comes back to the asker. */
static bool path_is_plain(const char *path) {
    return strspn(path, TOKEN_CHARACTERS "./") == strlen(path) && strlen(path) <= MAX_KEPT_PATH &&
           !strstr(path, "//");
}

/*
 * Not to be remembered, though the one to the box's own name is for good: an address may belong to
 * another machine tomorrow.
 */
static GBytes *redirect(const Request *request, guint status, const char *name) {
    const guint16 port = request->answers->https_port;
    g_autofree char *authority = lec_http_host_format(name, port == 443 ? 0 : port);
    const bool same_path = status == SOUP_STATUS_PERMANENT_REDIRECT && path_is_plain(request->path);
    g_autofree char *uri =
        g_strconcat("https://", authority, same_path ? request->path : "/", NULL);
    g_autofree char *location =
        g_strdup_printf("Location: %s\r\nContent-Security-Policy: default-src 'none'\r\n", uri);
    g_autofree char *page = g_strdup_printf(
        "<!doctype html><html lang=\"en\"><title>Lectern</title><a href=\"%s\">%s</a></html>", uri,
        uri);
    return respond_text(request, status, location, "text/html; charset=utf-8", page);
}

/* A plain file of that name, or NULL. The folder is the administrator's; the name is a stranger's.
 */
static GBytes *read_challenge(const char *folder, const char *name) {
    gsize len = strlen(name);
    if (len < CHALLENGE_MIN_NAME || len > CHALLENGE_MAX_NAME ||
        strspn(name, TOKEN_CHARACTERS) != len)
        return NULL;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct stat found;
    char text[CHALLENGE_MAX_BYTES];
    ssize_t n = -1;
    if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_size < CHALLENGE_MAX_BYTES)
        n = TEMP_FAILURE_RETRY(read(fd, text, sizeof text));
    close(fd);
    return n > 0 ? g_bytes_new(text, (gsize)n) : NULL;
}

static GBytes *answer_challenge(const Request *request, const char *name) {
    const char *folder = request->answers->challenges;
    g_autoptr(GBytes) text = folder && *folder ? read_challenge(folder, name) : NULL;
    if (!text)
        return respond_text(request, SOUP_STATUS_NOT_FOUND, NULL, NULL, "No such challenge.\n");
    gsize len;
    const void *data = g_bytes_get_data(text, &len);
    return respond(request, SOUP_STATUS_OK, NULL, "application/octet-stream", data, len);
}

static GBytes *answer_own(const Request *request) {
    if (g_str_has_prefix(request->path, CHALLENGE_PATH))
        return answer_challenge(request, request->path + strlen(CHALLENGE_PATH));
    if (!strcmp(request->path, "/ca.crt") && request->answers->authority) {
        gsize len;
        const void *data = g_bytes_get_data(request->answers->authority, &len);
        return respond(request, SOUP_STATUS_OK, NULL, "application/x-x509-ca-cert", data, len);
    }
    return redirect(request, SOUP_STATUS_PERMANENT_REDIRECT, request->host.name);
}

static GBytes *answer(const Request *request) {
    if (strcmp(request->method, SOUP_METHOD_GET) != 0 &&
        strcmp(request->method, SOUP_METHOD_HEAD) != 0)
        return respond_text(request, SOUP_STATUS_METHOD_NOT_ALLOWED, "Allow: GET, HEAD\r\n", NULL,
                            NULL);
    if (*request->host.name && lec_http_names_has(request->answers->names, &request->host))
        return answer_own(request);
    const LecHttpProbe *probe = lec_http_probe_find(request->host.name, request->path);
    if (probe)
        return respond_text(request, probe->status, probe->header, probe->type, probe->body);
    return redirect(request, SOUP_STATUS_FOUND, request->answers->address);
}

/* "/path?query" and, as to a proxy, "http://host/path?query", whose host is passed over. */
static char *path_of(const char *target) {
    if (g_ascii_strncasecmp(target, "http://", 7) == 0) {
        target = strchr(target + 7, '/');
        if (!target)
            return g_strdup("/");
    }
    return *target == '/' ? g_strndup(target, strcspn(target, "?#")) : NULL;
}

GBytes *lec_http_answer(const char *head, gsize len, const LecHttpAnswers *answers) {
    g_auto(Request) request = {.answers = answers,
                               .headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST)};
    g_autofree char *target = NULL;
    SoupHTTPVersion version;
    if (len > G_MAXINT || memchr(head, '\0', len) ||
        soup_headers_parse_request(head, (int)len, request.headers, &request.method, &target,
                                   &version) != SOUP_STATUS_OK)
        return NULL;
    request.path = path_of(target);
    if (!request.path)
        return respond_text(&request, SOUP_STATUS_BAD_REQUEST, NULL, NULL, NULL);
    const char *host = soup_message_headers_get_list(request.headers, "Host");
    if (host && !lec_http_host_parse(host, &request.host))
        return respond_text(&request, SOUP_STATUS_BAD_REQUEST, NULL, NULL, NULL);
    return answer(&request);
}
