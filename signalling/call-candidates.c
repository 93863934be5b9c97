/* The queue of candidates of one direction. */
#include "signalling/call-candidates.h"

void lec_call_candidates_init(LecCallCandidates *self) {
    *self = (LecCallCandidates){.held = g_array_new(FALSE, FALSE, sizeof(LecCandidate))};
}

void lec_call_candidates_clear(LecCallCandidates *self) {
    g_clear_pointer(&self->held, g_array_unref);
}

void lec_call_candidates_renew(LecCallCandidates *self) {
    g_array_set_size(self->held, 0);
    *self = (LecCallCandidates){.held = self->held};
}

void lec_call_candidates_count(LecCallCandidates *self, const LecMediaParams *description) {
    self->count += description->candidates->len;
}

bool lec_call_candidates_put(LecCallCandidates *self, const LecCandidate *candidate) {
    if (self->ended)
        return false;
    if (!candidate) {
        self->ended = true;
        return true;
    }
    if (self->count >= LEC_MEDIA_MAX_CANDIDATES)
        return false;
    self->count++;
    g_array_append_val(self->held, *candidate);
    return true;
}

bool lec_call_candidates_take(LecCallCandidates *self, LecCandidate *ret, bool *ret_end) {
    *ret_end = self->held->len == 0;
    if (!*ret_end) {
        *ret = g_array_index(self->held, LecCandidate, 0);
        g_array_remove_index(self->held, 0);
        return true;
    }
    if (!self->ended || self->end_passed)
        return false;
    self->end_passed = true;
    return true;
}
