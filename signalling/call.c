/* The call's life: what its owner asks of it, its time limits, and the one way out. */
#include "signalling/call-private.h"

#include "common/base/log.h"
#include "signalling/sdp.h"

#include <sodium.h>
#include <string.h>

/* In seconds; 0: none. The box's limits end before the caller's, so that its reason is what the
 * caller hears. */
static const guint TIME_LIMIT_S[2][LEC_CALL_N_STATES] = {
    [LEC_CALL_CALLER] =
        {
            [LEC_CALL_GREETED] = 5,
            [LEC_CALL_OFFERED] = 10,
            [LEC_CALL_WAITING] = 120,
            [LEC_CALL_PARTED] = LEC_CALL_PARTED_S,
            [LEC_CALL_RESUMING] = 5,
        },
    [LEC_CALL_BOX] =
        {
            [LEC_CALL_NEW] = 10,
            [LEC_CALL_GREETED] = 4,
            [LEC_CALL_CHALLENGED] = 120,
            [LEC_CALL_OFFERED] = 8,
            [LEC_CALL_WAITING] = 110,
            [LEC_CALL_PARTED] = LEC_CALL_PARTED_S,
        },
};

G_STATIC_ASSERT(LEC_CALL_SAS_SIZE == LEC_SAS_DIGITS + 1);

LecCall *lec_call_new(LecCallRole role, const char *name, const LecFingerprint *fingerprint,
                      const LecCallEvents *events, void *user, gint64 now_us) {
    if (sodium_init() < 0)
        g_error("libsodium cannot start: the system gives no random numbers");
    g_assert(events->send && events->ended);
    LecCall *self = g_new0(LecCall, 1);
    self->role = role;
    self->events = *events;
    self->user = user;
    self->own.fingerprint = *fingerprint;
    lec_call_clean_name(name, self->own.name);
    lec_call_candidates_init(&self->out);
    lec_call_candidates_init(&self->in);
    if (role == LEC_CALL_CALLER) {
        lec_payload_draw_sid(self->sid);
        lec_sas_draw_nonce(self->nonce);
    }
    lec_call_go(self, LEC_CALL_NEW, now_us);
    return self;
}

static void destroy(LecCall *self) {
    lec_pake_free(self->pake);
    lec_call_candidates_clear(&self->out);
    lec_call_candidates_clear(&self->in);
    lec_media_params_free(self->agreed);
    sodium_memzero(self, sizeof *self);
    g_free(self);
}

void lec_call_free(LecCall *self) {
    if (!self)
        return;
    g_assert(!self->doomed);
    self->doomed = true;
    self->state = LEC_CALL_ENDED;
    if (self->busy == 0)
        destroy(self);
}

LecCallVisit *lec_call_enter(LecCall *self) {
    self->busy++;
    return self;
}

void lec_call_leave(LecCallVisit *self) {
    if (--self->busy == 0 && self->doomed)
        destroy(self);
}

void lec_call_go(LecCall *self, LecCallState state, gint64 now_us) {
    self->state = state;
    const guint limit_s = TIME_LIMIT_S[self->role][state];
    self->deadline_us = limit_s ? now_us + limit_s * G_USEC_PER_SEC : G_MAXINT64;
}

void lec_call_send(LecCall *self, LecStanza *payload) {
    self->events.send(payload, self->user);
}

void lec_call_finish(LecCall *self, LecCallEnd end, guint retry_after_s, bool tell) {
    if (self->state == LEC_CALL_ENDED)
        return;
    const bool heard_of = self->role == LEC_CALL_BOX ? self->sid[0] : self->state != LEC_CALL_NEW;
    const bool refuse = self->role == LEC_CALL_BOX && self->state != LEC_CALL_UP;
    const bool parted = self->state == LEC_CALL_PARTED;
    lec_call_go(self, LEC_CALL_ENDED, 0);
    if (tell && heard_of && !parted) {
        const LecCallGoodbye goodbye = {end, retry_after_s};
        lec_call_send(self, lec_call_write_goodbye(refuse ? LEC_CALL_REFUSED : LEC_CALL_BYE,
                                                   self->sid, &goodbye));
    }
    if (!self->doomed)
        self->events.ended(end, retry_after_s, self->user);
}

void lec_call_make_sas(LecCall *self) {
    const bool caller = self->role == LEC_CALL_CALLER;
    lec_sas_format(self->sid, caller ? &self->own.fingerprint : &self->peer.fingerprint,
                   caller ? &self->peer.fingerprint : &self->own.fingerprint, self->box_point,
                   self->nonce, self->sas);
}

