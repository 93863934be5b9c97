/*
 * One sharing from beginning to end: finds the box, joins it, proves the PIN, sends what is to be
 * shown, joins again after a loss. It asks and tells through events; the terminal and the window
 * are its front ends.
 */
#pragma once

#include "common/base/identity.h"
#include "common/net/proxy.h"
#include "sender/encode.h"
#include "sender/share-stats.h"

/* How it ended; the exit statuses that scripts rely on. */
typedef enum {
    LEC_SHARE_ENDED = 0,
    LEC_SHARE_USAGE = 2,
    LEC_SHARE_UNREACHABLE = 3,
    LEC_SHARE_REFUSED = 4,
    LEC_SHARE_LOST = 5,
} LecShareStatus;

typedef struct {
    const char *target; /* meeting ID, host or address with or without port, or a box's name */
    const char *name;   /* how the display shall call us */
    const char *source; /* as lec_capture_open() takes it; NULL: lec_share_show() will say */
    bool offers_sound;  /* the call can carry it, be it on now or later */
    bool sound;
    LecProfile profile;
    guint max_fps;
    const LecProxy *proxy; /* outlives the sharing; NULL: none */
    const char *cloud;     /* where a six-digit ID leads to besides this network; NULL: nowhere */
    GTlsDatabase *anchors; /* of the cloud's certificate; NULL: the system's. Reffed */
    bool local_only;       /* whatever those say: nobody outside of this machine's own networks */
} LecShareConfig;

/* All from the main loop; lec_share_free() is allowed within each. */
typedef struct {
    /* Answer with lec_share_give_pin(), in any time. */
    void (*pin_needed)(const char *box_name, void *user);
    /* The PIN or the ID was wrong. True: go on, pin_needed follows; false: that is the end. */
    bool (*denied)(const char *sentence, void *user);
    void (*unproved)(const char *box_name, void *user); /* nothing proves who answers */
    void (*waiting)(const char *sas, void *user);       /* a person is asked; the code to compare */
    void (*joined)(const char *box_name, void *user);   /* the box has let us in */
    void (*shown)(void *user);       /* what was chosen last leaves from now on */
    void (*lost)(void *user);        /* joining again has begun */
    void (*found_again)(void *user); /* the display shows us as before */
    /* Once a second while the link is up. encoder: "" while no picture leaves. */
    void (*figures)(const LecShareStats *stats, const char *encoder, void *user);
    /* What was chosen is not to be had or broke. lec_share_has_source() says whether the one before
     * is still there; else the call waits for another. */
    void (*source_failed)(const GError *error, void *user);
    void (*source_closed)(void *user); /* its window was closed; the call waits for another */
    void (*silent)(const GError *error, void *user); /* pictures go on without the sound */
    /* Last event. sentence: NULL where there is nothing to say. */
    void (*ended)(LecShareStatus status, const char *sentence, void *user);
} LecShareEvents;

typedef struct LecShare LecShare;

/* identity is borrowed, config copied. */
LecShare *lec_share_new(const LecShareConfig *config, const LecIdentity *identity,
                        const LecShareEvents *events, void *user);
void lec_share_free(LecShare *self); /* says goodbye to the box; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecShare, lec_share_free)

void lec_share_give_pin(LecShare *self, const char *pin);

/* Any time. What is shown now goes on until the new one is there. */
void lec_share_show(LecShare *self, const char *source);
bool lec_share_has_source(const LecShare *self);
/* The display keeps the last picture; nothing is captured meanwhile. */
void lec_share_set_paused(LecShare *self, bool paused);
void lec_share_set_sound(LecShare *self, bool on); /* where the call can carry it */
void lec_share_set_profile(LecShare *self, LecProfile profile);
