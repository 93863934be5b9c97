/*
 * The box's HTTPS server (libsoup 3): one listener with limits on everything a stranger controls: connections in all and a
 * source, time for the TLS handshake and for an idle connection, size of a request. Doors and pages hang their paths in it.
 */
#pragma once

#include "common/base/identity.h"

#define LEC_HTTPS_ERROR (lec_https_error_quark())
GQuark lec_https_error_quark(void);

typedef enum {
    LEC_HTTPS_ERROR_PORT_TAKEN,
    LEC_HTTPS_ERROR_PORT_DENIED, /* below 1024 without the right */
    LEC_HTTPS_ERROR_FAILED,
} LecHttpsError;

typedef struct LecHttpsServer LecHttpsServer;
typedef struct _SoupServer SoupServer;

/* Listens at once on port, IPv4 and IPv6; 0 takes any. The certificate is identity's. */
LecHttpsServer *lec_https_server_new(const LecIdentity *identity, guint16 port, GError **error);
void lec_https_server_free(LecHttpsServer *self); /* closes every connection */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecHttpsServer, lec_https_server_free)

guint16 lec_https_server_get_port(const LecHttpsServer *self);
SoupServer *lec_https_server_get_soup(LecHttpsServer *self); /* borrowed */
guint lec_https_server_count_connections(const LecHttpsServer *self);
