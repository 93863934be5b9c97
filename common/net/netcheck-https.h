/* Netcheck's try of a host on TCP 443: connects, shakes hands with whoever answers, asks for the
 * time. */
#pragma once

#include "common/base/fingerprint.h"
#include "common/net/netcheck-facts.h"

typedef struct {
    const char *host;           /* also the name that the certificate is to have */
    GProxyResolver *resolver;   /* NULL: straight there */
    GTlsDatabase *anchors;      /* NULL: the system's */
    const LecFingerprint *pins; /* copied, as are the others */
    guint n_pins;
    bool ask_time; /* it speaks HTTP */
    guint timeout_s;
} LecNetHttpsConfig;

typedef struct LecNetHttpsProbe LecNetHttpsProbe;

/* facts outlives the probe; done is called once, from the main loop, and may free it. */
LecNetHttpsProbe *lec_net_https_probe_new(const LecNetHttpsConfig *config, LecNetHttps *facts,
                                          void (*done)(void *user), void *user);
void lec_net_https_probe_free(LecNetHttpsProbe *self); /* done is not called any more */
