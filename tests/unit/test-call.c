/* The call between two honest sides: the happy paths, refusals, candidates, time-outs, and freeing
 * at awkward moments. */
#include "tests/support/call-pair.h"

#include "signalling/sdp.h"

#include <string.h>

static void assert_up(const LecCallPair *pair) {
    g_assert_true(lec_call_is_up(pair->caller.call));
    g_assert_true(lec_call_is_up(pair->box.call));
    g_assert_cmpuint(strspn(pair->box.sas, "0123456789"), ==, 6);
    g_assert_cmpstr(pair->caller.sas, ==, pair->box.sas);
    g_assert_true(lec_call_next_deadline_us(pair->caller.call) == G_MAXINT64);
    g_assert_true(lec_call_next_deadline_us(pair->box.call) == G_MAXINT64);
}

static void test_happy(gconstpointer data) {
    const LecCallAsk ask = GPOINTER_TO_INT(data);
    g_autoptr(LecCallPair) pair = lec_call_pair_new(ask);
    pair->wait = ask == LEC_CALL_ASK_APPROVAL;
    lec_call_pair_dial(pair);
    assert_up(pair);
    g_assert_cmpstr(pair->box.peer.name, ==, "Ada's laptop");
    g_assert_cmpstr(pair->caller.peer.name, ==, "Room 12");
    g_assert_true(lec_fingerprint_equal(&pair->box.peer.fingerprint, &pair->caller.fingerprint));
    g_assert_true(lec_fingerprint_equal(&pair->caller.peer.fingerprint, &pair->box.fingerprint));

    g_assert_cmpint(pair->caller.asked, ==, ask);
    g_assert_cmpstr(pair->box.peer_ufrag, ==, "clr1");
    g_assert_cmpstr(pair->caller.peer_ufrag, ==, "box1");

    const LecCallReport report = {
        .display_us = 12345, .width = 1920, .height = 1080, .visible = true};
    lec_call_report(pair->box.call, &report);
    lec_call_pair_pump(pair);
    g_assert_cmpuint(pair->caller.report.display_us, ==, 12345);
    g_assert_cmpuint(pair->caller.report.width, ==, 1920);
    g_assert_cmpuint(pair->caller.report.height, ==, 1080);
    g_assert_true(pair->caller.report.visible);

    lec_call_hang_up(pair->caller.call, LEC_CALL_END_BYE);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair,
                              pair->wait ? "challenge wait answer report ended:bye "
                                         : "challenge answer report ended:bye ",
                              ask == LEC_CALL_ASK_PIN ? "hello may-prove offer ended:bye "
                                                      : "hello offer ended:bye ");
}

static void test_box_hangs_up(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    lec_call_pair_dial(pair);
    lec_call_hang_up(pair->box.call, LEC_CALL_END_REVOKED);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "challenge answer ended:revoked ",
                              "hello may-prove offer ended:revoked ");
}

/* No word on a door that is closed. */
static void test_gone(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    lec_call_pair_dial(pair);
    lec_call_hang_up(pair->caller.call, LEC_CALL_END_GONE);
    g_assert_cmpuint(pair->caller.outbox.length, ==, 0);
    g_assert_cmpint(pair->caller.end, ==, LEC_CALL_END_GONE);
}

static void test_wrong_pin(gconstpointer pin) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    pair->caller_pin = pin;
    lec_call_pair_dial(pair);
    lec_call_pair_assert_logs(pair, "challenge ended:denied ",
                              "hello may-prove proof-failed ended:denied ");
    g_assert_cmpstr(lec_call_get_sas(pair->box.call), ==, "");
}

/* Locked between hello and proof: the right PIN and a wrong one get the same answer. */
static void test_locked_at_the_proof(gconstpointer pin) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    pair->caller_pin = pin;
    pair->locked = true;
    lec_call_pair_dial(pair);
    lec_call_pair_assert_logs(pair, "challenge ended:locked ", "hello may-prove ended:locked ");
    g_assert_cmpuint(pair->caller.retry_after_s, ==, 60);
}

