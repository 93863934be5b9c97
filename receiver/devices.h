/* A list of devices by their fingerprints, as the settings name them. Pure. */
#pragma once

#include "common/base/fingerprint.h"

typedef struct LecDevices LecDevices;

/* text: fingerprints as lec_fingerprint_format() writes them, parted by spaces or commas. NULL with
 * LEC_CONFIG_ERROR_VALUE, which names key, where a word is none. */
LecDevices *lec_devices_parse(const char *text, const char *key, GError **error);
void lec_devices_free(LecDevices *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDevices, lec_devices_free)

bool lec_devices_contain(const LecDevices *self, const LecFingerprint *device);
guint lec_devices_count(const LecDevices *self);
