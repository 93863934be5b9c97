/* The one place where requests are let in or not, whatever they are for. */
#include "signalling/http-rules.h"

#include <string.h>

#define SCHEME "https://"
#define BEARER "Bearer "

/* Only a page from the box itself has this origin: scheme, name and port. */
static bool origin_is_own(const LecHttpRequest *request) {
    return g_str_has_prefix(request->origin, SCHEME) &&
           g_ascii_strcasecmp(request->origin + strlen(SCHEME), request->host) == 0;
}

static bool is_reading(const char *method) {
    return !strcmp(method, "GET") || !strcmp(method, "HEAD");
}

/* Following a link to the box is everybody's right; the page then opened is the box's own, and may
 * not be framed. */
static bool is_navigation(const LecHttpRequest *request) {
    return is_reading(request->method) && request->fetch_mode &&
           !strcmp(request->fetch_mode, "navigate") && request->fetch_dest &&
           !strcmp(request->fetch_dest, "document");
}

/* Fetch Metadata: browsers say whose page is behind a request; programs say nothing. "none" is the
 * address bar. */
static bool is_from_elsewhere(const LecHttpRequest *request) {
    return request->fetch_site && strcmp(request->fetch_site, "same-origin") != 0 &&
           strcmp(request->fetch_site, "none") != 0 && !is_navigation(request);
}

static bool has_token(const LecHttpRequest *request) {
    return request->authorization &&
           g_ascii_strncasecmp(request->authorization, BEARER, strlen(BEARER)) == 0 &&
           request->authorization[strlen(BEARER)] != '\0';
}

guint lec_http_judge(const LecHttpRequest *request, const LecHttpNames *names) {
    LecHttpHost host;
    if (!lec_http_host_parse(request->host, &host) || !lec_http_names_has(names, &host))
        return 421;
    /*
     * A page from elsewhere may open a WebSocket to the box from a visitor's browser, with no
     * preflight to forbid it; only Origin tells (RFC 6455 §10.2). Programs send none. Browsers do
     * not agree on Sec-Fetch-Site here: to some wss is another site than https.
     */
    if (request->websocket && !strcmp(request->method, "GET"))
        return request->origin && !origin_is_own(request) ? 403 : 0;
    if (is_from_elsewhere(request))
        return 403;
    if (is_reading(request->method))
        return 0;
    if (request->origin)
        return origin_is_own(request) ? 0 : 403;
    return has_token(request) ? 0 : 401;
}