/* Approval is the way round the lock-out, so nothing is counted there. */
static void test_approval_while_locked(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_APPROVAL);
    pair->locked = true;
    lec_call_pair_dial(pair);
    assert_up(pair);
}

static void test_refused_at_hello(void) {
    for (LecCallEnd end = LEC_CALL_END_BYE; end <= LEC_CALL_END_GONE; end++) {
        g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
        pair->hold_hello = true;
        lec_call_pair_dial(pair);
        lec_call_refuse(pair->box.call, end, 30);
        lec_call_pair_pump(pair);
        g_assert_cmpint(pair->caller.end, ==, end);
        g_assert_cmpint(pair->box.end, ==, end);
        g_assert_cmpuint(pair->caller.retry_after_s, ==, 30);
        g_assert_cmpuint(strlen(lec_call_end_sentence(end)), >, 10);
    }
}

static void test_declined(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_APPROVAL);
    pair->hold_offer = true;
    lec_call_pair_dial(pair);
    lec_call_wait(pair->box.call, pair->now_us);
    lec_call_wait(pair->box.call, pair->now_us); /* tapped twice */
    lec_call_pair_pump(pair);
    lec_call_refuse(pair->box.call, LEC_CALL_END_DECLINED, 0);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "challenge wait ended:declined ",
                              "hello offer ended:declined ");
}

/* Approval that comes after the caller left, and every other late word, does nothing. */
static void test_too_late(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_APPROVAL);
    pair->hold_offer = true;
    lec_call_pair_dial(pair);
    lec_call_hang_up(pair->caller.call, LEC_CALL_END_BYE);
    lec_call_pair_pump(pair);
    g_autoptr(LecMediaParams) answer = lec_call_pair_params(&pair->box);
    g_autoptr(LecMediaParams) offer = lec_call_pair_params(&pair->caller);
    LecCandidate candidate;
    lec_call_pair_candidate(1, &candidate);
    lec_call_wait(pair->box.call, pair->now_us);
    lec_call_answer(pair->box.call, answer, pair->now_us);
    lec_call_refuse(pair->box.call, LEC_CALL_END_BUSY, 0);
    lec_call_challenge(pair->box.call, LEC_CALL_ASK_NOTHING, NULL, pair->now_us);
    lec_call_report(pair->box.call, &(LecCallReport){0});
    lec_call_send_candidate(pair->box.call, &candidate);
    lec_call_hang_up(pair->box.call, LEC_CALL_END_BYE);
    lec_call_tick(pair->box.call, G_MAXINT64 - 1);
    lec_call_dial(pair->caller.call, pair->now_us);
    lec_call_prove(pair->caller.call, NULL, offer, pair->now_us);
    g_assert_cmpuint(pair->box.outbox.length + pair->caller.outbox.length, ==, 0);
    lec_call_pair_assert_logs(pair, "challenge ended:bye ", "hello offer ended:bye ");
}

/* Gathered before they may be sent: kept back, in order, and never ahead of offer and answer. */
static void test_early_candidates(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    pair->hold_offer = true;
    lec_call_pair_send_candidates(&pair->caller, 1, 2);
    lec_call_pair_send_candidates(&pair->box, 7, 2);
    g_assert_cmpuint(pair->caller.outbox.length + pair->box.outbox.length, ==, 0);
    lec_call_pair_dial(pair);
    lec_call_pair_send_candidates(&pair->caller, 3, 1);
    lec_call_send_candidate(pair->caller.call, NULL);
    lec_call_pair_send_candidates(&pair->caller, 4, 1); /* after the end: dropped */
    lec_call_send_candidate(pair->caller.call, NULL);
    lec_call_pair_send_candidates(&pair->box, 9, 1);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "challenge ", "hello may-prove offer ");

    g_autoptr(LecMediaParams) answer = lec_call_pair_params(&pair->box);
    lec_call_answer(pair->box.call, answer, pair->now_us);
    lec_call_send_candidate(pair->box.call, NULL);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "answer 7 8 9 no-more ", "1 2 3 no-more ");
}

