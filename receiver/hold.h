/* Pictures that wait for their sound: a short queue that lets each go when its time has come. On
 * main. */
#pragma once

#include "receiver/frame.h"

typedef struct LecHold LecHold;

/* show takes the frame; called from within lec_hold_push() where nothing is to be waited for. */
LecHold *lec_hold_new(void (*show)(LecFrame *frame, void *user), void *user);
void lec_hold_free(LecHold *self); /* with the pictures that wait; none is shown any more */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecHold, lec_hold_free)

/* Takes the frame. */
void lec_hold_push(LecHold *self, LecFrame *frame);

/* How long pictures wait from now on, at most LEC_HOLD_MAX_US. */
#define LEC_HOLD_MAX_US 200000
void lec_hold_set_us(LecHold *self, gint64 us);
gint64 lec_hold_get_us(const LecHold *self);
