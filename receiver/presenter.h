/* One presenter who came by a call, from the first hello to the last picture: the call and its
 * seat.
 */
#pragma once

#include "receiver/house.h"
#include "signalling/call.h"
#include "signalling/door.h"

typedef struct LecPresenter LecPresenter;

typedef struct {
    void (*send)(LecPresenter *presenter, LecStanza *payload, void *user); /* takes payload */
    void (*changed)(LecPresenter *presenter,
                    void *user); /* joined, or an attempt was counted: the screen may say more */
    /* Its call failed before it was let in, which anybody can bring about: may the log say so? */
    bool (*may_log)(void *user);
    /* Last event, from the main loop, never from within a call of ours. sentence: for the display,
     * NULL where none is due. */
    void (*ended)(LecPresenter *presenter, const char *sentence, void *user);
} LecPresenterEvents;

/* peer: through which it comes first; not kept. */
LecPresenter *lec_presenter_new(const LecHouse *house, const LecDoorPeer *peer,
                                const LecPresenterEvents *events, void *user);
void lec_presenter_free(LecPresenter *self); /* at once, no event follows */

void lec_presenter_receive(LecPresenter *self, const LecStanza *payload);
void lec_presenter_gone(LecPresenter *self); /* its door closed; it may come back by another */

/*
 * A resume on a door that is nobody's yet: the presenter whose call's it says to be, and whether it
 * proves that, which takes as long for NULL. Then the door is its own, and it may receive.
 */
bool lec_presenter_is_called(const LecPresenter *self, const char *sid);
bool lec_presenter_may_resume(const LecPresenter *self, const LecStanza *resume);
/* The device may not come that way. */
bool lec_presenter_is_shut_out(const LecPresenter *self, const LecDoorPeer *peer);

/* The same device, with a key that proves it, has come in anew while this one waits for its door:
 * ends it without a word on the display. */
bool lec_presenter_is_replaced_by(const LecPresenter *self, const LecPresenter *other);
void lec_presenter_replace(LecPresenter *self);
/* Ends it where its device is shut out by now. */
void lec_presenter_put_out(LecPresenter *self);
void lec_presenter_end(LecPresenter *self, LecCallEnd reason);

/* Since when it is on and has lost its door, with no sign that its link lives; 0: it is not so. */
gint64 lec_presenter_get_away_since_us(const LecPresenter *self, gint64 now_us);
/* Ends it, and its place is free at once: it is not on any more. */
void lec_presenter_yield(LecPresenter *self);

bool lec_presenter_is_on(const LecPresenter *self);   /* admitted: counts as a presenter */
bool lec_presenter_is_lost(const LecPresenter *self); /* it ended, and nobody wanted that */
