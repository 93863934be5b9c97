/* The host protocol's life: its table of states, its time limits, and the one way out. */
#include "signalling/steer.h"

#include "common/base/log.h"
#include "signalling/call-messages.h"
#include "signalling/steer-messages.h"

#include <sodium.h>
#include <string.h>

#define KEY_OF_HOST LEC_PAKE_HOST " seal host"
#define KEY_OF_BOX LEC_PAKE_HOST " seal box"

typedef enum {
    NEW,
    GREETED,    /* the host has said hello */
    CHALLENGED, /* the box has answered; the host's user looks for the code */
    PROVED,     /* the host waits to be let in */
    OPEN,
    ENDED,
    N_STATES,
} State;

struct LecSteer {
    LecSteerRole role;
    State state;
    LecSteerEvents events;
    void *user;
    guint busy;  /* functions of ours that are running */
    bool doomed; /* freed within one of them */
    gint64 deadline_us;
    char sid[LEC_PAYLOAD_SID_SIZE]; /* empty on the box before hello */
    char name[LEC_CALL_MAX_NAME_BYTES + 1];
    char *code; /* the box's; NULL: it has none, or it is in the proof */
    LecPake *pake;
    guint8 box_point[LEC_PAKE_POINT_BYTES];
    LecSeal out, in;
};

/* In seconds; 0: none. The box's end first, so that its reason is what the host hears. Open: three
 * breaths. */
static const guint TIME_LIMIT_S[2][N_STATES] = {
    [LEC_STEER_HOST] = {[GREETED] = 10, [PROVED] = 10, [OPEN] = 45},
    [LEC_STEER_BOX] = {[NEW] = 10, [CHALLENGED] = 120, [OPEN] = 45},
};

static void destroy(LecSteer *self) {
    lec_pake_free(self->pake);
    if (self->code)
        sodium_memzero(self->code, strlen(self->code));
    g_free(self->code);
    lec_seal_clear(&self->out);
    lec_seal_clear(&self->in);
    g_free(self);
}

/* Keeps the memory until the outermost function returns. */
typedef LecSteer Visit;

static Visit *enter(LecSteer *self) {
    self->busy++;
    return self;
}

