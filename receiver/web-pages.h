/* The page for browsers, out of the program itself: what the build put together from sender/web. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "signalling/https-files.h"

#define LEC_WEB_PREFIX "/lectern/web"

/*
 * Puts every file that the table LEC_WEB_PREFIX/pages.json in resource names where the table says.
 * False, with nothing put, where the table or a file in it is not as it should be.
 */
bool lec_web_pages_put(GResource *resource, LecHttpsFiles *files, GError **error);
