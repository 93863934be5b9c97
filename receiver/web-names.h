/* The names that the box goes by on the network, as browsers would address it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The words of the setting host-names, parted by spaces or commas. NULL with error where one is no
 * name. */
char **lec_web_names_read(const char *host_names, GError **error);

/*
 * Those, the machine's name with and without its domain, the same under .local, and published (what
 * mDNS says; NULL: nothing). Each once, lower case. host_names was read before.
 */
char **lec_web_names_list(const char *host_names, const char *machine, const char *published);