static void leave(Visit *self) {
    if (--self->busy == 0 && self->doomed)
        destroy(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Visit, leave)

static void go(LecSteer *self, State state, gint64 now_us) {
    self->state = state;
    const guint limit_s = TIME_LIMIT_S[self->role][state];
    self->deadline_us = limit_s ? now_us + limit_s * G_USEC_PER_SEC : G_MAXINT64;
}

static void finish(LecSteer *self, LecSteerEnd end, guint retry_after_s, bool tell) {
    if (self->state == ENDED)
        return;
    const bool heard_of = self->role == LEC_STEER_BOX ? self->sid[0] : self->state != NEW;
    const bool refuse = self->role == LEC_STEER_BOX && self->state != OPEN;
    go(self, ENDED, 0);
    if (tell && heard_of) {
        const LecSteerGoodbye goodbye = {end, retry_after_s};
        self->events.send(lec_steer_write_goodbye(refuse ? LEC_STEER_REFUSED : LEC_STEER_BYE,
                                                  self->sid, &goodbye),
                          self->user);
    }
    if (!self->doomed)
        self->events.ended(end, retry_after_s, self->user);
}

static void open_up(LecSteer *self, gint64 now_us) {
    const bool host = self->role == LEC_STEER_HOST;
    guint8 key[LEC_PAKE_KEY_BYTES];
    lec_pake_derive(self->pake, KEY_OF_HOST, key);
    lec_seal_init(host ? &self->out : &self->in, LEC_PAKE_HOST, key);
    lec_pake_derive(self->pake, KEY_OF_BOX, key);
    lec_seal_init(host ? &self->in : &self->out, LEC_PAKE_HOST, key);
    sodium_memzero(key, sizeof key);
    g_clear_pointer(&self->pake, lec_pake_free);
    go(self, OPEN, now_us);
}

/* ---- what arrives ---- */

/*
 * Reads payload, goes on, fires the event. False with error set: malformed. One that the handler
 * itself ended is true.
 */
typedef bool (*Handler)(LecSteer *self, const LecStanza *payload, gint64 now_us, GError **error);

static bool on_hello(LecSteer *self, const LecStanza *payload, gint64 now_us, GError **error) {
    if (!lec_steer_read_hello(payload, error))
        return false;
    if (!self->code) {
        finish(self, LEC_STEER_END_OFF, 0, true);
        return true;
    }
    self->pake = lec_pake_new(LEC_PAKE_BOX, LEC_PAKE_HOST, self->code, self->sid, NULL, NULL);
    sodium_memzero(self->code, strlen(self->code));
    g_clear_pointer(&self->code, g_free);
    LecSteerChallenge challenge;
    g_strlcpy(challenge.name, self->name, sizeof challenge.name);
    memcpy(challenge.point, lec_pake_get_point(self->pake), sizeof challenge.point);
    go(self, CHALLENGED, now_us);
    self->events.send(lec_steer_write_challenge(self->sid, &challenge), self->user);
    return true;
}

static bool on_challenge(LecSteer *self, const LecStanza *payload, gint64 now_us, GError **error) {
    LecSteerChallenge challenge;
    if (!lec_steer_read_challenge(payload, &challenge, error))
        return false;
    memcpy(self->box_point, challenge.point, sizeof self->box_point);
    go(self, CHALLENGED, now_us);
    self->events.challenge(challenge.name, self->user);
    return true;
}

/* Leave is asked before the code is looked at: see the call's proof_holds(). */
static bool on_prove(LecSteer *self, const LecStanza *payload, gint64 now_us, GError **error) {
    LecSteerProof proof;
    if (!lec_steer_read_proof(payload, &proof, error))
        return false;
    guint retry_after_s = 0;
    const LecSteerEnd verdict = self->events.may_prove(&retry_after_s, self->user);
    if (self->state != CHALLENGED)
        return true;
    if (verdict != LEC_STEER_END_BYE) {
        finish(self, verdict, retry_after_s, true);
        return true;
    }
    const bool right =
        lec_pake_finish(self->pake, proof.point) && lec_pake_verify(self->pake, proof.confirm);
    self->events.proved(right, self->user);
    if (self->state != CHALLENGED)
        return true;
    if (!right) {
        finish(self, LEC_STEER_END_DENIED, 0, true);
        return true;
    }
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
    lec_pake_confirm(self->pake, confirm);
    open_up(self, now_us);
    self->events.send(lec_steer_write_welcome(self->sid, confirm), self->user);
    if (self->state == OPEN)
        self->events.open(self->user);
    return true;
}

static bool on_welcome(LecSteer *self, const LecStanza *payload, gint64 now_us, GError **error) {
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
    if (!lec_steer_read_welcome(payload, confirm, error))
        return false;
    if (!lec_pake_verify(self->pake, confirm)) {
        finish(self, LEC_STEER_END_IMPOSTOR, 0, true);
        return true;
    }
    open_up(self, now_us);
    self->events.open(self->user);
    return true;
}

static bool on_sealed(LecSteer *self, const LecStanza *payload, gint64 now_us, GError **error) {
    guint64 number = 0;
    const char *base64 = NULL;
    if (!lec_steer_read_sealed(payload, &number, &base64, error))
        return false;
    gsize len = 0;
    g_autofree char *text = lec_seal_open(&self->in, number, base64, &len);
    if (!text) {
        g_set_error(error, LEC_STEER_ERROR, LEC_STEER_ERROR_MALFORMED,
                    "Sealed message %" G_GUINT64_FORMAT " does not open, or is not the next.",
                    number);
        return false;
    }
    go(self, OPEN, now_us);
    self->events.text(text, len, self->user);
    sodium_memzero(text, len); /* it may hold a token */
    return true;
}

static bool on_goodbye(LecSteer *self, const LecStanza *payload, gint64 now_us, GError **error) {
    LecSteerGoodbye goodbye;
    if (!lec_steer_read_goodbye(payload, &goodbye, error))
        return false;
    finish(self, goodbye.reason, goodbye.retry_after_s, false);
    return true;
}

/* clang-format off */
static const Handler TABLE[2][N_STATES][LEC_STEER_N_MESSAGES] = {
    [LEC_STEER_HOST] = {
        [GREETED] = {
            [LEC_STEER_CHALLENGE] = on_challenge,
            [LEC_STEER_REFUSED] = on_goodbye,
        },
        [CHALLENGED] = {
            [LEC_STEER_REFUSED] = on_goodbye,
        },
        [PROVED] = {
            [LEC_STEER_WELCOME] = on_welcome,
            [LEC_STEER_REFUSED] = on_goodbye,
        },
        [OPEN] = {
            [LEC_STEER_SEALED] = on_sealed,
            [LEC_STEER_BYE] = on_goodbye,
        },
    },
    [LEC_STEER_BOX] = {
        [NEW] = {
            [LEC_STEER_HELLO] = on_hello,
        },
        [CHALLENGED] = {
            [LEC_STEER_PROVE] = on_prove,
            [LEC_STEER_BYE] = on_goodbye,
        },
        [OPEN] = {
            [LEC_STEER_SEALED] = on_sealed,
            [LEC_STEER_BYE] = on_goodbye,
        },
    },
};
/* clang-format on */

static bool read_envelope(LecSteer *self, const LecStanza *payload, LecSteerMessage *ret_kind,
                          GError **error) {
    const char *sid = lec_payload_read_sid(payload);
    /* A box that has heard nothing yet takes the id up, so that its complaint finds its way. */
    if (sid && !self->sid[0])
        g_strlcpy(self->sid, sid, sizeof self->sid);
    if (sid && strcmp(sid, self->sid) == 0 && lec_steer_message_kind(payload, ret_kind))
        return true;
    g_set_error(error, LEC_STEER_ERROR, LEC_STEER_ERROR_ORDER,
                "The message has no id, one of another session, or is not known.");
    return false;
}

static bool dispatch(LecSteer *self, const LecStanza *payload, gint64 now_us, GError **error) {
    LecSteerMessage kind;
    if (!read_envelope(self, payload, &kind, error))
        return false;
    const Handler handle = TABLE[self->role][self->state][kind];
    if (handle)
        return handle(self, payload, now_us, error);
    g_set_error(error, LEC_STEER_ERROR, LEC_STEER_ERROR_ORDER, "The message %s is out of order.",
                lec_steer_message_name(kind));
    return false;
}

bool lec_steer_receive(LecSteer *self, const LecStanza *payload, gint64 now_us) {
    if (self->state == ENDED)
        return false;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    g_autoptr(GError) error = NULL;
    if (dispatch(self, payload, now_us, &error))
        return self->state != ENDED;
    g_autofree char *why = lec_log_text(error->message);
    /* Anybody can make a box say this as often as they like, until they are let in. */
    const bool stranger = self->role == LEC_STEER_BOX && self->state != OPEN;
    lec_log(stranger ? LEC_LOG_DEBUG : LEC_LOG_INFO, "Host session %.8s ends. %s", self->sid, why);
    const bool version = g_error_matches(error, LEC_STEER_ERROR, LEC_STEER_ERROR_VERSION);
    finish(self, version ? LEC_STEER_END_VERSION : LEC_STEER_END_PROTOCOL, 0, true);
    return false;
}

/* ---- what the owner does ---- */

static LecSteer *steer_new(LecSteerRole role, const LecSteerEvents *events, void *user,
                           gint64 now_us) {
    if (sodium_init() < 0)
        g_error("libsodium cannot start: the system gives no random numbers");
    g_assert(events->send && events->open && events->text && events->ended);
    LecSteer *self = g_new0(LecSteer, 1);
    self->role = role;
    self->events = *events;
    self->user = user;
    go(self, NEW, now_us);
    return self;
}

LecSteer *lec_steer_new_box(const char *name, const char *code, const LecSteerEvents *events,
                            void *user, gint64 now_us) {
    g_assert(events->may_prove && events->proved);
    LecSteer *self = steer_new(LEC_STEER_BOX, events, user, now_us);
    lec_call_clean_name(name, self->name);
    self->code = g_strdup(code);
    return self;
}

LecSteer *lec_steer_new_host(const LecSteerEvents *events, void *user, gint64 now_us) {
    g_assert(events->challenge);
    LecSteer *self = steer_new(LEC_STEER_HOST, events, user, now_us);
    lec_payload_draw_sid(self->sid);
    return self;
}

void lec_steer_free(LecSteer *self) {
    if (!self)
        return;
    g_assert(!self->doomed);
    self->doomed = true;
    self->state = ENDED;
    if (self->busy == 0)
        destroy(self);
}

gint64 lec_steer_next_deadline_us(const LecSteer *self) {
    return self->deadline_us;
}

void lec_steer_tick(LecSteer *self, gint64 now_us) {
    if (now_us < self->deadline_us)
        return;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    finish(self, LEC_STEER_END_TIMEOUT, 0, true);
}

void lec_steer_dial(LecSteer *self, gint64 now_us) {
    g_assert(self->role == LEC_STEER_HOST);
    if (self->state != NEW)
        return;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    go(self, GREETED, now_us);
    self->events.send(lec_steer_write_hello(self->sid), self->user);
}

void lec_steer_prove(LecSteer *self, const char *code, gint64 now_us) {
    g_assert(self->role == LEC_STEER_HOST);
    if (self->state != CHALLENGED)
        return;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    self->pake = lec_pake_new(LEC_PAKE_CALLER, LEC_PAKE_HOST, code, self->sid, NULL, NULL);
    if (!lec_pake_finish(self->pake, self->box_point)) {
        finish(self, LEC_STEER_END_PROTOCOL, 0, true);
        return;
    }
    LecSteerProof proof;
    memcpy(proof.point, lec_pake_get_point(self->pake), sizeof proof.point);
    lec_pake_confirm(self->pake, proof.confirm);
    go(self, PROVED, now_us);
    self->events.send(lec_steer_write_proof(self->sid, &proof), self->user);
}

void lec_steer_send(LecSteer *self, const char *text, gsize len) {
    if (self->state != OPEN)
        return;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    const guint64 number = self->out.number;
    g_autofree char *base64 = lec_seal_close(&self->out, text, len);
    self->events.send(lec_steer_write_sealed(self->sid, number, base64), self->user);
}

void lec_steer_hang_up(LecSteer *self, LecSteerEnd reason) {
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    finish(self, reason, 0, reason != LEC_STEER_END_GONE);
}

bool lec_steer_is_open(const LecSteer *self) {
    return self->state == OPEN;
}