/* Another implementation's box may send candidates ahead of its answer: they wait for it. */
static void test_candidates_before_the_answer(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_NOTHING);
    pair->hold_offer = true;
    lec_call_pair_dial(pair);
    LecCandidate candidate;
    lec_call_pair_candidate(5, &candidate);
    g_autofree char *text = lec_sdp_write_candidate(&candidate);
    g_autoptr(LecStanza) hello = lec_stanza_new("candidate", LEC_CALL_NS);
    lec_stanza_set_text(hello, text);
    /* The caller's id is that of its last message. */
    lec_call_pair_send_candidates(&pair->caller, 1, 1);
    g_autofree char *sent = g_queue_pop_head(&pair->caller.outbox);
    g_autoptr(LecStanza) parsed = lec_stanza_parse(sent, strlen(sent), NULL);
    lec_stanza_set(hello, "sid", lec_stanza_get(parsed, "sid"));
    g_assert_true(lec_call_receive(pair->caller.call, hello, pair->now_us));
    g_assert_cmpstr(pair->caller.log->str, ==, "challenge ");
    g_autoptr(LecMediaParams) answer = lec_call_pair_params(&pair->box);
    lec_call_answer(pair->box.call, answer, pair->now_us);
    lec_call_pair_pump(pair);
    g_assert_cmpstr(pair->caller.log->str, ==, "challenge answer 5 ");
}

static void test_too_many_candidates(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_NOTHING);
    lec_call_pair_dial(pair);
    g_string_truncate(pair->box.log, 0);
    lec_call_pair_send_candidates(&pair->caller, 0, LEC_MEDIA_MAX_CANDIDATES + 10);
    g_assert_cmpuint(pair->caller.outbox.length, ==, LEC_MEDIA_MAX_CANDIDATES);
    g_autofree char *one = g_strdup(g_queue_peek_head(&pair->caller.outbox));
    lec_call_pair_pump(pair);
    g_auto(GStrv) words = g_strsplit(pair->box.log->str, " ", -1);
    g_assert_cmpuint(g_strv_length(words), ==, LEC_MEDIA_MAX_CANDIDATES + 1);

    /* More are passed over without a word, but not for ever. */
    g_string_truncate(pair->box.log, 0);
    guint passed_over = 0;
    while (passed_over < 10000 && lec_call_pair_feed(&pair->box, one))
        passed_over++;
    g_assert_cmpuint(passed_over, ==, 256);
    g_assert_cmpstr(pair->box.log->str, ==, "ended:protocol ");
}

static void test_candidate_after_the_last(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_NOTHING);
    lec_call_pair_dial(pair);
    lec_call_pair_send_candidates(&pair->caller, 1, 1);
    g_autofree char *one = g_strdup(g_queue_peek_head(&pair->caller.outbox));
    lec_call_send_candidate(pair->caller.call, NULL);
    lec_call_pair_pump(pair);
    g_assert_false(lec_call_pair_feed(&pair->box, one));
    g_assert_cmpint(pair->box.end, ==, LEC_CALL_END_PROTOCOL);
}

/* Holds at every moment before the limit, ends at it, and the peer hears why. */
static void assert_times_out(LecCallPair *pair, LecPairSide *side, guint limit_s) {
    const gint64 limit_us = pair->now_us + limit_s * G_USEC_PER_SEC;
    g_assert_cmpint(lec_call_next_deadline_us(side->call), ==, limit_us);
    lec_call_tick(side->call, limit_us - 1);
    g_assert_cmpuint(side->ended, ==, 0);
    lec_call_tick(side->call, limit_us);
    g_assert_cmpuint(side->ended, ==, 1);
    g_assert_cmpint(side->end, ==, LEC_CALL_END_TIMEOUT);
    g_assert_true(lec_call_next_deadline_us(side->call) == G_MAXINT64);
    lec_call_tick(side->call, G_MAXINT64 - 1);
}

