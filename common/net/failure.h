/* Why a host far away cannot be had, in a sentence for people. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct {
    const char *host;
    guint16 port;
    bool via_proxy;             /* one was spoken to */
    GTlsCertificateFlags flaws; /* of the certificate that came */
    const char *tls_name;       /* that it ought to have; NULL: no TLS */
    guint timeout_s;            /* has passed; 0: it has not */
} LecFailure;

/* cause may be NULL where the time has passed. Its domain and code, with a sentence of ours. */
GError *lec_failure_explain(const LecFailure *self, const GError *cause);
