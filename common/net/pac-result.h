/* What a PAC file answers, "PROXY a:3128; SOCKS5 b:1080; DIRECT", for GIO. */
#pragma once

#include "common/net/credentials.h"

#define LEC_PAC_RESULT_MAX_BYTES 4096
#define LEC_PAC_RESULT_MAX_PROXIES 16

/*
 * URLs in order, with credentials (NULL: none) where they are proxies; "direct://" for DIRECT and
 * for an empty answer. What is not understood is passed over; an error where nothing is left.
 */
char **lec_pac_result_parse(const char *text, const LecCredentials *credentials, GError **error);
