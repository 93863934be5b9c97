/* How a call that is up moves on: to other paths of the media (restart), to another door session
 * (resume); and what its caller says of the picture meanwhile (pause). */
#include "signalling/call-private.h"

#include <sodium.h>
#include <string.h>

#define RESTART_INTERVAL_US G_USEC_PER_SEC
/* Thirty at once, and in the long run one in twenty seconds: a long call on a bad network has its
 * share. */
#define MAX_RESTARTS 30
#define RESTART_REFILL_US (20 * (gint64)G_USEC_PER_SEC)
/* What the network squeezes together on its way to the box. */
#define RESTART_JITTER_US (2 * G_USEC_PER_SEC)

void lec_call_agree(LecCall *self, const LecMediaParams *answer) {
    self->agreed = lec_media_params_copy(answer);
    g_array_set_size(self->agreed->candidates, 0);
}

/* ---- restart ---- */

/* RFC 8445 §9: new credentials make the restart. False with error, or with the call ended. */
static bool check_restart(LecCall *self, const LecMediaParams *params, GError **error) {
    if (!lec_fingerprint_equal(&params->fingerprint, &self->peer.fingerprint)) {
        lec_call_finish(self, LEC_CALL_END_IMPOSTOR, 0, true);
        return false;
    }
    if (lec_media_params_keeps_sections(params, self->agreed) &&
        strcmp(params->ice_ufrag, self->peer_ufrag) != 0)
        return true;
    g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED,
                "The restart has other sections, or the ICE credentials that were there before.");
    return false;
}

static void take_description(LecCall *self, const LecMediaParams *params) {
    g_strlcpy(self->peer_ufrag, params->ice_ufrag, sizeof self->peer_ufrag);
    lec_call_candidates_renew(&self->in);
    lec_call_candidates_count(&self->in, params);
    self->in_stale = false;
    self->passed_over = 0;
}

static bool may_restart(const LecCall *self, gint64 jitter_us, gint64 now_us) {
    return now_us >= self->restart_due_us - jitter_us &&
           self->restarts_paid_us - now_us <= (MAX_RESTARTS - 1) * RESTART_REFILL_US;
}

/* Counts a restart that comes now, unless it is one too many. */
static bool count_restart(LecCall *self, gint64 jitter_us, gint64 now_us) {
    if (!may_restart(self, jitter_us, now_us))
        return false;
    self->restarts_paid_us = MAX(self->restarts_paid_us, now_us) + RESTART_REFILL_US;
    self->restart_due_us = MAX(self->restart_due_us, now_us) + RESTART_INTERVAL_US;
    return true;
}

bool lec_call_on_restart_offer(LecCall *self, const LecStanza *payload, LecCallState next,
                               gint64 now_us, GError **error) {
    if (!count_restart(self, RESTART_JITTER_US, now_us)) {
        self->in_stale = true; /* the candidates after it are passed over with it */
        return true;
    }
    guint number = 0;
    g_autoptr(LecMediaParams) offer =
        lec_call_read_restart(LEC_CALL_CALLER, payload, &number, error);
    if (!offer)
        return false;
    if (!check_restart(self, offer, error))
        return self->state == LEC_CALL_ENDED;
    take_description(self, offer);
    lec_call_candidates_renew(&self->out);
    self->restart_number = number;
    self->restarting = true;
    if (self->events.restart)
        self->events.restart(offer, self->user);
    return true;
}

void lec_call_answer_restart(LecCall *self, const LecMediaParams *answer) {
    g_assert(self->role == LEC_CALL_BOX);
    g_assert(lec_fingerprint_equal(&answer->fingerprint, &self->own.fingerprint));
    if (self->state != LEC_CALL_UP || !self->restarting)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    self->restarting = false;
    lec_call_candidates_count(&self->out, answer);
    lec_call_send(self,
                  lec_call_write_restart(LEC_CALL_BOX, self->sid, self->restart_number, answer));
    lec_call_flush_out(self);
    lec_call_flush_in(self);
}

