/* Throws a device out of every box of the fleet, or lets it in again: an item of the cloud's news
 * (signalling/revocation.h), which the boxes hear at once. */
#pragma once

#include "admin/context.h"

typedef struct LecAdminDevice LecAdminDevice;

/* revoke: otherwise it is let in again; device, until and reason are the options'. */
LecAdminDevice *lec_admin_device_new(const LecAdminContext *context, bool revoke,
                                     LecAdminEnded ended, void *user);
void lec_admin_device_free(LecAdminDevice *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAdminDevice, lec_admin_device_free)

/* <pubsub> that makes the node; its failing because it is there already is no failure. */
LecStanza *lec_admin_device_make_node(void);
