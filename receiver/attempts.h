/*
 * Failed attempts, counted for the box, for each source and for each device. Misses decay; past a
 * limit each one locks for twice as long as the one before. Pure: time comes in.
 */
#pragma once

#include "common/base/fingerprint.h"

#define LEC_ATTEMPTS_MAX_ENTRIES \
    1024 /* sources, and as many devices; the one least recently seen makes room */
#define LEC_ATTEMPTS_LIMIT 5      /* misses of a source or a device before it is locked */
#define LEC_ATTEMPTS_BOX_LIMIT 20 /* of all together */
#define LEC_ATTEMPTS_DECAY_US \
    (10 * 60 * G_USEC_PER_SEC) /* in which one miss is forgotten, out of lock */
#define LEC_ATTEMPTS_FIRST_LOCK_US (30 * G_USEC_PER_SEC)
#define LEC_ATTEMPTS_MAX_LOCK_US (15 * 60 * G_USEC_PER_SEC)

typedef struct LecAttempts LecAttempts;

LecAttempts *lec_attempts_new(void);
void lec_attempts_free(LecAttempts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAttempts, lec_attempts_free)

/* Until when the box, the source or the device is locked, whichever is longest; 0: none is. source
 * is the door's name for it, see lec_source_key(); device may be NULL. */
gint64 lec_attempts_locked_until_us(LecAttempts *self, const char *source,
                                    const LecFingerprint *device, gint64 now_us);
/* The source's and the device's alone, without the box's. */
gint64 lec_attempts_own_locked_until_us(const LecAttempts *self, const char *source,
                                        const LecFingerprint *device, gint64 now_us);
gint64 lec_attempts_box_locked_until_us(const LecAttempts *self, gint64 now_us);

/* An attempt begins, and counts as a miss until it turns out well. */
void lec_attempts_begin(LecAttempts *self, const char *source, const LecFingerprint *device,
                        gint64 now_us);

/* It went well: forgets the source's and the device's misses, and of the box's this one. */
void lec_attempts_succeeded(LecAttempts *self, const char *source, const LecFingerprint *device,
                            gint64 now_us);

/* It did not. True where this made the box's own lock fall. */
bool lec_attempts_failed(LecAttempts *self);
