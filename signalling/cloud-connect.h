/*
 * One connection to the cloud: TCP, through a proxy where there is one, then TLS with the server's
 * certificate checked before a byte of ours goes through. Asynchronous throughout; runs on the
 * thread's default context.
 */
#pragma once

#include "common/base/fingerprint.h"

#include <gio/gio.h>

#define LEC_CLOUD_ERROR (lec_cloud_error_quark())
GQuark lec_cloud_error_quark(void);

typedef enum {
    LEC_CLOUD_ERROR_UNREACHABLE, /* no address, no route, nobody listens, no answer in time */
    LEC_CLOUD_ERROR_UNTRUSTED,   /* its certificate or its key is not what we trust */
} LecCloudError;

typedef enum {
    LEC_CLOUD_TRUST_CA,        /* full chain and name, and a pin where there are any */
    LEC_CLOUD_TRUST_FIRST_USE, /* a pin; where there is none yet, any key, which is then told */
} LecCloudTrust;

#define LEC_CLOUD_PINS_MAX 4

typedef struct {
    const char *name;    /* of the server: in its certificate, and sent as SNI */
    const char *address; /* where it is; NULL: name */
    guint16 port;
    LecCloudTrust trust;
    const char *ca_file; /* PEM, trusted besides the system's; NULL: none */
    LecFingerprint pins[LEC_CLOUD_PINS_MAX];
    guint n_pins;
    GTlsCertificate *certificate; /* ours, with its key, shown where asked for; NULL: none */
    GProxyResolver *resolver;     /* NULL: no proxy */
} LecCloudServer;

typedef struct {
    /* Takes stream. key: the server's. */
    void (*connected)(GIOStream *stream, const LecFingerprint *key, void *user);
    void (*failed)(const GError *error, void *user); /* LEC_CLOUD_ERROR, a sentence */
} LecCloudConnectEvents;

typedef struct LecCloudConnect LecCloudConnect;

/* server is borrowed, outlives it. */
LecCloudConnect *lec_cloud_connect_new(const LecCloudServer *server,
                                       const LecCloudConnectEvents *events, void *user);
void lec_cloud_connect_free(LecCloudConnect *self); /* also within its events; none follows */
