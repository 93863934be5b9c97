/*
 * The WHIP door (RFC 9725): encoders such as OBS POST an offer to /whip with a bearer token, and
 * get an answer; PATCH brings candidates, DELETE ends. It knows nothing of tokens and presenters:
 * whoever owns it says whether a bearer may.
 */
#pragma once

#include "common/base/media-params.h"
#include "signalling/https-server.h"

#define LEC_WHIP_PATH "/whip"
#define LEC_WHIP_MAX_SESSIONS 16

typedef struct LecWhipSession LecWhipSession; /* a resource: one POST that was taken */

typedef enum {
    LEC_WHIP_ADMIT,
    LEC_WHIP_UNAUTHORIZED,
    LEC_WHIP_LOCKED, /* too many attempts: retry_after_s */
} LecWhipVerdict;

typedef struct {
    /* Whether this bearer may present. An attempt, to be counted; nothing of the request is looked
     * at before. ret_token: a number that stands for the token from here on. */
    LecWhipVerdict (*may)(const char *bearer, const char *source, guint *ret_token,
                          guint *ret_retry_after_s, void *user);
    /* Answer with lec_whip_session_answer() or lec_whip_session_refuse(), now or later. */
    void (*offer)(LecWhipSession *session, const LecMediaParams *offer, void *user);
    void (*candidate)(LecWhipSession *session, const LecCandidate *candidate, void *user);
    /* The encoder ended it; the session goes with this. One that hangs up says nothing: its media
     * link tells. */
    void (*gone)(LecWhipSession *session, void *user);
} LecDoorWhipEvents;

typedef struct LecDoorWhip LecDoorWhip;

LecDoorWhip *lec_door_whip_new(LecHttpsServer *server, const LecDoorWhipEvents *events, void *user);
void lec_door_whip_free(LecDoorWhip *self); /* with its sessions, no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDoorWhip, lec_door_whip_free)

const char *lec_whip_session_get_source(const LecWhipSession *session);
bool lec_whip_session_is_loopback(const LecWhipSession *session);
guint lec_whip_session_get_token(const LecWhipSession *session);
const char *lec_whip_session_get_agent(const LecWhipSession *session); /* what it calls itself */
void lec_whip_session_set_data(LecWhipSession *session, void *data);
void *lec_whip_session_get_data(const LecWhipSession *session);

/* answer with all its candidates: WHIP has no way to send them later. */
void lec_whip_session_answer(LecWhipSession *session, const LecMediaParams *answer);
/* Ends the session. status: 406 no common codec, 503 no room, … */
void lec_whip_session_refuse(LecWhipSession *session, guint status, const char *why);
void lec_whip_session_end(LecWhipSession *session); /* its resource answers 404 from here on */
