/* The box in its cloud: opens the cloud door with the account that enrolment left, lets what comes
 * through it in by the same ways as at the local door, and knows the meeting's number, the relays
 * and the trouble. */
#pragma once

#include "common/base/relay.h"
#include "receiver/doors.h"
#include "receiver/house.h"
#include "receiver/settings.h"
#include "signalling/cloud-link.h"

#include <json-glib/json-glib.h>

typedef struct LecCloud LecCloud;

typedef struct {
    void (*changed)(void *user); /* number, trouble or relays */
    void (*revoked)(void *user); /* the list of revoked devices has changed */
} LecCloudEvents;

/*
 * NULL where the settings name no server or say local-only; nothing is contacted then. An account
 * that cannot be used is no failure: it is told as trouble. Without one the box waits to be
 * enrolled. settings, house, revocations and
 * doors are borrowed and outlive it.
 */
LecCloud *lec_cloud_new(const LecSettings *settings, const LecHouse *house,
                        const char *state_folder, LecRevocations *revocations, LecDoors *doors,
                        const LecCloudEvents *events, void *user);
void lec_cloud_free(LecCloud *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCloud, lec_cloud_free)

void lec_cloud_hurry(LecCloud *self);  /* the network has changed */
void lec_cloud_redraw(LecCloud *self); /* another number, please */

/* All may be asked of NULL, too: there is no cloud. Owned by self. */
const char *lec_cloud_get_number(const LecCloud *self); /* "123456"; NULL: none, for now */
const char *lec_cloud_get_notice(const LecCloud *self); /* for the display; NULL: all is well */
/* "1234567890": with it an administrator enrols the box; NULL: it is enrolled, or nobody can. */
const char *lec_cloud_get_code(const LecCloud *self);
LecRelays *lec_cloud_get_relays(const LecCloud *self);            /* NULL: none known */
void lec_cloud_describe(const LecCloud *self, JsonBuilder *json); /* adds a member */
