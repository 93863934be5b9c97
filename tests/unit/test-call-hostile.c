/* The call against somebody in the middle, and against a peer that means no good. */
#include "signalling/call-messages.h"
#include "tests/support/call-pair.h"

#include <string.h>

#define EVIL                                                                                     \
    "EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:EE:" \
    "EE:EE"

/* tamper_with: the message, what stands before and after the place, and what is put there. */
static char *tamper(LecCallPair *pair, bool from_caller, char *xml) {
    g_autofree char *start = g_strconcat("<", pair->tamper_with[0], " ", NULL);
    if (!g_str_has_prefix(xml, start))
        return xml;
    g_autofree char *before = g_strdup(xml);
    xml = lec_call_pair_replace(xml, pair->tamper_with[1], pair->tamper_with[2],
                                pair->tamper_with[3]);
    g_assert_cmpstr(xml, !=, before); /* the place is there */
    return xml;
}

typedef struct {
    const char *name;
    LecCallAsk ask;
    const char *message, *start, *end, *with;
    const char *caller_log, *box_log;
} Tampering;

/* The answers to a PIN that is wrong and to a proof that is for another fingerprint are the same.
 */
#define DENIED "challenge ended:denied ", "hello may-prove proof-failed ended:denied "
#define BOX_SEES_IT "challenge ended:impostor ", "hello ended:impostor "
#define CALLER_SEES_IT "challenge ended:impostor ", "hello may-prove offer ended:impostor "
#define OFFER_MALFORMED "challenge ended:protocol ", "hello ended:protocol "
#define ANSWER_MALFORMED "challenge ended:protocol ", "hello may-prove offer ended:protocol "
#define HELLO_MALFORMED "ended:protocol ", "ended:protocol "
#define CHALLENGE_MALFORMED "ended:protocol ", "hello ended:protocol "
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define ONES "//////////////////////////////////////////8="

