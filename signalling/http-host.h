/*
 * The names that the box answers to over HTTP. A page from elsewhere can have its own name resolve
 * to the box's address and then speak to the box as if it were its own server (DNS rebinding); what
 * gives it away is the name in Host. Pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_HTTP_HOST_SIZE 256 /* 253 bytes of a name (RFC 1035 §3.1) and the NUL */

typedef struct {
    char
        name[LEC_HTTP_HOST_SIZE]; /* lower case; an address as inet_ntop() writes it, no brackets */
    bool is_address;
    guint16 port; /* 0: not given */
} LecHttpHost;

/* Reads a Host header (RFC 9110 §7.2): a name, IPv4 address or [IPv6 address], and perhaps a port.
 * False, with ret untouched, for anything else. */
bool lec_http_host_parse(const char *text, LecHttpHost *ret);

/* As a Host header or the authority of a URI. port 0: without one. Free it. */
char *lec_http_host_format(const char *name, guint16 port);

typedef struct LecHttpNames LecHttpNames;
LecHttpNames *lec_http_names_new(void); /* localhost is in */
void lec_http_names_free(LecHttpNames *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecHttpNames, lec_http_names_free)

/* A name without a port; "*.example.org" stands for one label in the star's place, as in a
 * certificate. False where it is no name. */
bool lec_http_names_add(LecHttpNames *self, const char *name);
void lec_http_names_clear(LecHttpNames *self); /* but for localhost */

/* Addresses are always in: who names one cannot be led astray by DNS. */
bool lec_http_names_has(const LecHttpNames *self, const LecHttpHost *host);
