/*
 * The HTTP side of the interface for programs: what lies under LEC_API_PATH, as values. It knows
 * libsoup and nothing of what is asked for.
 */
#pragma once

#include "signalling/https-server.h"

#define LEC_API_PATH "/api"

/* Borrowed; NULL where there is no such header. */
typedef struct {
    const char *method, *path;
    const char *source; /* see lec_source_key() */
    const char *bearer;
    const char *type; /* of the body, without parameters */
    const char *if_none_match;
    const char *body;
    gsize len;
} LecApiRequest;

/* Never is an answer kept by anybody in between. */
typedef struct {
    guint status;
    const char *type;      /* of the body; borrowed */
    char *body;            /* taken; NULL: none */
    char *etag;            /* taken, with its quotation marks; NULL: none */
    char *allow;           /* taken: the methods of a 405; NULL */
    const char *challenge; /* WWW-Authenticate; borrowed; NULL */
    guint retry_after_s;   /* 0: nothing is said of it */
} LecApiAnswer;

typedef void (*LecApiHandler)(const LecApiRequest *request, LecApiAnswer *ret, void *user);

typedef struct LecHttpApi LecHttpApi;

LecHttpApi *lec_http_api_new(LecHttpsServer *server, LecApiHandler handler, void *user);
void lec_http_api_free(LecHttpApi *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecHttpApi, lec_http_api_free)
