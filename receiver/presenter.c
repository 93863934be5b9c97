/* One presenter: joins its call and its seat, by admission's leave. */
#include "receiver/presenter.h"

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "receiver/seat.h"
#include "signalling/call-timer.h"

#include <string.h>

/* A door that closes while its link is well was closed at the other end; a network that goes takes
 * both. */
#define LINK_WELL_US (3 * G_USEC_PER_SEC)
/* How late we may know when a link was last heard: longer after its door closed, and it lives. */
#define LINK_KNOWN_US (2 * G_USEC_PER_SEC)

struct LecPresenter {
    const LecHouse *house;
    const LecPresenterEvents *events;
    void *user;
    char *source;
    bool loopback, remote; /* as it came first */

    LecCall *call;
    LecCallTimer *timer;
    LecCallPeer peer;
    bool asked_pin;
    guint pin_number;      /* which one it was asked for */
    bool by_person;        /* it was told that a person decides, and proves no PIN */
    bool undecided;        /* counted by admission: a person is still to decide */
    LecMediaParams *offer; /* until then */
    bool on;               /* counted by admission */
    bool lost;             /* it ended by a broken connection */
    LecSeat *seat;
    bool left;        /* it closed its door itself: a program that ended, unless its link lives */
    bool replaced;    /* by itself */
    gint64 parted_us; /* when its door closed last */

    char *sentence; /* why it ends, for the display */
    guint ending;   /* source id */
};

/* ---- the end ---- */

static gboolean on_ending(gpointer user) {
    LecPresenter *self = user;
    self->ending = 0;
    self->events->ended(self, self->sentence, self->user);
    return G_SOURCE_REMOVE;
}

static void end_soon(LecPresenter *self, char *sentence) {
    if (self->ending) {
        g_free(sentence);
        return;
    }
    self->sentence = sentence;
    self->ending = g_idle_add_full(G_PRIORITY_DEFAULT, on_ending, self, NULL);
}

static char *last_words(const LecPresenter *self, LecCallEnd end) {
    if (self->replaced || !self->on || self->undecided)
        return NULL; /* nobody has seen anything of it */
    switch (end) {
    case LEC_CALL_END_BYE:
        return g_strdup_printf(_("%s has stopped sharing."), self->peer.name);
    case LEC_CALL_END_GONE:
    case LEC_CALL_END_TIMEOUT:
    case LEC_CALL_END_MEDIA:
        return g_strdup_printf(_("The connection to %s was lost."), self->peer.name);
    default:
        return g_strdup_printf(_("%s is no longer sharing. %s"), self->peer.name,
                               lec_call_end_sentence(end));
    }
}

static void end_wait(LecPresenter *self) {
    if (self->undecided)
        lec_admission_end_wait(self->house->admission, self->source, !self->asked_pin);
    self->undecided = false;
    g_clear_pointer(&self->offer, lec_media_params_free);
}

static void on_call_ended(LecCallEnd end, guint retry_after_s, void *user) {
    LecPresenter *self = user;
    if (self->on || self->events->may_log(self->user)) {
        g_autofree char *name = lec_log_text(self->peer.name);
        lec_info("The call with \"%s\" at %s has ended: %s.", name, self->source,
                 lec_call_end_word(end));
    }
    char *sentence = last_words(self, end);
    end_wait(self);
    self->lost =
        end == LEC_CALL_END_GONE || end == LEC_CALL_END_TIMEOUT || end == LEC_CALL_END_MEDIA;
    end_soon(self, sentence);
}

/* ---- the seat ---- */

static void on_seat_candidate(const LecCandidate *candidate, void *user) {
    LecPresenter *self = user;
    lec_call_send_candidate(self->call, candidate);
}

static void on_seat_changed(void *user) {
    LecPresenter *self = user;
    if (self->seat && lec_seat_get_state(self->seat) == LEC_SEAT_SHOWN)
        end_wait(self);
    if (self->left && lec_seat_is_lost(self->seat))
        lec_call_hang_up(self->call, LEC_CALL_END_GONE);
    self->events->changed(self, self->user);
}

