/* lectern-receiver --netcheck: what this box's network does, by its settings. */
#pragma once

#include "receiver/settings.h"

/* Prints to standard output; blocks for 15 s at most. The program's exit status: 0, 1 where a check
 * failed, 2 where the settings cannot be used. */
int lec_netcheck_command(const LecSettings *settings, const LecOptions *options);
