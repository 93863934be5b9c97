/* The call's table: which message is welcome in which state from which side, what it does and where
 * it leads. */
#include "signalling/call-private.h"

#include <sodium.h>
#include <string.h>

/* A peer gets this many candidates of unknown kinds and beyond the limit passed over; more is no
 * trickle. */
#define MAX_PASSED_OVER 256

/*
 * Reads payload, enters next, then fires the event. False with error set: malformed, and the call
 * is where it was. A call that the handler itself ended is true.
 */
typedef bool (*Handler)(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                        GError **error);

typedef struct {
    Handler handle; /* NULL: out of order */
    LecCallState next;
} Step;

static bool on_hello(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                     GError **error) {
    LecCallHello hello;
    if (!lec_call_read_hello(payload, &hello, error))
        return false;
    self->peer = hello.caller;
    memcpy(self->commit, hello.commit, sizeof self->commit);
    lec_call_go(self, next, now_us);
    if (self->events.hello)
        self->events.hello(&self->peer, self->user);
    return true;
}

static bool on_challenge(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                         GError **error) {
    LecCallChallenge challenge;
    if (!lec_call_read_challenge(payload, &challenge, error))
        return false;
    self->peer = challenge.box;
    self->ask = challenge.ask;
    memcpy(self->box_point, challenge.point, sizeof self->box_point);
    lec_call_go(self, next, now_us);
    if (self->events.challenge)
        self->events.challenge(self->ask, &self->peer, self->user);
    return true;
}

/* A wrong PIN; or, where none is asked, somebody in the middle who put another fingerprint in. */
static void proof_fails(LecCall *self) {
    if (self->ask != LEC_CALL_ASK_PIN) {
        lec_call_finish(self, LEC_CALL_END_IMPOSTOR, 0, true);
        return;
    }
    if (self->events.proof_failed)
        self->events.proof_failed(self->user);
    lec_call_finish(self, LEC_CALL_END_DENIED, 0, true);
}

/*
 * Whether the proof holds; otherwise the call has ended. Leave is asked before the PIN is looked
 * at: a locked box that answered a right PIN otherwise than a wrong one would tell which it was, to
 * a thousand calls opened before the lock-out.
 */
static bool proof_holds(LecCall *self, const LecCallProof *proof) {
    guint retry_after_s = 0;
    if (self->ask == LEC_CALL_ASK_PIN && self->events.may_prove &&
        !self->events.may_prove(&retry_after_s, self->user))
        lec_call_finish(self, LEC_CALL_END_LOCKED, retry_after_s, true);
    if (self->state != LEC_CALL_CHALLENGED)
        return false;
    if (lec_pake_finish(self->pake, proof->point) && lec_pake_verify(self->pake, proof->confirm))
        return true;
    proof_fails(self);
    return false;
}

static bool on_offer(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                     GError **error) {
    LecCallProof proof;
    g_autoptr(LecMediaParams) offer = lec_call_read_offer(payload, &proof, error);
    if (!offer)
        return false;
    if (!lec_sas_check(self->commit, proof.nonce)) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED,
                    "The nonce is not the one that hello committed to.");
        return false;
    }
    if (!lec_fingerprint_equal(&offer->fingerprint, &self->peer.fingerprint)) {
        lec_call_finish(self, LEC_CALL_END_IMPOSTOR, 0, true);
        return true;
    }
    if (!proof_holds(self, &proof))
        return true;
    memcpy(self->nonce, proof.nonce, sizeof self->nonce);
    lec_call_make_sas(self);
    lec_call_candidates_count(&self->in, offer);
    g_strlcpy(self->peer_ufrag, offer->ice_ufrag, sizeof self->peer_ufrag);
    lec_call_go(self, next, now_us);
    if (self->events.offer)
        self->events.offer(offer, self->user);
    return true;
}

static bool on_wait(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                    GError **error) {
    lec_call_go(self, next, now_us);
    if (self->events.wait)
        self->events.wait(self->sas, self->user);
    return true;
}

static bool on_answer(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                      GError **error) {
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
    g_autoptr(LecMediaParams) answer = lec_call_read_answer(payload, confirm, error);
    if (!answer)
        return false;
    if (!lec_pake_verify(self->pake, confirm) ||
        !lec_fingerprint_equal(&answer->fingerprint, &self->peer.fingerprint)) {
        lec_call_finish(self, LEC_CALL_END_IMPOSTOR, 0, true);
        return true;
    }
    lec_call_candidates_count(&self->in, answer);
    g_strlcpy(self->peer_ufrag, answer->ice_ufrag, sizeof self->peer_ufrag);
    lec_call_agree(self, answer);
    lec_call_go(self, next, now_us);
    if (self->events.answer)
        self->events.answer(answer, self->user);
    lec_call_flush_in(self);
    lec_call_flush_pause(self);
    return true;
}

static bool on_goodbye(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                       GError **error) {
    LecCallGoodbye goodbye;
    if (!lec_call_read_goodbye(payload, &goodbye, error))
        return false;
    lec_call_finish(self, goodbye.reason, goodbye.retry_after_s, false);
    return true;
}