/* A place is for who shows something. */
static void end_if_idle(LecPresenter *self) {
    if (!lec_seat_is_idle(self->seat, g_get_monotonic_time()))
        return;
    lec_info("%s was let in and has sent no picture.", self->source);
    lec_call_hang_up(self->call, LEC_CALL_END_BYE);
}

static void on_seat_report(const LecCallReport *report, void *user) {
    LecPresenter *self = user;
    lec_call_report(self->call, report);
    /* A cloud may be away for longer than what it has brought together needs it. */
    if (self->remote && lec_seat_get_link_silence_us(self->seat) < LINK_WELL_US)
        lec_call_linger(self->call, g_get_monotonic_time());
    end_if_idle(self);
}

static void on_seat_failed(bool wanted, void *user) {
    LecPresenter *self = user;
    lec_call_hang_up(self->call, wanted ? LEC_CALL_END_BYE : LEC_CALL_END_MEDIA);
}

static void on_seat_dismissed(LecCallEnd reason, void *user) {
    LecPresenter *self = user;
    lec_call_hang_up(self->call, reason);
}

/* The link is made, and a place taken; or the call ends. */
static void answer(LecPresenter *self, const LecMediaParams *offer) {
    g_autoptr(GError) error = NULL;
    if (!lec_seat_open(self->seat, offer, &error)) {
        lec_warning("The offer of %s cannot be answered: %s", self->source, error->message);
        lec_call_refuse(self->call, LEC_CALL_END_MEDIA, 0);
        return;
    }
    if (!lec_admission_join(self->house->admission)) {
        lec_call_refuse(self->call, LEC_CALL_END_BUSY, 0);
        return;
    }
    self->on = true;
    lec_call_answer(self->call, lec_seat_get_answer(self->seat), g_get_monotonic_time());
}

static void on_seat_let_in(void *user) {
    LecPresenter *self = user;
    g_autoptr(LecMediaParams) offer = g_steal_pointer(&self->offer);
    end_wait(self);
    if (offer)
        answer(self, offer);
    lec_call_timer_update(self->timer);
    self->events->changed(self, self->user);
}

static const LecSeatEvents seat_events = {
    .let_in = on_seat_let_in,
    .candidate = on_seat_candidate,
    .changed = on_seat_changed,
    .report = on_seat_report,
    .failed = on_seat_failed,
    .dismissed = on_seat_dismissed,
};

/* ---- the call ---- */

static void on_send(LecStanza *payload, void *user) {
    LecPresenter *self = user;
    self->events->send(self, payload, self->user);
}

static void on_hello(const LecCallPeer *caller, void *user) {
    LecPresenter *self = user;
    const gint64 now = g_get_monotonic_time();
    guint retry_after_s = 0;
    self->peer = *caller;
    if (lec_admission_is_shut_out(self->house->admission, &caller->fingerprint, self->remote)) {
        lec_call_refuse(self->call, LEC_CALL_END_REVOKED, 0);
        return;
    }
    switch (lec_admission_ask(self->house->admission, self->source, &caller->fingerprint, now,
                              &retry_after_s)) {
    case LEC_VERDICT_ADMIT:
        lec_call_challenge(self->call, LEC_CALL_ASK_NOTHING, NULL, now);
        break;
    case LEC_VERDICT_ASK_PIN:
        self->asked_pin = true;
        self->pin_number = lec_admission_get_pin_number(self->house->admission);
        lec_call_challenge(self->call, LEC_CALL_ASK_PIN,
                           lec_admission_get_pin(self->house->admission), now);
        break;
    case LEC_VERDICT_ASK_APPROVAL:
        self->by_person = true;
        lec_call_challenge(self->call, LEC_CALL_ASK_APPROVAL, NULL, now);
        break;
    case LEC_VERDICT_LOCKED:
        lec_call_refuse(self->call, LEC_CALL_END_LOCKED, retry_after_s);
        break;
    case LEC_VERDICT_FULL:
        lec_call_refuse(self->call, LEC_CALL_END_BUSY, 0);
        break;
    }
}

