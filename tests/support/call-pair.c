/* The fixture of two calls, and the small applications on top of them. */
#include "tests/support/call-pair.h"

#include <string.h>

static void G_GNUC_PRINTF(2, 3) note(LecPairSide *side, const char *format, ...) {
    g_assert_cmpuint(side->ended, ==, 0); /* nothing follows ended */
    g_assert_nonnull(side->call);         /* nor free */
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(side->log, format, args);
    va_end(args);
    g_string_append_c(side->log, ' ');
}

/* True where the side did mischief in this event instead of its work. */
static bool mischief(LecPairSide *side, const char *event) {
    if (side->mischief == LEC_PAIR_OBEY || g_strcmp0(side->mischief_at, event) != 0)
        return false;
    side->mischief_at = NULL;
    if (side->mischief == LEC_PAIR_HANG_UP)
        lec_call_hang_up(side->call, LEC_CALL_END_BYE);
    else
        g_clear_pointer(&side->call, lec_call_free);
    return true;
}

LecMediaParams *lec_call_pair_params(const LecPairSide *side) {
    const bool caller = side == &side->pair->caller;
    LecMediaParams *params = lec_media_params_new();
    g_snprintf(params->ice_ufrag, sizeof params->ice_ufrag, "%s%u", caller ? "clr" : "box",
               side->descriptions + 1);
    g_strlcpy(params->ice_pwd, "0123456789abcdefghijklmn", sizeof params->ice_pwd);
    params->fingerprint = side->fingerprint;
    params->setup = caller ? LEC_SETUP_ACTPASS : LEC_SETUP_PASSIVE;
    params->n_sections = 1;
    LecMediaSection *video = &params->sections[0];
    video->kind = LEC_MEDIA_VIDEO;
    video->direction = caller ? LEC_MEDIA_SENDONLY : LEC_MEDIA_RECVONLY;
    g_strlcpy(video->mid, "0", sizeof video->mid);
    video->n_codecs = 1;
    video->codecs[0] = (LecCodecParams){.codec = LEC_CODEC_H264,
                                        .payload_type = 96,
                                        .clock_rate = 90000,
                                        .nack = true,
                                        .pli = true};
    g_strlcpy(video->codecs[0].fmtp, "packetization-mode=1;profile-level-id=42e01f",
              sizeof video->codecs[0].fmtp);
    return params;
}

void lec_call_pair_candidate(guint number, LecCandidate *ret) {
    *ret = (LecCandidate){.transport = LEC_CANDIDATE_UDP,
                          .type = LEC_CANDIDATE_HOST,
                          .priority = 2130706431,
                          .port = 10000 + number};
    g_strlcpy(ret->foundation, "1", sizeof ret->foundation);
    g_strlcpy(ret->address, "192.0.2.1", sizeof ret->address);
}

void lec_call_pair_send_candidates(LecPairSide *side, guint from, guint n) {
    for (guint i = from; i < from + n; i++) {
        LecCandidate candidate;
        lec_call_pair_candidate(i, &candidate);
        lec_call_send_candidate(side->call, &candidate);
    }
}

static void on_send(LecStanza *payload, void *user) {
    LecPairSide *side = user;
    g_autoptr(LecStanza) owned = g_steal_pointer(&payload);
    g_assert_cmpstr(lec_stanza_get_ns(owned), ==, LEC_CALL_NS);
    g_queue_push_tail(&side->outbox, lec_stanza_write(owned));
    const bool farewell =
        lec_stanza_is(owned, "bye", LEC_CALL_NS) || lec_stanza_is(owned, "refused", LEC_CALL_NS);
    if (side->call)
        mischief(side, farewell ? "farewell" : "send");
}

static void on_hello(const LecCallPeer *caller, void *user) {
    LecPairSide *side = user;
    note(side, "hello");
    side->peer = *caller;
    if (!mischief(side, "hello") && !side->pair->hold_hello)
        lec_call_challenge(side->call, side->pair->ask, side->pair->box_pin, side->pair->now_us);
}