static char *drop_challenge(LecCallPair *pair, bool from_caller, char *xml) {
    g_autofree char *owned = xml;
    return from_caller ? g_steal_pointer(&owned) : NULL;
}

static void test_times_of_the_box(void) {
    g_autoptr(LecCallPair) silent = lec_call_pair_new(LEC_CALL_ASK_PIN);
    assert_times_out(silent, &silent->box, 10);
    g_assert_cmpuint(silent->box.outbox.length, ==, 0); /* nobody to tell */

    g_autoptr(LecCallPair) undecided = lec_call_pair_new(LEC_CALL_ASK_PIN);
    undecided->hold_hello = true;
    lec_call_pair_dial(undecided);
    assert_times_out(undecided, &undecided->box, 4);
    lec_call_pair_pump(undecided);
    g_assert_cmpstr(undecided->caller.log->str, ==, "ended:timeout ");

    g_autoptr(LecCallPair) unproved = lec_call_pair_new(LEC_CALL_ASK_PIN);
    unproved->hold_challenge = true;
    lec_call_pair_dial(unproved);
    g_assert_true(lec_call_next_deadline_us(unproved->caller.call) == G_MAXINT64);
    assert_times_out(unproved, &unproved->box, 120);
    lec_call_pair_pump(unproved);
    g_assert_cmpstr(unproved->caller.log->str, ==, "challenge ended:timeout ");

    g_autoptr(LecCallPair) unanswered = lec_call_pair_new(LEC_CALL_ASK_PIN);
    unanswered->hold_offer = true;
    lec_call_pair_dial(unanswered);
    assert_times_out(unanswered, &unanswered->box, 8);

    g_autoptr(LecCallPair) waiting = lec_call_pair_new(LEC_CALL_ASK_APPROVAL);
    waiting->hold_offer = true;
    lec_call_pair_dial(waiting);
    waiting->now_us += G_USEC_PER_SEC;
    lec_call_wait(waiting->box.call, waiting->now_us);
    lec_call_pair_pump(waiting);
    assert_times_out(waiting, &waiting->box, 110);
    lec_call_pair_pump(waiting);
    g_assert_cmpstr(waiting->caller.log->str, ==, "challenge wait ended:timeout ");
}

static void test_times_of_the_caller(void) {
    g_autoptr(LecCallPair) fresh = lec_call_pair_new(LEC_CALL_ASK_PIN);
    g_assert_true(lec_call_next_deadline_us(fresh->caller.call) == G_MAXINT64);

    g_autoptr(LecCallPair) unheard = lec_call_pair_new(LEC_CALL_ASK_PIN);
    unheard->tamper = drop_challenge;
    lec_call_pair_dial(unheard);
    assert_times_out(unheard, &unheard->caller, 5);
    lec_call_pair_pump(unheard);
    g_assert_cmpstr(unheard->box.log->str, ==, "hello ended:timeout ");

    g_autoptr(LecCallPair) unanswered = lec_call_pair_new(LEC_CALL_ASK_PIN);
    unanswered->hold_offer = true;
    lec_call_pair_dial(unanswered);
    assert_times_out(unanswered, &unanswered->caller, 10);

    g_autoptr(LecCallPair) waiting = lec_call_pair_new(LEC_CALL_ASK_APPROVAL);
    waiting->hold_offer = true;
    lec_call_pair_dial(waiting);
    waiting->now_us += G_USEC_PER_SEC;
    lec_call_wait(waiting->box.call, waiting->now_us);
    lec_call_pair_pump(waiting);
    assert_times_out(waiting, &waiting->caller, 120);
}

