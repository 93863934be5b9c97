/* What every command of lectern-admin works with; borrowed, outlives them. */
#pragma once

#include "admin/api.h"
#include "admin/options.h"
#include "admin/secret.h"
#include "common/base/identity.h"

typedef struct {
    const LecAdminOptions *options;
    const LecAdminAccount *account;
    LecAdminApi *api;
    const LecProxy *proxy;
    const LecIdentity *identity; /* enrol: the administrator's own */
    const char *boxes;           /* "boxes.HOST" */
} LecAdminContext;
