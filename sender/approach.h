/*
 * The ways to the box that a target may mean, one after the other. A six-digit ID is looked for on
 * this network and, where a cloud is known, dialled there at the same time; whoever is found on
 * this network is dialled in place of the cloud until the box has answered.
 */
#pragma once

#include "signalling/dial.h"

/* How long the cloud is kept waiting before the first word to the box, for this network to answer.
 */
#define LEC_APPROACH_HEAD_START_MS 300

typedef struct {
    const char *target;    /* as lec_resolve_new() takes it, or https://CLOUD/#NNNNNN */
    const char *cloud;     /* where six-digit IDs lead to besides; NULL: nowhere */
    const LecProxy *proxy; /* outlives the approach; NULL: none */
    GTlsDatabase *anchors; /* of the cloud; NULL: the system's. Reffed */
    bool local_only;       /* no cloud, no proxy, no names from DNS, no machine elsewhere */
} LecApproachConfig;

typedef struct {
    /* In place of what was dialled before; place is valid until the approach is freed. */
    void (*dial)(const LecPlace *place, void *user);
    /* No way is left. usage: the target was no target. */
    void (*failed)(bool usage, const char *sentence, void *user);
} LecApproachEvents;

typedef struct LecApproach LecApproach;

/* Events come from the main loop, none from within a call. */
LecApproach *lec_approach_new(const LecApproachConfig *config, const LecApproachEvents *events,
                              void *user);
void lec_approach_free(LecApproach *self); /* no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecApproach, lec_approach_free)

const LecPlace *lec_approach_get_place(const LecApproach *self); /* dialled last; NULL: none yet */
/* For the first word to the box, with the place that was dialled last. */
guint lec_approach_get_head_start_ms(const LecApproach *self);

/* The box has answered there: this is the place. */
void lec_approach_settle(LecApproach *self);
bool lec_approach_is_settled(const LecApproach *self);
/* It has not: another way is dialled, or waited for, or all have failed. Not once settled. */
void lec_approach_give_up(LecApproach *self, const char *sentence);