/* The caller's candidates mean nothing before its offer, the box's nothing before its answer: the
 * first ones and those of a restart. */
static bool may_send_candidates(const LecCall *self) {
    if (self->state == LEC_CALL_UP)
        return self->role == LEC_CALL_CALLER || !self->restarting;
    return (self->role == LEC_CALL_CALLER &&
            (self->state == LEC_CALL_OFFERED || self->state == LEC_CALL_WAITING));
}

void lec_call_flush_out(LecCall *self) {
    LecCandidate candidate;
    bool end;
    while (may_send_candidates(self) && lec_call_candidates_take(&self->out, &candidate, &end))
        lec_call_send(self, lec_call_write_candidate(self->sid, end ? NULL : &candidate));
}

void lec_call_flush_in(LecCall *self) {
    LecCandidate candidate;
    bool end;
    while (self->state == LEC_CALL_UP && !self->restarting &&
           lec_call_candidates_take(&self->in, &candidate, &end)) {
        if (self->events.candidate)
            self->events.candidate(end ? NULL : &candidate, self->user);
    }
}

/* How a call ends over a message that cannot be right. */
static LecCallEnd end_for(const GError *error) {
    if (g_error_matches(error, LEC_CALL_ERROR, LEC_CALL_ERROR_VERSION))
        return LEC_CALL_END_VERSION;
    if (g_error_matches(error, LEC_SDP_ERROR, LEC_SDP_ERROR_UNSUPPORTED))
        return LEC_CALL_END_MEDIA;
    return LEC_CALL_END_PROTOCOL;
}

static bool read_envelope(LecCall *self, const LecStanza *payload, LecCallMessage *ret_kind,
                          const char **ret_sid, GError **error) {
    *ret_sid = lec_payload_read_sid(payload);
    if (!*ret_sid) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED, "The message has no call id.");
        return false;
    }
    /* A box that has heard nothing yet takes the id up, so that its complaint finds its way. */
    if (!self->sid[0])
        g_strlcpy(self->sid, *ret_sid, sizeof self->sid);
    if (!lec_call_message_kind(payload, ret_kind)) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_ORDER, "The message is not known.");
        return false;
    }
    if (self->role == LEC_CALL_BOX && strcmp(*ret_sid, self->sid) != 0) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_ORDER,
                    "The message %s is of another call.", lec_call_message_name(*ret_kind));
        return false;
    }
    return true;
}

bool lec_call_receive(LecCall *self, const LecStanza *payload, gint64 now_us) {
    if (self->state == LEC_CALL_ENDED)
        return false;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    g_autoptr(GError) error = NULL;
    LecCallMessage kind;
    const char *sid;
    if (read_envelope(self, payload, &kind, &sid, &error)) {
        /* What a box still had to say in the caller's last call arrives in this one. */
        if (strcmp(sid, self->sid) != 0)
            return true;
        if (lec_call_dispatch(self, payload, kind, now_us, &error))
            return true;
    }
    g_autofree char *why = lec_log_text(error->message);
    /* Anybody can make a box say this as often as they like, until they are let in. */
    const bool stranger = self->role == LEC_CALL_BOX && !lec_call_is_up(self);
    lec_log(stranger ? LEC_LOG_DEBUG : LEC_LOG_INFO, "Call %.8s ends. %s", self->sid, why);
    lec_call_finish(self, end_for(error), 0, true);
    return false;
}

gint64 lec_call_next_deadline_us(const LecCall *self) {
    return self->deadline_us;
}

void lec_call_tick(LecCall *self, gint64 now_us) {
    if (now_us < self->deadline_us)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    const bool parted = self->state == LEC_CALL_PARTED;
    lec_call_finish(self, parted ? LEC_CALL_END_GONE : LEC_CALL_END_TIMEOUT, 0, true);
}

void lec_call_dial(LecCall *self, gint64 now_us) {
    g_assert(self->role == LEC_CALL_CALLER);
    if (self->state != LEC_CALL_NEW)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    LecCallHello hello = {.caller = self->own};
    lec_sas_commit(self->nonce, hello.commit);
    lec_call_go(self, LEC_CALL_GREETED, now_us);
    lec_call_send(self, lec_call_write_hello(self->sid, &hello));
}

