/* Gets a PAC file's text. */
#pragma once

#include <gio/gio.h>

#define LEC_PAC_MAX_BYTES (1024 * 1024)
#define LEC_PAC_FETCH_S 10

/* place: a path, or an http or https URL, asked for without any proxy. Blocks. */
GBytes *lec_pac_fetch(const char *place, GCancellable *cancellable, GError **error);
