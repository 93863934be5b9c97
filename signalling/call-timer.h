/* Runs a call's time-outs on the main loop. */
#pragma once

#include "signalling/call.h"

typedef struct LecCallTimer LecCallTimer;

LecCallTimer *lec_call_timer_new(LecCall *call); /* borrowed, outlives it */
void lec_call_timer_free(LecCallTimer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCallTimer, lec_call_timer_free)

/* After everything that went into the call. */
void lec_call_timer_update(LecCallTimer *self);
