/* Runs a PAC file in lectern-pac, a program of its own. */
#pragma once

#include <gio/gio.h>

#define LEC_PAC_RUN_S 5

/* What the script answers for uri. Blocks, for LEC_PAC_RUN_S at most. */
char *lec_pac_run(GBytes *script, const char *uri, GError **error);
