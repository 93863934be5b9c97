/* Enrolment's life: its table of states, its time limits, and the one way out. */
#include "signalling/enrol.h"

#include "common/base/log.h"
#include "signalling/enrol-messages.h"
#include "signalling/seal.h"

#include <sodium.h>
#include <string.h>

#define KEY_OF_ADMINISTRATOR LEC_PAKE_ENROL " seal administrator"
#define KEY_OF_BOX LEC_PAKE_ENROL " seal box"

typedef enum {
    NEW,
    GREETED, /* the box has said hello */
    PROVED,  /* the administrator has said the proof */
    OPEN,    /* the administrator waits for the box's name; the box for its account */
    MET,     /* the administrator knows whom it talks to, and makes the account */
    GIVEN,   /* the administrator waits until it is kept */
    ENDED,
    N_STATES,
} State;

struct LecEnrol {
    LecEnrolRole role;
    State state;
    LecEnrolEvents events;
    void *user;
    guint busy;  /* functions of ours that are running */
    bool doomed; /* freed within one of them */
    gint64 deadline_us;
    char sid[LEC_PAYLOAD_SID_SIZE]; /* empty on the administrator's side before hello */
    char code[LEC_ENROL_CODE_DIGITS + 1];
    char name[LEC_CALL_MAX_NAME_BYTES + 1];
    LecFingerprint own, peer;
    LecPake *pake;
    LecSeal out, in;
};

/* In seconds; 0: none. While the account is made the box waits longer than the administrator. */
static const guint TIME_LIMIT_S[2][N_STATES] = {
    [LEC_ENROL_ADMINISTRATOR] = {[PROVED] = 20, [OPEN] = 20, [MET] = 60, [GIVEN] = 20},
    [LEC_ENROL_BOX] = {[GREETED] = 20, [OPEN] = 90},
};

void lec_enrol_account_free(LecEnrolAccount *self) {
    if (!self)
        return;
    g_free(self->host);
    g_free(self->jid);
    if (self->password)
        sodium_memzero(self->password, strlen(self->password));
    g_free(self->password);
    g_free(self);
}

/* ---- codes ---- */

void lec_enrol_draw_code(char ret_code[LEC_ENROL_CODE_DIGITS + 1]) {
    if (sodium_init() < 0)
        g_error("libsodium cannot start: the system gives no random numbers");
    for (guint i = 0; i < LEC_ENROL_CODE_DIGITS; i++)
        ret_code[i] = (char)('0' + randombytes_uniform(10));
    ret_code[LEC_ENROL_CODE_DIGITS] = '\0';
}

bool lec_enrol_read_code(const char *text, char ret_code[LEC_ENROL_CODE_DIGITS + 1]) {
    char code[LEC_ENROL_CODE_DIGITS + 1] = "";
    guint digits = 0;
    for (const char *at = text; *at; at++) {
        if (strchr(" -\t\r\n", *at))
            continue;
        if (!g_ascii_isdigit(*at) || digits == LEC_ENROL_CODE_DIGITS)
            return false;
        code[digits++] = *at;
    }
    if (digits == LEC_ENROL_CODE_DIGITS)
        memcpy(ret_code, code, sizeof code);
    sodium_memzero(code, sizeof code);
    return digits == LEC_ENROL_CODE_DIGITS;
}

char *lec_enrol_room(const char *code) {
    return g_strdup_printf("enrol-%.*s", LEC_ENROL_MEETING_DIGITS, code);
}

/* ---- life ---- */

static void destroy(LecEnrol *self) {
    lec_pake_free(self->pake);
    lec_seal_clear(&self->out);
    lec_seal_clear(&self->in);
    sodium_memzero(self->code, sizeof self->code);
    g_free(self);
}

/* Keeps the memory until the outermost function returns. */
typedef LecEnrol Visit;

static Visit *enter(LecEnrol *self) {
    self->busy++;
    return self;
}

