/* By what the boxes know this device again. */
#pragma once

#include "common/base/identity.h"
#include "sender/options.h"

LecIdentity *lec_own_identity_get(const LecShareOptions *options, GError **error);
