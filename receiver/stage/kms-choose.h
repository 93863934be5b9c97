/* Which connector, mode and CRTC to show on: pure, from what the kernel lists. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_KMS_LIST_MAX 64 /* modes of a connector that are looked at */

/*
 * Pictures are composed by the processor, so a 4K screen is driven with a mode up to this size
 * where it has one: its own scaler is faster.
 */
#define LEC_KMS_PIXELS_MAX (1920 * 1200)

typedef struct {
    guint width, height, refresh_mhz;
    bool preferred, interlaced;
} LecKmsMode;

typedef struct {
    bool connected;
    guint32 crtcs; /* a bit for each CRTC that can drive it, by index */
    LecKmsMode modes[LEC_KMS_LIST_MAX];
    guint n_modes;
} LecKmsConnector;

typedef struct {
    guint connector, mode, crtc; /* indices */
} LecKmsChoice;

/* width, height: a size that is asked for, or 0. False where nothing is connected that can be
 * driven. */
bool lec_kms_choose(const LecKmsConnector *connectors, guint n_connectors, guint width,
                    guint height, LecKmsChoice *ret);