bool lec_call_can_restart(const LecCall *self, gint64 now_us) {
    return self->role == LEC_CALL_CALLER && self->state == LEC_CALL_UP &&
           may_restart(self, 0, now_us);
}

void lec_call_restart(LecCall *self, const LecMediaParams *offer, gint64 now_us) {
    g_assert(self->role == LEC_CALL_CALLER);
    g_assert(lec_fingerprint_equal(&offer->fingerprint, &self->own.fingerprint));
    if (self->state != LEC_CALL_UP || !count_restart(self, 0, now_us))
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    self->restart_number++;
    self->restarting = true;
    self->in_stale = true;
    lec_call_candidates_renew(&self->out);
    lec_call_candidates_count(&self->out, offer);
    lec_call_send(self,
                  lec_call_write_restart(LEC_CALL_CALLER, self->sid, self->restart_number, offer));
    lec_call_flush_out(self);
}

bool lec_call_on_restart_answer(LecCall *self, const LecStanza *payload, LecCallState next,
                                gint64 now_us, GError **error) {
    if (self->restart_number == 0) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_ORDER,
                    "The box answers a restart that nobody asked for.");
        return false;
    }
    guint number = 0;
    g_autoptr(LecMediaParams) answer = lec_call_read_restart(LEC_CALL_BOX, payload, &number, error);
    if (!answer)
        return false;
    if (!self->restarting || number != self->restart_number)
        return true; /* to one that another has replaced */
    if (!check_restart(self, answer, error))
        return self->state == LEC_CALL_ENDED;
    take_description(self, answer);
    self->restarting = false;
    if (self->events.restarted)
        self->events.restarted(answer, self->user);
    lec_call_flush_in(self);
    return true;
}

/* ---- pause ---- */

void lec_call_flush_pause(LecCall *self) {
    if (self->state != LEC_CALL_UP || !self->pause_due)
        return;
    self->pause_due = false;
    lec_call_send(self, lec_call_write_pause(self->sid, self->picture));
}

void lec_call_pause(LecCall *self, LecCallPicture picture) {
    g_assert(self->role == LEC_CALL_CALLER);
    if (self->state == LEC_CALL_ENDED || self->picture == picture)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    self->picture = picture;
    self->pause_used = self->pause_due = true;
    lec_call_flush_pause(self);
}

bool lec_call_on_pause(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                       GError **error) {
    LecCallPicture picture;
    if (!lec_call_read_pause(payload, &picture, error))
        return false;
    if (self->picture == picture)
        return true;
    self->picture = picture;
    if (self->events.pause)
        self->events.pause(picture, self->user);
    return true;
}

/* ---- resume ---- */

void lec_call_part(LecCall *self, gint64 now_us) {
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    if (self->state == LEC_CALL_PARTED)
        return;
    if (self->state != LEC_CALL_UP && self->state != LEC_CALL_RESUMING) {
        lec_call_finish(self, LEC_CALL_END_GONE, 0, false);
        return;
    }
    if (self->state == LEC_CALL_UP)
        self->parted_until_us = now_us + LEC_CALL_PARTED_S * G_USEC_PER_SEC;
    lec_call_go(self, LEC_CALL_PARTED, now_us);
    self->deadline_us = self->parted_until_us; /* trying to come back is no way to stay away */
    self->restarting = false;
    self->pause_due = self->pause_used;
}

void lec_call_linger(LecCall *self, gint64 now_us) {
    if (self->state == LEC_CALL_PARTED)
        self->deadline_us = self->parted_until_us = now_us + LEC_CALL_PARTED_S * G_USEC_PER_SEC;
}

bool lec_call_is_parted(const LecCall *self) {
    return self->state == LEC_CALL_PARTED || self->state == LEC_CALL_RESUMING;
}

