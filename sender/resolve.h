/* From what the user typed to a host and a port: meeting ID, address, host name, or a box found on
 * this network by its name or its six-digit ID. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_RESOLVE_ERROR (lec_resolve_error_quark())
GQuark lec_resolve_error_quark(void);

typedef enum {
    LEC_RESOLVE_ERROR_USAGE,   /* cannot be an ID, a host or a name */
    LEC_RESOLVE_ERROR_UNKNOWN, /* no such box was found */
} LecResolveError;

/* error NULL: host and port are set. Called once, from the main loop. */
typedef void (*LecResolved)(const char *host, guint16 port, const GError *error, void *user);

typedef struct LecResolve LecResolve;
LecResolve *lec_resolve_new(const char *target, LecResolved resolved, void *user);
/* The digits where the target is a six-digit ID; NULL: it is something else. */
const char *lec_resolve_get_number(const LecResolve *self);
void lec_resolve_free(LecResolve *self); /* no call follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecResolve, lec_resolve_free)