/* One that cannot be used is no fault of the peer's, but neither may it go on for ever. */
static bool pass_over(LecCall *self, GError **error) {
    if (++self->passed_over <= MAX_PASSED_OVER)
        return true;
    g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED,
                "There are more than %d candidates that cannot be used.", MAX_PASSED_OVER);
    return false;
}

static bool on_candidate(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                         GError **error) {
    LecCandidate candidate;
    const LecCallCandidateKind kind = lec_call_read_candidate(payload, &candidate, error);
    if (kind == LEC_CALL_CANDIDATE_BAD)
        return false;
    if (self->in_stale)
        return pass_over(self, error);
    if (self->in.ended) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_ORDER,
                    "A candidate followed after the last one.");
        return false;
    }
    if (kind == LEC_CALL_CANDIDATE_UNKNOWN)
        return pass_over(self, error);
    if (!lec_call_candidates_put(&self->in, kind == LEC_CALL_CANDIDATE_END ? NULL : &candidate))
        return pass_over(self, error);
    lec_call_flush_in(self);
    return true;
}

static bool on_stats(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                     GError **error) {
    LecCallReport report;
    if (!lec_call_read_stats(payload, &report, error))
        return false;
    if (self->events.report)
        self->events.report(&report, self->user);
    return true;
}

/* clang-format off */
static const Step TABLE[2][LEC_CALL_N_STATES][LEC_CALL_N_MESSAGES] = {
    [LEC_CALL_CALLER] = {
        [LEC_CALL_GREETED] = {
            [LEC_CALL_CHALLENGE] = {on_challenge, LEC_CALL_CHALLENGED},
            [LEC_CALL_REFUSED] = {on_goodbye, LEC_CALL_ENDED},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_CHALLENGED] = {
            [LEC_CALL_REFUSED] = {on_goodbye, LEC_CALL_ENDED},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_OFFERED] = {
            [LEC_CALL_WAIT] = {on_wait, LEC_CALL_WAITING},
            [LEC_CALL_ANSWER] = {on_answer, LEC_CALL_UP},
            [LEC_CALL_CANDIDATE_MESSAGE] = {on_candidate, LEC_CALL_OFFERED},
            [LEC_CALL_REFUSED] = {on_goodbye, LEC_CALL_ENDED},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_WAITING] = {
            [LEC_CALL_ANSWER] = {on_answer, LEC_CALL_UP},
            [LEC_CALL_CANDIDATE_MESSAGE] = {on_candidate, LEC_CALL_WAITING},
            [LEC_CALL_REFUSED] = {on_goodbye, LEC_CALL_ENDED},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_UP] = {
            [LEC_CALL_CANDIDATE_MESSAGE] = {on_candidate, LEC_CALL_UP},
            [LEC_CALL_STATS] = {on_stats, LEC_CALL_UP},
            [LEC_CALL_RESTART] = {lec_call_on_restart_answer, LEC_CALL_UP},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_RESUMING] = {
            [LEC_CALL_RESUMED] = {lec_call_on_resumed, LEC_CALL_UP},
            [LEC_CALL_REFUSED] = {on_goodbye, LEC_CALL_ENDED},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
    },
    [LEC_CALL_BOX] = {
        [LEC_CALL_NEW] = {
            [LEC_CALL_HELLO] = {on_hello, LEC_CALL_GREETED},
        },
        [LEC_CALL_GREETED] = {
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_CHALLENGED] = {
            [LEC_CALL_OFFER] = {on_offer, LEC_CALL_OFFERED},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_OFFERED] = {
            [LEC_CALL_CANDIDATE_MESSAGE] = {on_candidate, LEC_CALL_OFFERED},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_WAITING] = {
            [LEC_CALL_CANDIDATE_MESSAGE] = {on_candidate, LEC_CALL_WAITING},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_UP] = {
            [LEC_CALL_CANDIDATE_MESSAGE] = {on_candidate, LEC_CALL_UP},
            [LEC_CALL_PAUSE] = {lec_call_on_pause, LEC_CALL_UP},
            [LEC_CALL_RESTART] = {lec_call_on_restart_offer, LEC_CALL_UP},
            [LEC_CALL_RESUME] = {lec_call_on_resume, LEC_CALL_UP},
            [LEC_CALL_BYE] = {on_goodbye, LEC_CALL_ENDED},
        },
        [LEC_CALL_PARTED] = {
            [LEC_CALL_RESUME] = {lec_call_on_resume, LEC_CALL_UP},
        },
    },
};
/* clang-format on */

bool lec_call_dispatch(LecCall *self, const LecStanza *payload, LecCallMessage kind, gint64 now_us,
                       GError **error) {
    const Step *step = &TABLE[self->role][self->state][kind];
    if (!step->handle) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_ORDER, "The message %s is out of order.",
                    lec_call_message_name(kind));
        return false;
    }
    return step->handle(self, payload, step->next, now_us, error);
}
