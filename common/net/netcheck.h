/*
 * Looks what a network does with what Lectern needs of it: names, clock, port 443, certificates,
 * proxies, UDP, address translation, multicast, neighbours. Says in sentences what it found, what
 * to do and which line of a firewall to ask for. Nothing secret is said to anybody.
 */
#pragma once

#include "common/base/fingerprint.h"
#include "common/net/proxy.h"

#include <gio/gio.h>

typedef enum {
    LEC_NETCHECK_OK,
    LEC_NETCHECK_UNKNOWN, /* it cannot be told from here; the sentence says why */
    LEC_NETCHECK_WARN,    /* something works less well */
    LEC_NETCHECK_FAIL,    /* meetings across the Internet do not work */
} LecNetcheckState;

typedef struct {
    const char *name; /* "dns", "clock", "https", "certificate", "proxy", "udp", "nat", "relay",
                         "multicast", "isolation" */
    LecNetcheckState state;
    char *sentence;
    char *advice;   /* what to do; NULL: nothing */
    char *firewall; /* what to ask for, a line; NULL: nothing */
} LecNetcheckResult;

typedef struct {
    const char *cloud;          /* "cloud.example.org"; NULL: only what is near is looked at */
    const LecProxy *proxy;      /* outlives the check; NULL: none */
    GTlsDatabase *anchors;      /* of the cloud; NULL: the system's. Reffed */
    const LecFingerprint *pins; /* of the cloud's key; copied */
    guint n_pins;
    bool first_use;   /* the key counts, not the authority */
    const char *peer; /* the address of another machine on this network; NULL: none is known */
} LecNetcheckConfig;

typedef struct LecNetcheck LecNetcheck;

/* results: of LecNetcheckResult, in a sensible order, valid for the call; within 15 s, from the
 * main loop. */
typedef void (*LecNetcheckDone)(const GPtrArray *results, void *user);

LecNetcheck *lec_netcheck_new(const LecNetcheckConfig *config, LecNetcheckDone done, void *user);
void lec_netcheck_free(LecNetcheck *self); /* no call follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecNetcheck, lec_netcheck_free)

LecNetcheckState lec_netcheck_get_worst(const GPtrArray *results);
/* For people, in lines, or as JSON. Free it. */
char *lec_netcheck_write_text(const GPtrArray *results);
char *lec_netcheck_write_json(const GPtrArray *results);

/* For commands: blocks, prints the results to standard output; the exit status: 0, or 1 where a
 * check failed. */
int lec_netcheck_run(const LecNetcheckConfig *config, bool json);
