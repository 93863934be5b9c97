/*
 * Plain HTTP: one request a connection, one answer, the end. Held tight: who comes here is on the
 * way to HTTPS, or a device that looks whether the network works.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct {
    guint connections; /* in all; the oldest goes where there is no room */
    guint connections_a_source;
    guint ms;               /* from connecting to the end of the answer */
    bool own_networks_only; /* who is elsewhere is not even answered */
} LecHttpPlainLimits;

extern const LecHttpPlainLimits lec_http_plain_limits_default;

#define LEC_HTTP_PLAIN_MAX_HEAD_BYTES 8192

typedef struct {
    /* head: to the empty line. local: the box's end of the connection. The whole response, or NULL
     * to close without one. */
    GBytes *(*asked)(const char *head, gsize len, GSocketAddress *local, void *user);
} LecHttpPlainEvents;

typedef struct LecHttpPlain LecHttpPlain;

LecHttpPlain *lec_http_plain_new(const LecHttpPlainLimits *limits, const LecHttpPlainEvents *events,
                                 void *user);
/* Once. Errors are GIO's, as binding gave them. port 0 takes any. */
bool lec_http_plain_listen(LecHttpPlain *self, guint16 port, GError **error);
/* A connection that somebody else has accepted, of which nothing has been read. */
void lec_http_plain_take(LecHttpPlain *self, GSocketConnection *socket);
void lec_http_plain_free(LecHttpPlain *self); /* closes every connection; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecHttpPlain, lec_http_plain_free)

/* For tests: the port where 0 was asked for, and how many connections there are. */
guint16 lec_http_plain_get_port(const LecHttpPlain *self);
guint lec_http_plain_count(const LecHttpPlain *self);
