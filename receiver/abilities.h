/* What the box can take: codecs, feedback and header extensions, for lec_sdp_negotiate(). */
#pragma once

#include "common/base/media-params.h"

/* Fills the sections and leaves the rest of params alone. */
void lec_abilities_describe(LecMediaParams *params);
