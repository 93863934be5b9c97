/* What every command of lectern-admin works with; borrowed, outlives them. */
#pragma once

#include "admin/api.h"
#include "admin/options.h"
#include "admin/secret.h"
#include "common/base/identity.h"
#include "signalling/errand.h"

typedef struct {
    const LecAdminOptions *options;
    const LecAdminAccount *account;
    LecAdminApi *api;
    const LecProxy *proxy;
    const LecIdentity *identity; /* enrol: the administrator's own */
    const char *boxes;           /* "boxes.HOST" */
} LecAdminContext;

/* How a command that takes its time ends, once; sentence: for people. */
typedef void (*LecAdminEnded)(LecAdminStatus status, const char *sentence, void *user);

/* The administrator's XMPP session. */
static inline LecErrandConfig lec_admin_session(const LecAdminContext *context) {
    return (LecErrandConfig){
        .server = {.name = context->boxes,
                   .port = 443,
                   .ca_file = context->options->ca,
                   .resolver = lec_proxy_get_resolver(context->proxy)},
        .domain = context->boxes,
        .user = context->account->user,
        .password = context->account->password,
    };
}

static inline LecAdminStatus lec_admin_status_of_session(const GError *error) {
    return error->domain == LEC_CLOUD_ERROR ? LEC_ADMIN_UNREACHABLE : LEC_ADMIN_REFUSED;
}
