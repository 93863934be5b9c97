/*
 * Two ends of one connection within this process, for a library that insists on connecting a TCP
 * socket of its own. The near end is ours; the far end is the library's, which connects it to the
 * pair's port and must turn out to be a descriptor of this very process, so that nobody else on the
 * machine gets in between.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct LecLoopbackPair LecLoopbackPair;

LecLoopbackPair *lec_loopback_pair_new(GError **error); /* listens on 127.0.0.1 */
void lec_loopback_pair_free(LecLoopbackPair *self);     /* closes the near end */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecLoopbackPair, lec_loopback_pair_free)

guint16 lec_loopback_pair_get_port(const LecLoopbackPair *self);

/* Once the far end has begun to connect: takes that one connection and closes the port. Does not
 * wait. */
bool lec_loopback_pair_accept(LecLoopbackPair *self, GError **error);

int lec_loopback_pair_get_near(const LecLoopbackPair *self); /* does not block */
int lec_loopback_pair_get_far(const LecLoopbackPair *self);  /* the library's */
