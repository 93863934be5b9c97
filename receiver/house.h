/* What everybody who may show a picture shares; borrowed, outlives them. */
#pragma once

#include "common/transport/link.h"
#include "receiver/admission.h"
#include "receiver/sound.h"
#include "receiver/stage/stage.h"

typedef struct LecSeats LecSeats;

typedef struct {
    const char *box_name;
    const LecIdentity *identity;
    LecTransport *transport;
    LecAdmission *admission;
    LecSeats *seats;
    LecStage *stage;
    LecMixer *mixer;          /* NULL: sound is off */
    LecRelays *const *relays; /* where the newest stand; NULL, here or there: none */
    const LecProxy *proxy;    /* on the way out; NULL: nothing goes out */
    GTlsDatabase *anchors;    /* for relays inside TLS; NULL: the system's */
    bool allow_aes_128;
    bool whip; /* encoders may present, with a token */
    bool local_only;
    bool no_relays; /* no media over relays */
} LecHouse;
