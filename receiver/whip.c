/* WHIP sessions and their seats, and the tokens that keep them there. */
#include "receiver/whip.h"

#include "common/base/i18n.h"
#include "receiver/bearer.h"
#include "receiver/seat.h"
#include "receiver/seats.h"
#include "signalling/door-whip.h"

#define GATHERING_MS 500 /* what has not been found by then is left out of the answer */

typedef struct {
    LecWhip *whip;
    LecWhipSession *session; /* NULL: it is gone */
    LecSeat *seat;
    LecMediaParams *answer; /* until it is sent */
    guint gathering;        /* source id */
    guint ending;           /* source id */
    bool joined;            /* counted by admission */
} Encoder;

struct LecWhip {
    const LecHouse *house;
    const LecTokens *tokens;
    LecDoorWhip *door;
    GPtrArray *encoders; /* owned */
    guint tick;
    void (*say)(const char *sentence, void *user);
    void *user;
};

static void encoder_free(gpointer data) {
    Encoder *self = data;
    const LecHouse *house = self->whip->house;
    g_clear_handle_id(&self->gathering, g_source_remove);
    g_clear_handle_id(&self->ending, g_source_remove);
    if (self->session)
        lec_whip_session_end(self->session);
    lec_seat_free(self->seat);
    lec_media_params_free(self->answer);
    if (self->joined) {
        lec_admission_left(house->admission, false, g_get_monotonic_time());
        lec_seats_note(house->seats); /* the PIN may be another now */
    }
    g_free(self);
}

static gboolean on_ending(gpointer user) {
    Encoder *self = user;
    LecWhip *whip = self->whip;
    self->ending = 0;
    if (self->seat && lec_seat_count_pictures(self->seat)) {
        g_autofree char *sentence =
            g_strdup_printf(_("%s has stopped sharing."), lec_seat_get_name(self->seat));
        whip->say(sentence, whip->user);
    }
    g_ptr_array_remove(whip->encoders, self);
    return G_SOURCE_REMOVE;
}

static void end_soon(Encoder *self) {
    if (!self->ending)
        self->ending = g_idle_add_full(G_PRIORITY_DEFAULT, on_ending, self, NULL);
}

/* ---- the seat ---- */

static void send_answer(Encoder *self) {
    g_clear_handle_id(&self->gathering, g_source_remove);
    if (!self->answer || !self->session)
        return;
    lec_whip_session_answer(self->session, self->answer);
    g_clear_pointer(&self->answer, lec_media_params_free);
}

static void on_candidate(const LecCandidate *candidate, void *user) {
    Encoder *self = user;
    if (!candidate)
        send_answer(self);
    else if (self->answer && self->answer->candidates->len < LEC_MEDIA_MAX_CANDIDATES)
        g_array_append_val(self->answer->candidates, *candidate);
}

static gboolean on_gathering_over(gpointer user) {
    Encoder *self = user;
    self->gathering = 0;
    send_answer(self);
    return G_SOURCE_REMOVE;
}

static void on_changed(void *user) {
}

static void on_failed(bool wanted, void *user) {
    end_soon(user);
}

static void on_dismissed(LecCallEnd reason, void *user) {
    end_soon(user);
}

static const LecSeatEvents seat_events = {
    .candidate = on_candidate,
    .let_in = on_changed, /* a token is admission enough: it never waits */
    .changed = on_changed,
    .failed = on_failed,
    .dismissed = on_dismissed,
};

/* ---- the door ---- */

static LecWhipVerdict on_may(const char *bearer, const char *source, guint *ret_token,
                             guint *ret_retry_after_s, void *user) {
    LecWhip *self = user;
    switch (lec_bearer_check(self->house->admission, self->tokens, bearer, LEC_TOKEN_WHIP, source,
                             g_get_monotonic_time(), ret_token, ret_retry_after_s)) {
    case LEC_BEARER_ADMIT:
        return LEC_WHIP_ADMIT;
    case LEC_BEARER_LOCKED:
        return LEC_WHIP_LOCKED;
    case LEC_BEARER_WRONG:
    case LEC_BEARER_OTHER_SCOPE:
        break;
    }
    return LEC_WHIP_UNAUTHORIZED;
}