/* Counted before the proof is looked at: a lock-out that began since hello holds for it too. */
static bool on_may_prove(guint *ret_retry_after_s, void *user) {
    LecPresenter *self = user;
    return lec_admission_begin_proof(self->house->admission, self->source, &self->peer.fingerprint,
                                     g_get_monotonic_time(), ret_retry_after_s);
}

static void on_proof_failed(void *user) {
    LecPresenter *self = user;
    lec_admission_end_proof(self->house->admission, self->source, &self->peer.fingerprint, false,
                            g_get_monotonic_time());
    lec_warning("A wrong PIN came from %s.", self->source);
    self->events->changed(self, self->user);
}

/* False: too many wait already, and the call has ended. */
static bool wait_for_person(LecPresenter *self, const LecMediaParams *offer) {
    if (!lec_admission_begin_wait(self->house->admission, self->source, !self->asked_pin)) {
        lec_call_refuse(self->call, LEC_CALL_END_BUSY, 0);
        return false;
    }
    self->undecided = true;
    if (!self->asked_pin)
        self->offer = lec_media_params_copy(offer);
    return true;
}

/* Who proved the PIN is answered at once and held; who did not waits without any media. */
static void take_seat(LecPresenter *self, const LecMediaParams *offer) {
    const bool decided = !self->by_person && !lec_admission_is_by_approval(self->house->admission);
    if (!decided && !wait_for_person(self, offer))
        return;
    const LecSeatGuest guest = {
        .name = self->peer.name,
        .source = self->source,
        .door = "call",
        .sas = self->asked_pin ? "" : lec_call_get_sas(self->call),
        .device = &self->peer.fingerprint,
        .loopback = self->loopback,
        .may_come_back = true,
    };
    const LecSeatState state = decided           ? LEC_SEAT_SHOWN
                               : self->asked_pin ? LEC_SEAT_HELD
                                                 : LEC_SEAT_WAITING;
    self->seat = lec_seat_new(self->house, &guest, state, &seat_events, self);
    if (state == LEC_SEAT_WAITING)
        lec_call_wait(self->call, g_get_monotonic_time());
    else
        answer(self, offer);
}

static void on_offer(const LecMediaParams *offer, void *user) {
    LecPresenter *self = user;
    /* Another PIN has been drawn while this one was looked for: the old one is as good as wrong. */
    if (self->asked_pin &&
        self->pin_number != lec_admission_get_pin_number(self->house->admission)) {
        on_proof_failed(self);
        lec_call_refuse(self->call, LEC_CALL_END_DENIED, 0);
        return;
    }
    if (self->asked_pin)
        lec_admission_end_proof(self->house->admission, self->source, &self->peer.fingerprint, true,
                                g_get_monotonic_time());
    take_seat(self, offer);
}

static void on_candidate(const LecCandidate *candidate, void *user) {
    LecPresenter *self = user;
    if (self->seat)
        lec_seat_add_candidate(self->seat, candidate);
}

static void on_pause(LecCallPicture picture, void *user) {
    LecPresenter *self = user;
    lec_seat_pause(self->seat, LEC_PAUSED_BY_SENDER, picture == LEC_CALL_PICTURE_STILL);
    lec_seat_hide(self->seat, picture == LEC_CALL_PICTURE_HIDDEN);
}

static void on_restart(const LecMediaParams *offer, void *user) {
    LecPresenter *self = user;
    g_autoptr(GError) error = NULL;
    if (lec_seat_restart(self->seat, offer, &error)) {
        lec_info("%s looks for another path.", self->source);
        lec_call_answer_restart(self->call, lec_seat_get_answer(self->seat));
        return;
    }
    lec_warning("The restart of %s cannot be answered: %s", self->source, error->message);
    lec_call_hang_up(self->call, LEC_CALL_END_MEDIA);
}

static void on_resumed(void *user) {
    LecPresenter *self = user;
    self->left = false;
    lec_info("%s is back by another connection.", self->source);
}

static const LecCallEvents call_events = {
    .send = on_send,
    .hello = on_hello,
    .may_prove = on_may_prove,
    .offer = on_offer,
    .proof_failed = on_proof_failed,
    .candidate = on_candidate,
    .pause = on_pause,
    .restart = on_restart,
    .resumed = on_resumed,
    .ended = on_call_ended,
};

