/* What the facts mean. Pure. */
#pragma once

#include "common/net/netcheck-facts.h"
#include "common/net/netcheck.h"

/* Of LecNetcheckResult, owned by the array. */
GPtrArray *lec_netcheck_judge(const LecNetFacts *facts);
