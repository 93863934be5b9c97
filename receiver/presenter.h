/*
 * One presenter from its first hello to its last picture: the call, the media link, the decoding
 * and the tile. Its trouble ends it and nobody else.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "common/transport/link.h"
#include "receiver/admission.h"
#include "receiver/playback.h"
#include "receiver/stage/stage.h"
#include "signalling/call.h"

/* What presenters share; borrowed, outlives them. */
typedef struct {
    const char *box_name;
    const LecIdentity *identity;
    LecTransport *transport;
    LecAdmission *admission;
    LecStage *stage;
    LecMixer *mixer; /* NULL: sound is off */
    bool allow_aes_128;
} LecPresenterHouse;

typedef struct LecPresenter LecPresenter;

typedef struct {
    void (*send)(LecPresenter *presenter, LecStanza *payload, void *user); /* takes payload */
    void (*changed)(LecPresenter *presenter,
                    void *user); /* joined, or an attempt was counted: the screen may say more */
    /* Last event, from the main loop, never from within a call of ours. sentence: for the display,
     * NULL where none is due. */
    void (*ended)(LecPresenter *presenter, const char *sentence, void *user);
} LecPresenterEvents;

/* source: the caller's address; loopback: it comes from this machine. */
LecPresenter *lec_presenter_new(const LecPresenterHouse *house, const char *source, bool loopback,
                                const LecPresenterEvents *events, void *user);
void lec_presenter_free(LecPresenter *self); /* at once, no event follows */

void lec_presenter_receive(LecPresenter *self, const LecStanza *payload);
void lec_presenter_gone(LecPresenter *self); /* its door closed */
void lec_presenter_end(LecPresenter *self, LecCallEnd reason);

/* Once a second. */
void lec_presenter_tick(LecPresenter *self);

bool lec_presenter_is_on(const LecPresenter *self);   /* admitted: counts as a presenter */
bool lec_presenter_is_lost(const LecPresenter *self); /* it ended, and nobody wanted that */
void lec_presenter_describe(const LecPresenter *self,
                            JsonBuilder *json); /* one object, no secrets */
