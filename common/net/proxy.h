/*
 * Which proxy leads to a host: the system's settings, none, a URL (HTTP CONNECT or SOCKS5) or a PAC
 * file, with credentials that never stand in a URL of ours, in argv or in a log.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#define LEC_PROXY_ERROR (lec_proxy_error_quark())
GQuark lec_proxy_error_quark(void);

typedef enum {
    LEC_PROXY_ERROR_USAGE,       /* not a proxy that we can use */
    LEC_PROXY_ERROR_CREDENTIALS, /* the credentials' file cannot be read, or others can read it */
    LEC_PROXY_ERROR_PAC,         /* the PAC file cannot be had or run */
} LecProxyError;

/*
 * text: "system" (or NULL), "none", "http://HOST:PORT", "socks5://HOST:PORT", "pac:FILE" or
 * "pac+http(s)://…". A URL with a password in it is refused. credentials_file: NULL, or a file that
 * only its owner can read, first line user, second line password; for http and socks5, and for
 * whatever a PAC file names.
 */
typedef struct LecProxy LecProxy;
LecProxy *lec_proxy_new(const char *text, const char *credentials_file, GError **error);
void lec_proxy_free(LecProxy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecProxy, lec_proxy_free)

/* For GSocketClient; owned by self. Any thread. */
GProxyResolver *lec_proxy_get_resolver(const LecProxy *self);
/*
 * The same for boxes, which are seldom behind a proxy: a host on this network (a private or
 * link-local address, a name in .local or without a dot) is dialled directly, and only where a
 * proxy was named in so many words that one is tried too. Loopback is always direct.
 * For libsoup, whose ways of proving who one is to an HTTP proxy are more than GIO's: such a
 * proxy's URL comes without a login, which is for the signal "authenticate".
 */
GProxyResolver *lec_proxy_get_box_resolver(const LecProxy *self);
/* False: there is none. Owned by self; never to be written anywhere. */
bool lec_proxy_get_login(const LecProxy *self, const char **ret_user, const char **ret_password);
/* "none", "HTTP proxy proxy.example:3128", for people and netcheck; without credentials. */
const char *lec_proxy_get_description(const LecProxy *self);