static bool on_may_prove(guint *ret_retry_after_s, void *user) {
    LecPairSide *side = user;
    note(side, "may-prove");
    if (side->pair->locked)
        *ret_retry_after_s = 60;
    mischief(side, "may-prove");
    return !side->pair->locked;
}

static void on_proof_failed(void *user) {
    LecPairSide *side = user;
    note(side, "proof-failed");
    mischief(side, "proof-failed");
}

static void on_offer(const LecMediaParams *offer, void *user) {
    LecPairSide *side = user;
    note(side, "offer");
    g_strlcpy(side->peer_ufrag, offer->ice_ufrag, sizeof side->peer_ufrag);
    g_strlcpy(side->sas, lec_call_get_sas(side->call), sizeof side->sas);
    if (mischief(side, "offer"))
        return;
    if (side->pair->wait)
        lec_call_wait(side->call, side->pair->now_us);
    g_autoptr(LecMediaParams) answer = lec_call_pair_params(side);
    if (side->call && !side->pair->hold_offer)
        lec_call_answer(side->call, answer, side->pair->now_us);
}

static void on_challenge(LecCallAsk ask, const LecCallPeer *box, void *user) {
    LecPairSide *side = user;
    note(side, "challenge");
    side->asked = ask;
    side->peer = *box;
    if (mischief(side, "challenge") || side->pair->hold_challenge)
        return;
    g_autoptr(LecMediaParams) offer = lec_call_pair_params(side);
    lec_call_prove(side->call, side->pair->caller_pin, offer, side->pair->now_us);
}

static void on_wait(const char *sas, void *user) {
    LecPairSide *side = user;
    note(side, "wait");
    g_strlcpy(side->sas, sas, sizeof side->sas);
    mischief(side, "wait");
}

static void on_answer(const LecMediaParams *answer, void *user) {
    LecPairSide *side = user;
    note(side, "answer");
    g_strlcpy(side->peer_ufrag, answer->ice_ufrag, sizeof side->peer_ufrag);
    g_strlcpy(side->sas, lec_call_get_sas(side->call), sizeof side->sas);
    mischief(side, "answer");
}

void lec_call_pair_answer_restart(LecCallPair *pair) {
    pair->box.descriptions++;
    g_autoptr(LecMediaParams) answer = lec_call_pair_params(&pair->box);
    lec_call_answer_restart(pair->box.call, answer);
}

void lec_call_pair_restart(LecCallPair *pair) {
    pair->caller.descriptions++;
    g_autoptr(LecMediaParams) offer = lec_call_pair_params(&pair->caller);
    lec_call_restart(pair->caller.call, offer, pair->now_us);
}

static void on_restart(const LecMediaParams *offer, void *user) {
    LecPairSide *side = user;
    note(side, "restart:%s", offer->ice_ufrag);
    if (!mischief(side, "restart") && !side->pair->hold_restart)
        lec_call_pair_answer_restart(side->pair);
}

static void on_restarted(const LecMediaParams *answer, void *user) {
    LecPairSide *side = user;
    note(side, "restarted:%s", answer->ice_ufrag);
    mischief(side, "restarted");
}

static void on_pause(LecCallPicture picture, void *user) {
    static const char *const words[] = {"go-on", "pause", "hide"};
    LecPairSide *side = user;
    note(side, "%s", words[picture]);
    mischief(side, "pause");
}

static void on_resumed(void *user) {
    LecPairSide *side = user;
    note(side, "resumed");
    mischief(side, "resumed");
}

static void on_report(const LecCallReport *report, void *user) {
    LecPairSide *side = user;
    note(side, "report");
    side->report = *report;
    mischief(side, "report");
}

static void on_candidate(const LecCandidate *candidate, void *user) {
    LecPairSide *side = user;
    if (candidate)
        note(side, "%u", candidate->port - 10000);
    else
        note(side, "no-more");
    mischief(side, "candidate");
}

static void on_ended(LecCallEnd end, guint retry_after_s, void *user) {
    LecPairSide *side = user;
    note(side, "ended:%s", lec_call_end_word(end));
    side->end = end;
    side->retry_after_s = retry_after_s;
    side->ended++;
    mischief(side, "ended");
}