void lec_call_challenge(LecCall *self, LecCallAsk ask, const char *pin, gint64 now_us) {
    g_assert(self->role == LEC_CALL_BOX);
    g_assert(ask != LEC_CALL_ASK_PIN || (pin && *pin));
    if (self->state != LEC_CALL_GREETED)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    self->ask = ask;
    self->pake = lec_pake_new(LEC_PAKE_BOX, LEC_PAKE_CALL, ask == LEC_CALL_ASK_PIN ? pin : "",
                              self->sid, &self->peer.fingerprint, &self->own.fingerprint);
    memcpy(self->box_point, lec_pake_get_point(self->pake), sizeof self->box_point);
    LecCallChallenge challenge = {.ask = ask, .box = self->own};
    memcpy(challenge.point, self->box_point, sizeof challenge.point);
    lec_call_go(self, LEC_CALL_CHALLENGED, now_us);
    lec_call_send(self, lec_call_write_challenge(self->sid, &challenge));
}

void lec_call_prove(LecCall *self, const char *pin, const LecMediaParams *offer, gint64 now_us) {
    g_assert(self->role == LEC_CALL_CALLER);
    g_assert(lec_fingerprint_equal(&offer->fingerprint, &self->own.fingerprint));
    if (self->state != LEC_CALL_CHALLENGED)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    self->pake = lec_pake_new(LEC_PAKE_CALLER, LEC_PAKE_CALL,
                              self->ask == LEC_CALL_ASK_PIN && pin ? pin : "", self->sid,
                              &self->own.fingerprint, &self->peer.fingerprint);
    if (!lec_pake_finish(self->pake, self->box_point)) {
        lec_call_finish(self, LEC_CALL_END_PROTOCOL, 0, true);
        return;
    }
    LecCallProof proof;
    memcpy(proof.point, lec_pake_get_point(self->pake), sizeof proof.point);
    memcpy(proof.nonce, self->nonce, sizeof proof.nonce);
    lec_pake_confirm(self->pake, proof.confirm);
    lec_call_make_sas(self);
    lec_call_candidates_count(&self->out, offer);
    lec_call_go(self, LEC_CALL_OFFERED, now_us);
    lec_call_send(self, lec_call_write_offer(self->sid, &proof, offer));
    lec_call_flush_out(self);
}

void lec_call_refuse(LecCall *self, LecCallEnd reason, guint retry_after_s) {
    g_assert(self->role == LEC_CALL_BOX);
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    lec_call_finish(self, reason, retry_after_s, true);
}

void lec_call_wait(LecCall *self, gint64 now_us) {
    g_assert(self->role == LEC_CALL_BOX);
    if (self->state != LEC_CALL_OFFERED)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    lec_call_go(self, LEC_CALL_WAITING, now_us);
    lec_call_send(self, lec_call_write_wait(self->sid));
}

void lec_call_answer(LecCall *self, const LecMediaParams *answer, gint64 now_us) {
    g_assert(self->role == LEC_CALL_BOX);
    g_assert(lec_fingerprint_equal(&answer->fingerprint, &self->own.fingerprint));
    if (self->state != LEC_CALL_OFFERED && self->state != LEC_CALL_WAITING)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
    lec_pake_confirm(self->pake, confirm);
    lec_call_candidates_count(&self->out, answer);
    lec_call_agree(self, answer);
    lec_call_go(self, LEC_CALL_UP, now_us);
    lec_call_send(self, lec_call_write_answer(self->sid, confirm, answer));
    lec_call_flush_out(self);
    lec_call_flush_in(self);
}

void lec_call_report(LecCall *self, const LecCallReport *report) {
    g_assert(self->role == LEC_CALL_BOX);
    if (self->state != LEC_CALL_UP)
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    lec_call_send(self, lec_call_write_stats(self->sid, report));
}

const char *lec_call_get_sas(const LecCall *self) {
    return self->sas;
}

void lec_call_send_candidate(LecCall *self, const LecCandidate *candidate) {
    if (self->state == LEC_CALL_ENDED || !lec_call_candidates_put(&self->out, candidate))
        return;
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    lec_call_flush_out(self);
}

void lec_call_hang_up(LecCall *self, LecCallEnd reason) {
    g_autoptr(LecCallVisit) visit G_GNUC_UNUSED = lec_call_enter(self);
    /* Where the door is closed there is nobody left to tell. */
    lec_call_finish(self, reason, 0, reason != LEC_CALL_END_GONE);
}

bool lec_call_is_up(const LecCall *self) {
    return self->state == LEC_CALL_UP || self->state == LEC_CALL_PARTED ||
           self->state == LEC_CALL_RESUMING;
}

const char *lec_call_get_sid(const LecCall *self) {
    return self->sid;
}
