/* A sound server of a test's own: PulseAudio with a silent output, on a socket in a folder of its
 * own. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct TestPulse TestPulse;

/* Points PULSE_SERVER at it. NULL, with a sentence for g_test_skip(), where PulseAudio is not
 * installed. */
TestPulse *test_pulse_start(GError **error);
void test_pulse_free(TestPulse *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestPulse, test_pulse_free)
