/*
 * A call's candidates on their way: ours are kept back until the peer may hear them, the peer's
 * until the answer is there; both counted against LEC_MEDIA_MAX_CANDIDATES.
 */
#pragma once

#include "common/base/media-params.h"

/* One direction. */
typedef struct {
    GArray *held;    /* of LecCandidate */
    guint count;     /* of all so far, those in the description included */
    bool ended;      /* "no more" was said */
    bool end_passed; /* and has been passed on */
} LecCallCandidates;

void lec_call_candidates_init(LecCallCandidates *self);
void lec_call_candidates_clear(LecCallCandidates *self);

/* A new description begins: what is held, counted and ended was of the one before. */
void lec_call_candidates_renew(LecCallCandidates *self);

/* Those that the description itself carries. */
void lec_call_candidates_count(LecCallCandidates *self, const LecMediaParams *description);

/* NULL: no more. False, and nothing is kept, where the limit is reached or the end has been said
 * before. */
bool lec_call_candidates_put(LecCallCandidates *self, const LecCandidate *candidate);

/* The oldest one that is held; false where none is. ret_end: it is the end mark, and ret is
 * untouched. */
bool lec_call_candidates_take(LecCallCandidates *self, LecCandidate *ret, bool *ret_end);