/* One run with everything in it; a side does its mischief in the given event. */
static void run_with_mischief(bool at_caller, const char *event, LecPairMischief mischief,
                              bool wrong_pin) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    LecPairSide *side = at_caller ? &pair->caller : &pair->box;
    pair->wait = true;
    if (wrong_pin)
        pair->caller_pin = "wrong";
    side->mischief = mischief;
    side->mischief_at = event;
    lec_call_pair_send_candidates(&pair->caller, 1, 2);
    lec_call_pair_send_candidates(&pair->box, 1, 2);
    lec_call_pair_dial(pair);
    if (pair->box.call)
        lec_call_report(pair->box.call, &(LecCallReport){0});
    lec_call_pair_pump(pair);
    if (pair->caller.call)
        lec_call_hang_up(pair->caller.call, LEC_CALL_END_BYE);
    lec_call_pair_pump(pair);

    g_assert_null(side->mischief_at); /* the event did come */
    if (mischief == LEC_PAIR_FREE)
        g_assert_null(side->call);
    else
        g_assert_cmpuint(side->ended, ==, 1);
}

static void test_mischief(gconstpointer data) {
    const LecPairMischief mischief = GPOINTER_TO_INT(data);
    static const char *const CALLER[] = {"send",      "challenge", "wait",  "answer", "report",
                                         "candidate", "farewell",  "ended", NULL};
    static const char *const BOX[] = {"send",      "hello", "may-prove", "offer",
                                      "candidate", "ended", NULL};
    for (const char *const *event = CALLER; *event; event++)
        run_with_mischief(true, *event, mischief, false);
    for (const char *const *event = BOX; *event; event++)
        run_with_mischief(false, *event, mischief, false);
    run_with_mischief(false, "proof-failed", mischief, true);
    run_with_mischief(false, "farewell", mischief, true);
}

static void test_free_at_any_time(void) {
    lec_call_free(NULL);
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    pair->hold_challenge = true;
    lec_call_pair_dial(pair);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/call/happy/nothing", GINT_TO_POINTER(LEC_CALL_ASK_NOTHING), test_happy);
    g_test_add_data_func("/call/happy/pin", GINT_TO_POINTER(LEC_CALL_ASK_PIN), test_happy);
    g_test_add_data_func("/call/happy/approval", GINT_TO_POINTER(LEC_CALL_ASK_APPROVAL),
                         test_happy);
    g_test_add_func("/call/end/box", test_box_hangs_up);
    g_test_add_func("/call/end/gone", test_gone);
    g_test_add_data_func("/call/refused/wrong-pin", "246811", test_wrong_pin);
    g_test_add_data_func("/call/refused/empty-pin", "", test_wrong_pin);
    g_test_add_data_func("/call/refused/no-pin", NULL, test_wrong_pin);
    g_test_add_data_func("/call/refused/locked-right-pin", "246810", test_locked_at_the_proof);
    g_test_add_data_func("/call/refused/locked-wrong-pin", "246811", test_locked_at_the_proof);
    g_test_add_func("/call/refused/approval-while-locked", test_approval_while_locked);
    g_test_add_func("/call/refused/at-hello", test_refused_at_hello);
    g_test_add_func("/call/refused/declined", test_declined);
    g_test_add_func("/call/too-late", test_too_late);
    g_test_add_func("/call/candidates/early", test_early_candidates);
    g_test_add_func("/call/candidates/before-the-answer", test_candidates_before_the_answer);
    g_test_add_func("/call/candidates/too-many", test_too_many_candidates);
    g_test_add_func("/call/candidates/after-the-last", test_candidate_after_the_last);
    g_test_add_func("/call/times/box", test_times_of_the_box);
    g_test_add_func("/call/times/caller", test_times_of_the_caller);
    g_test_add_data_func("/call/mischief/hang-up", GINT_TO_POINTER(LEC_PAIR_HANG_UP),
                         test_mischief);
    g_test_add_data_func("/call/mischief/free", GINT_TO_POINTER(LEC_PAIR_FREE), test_mischief);
    g_test_add_func("/call/mischief/free-at-any-time", test_free_at_any_time);
    return g_test_run();
}
