/* What netcheck's probes found out, before anybody draws conclusions. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* One try to reach a host on TCP 443, by HTTPS, where nothing secret is said. */
typedef struct {
    char *host;     /* NULL: not tried */
    bool connected; /* TCP, or what a proxy says is it */
    bool secured;   /* a TLS handshake was finished, whoever it was with */
    bool via_proxy;
    GTlsCertificateFlags flaws; /* of the certificate that came */
    bool pin_differs;           /* there are pins, and none is its key's */
    bool pinned;                /* there are pins */
    char *issuer;               /* who signed the topmost certificate; NULL: none came */
    gint64 date_s, own_s;       /* the answer's date and our clock at that time; 0: no answer */
    char *why;                  /* it failed; NULL: it did not */
} LecNetHttps;

typedef enum { LEC_NET_UNTRIED, LEC_NET_FOUND, LEC_NET_NOT_FOUND, LEC_NET_SILENT } LecNetLookup;

#define LEC_NET_STUN_SERVERS 2

typedef struct {
    guint asked, answered;              /* servers */
    char *mapped[LEC_NET_STUN_SERVERS]; /* "192.0.2.1:5000", as each has seen us */
    bool own_address;                   /* the first is one of this machine's */
    char *why;                          /* nothing could be sent at all; NULL: it could */
} LecNetStun;

typedef struct {
    guint others; /* machines that were heard by multicast DNS */
    char *why;    /* it could not even be asked; NULL: it could */
} LecNetMulticast;

typedef enum {
    LEC_NET_REACH_UNTRIED,
    LEC_NET_REACHES, /* it answers, be it with a refusal */
    LEC_NET_SILENCE,
} LecNetReach;

typedef struct {
    const char *cloud, *peer;    /* NULL: not asked about */
    const char *proxy;           /* its description; NULL: none is set */
    bool first_use;              /* the key alone counts */
    LecNetLookup lookup;         /* of the cloud's names, the worst of them */
    char *missing;               /* the name that was worst; NULL: none */
    LecNetHttps direct, proxied; /* to the cloud's web server */
    LecNetHttps box, relay;      /* to where boxes and relayed pictures go, by whatever way */
    LecNetStun stun;
    LecNetMulticast multicast;
    LecNetReach gateway_reach, peer_reach;
} LecNetFacts;

void lec_net_facts_clear(LecNetFacts *self);
