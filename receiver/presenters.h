/* Everybody who calls at the local door: makes a presenter of each, and buries them. */
#pragma once

#include "receiver/presenter.h"
#include "signalling/door-local.h"

typedef struct LecPresenters LecPresenters;

typedef struct {
    void (*changed)(void *user); /* somebody came or went, or an attempt was counted */
    void (*say)(const char *sentence, void *user); /* for the display */
} LecPresentersEvents;

LecPresenters *lec_presenters_new(const LecHouse *house, const LecPresentersEvents *events,
                                  void *user);
void lec_presenters_free(LecPresenters *self); /* tells each goodbye */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPresenters, lec_presenters_free)

/* Who is shut out has changed: ends those who are. */
void lec_presenters_put_out(LecPresenters *self);

/* What the door hears from and of a caller; see LecDoorEvents. */
void lec_presenters_receive(LecPresenters *self, LecDoorPeer *peer, const LecStanza *payload);
void lec_presenters_gone(LecPresenters *self, LecDoorPeer *peer);
