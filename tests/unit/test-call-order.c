/*
 * Every order of messages, against a model of its own: all sequences of up to five messages in both
 * roles, each message genuine where the other side has made one by then and well-formed in any
 * case. What the model does not know ends the call.
 */
#include "signalling/sdp.h"
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
    PAUSE,
    RESTART,
    RESUME,
    RESUMED,
    BYE,
    STRANGE,
    N_WORDS
} Word;

static const char *const WORDS[N_WORDS] = {"hello",   "challenge", "offer", "answer", "wait",
                                           "refused", "candidate", "stats", "pause",  "restart",
                                           "resume",  "resumed",   "bye",   "strange"};

/* A state of the model is a letter: what the side waits for. '.' has ended as it may, '!' as
 * PROTOCOL. */
typedef struct {
    char state;
    Word word;
    char next;
} Edge;

/* h hello, o offer, u up */
static const Edge PROMPT_BOX[] = {
    {'h', HELLO, 'o'},   {'o', OFFER, 'u'},
    {'o', BYE, '.'},     {'u', BYE, '.'},
    {'u', PAUSE, 'u'},   {'u', CANDIDATE, 'u'},
    {'u', RESUME, '.'}, /* unproved: an impostor */
    {'u', RESTART, 'u'}, {0},
};

/* x parted */
static const Edge PARTED_BOX[] = {{'x', RESUME, '.'}, {0}};

/* x parted; r resume said: a resumed that proves nothing is an impostor's */
static const Edge PARTED_CALLER[] = {{0}};
static const Edge RESUMING_CALLER[] = {
    {'r', RESUMED, '.'}, {'r', REFUSED, '.'}, {'r', BYE, '.'}, {0}};

/* g its app has to answer hello */
static const Edge BUSY_BOX[] = {{'h', HELLO, 'g'}, {'g', BYE, '.'}, {0}};

/* p its app, or a person, has to answer the offer */
static const Edge PONDERING_BOX[] = {
    {'h', HELLO, 'o'},     {'o', OFFER, 'p'}, {'o', BYE, '.'},
    {'p', CANDIDATE, 'p'}, {'p', BYE, '.'},   {0},
};

/* c challenge, a answer, w answer after wait, u up */
static const Edge PROMPT_CALLER[] = {
    {'c', CHALLENGE, 'a'}, {'c', REFUSED, '.'}, {'c', BYE, '.'},       {'a', ANSWER, 'u'},
    {'a', WAIT, 'w'},      {'a', REFUSED, '.'}, {'a', BYE, '.'},       {'a', CANDIDATE, 'a'},
    {'w', ANSWER, 'u'},    {'w', REFUSED, '.'}, {'w', BYE, '.'},       {'w', CANDIDATE, 'w'},
    {'u', BYE, '.'},       {'u', STATS, 'u'},   {'u', CANDIDATE, 'u'}, {0},
};

/* s its user searches for the PIN */
static const Edge SEARCHING_CALLER[] = {
    {'c', CHALLENGE, 's'}, {'c', REFUSED, '.'}, {'c', BYE, '.'},
    {'s', REFUSED, '.'},   {'s', BYE, '.'},     {0},
};

typedef struct {
    const char *name;
    bool box;
    bool hold_hello, hold_offer, wait, hold_challenge;
    bool parted, resuming;
    const Edge *edges;
    char start;
} Model;

static const Model MODELS[] = {
    {"box/prompt", .box = true, .edges = PROMPT_BOX, .start = 'h'},
    {"box/busy", .box = true, .hold_hello = true, .edges = BUSY_BOX, .start = 'h'},
    {"box/pondering", .box = true, .hold_offer = true, .edges = PONDERING_BOX, .start = 'h'},
    {"box/waiting", .box = true, .hold_offer = true, .wait = true, .edges = PONDERING_BOX,
     .start = 'h'},
    {"caller/prompt", .wait = true, .edges = PROMPT_CALLER, .start = 'c'},
    {"box/parted", .box = true, .parted = true, .edges = PARTED_BOX, .start = 'x'},
    {"caller/parted", .parted = true, .edges = PARTED_CALLER, .start = 'x'},
    {"caller/resuming", .parted = true, .resuming = true, .edges = RESUMING_CALLER, .start = 'r'},
    {"caller/searching", .hold_challenge = true, .edges = SEARCHING_CALLER, .start = 'c'},
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
        [PAUSE] = " on='true'>",
        [RESUME] = " count='1'><proof>" BASE64 "</proof>",
        [RESUMED] = " count='1'><proof>" BASE64 "</proof>",
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
        g_autoptr(LecStanza) payload = lec_stanza_parse(xml, strlen(xml), NULL);
        g_strlcpy(run->sid, lec_stanza_get(payload, "sid"), sizeof run->sid);
        lec_call_pair_feed(run->other, xml);
        g_free(xml);
    }
    keep_genuine(run);
}

