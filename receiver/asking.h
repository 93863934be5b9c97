/*
 * Who waits for a person's word: asks those at the display while no host is on, takes their answer
 * from the box's keyboard, and sends away who has waited too long.
 */
#pragma once

#include "receiver/house.h"

#define LEC_ASKING_MAX_WAIT_US (120 * G_USEC_PER_SEC)

typedef struct LecAsking LecAsking;

LecAsking *lec_asking_new(const LecHouse *house); /* borrowed, outlives it */
void lec_asking_free(LecAsking *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAsking, lec_asking_free)

/* The seats have changed, or hosts have come or gone. */
void lec_asking_refresh(LecAsking *self, bool host_is_on);

/* A key was pressed. False: nobody is being asked about. */
bool lec_asking_answer(LecAsking *self, bool let_in);
