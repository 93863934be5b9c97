/* Why the cloud cannot be reached, in a sentence for the display, by netcheck. */
#pragma once

#include "common/net/netcheck.h"

typedef struct LecCloudWhy LecCloudWhy;

/* config as lec_netcheck_new() takes it, and what it borrows outlives this. changed: from the main
 * loop; ask for the sentence again. */
LecCloudWhy *lec_cloud_why_new(const LecNetcheckConfig *config, void (*changed)(void *user),
                               void *user);
void lec_cloud_why_free(LecCloudWhy *self); /* no call follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCloudWhy, lec_cloud_why_free)

/* Looks, at most once a minute; the sentence before holds until it is known better. */
void lec_cloud_why_look(LecCloudWhy *self);
void lec_cloud_why_forget(LecCloudWhy *self); /* all is well again */
/* NULL: not known. */
const char *lec_cloud_why_get(const LecCloudWhy *self);