/* The next description of the other side, for every one has credentials of its own. */
static char *restart(Run *run) {
    run->other->descriptions++;
    g_autoptr(LecMediaParams) params = lec_call_pair_params(run->other);
    const bool offer = run->other == &run->pair->caller;
    g_autofree char *sdp = lec_sdp_write(offer ? LEC_SDP_OFFER : LEC_SDP_ANSWER, params);
    g_autoptr(LecStanza) payload = lec_stanza_new("restart", LEC_CALL_NS);
    lec_stanza_set(payload, "sid", run->sid);
    lec_stanza_add_new(payload, "sdp", NULL, sdp);
    return lec_stanza_write(payload);
}

static char *next_message(Run *run, Word word) {
    if (word == RESTART)
        return restart(run);
    return run->genuine[word] ? g_strdup(run->genuine[word]) : specimen(word, run->sid);
}

static void run_init(Run *run, const Model *model) {
    *run = (Run){.pair = lec_call_pair_new(LEC_CALL_ASK_PIN),
                 .sid = "0123456789abcdef0123456789abcdef"};
    run->tested = model->box ? &run->pair->box : &run->pair->caller;
    run->other = model->box ? &run->pair->caller : &run->pair->box;
    run->pair->wait = model->wait;
    run->pair->hold_hello = model->hold_hello;
    run->pair->hold_offer = model->hold_offer;
    run->pair->hold_challenge = model->hold_challenge;
    if (model->parted) {
        lec_call_pair_dial(run->pair);
        g_strlcpy(run->sid, lec_call_get_sid(run->tested->call), sizeof run->sid);
        lec_call_pair_part(run->pair);
        if (model->resuming)
            lec_call_resume(run->tested->call, run->pair->now_us);
        g_queue_clear_full(&run->tested->outbox, g_free);
        return;
    }
    lec_call_dial(run->pair->caller.call, run->pair->now_us);
    if (model->box)
        keep_genuine(run);
    else
        answer_back(run);
}

static void run_clear(Run *run) {
    for (guint word = 0; word < N_WORDS; word++)
        g_free(run->genuine[word]);
    lec_call_pair_free(run->pair);
}

/* Feeds the sequence and holds each step against the model. */
static void check(const Model *model, const Word *sequence, guint length) {
    Run run;
    run_init(&run, model);
    char state = model->start;
    for (guint i = 0; i < length; i++) {
        state = model_step(model->edges, state, sequence[i]);
        const bool over = state == '!' || state == '.';
        g_autofree char *xml = next_message(&run, sequence[i]);
        g_assert_cmpint(lec_call_pair_feed(run.tested, xml), ==, state != '!');
        g_assert_cmpuint(run.tested->ended, ==, over);
        g_assert_cmpint(lec_call_is_up(run.tested->call), ==, strchr("uxr", state) != NULL);
        if (state == '!')
            g_assert_cmpint(run.tested->end, ==, LEC_CALL_END_PROTOCOL);
        if (over) /* and nothing wakes it up again */
            g_assert_false(lec_call_pair_feed(run.tested, xml));
        else
            answer_back(&run);
    }
    run_clear(&run);
}

/* Depth first; a sequence whose beginning has ended the call is not drawn out, for nothing more can
 * happen. */
static guint walk(const Model *model, Word *sequence, guint length, char state) {
    guint checked = 0;
    for (Word word = 0; word < N_WORDS; word++) {
        sequence[length] = word;
        check(model, sequence, length + 1);
        checked++;
        const char next = model_step(model->edges, state, word);
        if (length + 1 < LONGEST && next != '!' && next != '.')
            checked += walk(model, sequence, length + 1, next);
    }
    return checked;
}

static void test_model(gconstpointer data) {
    const Model *model = data;
    Word sequence[LONGEST];
    const guint checked = walk(model, sequence, 0, model->start);
    g_test_message("%u sequences", checked);
    g_assert_cmpuint(checked, >=, N_WORDS);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(MODELS); i++) {
        g_autofree char *path = g_strconcat("/call/order/", MODELS[i].name, NULL);
        g_test_add_data_func(path, &MODELS[i], test_model);
    }
    return g_test_run();
}
