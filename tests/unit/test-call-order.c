/*
 * Every order of messages, against a model of its own: all sequences of up to five messages in both
 * roles, each message genuine where the other side has made one by then and well-formed in any
 * case. What the model does not know ends the call.
 */
#include "tests/support/call-pair.h"

#include <string.h>

#define LONGEST 5

typedef enum {
    HELLO,
    CHALLENGE,
    OFFER,
    ANSWER,
    WAIT,
    REFUSED,
    CANDIDATE,
    STATS,
    BYE,
    STRANGE,
    N_WORDS
} Word;

static const char *const WORDS[N_WORDS] = {"hello",   "challenge", "offer", "answer", "wait",
                                           "refused", "candidate", "stats", "bye",    "strange"};

/* A state of the model is a letter: what the side waits for. '.' has ended as it may, '!' as
 * PROTOCOL. */
typedef struct {
    char state;
    Word word;
    char next;
} Edge;

/* The box's app answers hello and offer at once: h hello, o offer, u up. */
static const Edge BOX[] = {
    {'h', HELLO, 'o'}, {'o', OFFER, 'u'},     {'o', BYE, '.'},
    {'u', BYE, '.'},   {'u', CANDIDATE, 'u'}, {0},
};

/* The caller's app dials and proves at once: c challenge, a answer, w answer after wait, u up. */
static const Edge CALLER[] = {
    {'c', CHALLENGE, 'a'}, {'c', REFUSED, '.'}, {'c', BYE, '.'},       {'a', ANSWER, 'u'},
    {'a', WAIT, 'w'},      {'a', REFUSED, '.'}, {'a', BYE, '.'},       {'a', CANDIDATE, 'a'},
    {'w', ANSWER, 'u'},    {'w', REFUSED, '.'}, {'w', BYE, '.'},       {'w', CANDIDATE, 'w'},
    {'u', BYE, '.'},       {'u', STATS, 'u'},   {'u', CANDIDATE, 'u'}, {0},
};

static char model_step(const Edge *edges, char state, Word word) {
    for (; edges->state; edges++) {
        if (edges->state == state && edges->word == word)
            return edges->next;
    }
    return '!';
}

#define FINGERPRINT                                                                              \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:" \
    "EE:FF"
#define BASE64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* What stands in for a message that the other side has not made: right in form, worth nothing. */
static char *specimen(Word word, const char *sid) {
    static const char *const INSIDE[N_WORDS] = {
        [HELLO] = " version='1' name='x' fingerprint='" FINGERPRINT "'><commit>" BASE64 "</commit>",
        [CHALLENGE] = " version='1' ask='pin' name='x' fingerprint='" FINGERPRINT "'><point>" BASE64
                      "</point>",
        [REFUSED] = " reason='busy' retry-after='9'>",
        [CANDIDATE] = ">candidate:1 1 UDP 2130706431 192.0.2.1 10001 typ host",
        [STATS] = " display-us='1' width='2' height='3' visible='true'>",
        [BYE] = " reason='bye'>",
    };
    return g_strdup_printf("<%s xmlns='%s' sid='%s'%s</%s>", WORDS[word], LEC_CALL_NS, sid,
                           INSIDE[word] ? INSIDE[word] : ">", WORDS[word]);
}

typedef struct {
    LecCallPair *pair;
    LecPairSide *tested, *other;
    char *genuine[N_WORDS];
    char sid[64];
} Run;

static void keep_genuine(Run *run) {
    for (char *xml; (xml = g_queue_pop_head(&run->other->outbox)) != NULL;) {
        g_autoptr(LecStanza) payload = lec_stanza_parse(xml, strlen(xml), NULL);
        for (guint word = 0; word < N_WORDS; word++) {
            if (lec_stanza_is(payload, WORDS[word], LEC_CALL_NS)) {
                g_free(run->genuine[word]);
                run->genuine[word] = g_strdup(xml);
            }
        }
        g_strlcpy(run->sid, lec_stanza_get(payload, "sid"), sizeof run->sid);
        g_free(xml);
    }
}

/* What the tested side says goes to the other at once, whose words are kept for when the sequence
 * wants them. */
static void answer_back(Run *run) {
    for (char *xml; (xml = g_queue_pop_head(&run->tested->outbox)) != NULL;) {
        lec_call_pair_feed(run->other, xml);
        g_free(xml);
    }
    keep_genuine(run);
}

static void run_init(Run *run, bool box) {
    *run = (Run){.pair = lec_call_pair_new(LEC_CALL_ASK_PIN)};
    run->tested = box ? &run->pair->box : &run->pair->caller;
    run->other = box ? &run->pair->caller : &run->pair->box;
    run->pair->wait = !box;
    lec_call_dial(run->pair->caller.call, run->pair->now_us);
    if (box) {
        keep_genuine(run);
        return;
    }
    g_autofree char *hello = g_strdup(g_queue_peek_head(&run->tested->outbox));
    g_autoptr(LecStanza) payload = lec_stanza_parse(hello, strlen(hello), NULL);
    g_strlcpy(run->sid, lec_stanza_get(payload, "sid"), sizeof run->sid);
    answer_back(run);
}

static void run_clear(Run *run) {
    for (guint word = 0; word < N_WORDS; word++)
        g_free(run->genuine[word]);
    lec_call_pair_free(run->pair);
}

static void check(bool box, const Word *sequence, guint length) {
    Run run;
    run_init(&run, box);
    char state = box ? 'h' : 'c';
    for (guint i = 0; i < length; i++) {
        const char next = model_step(box ? BOX : CALLER, state, sequence[i]);
        g_autofree char *xml = run.genuine[sequence[i]] ? g_strdup(run.genuine[sequence[i]])
                                                        : specimen(sequence[i], run.sid);
        const bool accepted = lec_call_pair_feed(run.tested, xml);
        g_assert_cmpint(accepted, ==, next != '!');
        g_assert_cmpuint(run.tested->ended, ==, next == '!' || next == '.');
        if (next == '!')
            g_assert_cmpint(run.tested->end, ==, LEC_CALL_END_PROTOCOL);
        g_assert_cmpint(lec_call_is_up(run.tested->call), ==, next == 'u');
        state = next;
        if (run.tested->ended) {
            /* And nothing wakes it up again. */
            const gsize log_len = run.tested->log->len;
            g_assert_false(lec_call_pair_feed(run.tested, xml));
            g_assert_cmpuint(run.tested->log->len, ==, log_len);
            break;
        }
        answer_back(&run);
    }
    run_clear(&run);
}

/* Depth first; a sequence whose beginning has ended the call is not drawn out, for nothing more can
 * happen. */
static guint walk(bool box, Word *sequence, guint length, char state) {
    guint checked = 0;
    for (Word word = 0; word < N_WORDS; word++) {
        sequence[length] = word;
        check(box, sequence, length + 1);
        checked++;
        const char next = model_step(box ? BOX : CALLER, state, word);
        if (length + 1 < LONGEST && next != '!' && next != '.')
            checked += walk(box, sequence, length + 1, next);
    }
    return checked;
}

static void test_box(void) {
    Word sequence[LONGEST];
    g_assert_cmpuint(walk(true, sequence, 0, 'h'), ==, 50); /* one way on from each state */
}

static void test_caller(void) {
    Word sequence[LONGEST];
    g_assert_cmpuint(walk(false, sequence, 0, 'c'), >, 200);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/call/order/box", test_box);
    g_test_add_func("/call/order/caller", test_caller);
    return g_test_run();
}
