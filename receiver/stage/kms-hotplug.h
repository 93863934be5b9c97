/* The kernel's word that a screen was plugged in, switched on or taken away. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A source that calls on_change on main; NULL with a logged warning where the kernel does not tell
 * us. */
GSource *lec_kms_hotplug_watch(void (*on_change)(void *user), void *user);

/* Whether a uevent (strings, each closed by a NUL: "change@/devices/…", "SUBSYSTEM=drm", …) is one.
 * Pure. */
bool lec_kms_is_hotplug(const char *message, gsize length);
