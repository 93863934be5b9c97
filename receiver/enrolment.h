/*
 * How a box without an account gets one: it shows a code and waits, as a guest of the cloud, for
 * the administrator who types that code (signalling/enrol.h). A wrong guess costs the code, and
 * counts as every other attempt does.
 */
#pragma once

#include "receiver/cloud-account.h"
#include "receiver/house.h"
#include "receiver/settings.h"

typedef struct {
    void (*changed)(void *user); /* the code, or the trouble */
    /* To be kept for good; false: it cannot be. Takes the account where it returns true. */
    bool (*enrolled)(LecCloudAccount *account, void *user);
    void (*done)(void *user); /* the administrator knows; last event, free it now */
} LecEnrolmentEvents;

typedef struct LecEnrolment LecEnrolment;

/* All borrowed, outlive it. */
LecEnrolment *lec_enrolment_new(const LecSettings *settings, const LecHouse *house,
                                GProxyResolver *resolver, const LecEnrolmentEvents *events,
                                void *user);
void lec_enrolment_free(LecEnrolment *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecEnrolment, lec_enrolment_free)

void lec_enrolment_hurry(LecEnrolment *self); /* the network has changed */

/* Owned by self. code: NULL: the cloud cannot be reached, and trouble says why. */
const char *lec_enrolment_get_code(const LecEnrolment *self);
const char *lec_enrolment_get_trouble(const LecEnrolment *self);