static void leave(Visit *self) {
    if (--self->busy == 0 && self->doomed)
        destroy(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Visit, leave)

static void go(LecEnrol *self, State state, gint64 now_us) {
    self->state = state;
    const guint limit_s = TIME_LIMIT_S[self->role][state];
    self->deadline_us = limit_s ? now_us + limit_s * G_USEC_PER_SEC : G_MAXINT64;
}

static void finish(LecEnrol *self, LecEnrolEnd end, guint retry_after_s, bool tell) {
    if (self->state == ENDED)
        return;
    const bool heard_of = self->role == LEC_ENROL_BOX ? self->state != NEW : self->sid[0];
    go(self, ENDED, 0);
    if (tell && heard_of && end != LEC_ENROL_END_DONE) {
        const LecEnrolGoodbye goodbye = {end, retry_after_s};
        self->events.send(lec_enrol_write_goodbye(self->sid, &goodbye), self->user);
    }
    if (!self->doomed)
        self->events.ended(end, retry_after_s, self->user);
}

static void open_up(LecEnrol *self, gint64 now_us) {
    const bool box = self->role == LEC_ENROL_BOX;
    guint8 key[LEC_PAKE_KEY_BYTES];
    lec_pake_derive(self->pake, KEY_OF_ADMINISTRATOR, key);
    lec_seal_init(box ? &self->in : &self->out, LEC_PAKE_ENROL, key);
    lec_pake_derive(self->pake, KEY_OF_BOX, key);
    lec_seal_init(box ? &self->out : &self->in, LEC_PAKE_ENROL, key);
    sodium_memzero(key, sizeof key);
    g_clear_pointer(&self->pake, lec_pake_free);
    go(self, OPEN, now_us);
}

/* Takes text, and wipes it. */
static void send_sealed(LecEnrol *self, char *text) {
    const guint64 number = self->out.number;
    g_autofree char *base64 = lec_seal_close(&self->out, text, strlen(text));
    sodium_memzero(text, strlen(text));
    g_free(text);
    self->events.send(lec_enrol_write_sealed(self->sid, number, base64), self->user);
}

/* ---- what arrives ---- */

/*
 * Reads payload, goes on, fires the event. False with error set: malformed. One that the handler
 * itself ended is true.
 */
typedef bool (*Handler)(LecEnrol *self, const LecStanza *payload, gint64 now_us, GError **error);

/* The administrator confirms first, so that each guess at a box's code is one that the box counts.
 */
static bool on_hello(LecEnrol *self, const LecStanza *payload, gint64 now_us, GError **error) {
    LecEnrolHello hello;
    if (!lec_enrol_read_hello(payload, &hello, error))
        return false;
    self->peer = hello.fingerprint;
    self->pake = lec_pake_new(LEC_PAKE_CALLER, LEC_PAKE_ENROL, self->code, self->sid, &self->own,
                              &self->peer);
    if (!lec_pake_finish(self->pake, hello.point)) {
        finish(self, LEC_ENROL_END_PROTOCOL, 0, true);
        return true;
    }
    LecEnrolProof proof = {.fingerprint = self->own};
    memcpy(proof.point, lec_pake_get_point(self->pake), sizeof proof.point);
    lec_pake_confirm(self->pake, proof.confirm);
    go(self, PROVED, now_us);
    self->events.send(lec_enrol_write_proof(self->sid, &proof), self->user);
    return true;
}

static bool check_proof(LecEnrol *self, const LecEnrolProof *proof) {
    self->peer = proof->fingerprint;
    lec_pake_set_caller(self->pake, &self->peer);
    return lec_pake_finish(self->pake, proof->point) && lec_pake_verify(self->pake, proof->confirm);
}

/* Leave is asked before the code is looked at: see the call's proof_holds(). */
static bool on_prove(LecEnrol *self, const LecStanza *payload, gint64 now_us, GError **error) {
    LecEnrolProof proof;
    if (!lec_enrol_read_proof(payload, &proof, error))
        return false;
    guint retry_after_s = 0;
    const bool may = self->events.may_prove(&proof.fingerprint, &retry_after_s, self->user);
    if (self->state != GREETED)
        return true;
    if (!may) {
        finish(self, LEC_ENROL_END_LOCKED, retry_after_s, true);
        return true;
    }
    const bool right = check_proof(self, &proof);
    self->events.proved(right, self->user);
    if (self->state != GREETED)
        return true;
    if (!right) {
        finish(self, LEC_ENROL_END_DENIED, 0, true);
        return true;
    }
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
    lec_pake_confirm(self->pake, confirm);
    open_up(self, now_us);
    self->events.send(lec_enrol_write_welcome(self->sid, confirm), self->user);
    if (self->state == OPEN)
        send_sealed(self, lec_enrol_print_box(self->name));
    return true;
}

static bool on_welcome(LecEnrol *self, const LecStanza *payload, gint64 now_us, GError **error) {
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
    if (!lec_enrol_read_welcome(payload, confirm, error))
        return false;
    if (lec_pake_verify(self->pake, confirm))
        open_up(self, now_us);
    else
        finish(self, LEC_ENROL_END_IMPOSTOR, 0, true);
    return true;
}

static bool take_account(LecEnrol *self, const char *text, gsize len, gint64 now_us,
                         GError **error) {
    g_autoptr(LecEnrolAccount) account = lec_enrol_parse_account(text, len, error);
    if (!account)
        return false;
    const bool kept = self->events.account(account, &self->peer, self->user);
    if (self->state != OPEN)
        return true;
    if (kept)
        send_sealed(self, lec_enrol_print_kept());
    finish(self, kept ? LEC_ENROL_END_DONE : LEC_ENROL_END_FAILED, 0, true);
    return true;
}

static bool take_box(LecEnrol *self, const char *text, gsize len, gint64 now_us, GError **error) {
    if (!lec_enrol_parse_box(text, len, self->name, error))
        return false;
    go(self, MET, now_us);
    self->events.met(self->name, &self->peer, self->user);
    return true;
}

static bool take_kept(LecEnrol *self, const char *text, gsize len, gint64 now_us, GError **error) {
    if (!lec_enrol_parse_kept(text, len, error))
        return false;
    finish(self, LEC_ENROL_END_DONE, 0, false);
    return true;
}

typedef bool (*Taker)(LecEnrol *self, const char *text, gsize len, gint64 now_us, GError **error);

/* What is sealed in the next message, by who gets it and when. */
static const Taker TAKERS[2][N_STATES] = {
    [LEC_ENROL_ADMINISTRATOR] = {[OPEN] = take_box, [GIVEN] = take_kept},
    [LEC_ENROL_BOX] = {[OPEN] = take_account},
};

static bool on_sealed(LecEnrol *self, const LecStanza *payload, gint64 now_us, GError **error) {
    guint64 number = 0;
    const char *base64 = NULL;
    if (!lec_enrol_read_sealed(payload, &number, &base64, error))
        return false;
    gsize len = 0;
    g_autofree char *text = lec_seal_open(&self->in, number, base64, &len);
    if (!text) {
        g_set_error_literal(error, LEC_ENROL_ERROR, LEC_ENROL_ERROR_MALFORMED,
                            "A sealed message does not open, or is not the next.");
        return false;
    }
    const bool good = TAKERS[self->role][self->state](self, text, len, now_us, error);
    sodium_memzero(text, len);
    return good;
}

static bool on_refused(LecEnrol *self, const LecStanza *payload, gint64 now_us, GError **error) {
    LecEnrolGoodbye goodbye;
    if (!lec_enrol_read_goodbye(payload, &goodbye, error))
        return false;
    finish(self, goodbye.reason, goodbye.retry_after_s, false);
    return true;
}

/* clang-format off */
static const Handler TABLE[2][N_STATES][LEC_ENROL_N_MESSAGES] = {
    [LEC_ENROL_ADMINISTRATOR] = {
        [NEW] = {[LEC_ENROL_HELLO] = on_hello},
        [PROVED] = {[LEC_ENROL_WELCOME] = on_welcome, [LEC_ENROL_REFUSED] = on_refused},
        [OPEN] = {[LEC_ENROL_SEALED] = on_sealed, [LEC_ENROL_REFUSED] = on_refused},
        [MET] = {[LEC_ENROL_REFUSED] = on_refused},
        [GIVEN] = {[LEC_ENROL_SEALED] = on_sealed, [LEC_ENROL_REFUSED] = on_refused},
    },
    [LEC_ENROL_BOX] = {
        [GREETED] = {[LEC_ENROL_PROVE] = on_prove, [LEC_ENROL_REFUSED] = on_refused},
        [OPEN] = {[LEC_ENROL_SEALED] = on_sealed, [LEC_ENROL_REFUSED] = on_refused},
    },
};
/* clang-format on */

static bool read_envelope(LecEnrol *self, const LecStanza *payload, LecEnrolMessage *ret_kind,
                          GError **error) {
    const char *sid = lec_payload_read_sid(payload);
    /* The administrator takes the box's id up. */
    if (sid && !self->sid[0])
        g_strlcpy(self->sid, sid, sizeof self->sid);
    if (sid && strcmp(sid, self->sid) == 0 && lec_enrol_message_kind(payload, ret_kind))
        return true;
    g_set_error_literal(error, LEC_ENROL_ERROR, LEC_ENROL_ERROR_ORDER,
                        "The message has no id, one of another enrolment, or is not known.");
    return false;
}

static bool dispatch(LecEnrol *self, const LecStanza *payload, gint64 now_us, GError **error) {
    LecEnrolMessage kind;
    if (!read_envelope(self, payload, &kind, error))
        return false;
    const Handler handle = TABLE[self->role][self->state][kind];
    if (handle)
        return handle(self, payload, now_us, error);
    g_set_error(error, LEC_ENROL_ERROR, LEC_ENROL_ERROR_ORDER, "The message %s is out of order.",
                lec_enrol_message_name(kind));
    return false;
}

bool lec_enrol_receive(LecEnrol *self, const LecStanza *payload, gint64 now_us) {
    if (self->state == ENDED)
        return false;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    g_autoptr(GError) error = NULL;
    if (dispatch(self, payload, now_us, &error))
        return self->state != ENDED;
    g_autofree char *why = lec_log_text(error->message);
    lec_info("Enrolment ends. %s", why);
    const bool version = g_error_matches(error, LEC_ENROL_ERROR, LEC_ENROL_ERROR_VERSION);
    finish(self, version ? LEC_ENROL_END_VERSION : LEC_ENROL_END_PROTOCOL, 0, true);
    return false;
}

/* ---- what the owner does ---- */

LecEnrol *lec_enrol_new(LecEnrolRole role, const char *code, const char *name,
                        const LecFingerprint *own, const LecEnrolEvents *events, void *user,
                        gint64 now_us) {
    if (sodium_init() < 0)
        g_error("libsodium cannot start: the system gives no random numbers");
    g_assert(events->send && events->ended && strlen(code) == LEC_ENROL_CODE_DIGITS);
    if (role == LEC_ENROL_BOX)
        g_assert(events->may_prove && events->proved && events->account);
    else
        g_assert(events->met);
    LecEnrol *self = g_new0(LecEnrol, 1);
    self->role = role;
    self->events = *events;
    self->user = user;
    self->own = *own;
    memcpy(self->code, code, sizeof self->code);
    if (role == LEC_ENROL_BOX)
        lec_call_clean_name(name, self->name);
    go(self, NEW, now_us);
    return self;
}

void lec_enrol_free(LecEnrol *self) {
    if (!self)
        return;
    g_assert(!self->doomed);
    self->doomed = true;
    self->state = ENDED;
    if (self->busy == 0)
        destroy(self);
}

void lec_enrol_start(LecEnrol *self, gint64 now_us) {
    g_assert(self->role == LEC_ENROL_BOX);
    if (self->state != NEW)
        return;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    lec_payload_draw_sid(self->sid);
    self->pake =
        lec_pake_new(LEC_PAKE_BOX, LEC_PAKE_ENROL, self->code, self->sid, NULL, &self->own);
    LecEnrolHello hello = {.fingerprint = self->own};
    memcpy(hello.point, lec_pake_get_point(self->pake), sizeof hello.point);
    go(self, GREETED, now_us);
    self->events.send(lec_enrol_write_hello(self->sid, &hello), self->user);
}

void lec_enrol_give(LecEnrol *self, const LecEnrolAccount *account, gint64 now_us) {
    g_assert(self->role == LEC_ENROL_ADMINISTRATOR);
    if (self->state != MET)
        return;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    go(self, GIVEN, now_us);
    send_sealed(self, lec_enrol_print_account(account));
}

void lec_enrol_end(LecEnrol *self, LecEnrolEnd reason) {
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    finish(self, reason, 0, reason != LEC_ENROL_END_GONE);
}

gint64 lec_enrol_next_deadline_us(const LecEnrol *self) {
    return self->deadline_us;
}

void lec_enrol_tick(LecEnrol *self, gint64 now_us) {
    if (now_us < self->deadline_us)
        return;
    g_autoptr(Visit) visit G_GNUC_UNUSED = enter(self);
    finish(self, LEC_ENROL_END_TIMEOUT, 0, true);
}
