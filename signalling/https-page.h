/* Fixed pages of the box's HTTPS server, under a policy that lets them load nothing and be framed
 * by nobody. */
#pragma once

#include "signalling/https-server.h"

/* body: static text, not copied. Other paths below path are answered with 404. */
void lec_https_page_serve(LecHttpsServer *server, const char *path, const char *content_type,
                          const char *body);