static const LecCallEvents EVENTS = {
    .send = on_send,
    .hello = on_hello,
    .may_prove = on_may_prove,
    .proof_failed = on_proof_failed,
    .offer = on_offer,
    .challenge = on_challenge,
    .wait = on_wait,
    .answer = on_answer,
    .report = on_report,
    .pause = on_pause,
    .restart = on_restart,
    .restarted = on_restarted,
    .resumed = on_resumed,
    .candidate = on_candidate,
    .ended = on_ended,
};

static void side_init(LecCallPair *pair, LecPairSide *side, LecCallRole role, guint8 fill) {
    side->pair = pair;
    side->log = g_string_new(NULL);
    g_queue_init(&side->outbox);
    memset(side->fingerprint.bytes, fill, sizeof side->fingerprint.bytes);
    side->call = lec_call_new(role, role == LEC_CALL_CALLER ? "Ada's laptop" : "Room 12",
                              &side->fingerprint, &EVENTS, side, pair->now_us);
}

LecCallPair *lec_call_pair_new(LecCallAsk ask) {
    LecCallPair *pair = g_new0(LecCallPair, 1);
    pair->now_us = 1000 * G_USEC_PER_SEC;
    pair->ask = ask;
    pair->caller_pin = pair->box_pin = ask == LEC_CALL_ASK_PIN ? "246810" : NULL;
    side_init(pair, &pair->caller, LEC_CALL_CALLER, 0xaa);
    side_init(pair, &pair->box, LEC_CALL_BOX, 0xbb);
    return pair;
}

static void side_clear(LecPairSide *side) {
    g_clear_pointer(&side->call, lec_call_free);
    g_queue_clear_full(&side->outbox, g_free);
    g_string_free(side->log, TRUE);
}

void lec_call_pair_free(LecCallPair *pair) {
    if (!pair)
        return;
    side_clear(&pair->caller);
    side_clear(&pair->box);
    g_free(pair);
}

bool lec_call_pair_feed(LecPairSide *side, const char *xml) {
    g_autoptr(LecStanza) payload = lec_stanza_parse(xml, strlen(xml), NULL);
    return payload && side->call && lec_call_receive(side->call, payload, side->pair->now_us);
}

static bool deliver_one(LecCallPair *pair, LecPairSide *from, LecPairSide *to) {
    char *xml = g_queue_pop_head(&from->outbox);
    if (!xml)
        return false;
    g_autofree char *delivered =
        pair->tamper ? pair->tamper(pair, from == &pair->caller, xml) : xml;
    if (delivered)
        lec_call_pair_feed(to, delivered);
    return true;
}

void lec_call_pair_pump(LecCallPair *pair) {
    while (deliver_one(pair, &pair->caller, &pair->box) ||
           deliver_one(pair, &pair->box, &pair->caller))
        ;
}

void lec_call_pair_part(LecCallPair *pair) {
    LecPairSide *sides[] = {&pair->caller, &pair->box};
    for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
        g_queue_clear_full(&sides[i]->outbox, g_free);
        if (sides[i]->call)
            lec_call_part(sides[i]->call, pair->now_us);
    }
}

void lec_call_pair_dial(LecCallPair *pair) {
    lec_call_dial(pair->caller.call, pair->now_us);
    lec_call_pair_pump(pair);
}

void lec_call_pair_assert_logs(LecCallPair *pair, const char *caller, const char *box) {
    g_assert_cmpstr(pair->caller.log->str, ==, caller);
    g_assert_cmpstr(pair->box.log->str, ==, box);
    g_string_truncate(pair->caller.log, 0);
    g_string_truncate(pair->box.log, 0);
}

char *lec_call_pair_replace(char *xml, const char *start, const char *end, const char *with) {
    g_autofree char *owned = xml;
    char *from = strstr(owned, start);
    char *to = from ? strstr(from + strlen(start), end) : NULL;
    if (!to)
        return g_steal_pointer(&owned);
    from[strlen(start)] = '\0';
    return g_strconcat(owned, with, to, NULL);
}
