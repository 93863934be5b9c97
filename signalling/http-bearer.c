/* Finds the token behind the word Bearer. */
#include "signalling/http-bearer.h"

#include <glib.h>
#include <string.h>

#define SCHEME "Bearer "
#define MAX_BYTES 256

const char *lec_http_bearer_find(const char *authorization) {
    if (!authorization || g_ascii_strncasecmp(authorization, SCHEME, strlen(SCHEME)) != 0)
        return NULL;
    const char *token = authorization + strlen(SCHEME);
    token += strspn(token, " ");
    return *token != '\0' && strlen(token) <= MAX_BYTES ? token : NULL;
}
