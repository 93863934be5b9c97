/*
 * One call from the sender's side, from dialling to its end: dial, call and link joined. It knows
 * nothing of capture and encoding; whoever made it feeds it packets. Where the network changes
 * under it, the call moves: to another session of the door, to another path of the media. Only when
 * the box does not know it any more it has ended.
 */
#pragma once

#include "common/transport/link.h"
#include "signalling/call.h"
#include "signalling/dial.h"

typedef struct LecCaller LecCaller;

typedef enum {
    LEC_CALLER_UNREACHABLE,
    LEC_CALLER_DENIED, /* wrong PIN, or wrong ID */
    LEC_CALLER_REFUSED,
    LEC_CALLER_LOST,
    LEC_CALLER_STOPPED, /* by the box */
} LecCallerEnd;

typedef struct {
    void (*answered)(void *user);                         /* the box has; once a caller */
    void (*pin_needed)(const char *box_name, void *user); /* answer with lec_caller_give_pin() */
    void (*unproved)(const char *box_name,
                     void *user); /* no PIN is asked: nothing proves who answers */
    void (*joined)(const char *box_name, void *user); /* the box has let us in */
    void (*waiting)(const char *sas, void *user);
    /* Media flows: sections as negotiated, video first; audio NULL where the box takes none. */
    void (*connected)(const LecMediaSection *video, const LecMediaSection *audio, void *user);
    void (*keyframe_request)(void *user);
    void (*estimate)(guint32 kbps, void *user); /* what the path bears has changed */
    void (*stats)(const LecLinkStats *stats, void *user);
    void (*report)(const LecCallReport *report, void *user);
    /* No media reach the box; another way to it is looked for, and found. */
    void (*astray)(void *user);
    void (*found)(void *user);
    /* Last event, from the main loop. */
    void (*ended)(LecCallerEnd end, const char *sentence, void *user);
} LecCallerEvents;

typedef struct {
    const char *name;            /* our own */
    const LecIdentity *identity; /* this and the next two outlive the caller */
    LecTransport *transport;
    const LecPlace *place; /* its proxy is for relays too */
    guint head_start_ms;   /* the first word to the box waits so long from now on */
    bool audio;
} LecCallerConfig;

LecCaller *lec_caller_new(const LecCallerConfig *config, const LecCallerEvents *events, void *user);
void lec_caller_free(LecCaller *self); /* hangs up first */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCaller, lec_caller_free)

void lec_caller_give_pin(LecCaller *self, const char *pin);

void lec_caller_pause(LecCaller *self, LecCallPicture picture);

/* Any thread; takes packets. Dropped until connected. */
void lec_caller_send(LecCaller *self, LecMediaKind kind, GPtrArray *packets, gint64 capture_us);
