/* The devices that may present nowhere in the fleet, for a time or for good, as the cloud has told;
 * kept in revocations.json in the state folder, so that they hold after a restart, too. */
#pragma once

#include "signalling/revocation.h"

#define LEC_REVOCATIONS_MAX 4000 /* more, one by one, and the oldest go */

#define LEC_REVOCATIONS_ERROR (lec_revocations_error_quark())
GQuark lec_revocations_error_quark(void);

typedef enum {
    LEC_REVOCATIONS_ERROR_FILE,    /* cannot be read or written */
    LEC_REVOCATIONS_ERROR_INVALID, /* there, and not a list of revocations */
} LecRevocationsError;

typedef struct LecRevocations LecRevocations;

/* An empty list where there is no file. NULL: the file is there and cannot be believed: better no
 * box than one that lets in whom it should not. */
LecRevocations *lec_revocations_load(const char *state_folder, GError **error);
void lec_revocations_free(LecRevocations *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecRevocations, lec_revocations_free)

/* Each writes the file where something changed, and logs where that fails: the list holds all the
 * same. now_s: Unix time; what is over by then is forgotten. */
void lec_revocations_replace(LecRevocations *self, const GArray *revocations, gint64 now_s);
void lec_revocations_add(LecRevocations *self, const LecRevocation *revocation, gint64 now_s);
void lec_revocations_remove(LecRevocations *self, const LecFingerprint *device, gint64 now_s);

bool lec_revocations_contain(const LecRevocations *self, const LecFingerprint *device,
                             gint64 now_s);
guint lec_revocations_count(const LecRevocations *self, gint64 now_s);
