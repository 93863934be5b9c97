/*
 * What the window shows, as plain values, and what a person can do: one sharing after the other.
 * The pages draw the view anew whenever it has changed; they know nothing of calls.
 */
#pragma once

#include "sender/options.h"
#include "sender/share.h"

typedef enum {
    LEC_STEP_FIND,       /* which box: lec_steps_connect() */
    LEC_STEP_CONNECTING, /* to its door, or proving the PIN to it */
    LEC_STEP_PIN,        /* lec_steps_give_pin() */
    LEC_STEP_WAITING,    /* a person at the box is asked; compare sas */
    LEC_STEP_CHOOSE,     /* let in: lec_steps_show() */
    LEC_STEP_SHARING,
    LEC_STEP_ENDED, /* lec_steps_begin_again() */
} LecStep;

typedef struct {
    LecStep step;
    char *target;   /* what was typed or chosen */
    char *box_name; /* "" before it has said it */
    char *sas;      /* with WAITING */
    char *problem;  /* a sentence on what did not work here; NULL: none */
    bool unproved;  /* no PIN was asked, so nothing has proved who answers */
    bool opening;   /* what was chosen is not there yet: the desktop asks */
    bool switching; /* CHOOSE, while what was chosen before is still shared */
    bool paused, sound, reconnecting;
    LecProfile profile;
    gint64 since_us;       /* when the first picture left */
    bool measured;         /* stats are there */
    LecShareStats stats;   /* once a second */
    LecShareStatus status; /* with ENDED */
    bool by_us;            /* with ENDED: the person here stopped it */
    char *sentence;        /* with ENDED; NULL: nothing to say */
} LecView;

typedef struct LecSteps LecSteps;

/* changed: the view is another, from the main loop or from within an action. options and identity
 * are borrowed. */
LecSteps *lec_steps_new(const LecShareOptions *options, const LecIdentity *identity,
                        void (*changed)(void *user), void *user);
void lec_steps_free(LecSteps *self); /* says goodbye to the box */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecSteps, lec_steps_free)

const LecView *lec_steps_get_view(const LecSteps *self);

/* Each is harmless in every step. */
void lec_steps_connect(LecSteps *self, const char *target);
void lec_steps_give_pin(LecSteps *self, const char *pin);
void lec_steps_show(LecSteps *self, const char *source);
void lec_steps_choose_other(LecSteps *self);
void lec_steps_keep(LecSteps *self); /* what is shown, after lec_steps_choose_other() */
void lec_steps_set_paused(LecSteps *self, bool paused);
void lec_steps_set_sound(LecSteps *self, bool on);
void lec_steps_set_profile(LecSteps *self, LecProfile profile);
void lec_steps_stop(LecSteps *self);        /* to ENDED */
void lec_steps_begin_again(LecSteps *self); /* to FIND */
