/* lectern: addresses, as a page, a mail or a calendar has them: lectern:3221225985. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

bool lec_address_is(const char *text);

/* What follows the scheme: a meeting ID or a host with or without a port. Anything more, a PIN
 * above all, is an error: addresses are passed on, kept in histories and clicked on unread. */
char *lec_address_read(const char *text, GError **error);
