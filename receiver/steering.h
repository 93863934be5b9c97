/*
 * What may be done to the room and those in it, by hosts and by programs: one vocabulary, described
 * in docs/protocol/host.md, and the room as it is.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "receiver/house.h"
#include "receiver/tokens.h"

#define LEC_STEERING_ERROR (lec_steering_error_quark())
GQuark lec_steering_error_quark(void);
typedef enum {
    LEC_STEERING_ERROR_UNKNOWN,       /* no such action */
    LEC_STEERING_ERROR_NO_PRESENTER,  /* it is not here (any more) */
    LEC_STEERING_ERROR_NO_TOKEN,      /* it does not hold (any more) */
    LEC_STEERING_ERROR_LET_IN,        /* it has been already */
    LEC_STEERING_ERROR_NOT_LET_IN,    /* it has not been yet */
    LEC_STEERING_ERROR_NO_PICTURE,    /* it has nothing on the display */
    LEC_STEERING_ERROR_MANY_TOKENS,   /* no more of them fit */
    LEC_STEERING_ERROR_MANY_PREVIEWS, /* a host asks for no more of them at once */
    LEC_STEERING_ERROR_TOO_FAST,
} LecSteeringError;

/* One word for why an action failed, whatever the error is of: pages say it in their user's
 * language. Static. */
const char *lec_steering_error_word(const GError *error);

typedef struct LecSteering LecSteering;

/* All borrowed, outlive it. changed: what lec_steering_describe() says may have changed. */
LecSteering *lec_steering_new(const LecHouse *house, LecTokens *tokens, void (*changed)(void *user),
                              void *user);
void lec_steering_free(LecSteering *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecSteering, lec_steering_free)

/*
 * One action: {"do": "approve", "presenter": 3}. What it has to tell goes into result, an object
 * that is being built. False: nothing was done, and error is a sentence for people.
 */
bool lec_steering_do(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error);

/* Members of an object that is being built. hosts: how many are on. */
void lec_steering_describe(const LecSteering *self, guint hosts, JsonBuilder *json);

/* Puts the tiles in the seats' order: after anything about the seats has changed. */
void lec_steering_arrange(LecSteering *self);
