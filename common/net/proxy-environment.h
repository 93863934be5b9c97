/* Proxies of the environment: https_proxy, all_proxy, http_proxy, no_proxy. */
#pragma once

#include "common/net/proxy-url.h"

#include <gio/gio.h>

/*
 * The proxy that the environment names (for everything of ours is inside TLS, https_proxy first),
 * and those hosts that it is not for. NULL: it names none, or none that can be used, which is
 * logged. credentials (NULL: its own, or none): in place of those in it. ret_url may be NULL.
 */
GProxyResolver *lec_proxy_environment_get(const LecCredentials *credentials, LecProxyUrl **ret_url);
