/* The URL of one proxy, as people write it. */
#pragma once

#include "common/net/credentials.h"

typedef struct {
    char *scheme; /* of GIO: "http", "https", "socks5", "socks4a" */
    char *host;
    int port;
    char *user, *password; /* NULL: none */
} LecProxyUrl;

/*
 * "http://HOST:PORT" and the like; without a scheme where bare is set, as environments have it.
 * A user and password in it are an error unless secrets is set.
 */
LecProxyUrl *lec_proxy_url_parse(const char *text, bool bare, bool secrets, GError **error);
void lec_proxy_url_free(LecProxyUrl *self); /* wipes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecProxyUrl, lec_proxy_url_free)

/* For GIO, in memory alone: with credentials (NULL: its own, or none). Free it. */
char *lec_proxy_url_write(const LecProxyUrl *self, const LecCredentials *credentials);
/* "HTTP proxy proxy.example:3128". Free it. */
char *lec_proxy_url_describe(const LecProxyUrl *self);
