/*
 * What plain HTTP is answered with: nearly always the way to HTTPS, for nothing of value is said or
 * asked for without it. Pure, but for reading a certificate authority's challenge.
 */
#pragma once

#include "signalling/http-host.h"

typedef struct {
    const LecHttpNames *names; /* the box's */
    const char *address;       /* the box's own, as the asker reached it */
    guint16 https_port;
    GBytes *authority;      /* PEM for /ca.crt; NULL: there is none */
    const char *challenges; /* folder of ACME's answers; NULL or empty: none */
} LecHttpAnswers;

/*
 * head: a request's first line and headers, to the empty line. The whole response, after which the
 * connection closes; free it. NULL: that was no HTTP.
 *
 * Under the box's names: 308 to the same path by HTTPS, the authority's certificate, or a challenge
 * (RFC 8555 §8.3). Under any other: what devices look for when they want to know whether a network
 * leads anywhere, so that they stay on it; else 302 to the box's own address. Other methods than
 * GET and HEAD: 405.
 */
GBytes *lec_http_answer(const char *head, gsize len, const LecHttpAnswers *answers);
