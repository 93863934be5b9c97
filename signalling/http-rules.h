/* What every request to the box is held against before any page, door or interface sees it: whom
 * it addresses, and on whose behalf a browser sends it. Pure. */
#pragma once

#include "signalling/http-host.h"

/* Of a request's head; NULL where there is no such header. Where one came more than once, all of
 * it, with commas. */
typedef struct {
    const char *method;
    const char *host;
    const char *origin;
    const char *authorization;
    const char *fetch_site, *fetch_mode, *fetch_dest; /* Sec-Fetch-… */
    bool websocket;                                   /* it asks to become one */
} LecHttpRequest;

/*
 * 0: it may pass. Otherwise the status that it is answered with, and nothing else:
 * 421 under a name that is not the box's;
 * 403 where a page of another origin is behind it and it is more than following a link;
 * 401 where it wants to change something and brings neither its origin nor a token.
 */
guint lec_http_judge(const LecHttpRequest *request, const LecHttpNames *names);
