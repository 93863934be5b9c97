/* The administrator's side of an enrolment: opens the room that the code names, proves the code to
 * the box that comes, makes its account and hands it over. */
#pragma once

#include "admin/context.h"

typedef struct LecAdminEnrol LecAdminEnrol;

/* code: as lec_enrol_read_code() gives it; copied. spare: NULL: none. */
LecAdminEnrol *lec_admin_enrol_new(const LecAdminContext *context, const char *code,
                                   const LecFingerprint *spare, LecAdminEnded ended, void *user);
void lec_admin_enrol_free(LecAdminEnrol *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAdminEnrol, lec_admin_enrol_free)