/* ---- what others call ---- */

LecPresenter *lec_presenter_new(const LecHouse *house, const LecDoorPeer *peer,
                                const LecPresenterEvents *events, void *user) {
    LecPresenter *self = g_new0(LecPresenter, 1);
    self->house = house;
    self->events = events;
    self->user = user;
    self->source = g_strdup(lec_door_peer_get_source(peer));
    self->loopback = lec_door_peer_is_loopback(peer);
    self->remote = lec_door_peer_is_remote(peer);
    self->call =
        lec_call_new(LEC_CALL_BOX, house->box_name, lec_identity_get_fingerprint(house->identity),
                     &call_events, self, g_get_monotonic_time());
    self->timer = lec_call_timer_new(self->call);
    return self;
}

void lec_presenter_free(LecPresenter *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->ending, g_source_remove);
    end_wait(self);
    g_clear_pointer(&self->seat, lec_seat_free);
    g_clear_pointer(&self->timer, lec_call_timer_free);
    g_clear_pointer(&self->call, lec_call_free);
    g_free(self->sentence);
    g_free(self->source);
    g_free(self);
}

void lec_presenter_receive(LecPresenter *self, const LecStanza *payload) {
    lec_call_receive(self->call, payload, g_get_monotonic_time());
    lec_call_timer_update(self->timer);
}

void lec_presenter_gone(LecPresenter *self) {
    self->parted_us = g_get_monotonic_time();
    self->left = self->seat && lec_seat_is_connected(self->seat) &&
                 lec_seat_get_link_silence_us(self->seat) < LINK_WELL_US;
    lec_call_part(self->call, self->parted_us);
    lec_call_timer_update(self->timer);
}

bool lec_presenter_is_called(const LecPresenter *self, const char *sid) {
    return strcmp(lec_call_get_sid(self->call), sid) == 0;
}

bool lec_presenter_may_resume(const LecPresenter *self, const LecStanza *resume) {
    return lec_call_may_resume(self ? self->call : NULL, resume);
}

bool lec_presenter_is_shut_out(const LecPresenter *self, const LecDoorPeer *peer) {
    return lec_admission_is_shut_out(self->house->admission, &self->peer.fingerprint,
                                     lec_door_peer_is_remote(peer));
}

void lec_presenter_put_out(LecPresenter *self) {
    if (!lec_admission_is_shut_out(self->house->admission, &self->peer.fingerprint, self->remote))
        return;
    lec_info("The device of %s may not present here any more.", self->source);
    lec_call_hang_up(self->call, LEC_CALL_END_REVOKED);
}

bool lec_presenter_is_replaced_by(const LecPresenter *self, const LecPresenter *other) {
    return self != other && lec_call_is_parted(self->call) && other->seat &&
           lec_seat_is_connected(other->seat) &&
           lec_fingerprint_equal(&self->peer.fingerprint, &other->peer.fingerprint);
}

void lec_presenter_replace(LecPresenter *self) {
    self->replaced = true;
    lec_call_hang_up(self->call, LEC_CALL_END_GONE);
}

void lec_presenter_end(LecPresenter *self, LecCallEnd reason) {
    lec_call_hang_up(self->call, reason);
}

gint64 lec_presenter_get_away_since_us(const LecPresenter *self, gint64 now_us) {
    if (!self->on || !lec_call_is_parted(self->call))
        return 0;
    const gint64 silence_us = lec_seat_get_link_silence_us(self->seat);
    const bool lives =
        silence_us < LINK_WELL_US && now_us - silence_us > self->parted_us + LINK_KNOWN_US;
    return lives ? 0 : self->parted_us;
}

void lec_presenter_yield(LecPresenter *self) {
    lec_call_hang_up(self->call, LEC_CALL_END_GONE);
    self->on = false;
    lec_admission_left(self->house->admission, true, g_get_monotonic_time());
}

bool lec_presenter_is_on(const LecPresenter *self) {
    return self->on;
}

bool lec_presenter_is_lost(const LecPresenter *self) {
    return self->lost;
}
