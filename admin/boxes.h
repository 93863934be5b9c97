/* The commands that are one look at the cloud, or one change in it. Each prints what there is to
 * print; false: error is set. */
#pragma once

#include "admin/context.h"

/* The shared group whose members are let in nowhere (packaging/cloud/ejabberd.yml). */
#define LEC_ADMIN_REVOKED "revoked"

bool lec_admin_print_boxes(const LecAdminContext *context, GError **error);
bool lec_admin_print_status(const LecAdminContext *context, GError **error);
bool lec_admin_revoke_box(const LecAdminContext *context, GError **error);
bool lec_admin_restore_box(const LecAdminContext *context, GError **error);
bool lec_admin_remove_box(const LecAdminContext *context, GError **error);

/* Whether the cloud has an account of that name: 1, 0; -1: error. */
int lec_admin_has_box(const LecAdminContext *context, const char *name, GError **error);
