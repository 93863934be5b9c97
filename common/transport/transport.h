/* What the links of this folder ask of the transport thread beyond the public part in link.h. */
#pragma once

#include "common/transport/link.h"

/* The thread's context: every source of a link hangs there. Borrowed. */
GMainContext *lec_transport_get_context(LecTransport *self);

/*
 * Runs func(data) on the transport thread and waits for its end: for taking a link down, where the
 * owner must know that no callback follows. Not from the transport thread itself.
 */
void lec_transport_call(LecTransport *self, void (*func)(gpointer data), gpointer data);
