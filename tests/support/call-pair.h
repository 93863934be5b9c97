/*
 * Two real calls back to back, for tests: what one sends is written as XML, may be tampered with,
 * is parsed again and goes to the other. Everything that happens is kept as words in a log for each
 * side.
 */
#pragma once

#include "signalling/call.h"

typedef struct LecCallPair LecCallPair;

/* What a side does to its own call inside an event: the harshest it may do. */
typedef enum { LEC_PAIR_OBEY, LEC_PAIR_HANG_UP, LEC_PAIR_FREE } LecPairMischief;

typedef struct {
    LecCallPair *pair;
    LecCall *call; /* NULL once freed */
    GQueue outbox; /* of char *, XML not yet delivered */
    GString *log;  /* "hello may-prove offer ended:bye " */
    LecCallPeer peer;
    LecCallAsk asked; /* what the caller was told */
    char peer_ufrag[257];
    LecFingerprint fingerprint;
    LecCallEnd end;
    guint ended;
    guint retry_after_s;
    char sas[LEC_CALL_SAS_SIZE];
    LecCallReport report;
    guint descriptions;      /* how many the side has made: its ICE credentials differ in each */
    const char *mischief_at; /* an event's word */
    LecPairMischief mischief;
} LecPairSide;

struct LecCallPair {
    LecPairSide caller, box;
    gint64 now_us;
    LecCallAsk ask;
    const char *caller_pin, *box_pin;
    bool locked;     /* may_prove says no */
    bool hold_hello; /* the box's app does not answer at once */
    bool hold_offer;
    bool hold_challenge; /* the caller's user is looking for the PIN */
    bool wait;           /* say wait at the offer */
    bool hold_restart;   /* the box's app does not answer a restart at once */
    /* Sees every message; returns what is delivered instead (takes xml), NULL to drop it. */
    char *(*tamper)(LecCallPair *pair, bool from_caller, char *xml);
    const char *tamper_with[4]; /* tamper's own */
};

/* Both calls exist, nothing is said. PIN "246810" on both sides where ask is PIN. */
LecCallPair *lec_call_pair_new(LecCallAsk ask);
void lec_call_pair_free(LecCallPair *pair);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCallPair, lec_call_pair_free)

/* A description with one video section, of that side; its ICE credentials are the side's number of
 * descriptions. */
LecMediaParams *lec_call_pair_params(const LecPairSide *side);
/* The caller's next description, as a restart. */
void lec_call_pair_restart(LecCallPair *pair);
void lec_call_pair_answer_restart(LecCallPair *pair);
/* Both doors close; what was under way is lost. */
void lec_call_pair_part(LecCallPair *pair);
void lec_call_pair_candidate(guint number, LecCandidate *ret);
/* n of them from a number on, from that side, not delivered yet. */
void lec_call_pair_send_candidates(LecPairSide *side, guint from, guint n);

/* Delivers until nothing is under way. */
void lec_call_pair_pump(LecCallPair *pair);
void lec_call_pair_dial(LecCallPair *pair); /* and pumps */
/* One message to one side; what lec_call_receive() says. False also where it does not parse. */
bool lec_call_pair_feed(LecPairSide *side, const char *xml);

/* What has happened since the last time, on either side; both logs start anew. */
void lec_call_pair_assert_logs(LecCallPair *pair, const char *caller, const char *box);

/* xml with what stands between the first start and the end after it replaced; takes xml. */
char *lec_call_pair_replace(char *xml, const char *start, const char *end, const char *with);