static const Tampering TAMPERINGS[] = {
    /* another fingerprint */
    {"fp/hello", LEC_CALL_ASK_PIN, "hello", "fingerprint='", "'", EVIL, BOX_SEES_IT},
    {"fp/hello-no-pin", LEC_CALL_ASK_NOTHING, "hello", "fingerprint='", "'", EVIL, BOX_SEES_IT},
    {"fp/challenge", LEC_CALL_ASK_PIN, "challenge", "fingerprint='", "'", EVIL, DENIED},
    {"fp/challenge-no-pin", LEC_CALL_ASK_NOTHING, "challenge", "fingerprint='", "'", EVIL,
     BOX_SEES_IT},
    {"fp/challenge-approval", LEC_CALL_ASK_APPROVAL, "challenge", "fingerprint='", "'", EVIL,
     BOX_SEES_IT},
    {"fp/offer", LEC_CALL_ASK_PIN, "offer", "fingerprint:sha-256 ", "&", EVIL, BOX_SEES_IT},
    {"fp/answer", LEC_CALL_ASK_PIN, "answer", "fingerprint:sha-256 ", "&", EVIL, CALLER_SEES_IT},
    /* another proof */
    {"proof/confirm", LEC_CALL_ASK_PIN, "offer", "<confirm>", "<", ZEROS, DENIED},
    {"proof/confirm-no-pin", LEC_CALL_ASK_NOTHING, "offer", "<confirm>", "<", ZEROS, BOX_SEES_IT},
    {"proof/neutral-point", LEC_CALL_ASK_PIN, "offer", "<point>", "<", ZEROS, DENIED},
    {"proof/not-canonical-point", LEC_CALL_ASK_PIN, "offer", "<point>", "<", ONES, DENIED},
    {"proof/nonce", LEC_CALL_ASK_APPROVAL, "offer", "<nonce>", "<", ZEROS, OFFER_MALFORMED},
    {"proof/commit", LEC_CALL_ASK_APPROVAL, "hello", "<commit>", "<", ZEROS, OFFER_MALFORMED},
    {"proof/box-neutral-point", LEC_CALL_ASK_PIN, "challenge", "<point>", "<", ZEROS,
     "challenge ended:protocol ", "hello ended:protocol "},
    {"proof/box-confirm", LEC_CALL_ASK_PIN, "answer", "<confirm>", "<", ZEROS, CALLER_SEES_IT},
    {"proof/downgrade", LEC_CALL_ASK_NOTHING, "challenge", "ask='", "'", "none",
     CHALLENGE_MALFORMED},
    /* other versions */
    {"version/hello", LEC_CALL_ASK_PIN, "hello", "version='", "'", "2", "ended:version ",
     "ended:version "},
    {"version/challenge", LEC_CALL_ASK_PIN, "challenge", "version='", "'", "2", "ended:version ",
     "hello ended:version "},
    {"version/word", LEC_CALL_ASK_PIN, "hello", "version='", "'", "one", HELLO_MALFORMED},
    {"version/negative", LEC_CALL_ASK_PIN, "hello", "version='", "'", "-1", HELLO_MALFORMED},
    {"version/huge", LEC_CALL_ASK_PIN, "hello", "version='", "'", "99999999999999999999",
     HELLO_MALFORMED},
    /* malformed */
    {"form/fingerprint", LEC_CALL_ASK_PIN, "hello", "fingerprint='", "'", "EE:EE", HELLO_MALFORMED},
    {"form/base64", LEC_CALL_ASK_PIN, "hello", "<commit>", "<", "****", HELLO_MALFORMED},
    {"form/short", LEC_CALL_ASK_PIN, "hello", "<commit>", "<", "AAAA", HELLO_MALFORMED},
    {"form/long", LEC_CALL_ASK_PIN, "hello", "<commit>", "<",
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", HELLO_MALFORMED},
    {"form/empty", LEC_CALL_ASK_PIN, "hello", "<commit>", "<", "", HELLO_MALFORMED},
    {"form/twice", LEC_CALL_ASK_PIN, "hello", "<commit>", "<", ZEROS "</commit><commit>" ZEROS,
     HELLO_MALFORMED},
    {"form/no-sdp", LEC_CALL_ASK_PIN, "offer", "<sdp>", "<", "", OFFER_MALFORMED},
    {"form/bad-answer", LEC_CALL_ASK_PIN, "answer", "<sdp>", "<", "v=0", ANSWER_MALFORMED},
};

static void test_tampering(gconstpointer data) {
    const Tampering *t = data;
    g_autoptr(LecCallPair) pair = lec_call_pair_new(t->ask);
    pair->tamper = tamper;
    pair->tamper_with[0] = t->message;
    pair->tamper_with[1] = t->start;
    pair->tamper_with[2] = t->end;
    pair->tamper_with[3] = t->with;
    lec_call_pair_dial(pair);
    g_assert_cmpstr(pair->caller.log->str, ==, t->caller_log);
    g_assert_cmpstr(pair->box.log->str, ==, t->box_log);
}

/* Somebody who puts his own fingerprint in wherever one stands needs the PIN all the same. */
static char *swap_all(LecCallPair *pair, bool from_caller, char *xml) {
    xml = lec_call_pair_replace(xml, "fingerprint='", "'", EVIL);
    return lec_call_pair_replace(xml, "fingerprint:sha-256 ", "&", EVIL);
}

static void test_swap_everywhere(void) {
    g_autoptr(LecCallPair) with_pin = lec_call_pair_new(LEC_CALL_ASK_PIN);
    with_pin->tamper = swap_all;
    lec_call_pair_dial(with_pin);
    g_assert_cmpstr(with_pin->box.log->str, ==, "hello may-prove proof-failed ended:denied ");

    g_autoptr(LecCallPair) without = lec_call_pair_new(LEC_CALL_ASK_NOTHING);
    without->tamper = swap_all;
    lec_call_pair_dial(without);
    g_assert_cmpstr(without->box.log->str, ==, "hello ended:impostor ");
}

/* Without a PIN he may hold a whole call with each side; then the two screens differ. */
static void test_two_calls_differ_in_sas(void) {
    g_autoptr(LecCallPair) one = lec_call_pair_new(LEC_CALL_ASK_APPROVAL);
    g_autoptr(LecCallPair) two = lec_call_pair_new(LEC_CALL_ASK_APPROVAL);
    lec_call_pair_dial(one);
    lec_call_pair_dial(two);
    g_assert_true(lec_call_is_up(one->caller.call) && lec_call_is_up(two->box.call));
    g_assert_cmpstr(one->caller.sas, !=, two->box.sas);
}

/* Each single character of each part of the proof counts. */
static void test_every_character_of_the_proof(void) {
    static const char *const PARTS[] = {"<point>", "<nonce>", "<confirm>"};
    for (guint part = 0; part < G_N_ELEMENTS(PARTS); part++) {
        for (guint at = 0; at < 44; at++) {
            g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
            pair->hold_challenge = true;
            lec_call_pair_dial(pair);
            g_autoptr(LecMediaParams) offer = lec_call_pair_params(&pair->caller);
            lec_call_prove(pair->caller.call, "246810", offer, pair->now_us);
            g_autofree char *xml = g_queue_pop_head(&pair->caller.outbox);
            char *place = strstr(xml, PARTS[part]) + strlen(PARTS[part]) + at;
            *place = *place == 'A' ? 'B' : 'A';
            g_assert_false(lec_call_pair_feed(&pair->box, xml) && !pair->box.ended);
            g_assert_null(strstr(pair->box.log->str, "offer"));
        }
    }
}

/* An offer that was recorded is worth nothing in the next call. */
static void test_replay(void) {
    g_autoptr(LecCallPair) first = lec_call_pair_new(LEC_CALL_ASK_PIN);
    first->hold_challenge = true;
    lec_call_pair_dial(first);
    g_autoptr(LecMediaParams) offer = lec_call_pair_params(&first->caller);
    lec_call_prove(first->caller.call, "246810", offer, first->now_us);
    g_autofree char *recorded = g_queue_pop_head(&first->caller.outbox);

    g_autoptr(LecCallPair) second = lec_call_pair_new(LEC_CALL_ASK_PIN);
    second->hold_challenge = true;
    lec_call_dial(second->caller.call, second->now_us);
    g_autofree char *hello = g_queue_pop_head(&second->caller.outbox);
    g_assert_true(lec_call_pair_feed(&second->box, hello));
    g_assert_false(lec_call_pair_feed(&second->box, recorded)); /* another call's id */
    g_assert_cmpint(second->box.end, ==, LEC_CALL_END_PROTOCOL);
}

/* What a box said in an earlier call does not disturb the caller's next; a box takes no other
 * call's message. */
static void test_other_calls(void) {
    g_autoptr(LecCallPair) old = lec_call_pair_new(LEC_CALL_ASK_PIN);
    lec_call_pair_dial(old);
    lec_call_report(old->box.call, &(LecCallReport){0});
    lec_call_hang_up(old->box.call, LEC_CALL_END_BYE);
    g_autofree char *stats = g_queue_pop_head(&old->box.outbox);
    g_autofree char *bye = g_queue_pop_head(&old->box.outbox);

    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    lec_call_pair_dial(pair);
    g_assert_true(lec_call_pair_feed(&pair->caller, stats));
    g_assert_true(lec_call_pair_feed(&pair->caller, bye));
    g_assert_cmpstr(pair->caller.log->str, ==, "challenge answer ");
    g_assert_false(lec_call_pair_feed(&pair->box, bye));
    g_assert_cmpint(pair->box.end, ==, LEC_CALL_END_PROTOCOL);
}

static void test_not_ours(void) {
    static const char *const STRANGE[] = {
        "<hello xmlns='urn:lectern:call:2' sid='0123456789abcdef0123456789abcdef'/>",
        "<hello xmlns='urn:lectern:call:1'/>",
        "<hello xmlns='urn:lectern:call:1' sid='0123456789ABCDEF0123456789ABCDEF'/>",
        "<hello xmlns='urn:lectern:call:1' sid='0123456789abcdef0123456789abcdef0'/>",
        "<HELLO xmlns='urn:lectern:call:1' sid='0123456789abcdef0123456789abcdef'/>",
        "<hello xmlns='urn:lectern:call:1' sid=''/>",
    };
    for (guint i = 0; i < G_N_ELEMENTS(STRANGE); i++) {
        g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
        g_assert_false(lec_call_pair_feed(&pair->box, STRANGE[i]));
        g_assert_cmpstr(pair->box.log->str, ==, "ended:protocol ");
    }
}

static void test_names(void) {
    static const struct {
        const char *given, *cleaned;
    } NAMES[] = {
        {"Zo\xc3\xab", "Zo\xc3\xab"},
        {"", ""},
        {"a\nb\x7f", "a\xef\xbf\xbd"
                     "b\xef\xbf\xbd"},
        {"\xe2\x80\xaeKCOL", "\xef\xbf\xbdKCOL"}, /* right-to-left override */
        {"bad \xff", "bad \xef\xbf\xbd"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789",
         "0123456789012345678901234567890123456789012345678901234567890123"},
        {"012345678901234567890123456789012345678901234567890123456789012\xc3\xab",
         "012345678901234567890123456789012345678901234567890123456789012"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        char name[LEC_CALL_MAX_NAME_BYTES + 1];
        lec_call_clean_name(NAMES[i].given, name);
        g_assert_cmpstr(name, ==, NAMES[i].cleaned);
    }
}

/* Numbers of the peer's are in their range or nothing. */
static void test_numbers(void) {
    static const char *const BAD[] = {
        "stats sid='%s' display-us='4294967296' width='1' height='1' visible='true'",
        "stats sid='%s' display-us='1' width='16385' height='1' visible='true'",
        "stats sid='%s' display-us='1' width='1' height='-1' visible='true'",
        "stats sid='%s' display-us='1' width='1' height='1' visible='yes'",
        "stats sid='%s' display-us='0x10' width='1' height='1' visible='true'",
        "stats sid='%s' width='1' height='1' visible='true'",
        "bye sid='%s'",
        "bye sid='%s' reason='because'",
        "bye sid='%s' reason='bye' retry-after='86401'",
        "candidate sid='%s'",
        "candidate sid='%s' end='false'",
    };
    for (guint i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
        lec_call_pair_dial(pair);
        lec_call_hang_up(pair->box.call, LEC_CALL_END_BYE);
        g_autofree char *bye = g_queue_pop_head(&pair->box.outbox);
        g_autoptr(LecStanza) payload = lec_stanza_parse(bye, strlen(bye), NULL);
        g_auto(GStrv) around = g_strsplit(BAD[i], "%s", 2);
        g_autofree char *xml = g_strconcat("<", around[0], lec_stanza_get(payload, "sid"),
                                           around[1], " xmlns='" LEC_CALL_NS "'/>", NULL);
        g_assert_false(lec_call_pair_feed(&pair->caller, xml));
        g_assert_cmpint(pair->caller.end, ==, LEC_CALL_END_PROTOCOL);
    }
}

/* A description beyond the limit ends the call before the PIN is looked at. */
static void test_oversize(void) {
    g_autofree char *huge = g_strnfill(40 * 1024, 'a');
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    pair->tamper = tamper;
    pair->tamper_with[0] = "offer";
    pair->tamper_with[1] = "<sdp>v=0&#13;\n";
    pair->tamper_with[2] = "<";
    pair->tamper_with[3] = huge;
    lec_call_pair_dial(pair);
    g_assert_cmpstr(pair->box.log->str, ==, "hello ended:protocol ");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(TAMPERINGS); i++) {
        g_autofree char *path = g_strconcat("/call/tampered/", TAMPERINGS[i].name, NULL);
        g_test_add_data_func(path, &TAMPERINGS[i], test_tampering);
    }
    g_test_add_func("/call/middle/swap-everywhere", test_swap_everywhere);
    g_test_add_func("/call/middle/two-calls", test_two_calls_differ_in_sas);
    g_test_add_func("/call/middle/every-character", test_every_character_of_the_proof);
    g_test_add_func("/call/middle/replay", test_replay);
    g_test_add_func("/call/other-calls", test_other_calls);
    g_test_add_func("/call/form/not-ours", test_not_ours);
    g_test_add_func("/call/form/names", test_names);
    g_test_add_func("/call/form/numbers", test_numbers);
    g_test_add_func("/call/form/oversize", test_oversize);
    return g_test_run();
}