static bool open_seat(Encoder *self, const LecMediaParams *offer, GError **error) {
    const LecSeatGuest guest = {
        .name = lec_whip_session_get_agent(self->session),
        .source = lec_whip_session_get_source(self->session),
        .door = "whip",
        .device = &offer->fingerprint,
        .loopback = lec_whip_session_is_loopback(self->session),
    };
    self->seat = lec_seat_new(self->whip->house, &guest, LEC_SEAT_SHOWN, &seat_events, self);
    return lec_seat_open(self->seat, offer, error);
}

static void refuse(Encoder *self, guint status, const char *why) {
    LecWhipSession *session = g_steal_pointer(&self->session);
    g_ptr_array_remove(self->whip->encoders, self);
    lec_whip_session_refuse(session, status, why);
}

static void on_offer(LecWhipSession *session, const LecMediaParams *offer, void *user) {
    LecWhip *self = user;
    Encoder *encoder = g_new0(Encoder, 1);
    encoder->whip = self;
    encoder->session = session;
    g_ptr_array_add(self->encoders, encoder);
    lec_whip_session_set_data(session, encoder);
    g_autoptr(GError) error = NULL;
    if (!open_seat(encoder, offer, &error)) {
        refuse(encoder, 406, error->message);
        return;
    }
    /* Last: who leaves a place takes the PIN along. */
    if (!lec_admission_join(self->house->admission)) {
        refuse(encoder, 503, "There is no room for one more.");
        return;
    }
    encoder->joined = true;
    encoder->answer = lec_media_params_copy(lec_seat_get_answer(encoder->seat));
    encoder->gathering = g_timeout_add(GATHERING_MS, on_gathering_over, encoder);
}

static void on_more_candidates(LecWhipSession *session, const LecCandidate *candidate, void *user) {
    Encoder *encoder = lec_whip_session_get_data(session);
    if (encoder && encoder->seat)
        lec_seat_add_candidate(encoder->seat, candidate);
}

static void on_gone(LecWhipSession *session, void *user) {
    Encoder *encoder = lec_whip_session_get_data(session);
    if (!encoder)
        return;
    encoder->session = NULL;
    end_soon(encoder);
}

/* A token that has run out or was revoked takes its encoders along; and a place is for who shows
 * something. */
static gboolean on_tick(gpointer user) {
    LecWhip *self = user;
    const gint64 now = g_get_monotonic_time();
    for (guint i = 0; i < self->encoders->len; i++) {
        Encoder *encoder = g_ptr_array_index(self->encoders, i);
        if (encoder->session &&
            (!lec_tokens_holds(self->tokens, lec_whip_session_get_token(encoder->session), now) ||
             lec_seat_is_idle(encoder->seat, now)))
            end_soon(encoder);
    }
    return G_SOURCE_CONTINUE;
}

static const LecDoorWhipEvents door_events = {
    .may = on_may,
    .offer = on_offer,
    .candidate = on_more_candidates,
    .gone = on_gone,
};

LecWhip *lec_whip_new(const LecHouse *house, LecHttpsServer *server, const LecTokens *tokens,
                      void (*say)(const char *sentence, void *user), void *user) {
    LecWhip *self = g_new0(LecWhip, 1);
    self->house = house;
    self->tokens = tokens;
    self->say = say;
    self->user = user;
    self->encoders = g_ptr_array_new_with_free_func(encoder_free);
    self->door = lec_door_whip_new(server, &door_events, self);
    self->tick = g_timeout_add(500, on_tick, self);
    return self;
}

void lec_whip_free(LecWhip *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    g_ptr_array_unref(self->encoders);
    lec_door_whip_free(self->door);
    g_free(self);
}
