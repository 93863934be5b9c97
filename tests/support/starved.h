/* Whether the machine kept its programs waiting while a test measured time: then the measurement
 * says nothing, and may be repeated. starved.py has the same rule. */
#pragma once

#include <stdbool.h>

typedef struct LecStarved LecStarved;

LecStarved *lec_starved_watch(void);
/* True where it did; what was seen then stands in the test's output. Frees. */
bool lec_starved_end(LecStarved *self);
