/* A relay of a test's own: coturn on loopback, over UDP and inside TLS, with an authority of its
 * own behind its certificate. */
#pragma once

#include "common/base/relay.h"

#include <gio/gio.h>

typedef struct TestTurn TestTurn;

/* NULL, with a sentence for g_test_skip(), where coturn is not installed. */
TestTurn *test_turn_start(GError **error);
void test_turn_free(TestTurn *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestTurn, test_turn_free)

/* kinds: which of its services to list. password: NULL for the right one. Free with
 * lec_relays_unref(). */
LecRelays *test_turn_list(const TestTurn *self, const LecRelayKind *kinds, guint count,
                          const char *password);
/* What its certificate is checked by. Owned by self. */
GTlsDatabase *test_turn_get_anchors(const TestTurn *self);
/* Of its process, as digits. Owned by self. */
const char *test_turn_get_pid(const TestTurn *self);
