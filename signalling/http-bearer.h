/* The bearer token of a request. Pure. */
#pragma once

/* In an Authorization header's value (RFC 6750 §2.1), which may be NULL; borrowed. NULL: there is
 * none, or none that could be one of ours. */
const char *lec_http_bearer_find(const char *authorization);
