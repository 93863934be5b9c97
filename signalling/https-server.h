/*
 * The box's HTTPS server (libsoup 3): one listener with limits on everything a stranger controls:
 * connections in all and a source, time for the TLS handshake and for an idle connection, size of a
 * request. Doors and pages hang their paths in it.
 */
#pragma once

#include "common/base/identity.h"
#include "signalling/http-host.h"
#include "signalling/tls-gate.h"

#define LEC_HTTPS_ERROR (lec_https_error_quark())
GQuark lec_https_error_quark(void);

typedef enum {
    LEC_HTTPS_ERROR_PORT_TAKEN,
    LEC_HTTPS_ERROR_PORT_DENIED, /* below 1024 without the right */
    LEC_HTTPS_ERROR_FAILED,
} LecHttpsError;

#define LEC_HTTPS_MAX_BODY_BYTES (64 * 1024)

typedef struct LecHttpsServer LecHttpsServer;
typedef struct _SoupServer SoupServer;
typedef struct _SoupServerMessage SoupServerMessage;

/*
 * Listens at once on port, IPv4 and IPv6; 0 takes any. The certificate is identity's. What no
 * handler takes is answered with 404, a body over LEC_HTTPS_MAX_BODY_BYTES with 413; what
 * signalling/http-rules.h does not let in reaches no handler.
 */
LecHttpsServer *lec_https_server_new(const LecIdentity *identity, guint16 port, GError **error);
LecHttpsServer *lec_https_server_new_with_limits(const LecIdentity *identity, guint16 port,
                                                 const LecGateLimits *limits, GError **error);
void lec_https_server_free(LecHttpsServer *self); /* closes every connection */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecHttpsServer, lec_https_server_free)

/* Another certificate, with those above it, and its key, for connections that come; those that are
 * there go on. False with the one before in place. */
bool lec_https_server_set_certificate(LecHttpsServer *self, const char *certificate_pem,
                                      const char *key_pem, GError **error);

/* Who takes connections that speak plain HTTP: browsers try it first where a person types an
 * address with a port. NULL: they are shut. */
void lec_https_server_set_plain(LecHttpsServer *self,
                                void (*take)(GSocketConnection *socket, void *user), void *user);

guint16 lec_https_server_get_port(const LecHttpsServer *self);
SoupServer *lec_https_server_get_soup(LecHttpsServer *self); /* borrowed */
/* The names that it may be addressed by, besides addresses and localhost; borrowed, to add to. */
LecHttpNames *lec_https_server_get_names(LecHttpsServer *self);
guint lec_https_server_count_connections(const LecHttpsServer *self);

/* The meter of the connection that request came over, borrowed; NULL where that is being closed
 * already. */
LecMeter *lec_https_request_get_meter(SoupServerMessage *request);
