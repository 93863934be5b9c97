/* One sharing from beginning to end: finds the box, joins it, proves the PIN, sends the picture
 * until somebody stops. */
#pragma once

#include "common/base/identity.h"
#include "sender/options.h"

/* The exit statuses that scripts rely on. */
typedef enum {
    LEC_SHARE_ENDED = 0,
    LEC_SHARE_USAGE = 2,
    LEC_SHARE_UNREACHABLE = 3,
    LEC_SHARE_REFUSED = 4,
    LEC_SHARE_LOST = 5,
} LecShareStatus;

typedef struct LecShare LecShare;

/* ended is called once, from the main loop; sentence NULL where there is nothing to say. options
 * and identity are borrowed. */
LecShare *lec_share_new(const LecShareOptions *options, const LecIdentity *identity,
                        void (*ended)(LecShareStatus status, const char *sentence, void *user),
                        void *user);
void lec_share_free(LecShare *self); /* says goodbye to the box */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecShare, lec_share_free)