static void make_proof(const LecCall *self, LecPakeRole prover, guint count,
                       LecCallResumption *ret) {
    guint8 key[LEC_PAKE_KEY_BYTES];
    lec_pake_derive(self->pake, LEC_RESUME_LABEL, key);
    ret->count = count;
    lec_resume_prove(key, prover, self->sid, count, ret->proof);
    sodium_memzero(key, sizeof key);
}

void lec_call_resume(LecCall *self, gint64 now_us) {
    g_assert(self->role == LEC_CALL_CALLER);
    if (self->state != LEC_CALL_PARTED)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    LecCallResumption resumption;
    make_proof(self, LEC_PAKE_CALLER, ++self->resume_count, &resumption);
    lec_call_go(self, LEC_CALL_RESUMING, now_us);
    self->deadline_us = MIN(self->deadline_us, self->parted_until_us);
    lec_call_send(self, lec_call_write_resumption(LEC_CALL_RESUME, self->sid, &resumption));
}

/* Both sides, once the call is on its new session. */
static void go_on(LecCall *self) {
    if (self->state == LEC_CALL_UP && self->events.resumed)
        self->events.resumed(self->user);
    lec_call_flush_pause(self);
    lec_call_flush_out(self);
}

bool lec_call_on_resumed(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                         GError **error) {
    LecCallResumption theirs, right;
    if (!lec_call_read_resumption(payload, &theirs, error))
        return false;
    make_proof(self, LEC_PAKE_BOX, self->resume_count, &right);
    if (theirs.count != right.count ||
        sodium_memcmp(theirs.proof, right.proof, sizeof right.proof) != 0) {
        lec_call_finish(self, LEC_CALL_END_IMPOSTOR, 0, true);
        return true;
    }
    lec_call_go(self, next, now_us);
    go_on(self);
    return true;
}

bool lec_call_is_resume(const LecStanza *payload) {
    return lec_stanza_is(payload, "resume", LEC_CALL_NS);
}

bool lec_call_may_resume(const LecCall *self, const LecStanza *resume) {
    LecCallResumption resumption;
    const char *sid = lec_payload_read_sid(resume);
    if (!sid || !lec_call_read_resumption(resume, &resumption, NULL))
        return false;
    const bool known = self && self->role == LEC_CALL_BOX &&
                       (self->state == LEC_CALL_UP || self->state == LEC_CALL_PARTED) &&
                       strcmp(sid, self->sid) == 0 && resumption.count > self->resume_count;
    /* A key that nobody has, where there is none: the work is the same. */
    guint8 key[LEC_PAKE_KEY_BYTES];
    randombytes_buf(key, sizeof key);
    if (known)
        lec_pake_derive(self->pake, LEC_RESUME_LABEL, key);
    const bool proved =
        lec_resume_verify(key, LEC_PAKE_CALLER, sid, resumption.count, resumption.proof);
    sodium_memzero(key, sizeof key);
    return known && proved;
}

bool lec_call_on_resume(LecCall *self, const LecStanza *payload, LecCallState next, gint64 now_us,
                        GError **error) {
    LecCallResumption resumption;
    if (!lec_call_read_resumption(payload, &resumption, error))
        return false;
    if (!lec_call_may_resume(self, payload)) {
        lec_call_finish(self, LEC_CALL_END_IMPOSTOR, 0, true);
        return true;
    }
    self->resume_count = resumption.count;
    make_proof(self, LEC_PAKE_BOX, resumption.count, &resumption);
    lec_call_go(self, next, now_us);
    lec_call_send(self, lec_call_write_resumption(LEC_CALL_RESUMED, self->sid, &resumption));
    go_on(self);
    return true;
}

LecStanza *lec_call_write_not_resumed(const LecStanza *resume) {
    const char *sid = lec_payload_read_sid(resume);
    const LecCallGoodbye goodbye = {.reason = LEC_CALL_END_GONE};
    return sid ? lec_call_write_goodbye(LEC_CALL_REFUSED, sid, &goodbye) : NULL;
}
