/* lectern-receiver --status: a socket in the state folder that gives one JSON text to whoever
 * connects, its user only. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct LecStatus LecStatus;

/* describe returns the JSON text; free is up to the caller of it. */
LecStatus *lec_status_new(const char *state_folder, char *(*describe)(void *user), void *user,
                          GError **error);
void lec_status_free(LecStatus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecStatus, lec_status_free)

/* The other end: what the running receiver says. Free it. */
char *lec_status_ask(const char *state_folder, GError **error);
