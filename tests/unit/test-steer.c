/* The host protocol between two sides with somebody in the middle; and the seal's vectors. */
#include "common/base/log.h"
#include "signalling/pake.h"
#include "signalling/steer.h"

#include <string.h>

typedef struct {
    LecSteer *steer;
    GQueue outbox; /* of char *, XML */
    char sid[33];  /* of what it sent */
    GString *log;  /* "challenge open text:… ended:bye " */
    LecSteerEnd end;
    guint ended, retry_after_s;
    LecSteerEnd verdict;
    const char *code;
    const char *free_at; /* the word of an event inside which it is freed */
} Side;

typedef struct {
    Side host, box;
    gint64 now_us;
} Pair;

static void happened(Side *side, const char *what) {
    g_string_append_printf(side->log, "%s ", what);
    if (g_strcmp0(side->free_at, what) == 0)
        g_clear_pointer(&side->steer, lec_steer_free);
}

static void on_send(LecStanza *payload, void *user) {
    Side *side = user;
    g_strlcpy(side->sid, lec_stanza_get(payload, "sid"), sizeof side->sid);
    g_queue_push_tail(&side->outbox, lec_stanza_write(payload));
    lec_stanza_free(payload);
}

static LecSteerEnd on_may_prove(guint *ret_retry_after_s, void *user) {
    Side *side = user;
    *ret_retry_after_s = side->verdict == LEC_STEER_END_LOCKED ? 30 : 0;
    const LecSteerEnd verdict = side->verdict;
    happened(side, "may-prove");
    return verdict;
}

static void on_proved(bool success, void *user) {
    happened(user, success ? "right" : "wrong");
}

static void on_challenge(const char *box_name, void *user) {
    g_assert_cmpstr(box_name, ==, "Room 12");
    happened(user, "challenge");
}

static void on_open(void *user) {
    happened(user, "open");
}

static void on_text(const char *text, gsize len, void *user) {
    g_assert_cmpuint(strlen(text), ==, len);
    g_autofree char *word = g_strdup_printf("text:%.40s", text);
    happened(user, word);
}

static void on_ended(LecSteerEnd end, guint retry_after_s, void *user) {
    Side *side = user;
    side->ended++;
    side->end = end;
    side->retry_after_s = retry_after_s;
    happened(side, "ended");
}

static const LecSteerEvents events = {
    .send = on_send,
    .may_prove = on_may_prove,
    .proved = on_proved,
    .challenge = on_challenge,
    .open = on_open,
    .text = on_text,
    .ended = on_ended,
};

static Pair *pair_new(const char *box_code, const char *host_code) {
    Pair *pair = g_new0(Pair, 1);
    pair->now_us = G_USEC_PER_SEC;
    pair->host.log = g_string_new(NULL);
    pair->box.log = g_string_new(NULL);
    pair->host.code = host_code;
    pair->box.steer = lec_steer_new_box("Room 12", box_code, &events, &pair->box, pair->now_us);
    pair->host.steer = lec_steer_new_host(&events, &pair->host, pair->now_us);
    return pair;
}

static void side_clear(Side *side) {
    lec_steer_free(side->steer);
    g_queue_clear_full(&side->outbox, g_free);
    g_string_free(side->log, TRUE);
}

static void pair_free(Pair *pair) {
    side_clear(&pair->host);
    side_clear(&pair->box);
    g_free(pair);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pair, pair_free)

static bool feed(Pair *pair, Side *to, const char *xml) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) payload = lec_stanza_parse(xml, strlen(xml), &error);
    g_assert_no_error(error);
    return to->steer && lec_steer_receive(to->steer, payload, pair->now_us);
}

static char *pop(Side *side) {
    char *xml = g_queue_pop_head(&side->outbox);
    g_assert_nonnull(xml);
    return xml;
}

static bool pass(Pair *pair, Side *from, Side *to) {
    g_autofree char *xml = pop(from);
    return feed(pair, to, xml);
}

static void prove(Pair *pair) {
    lec_steer_dial(pair->host.steer, pair->now_us);
    g_assert_true(pass(pair, &pair->host, &pair->box));
    g_assert_true(pass(pair, &pair->box, &pair->host));
    lec_steer_prove(pair->host.steer, pair->host.code, pair->now_us);
}

static Pair *open_pair(void) {
    Pair *pair = pair_new("24681357", "24681357");
    prove(pair);
    g_assert_true(pass(pair, &pair->host, &pair->box));
    g_assert_true(pass(pair, &pair->box, &pair->host));
    g_assert_true(lec_steer_is_open(pair->host.steer) && lec_steer_is_open(pair->box.steer));
    return pair;
}

static void say(Side *side, const char *text) {
    lec_steer_send(side->steer, text, strlen(text));
}

static void test_talk(void) {
    g_autoptr(Pair) pair = open_pair();
    say(&pair->box, "{\"room\":{}}");
    say(&pair->box, "{}");
    g_assert_true(pass(pair, &pair->box, &pair->host));
    g_assert_true(pass(pair, &pair->box, &pair->host));
    say(&pair->host, "Grüße");
    g_assert_true(pass(pair, &pair->host, &pair->box));
    g_assert_cmpstr(pair->host.log->str, ==, "challenge open text:{\"room\":{}} text:{} ");
    g_assert_cmpstr(pair->box.log->str, ==, "may-prove right open text:Grüße ");
    lec_steer_hang_up(pair->host.steer, LEC_STEER_END_BYE);
    g_assert_false(pass(pair, &pair->host, &pair->box));
    g_assert_cmpint(pair->box.end, ==, LEC_STEER_END_BYE);
    g_assert_cmpuint(pair->box.ended, ==, 1);
    say(&pair->box, "too late");
    g_assert_true(g_queue_is_empty(&pair->box.outbox));
}

static void refused(Pair *pair, LecSteerEnd end) {
    g_assert_false(pass(pair, &pair->host, &pair->box));
    g_assert_false(pass(pair, &pair->box, &pair->host));
    g_assert_cmpint(pair->box.end, ==, end);
    g_assert_cmpint(pair->host.end, ==, end);
    g_assert_true(g_queue_is_empty(&pair->box.outbox));
    g_assert_null(strstr(pair->host.log->str, "open"));
    g_assert_null(strstr(pair->box.log->str, "open"));
}

static void test_wrong_code(void) {
    g_autoptr(Pair) pair = pair_new("24681357", "24681358");
    prove(pair);
    refused(pair, LEC_STEER_END_DENIED);
    g_assert_cmpstr(pair->box.log->str, ==, "may-prove wrong ended ");
}

/* A right code is answered as a wrong one: nothing is looked at. */
static void test_locked(void) {
    g_autoptr(Pair) pair = pair_new("24681357", "24681357");
    pair->box.verdict = LEC_STEER_END_LOCKED;
    prove(pair);
    refused(pair, LEC_STEER_END_LOCKED);
    g_assert_cmpuint(pair->host.retry_after_s, ==, 30);
    g_assert_cmpstr(pair->box.log->str, ==, "may-prove ended ");
}

static void test_off(void) {
    g_autoptr(Pair) pair = pair_new(NULL, "24681357");
    lec_steer_dial(pair->host.steer, pair->now_us);
    refused(pair, LEC_STEER_END_OFF);
}

/* A box that does not know the code gets the host to say nothing. */
static void test_impostor(void) {
    g_autoptr(Pair) pair = pair_new("24681357", "24681357");
    prove(pair);
    g_assert_true(pass(pair, &pair->host, &pair->box));
    g_autofree char *xml = pop(&pair->box);
    char *tag = strstr(xml, "<confirm>") + strlen("<confirm>");
    *tag = *tag == 'A' ? 'B' : 'A';
    g_assert_false(feed(pair, &pair->host, xml));
    g_assert_cmpint(pair->host.end, ==, LEC_STEER_END_IMPOSTOR);
    g_assert_null(strstr(pair->host.log->str, "open"));
}

/* The neutral element as the host's point costs an attempt; as the box's it ends the matter. */
static void test_neutral_point(void) {
    static const char zero[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    g_autoptr(Pair) pair = pair_new("24681357", "24681357");
    prove(pair);
    g_autofree char *xml = pop(&pair->host);
    memcpy(strstr(xml, "<point>") + strlen("<point>"), zero, strlen(zero));
    g_assert_false(feed(pair, &pair->box, xml));
    g_assert_cmpint(pair->box.end, ==, LEC_STEER_END_DENIED);

    g_autoptr(Pair) other = pair_new("24681357", "24681357");
    lec_steer_dial(other->host.steer, other->now_us);
    g_assert_true(pass(other, &other->host, &other->box));
    g_autofree char *challenge = pop(&other->box);
    memcpy(strstr(challenge, "<point>") + strlen("<point>"), zero, strlen(zero));
    g_assert_true(feed(other, &other->host, challenge));
    lec_steer_prove(other->host.steer, "24681357", other->now_us);
    g_assert_cmpint(other->host.end, ==, LEC_STEER_END_PROTOCOL);
}

static void test_replay(void) {
    g_autoptr(Pair) pair = open_pair();
    say(&pair->host, "{}");
    g_autofree char *xml = pop(&pair->host);
    g_assert_true(feed(pair, &pair->box, xml));
    g_assert_false(feed(pair, &pair->box, xml));
    g_assert_cmpint(pair->box.end, ==, LEC_STEER_END_PROTOCOL);
    g_assert_cmpstr(pair->box.log->str, ==, "may-prove right open text:{} ended ");
}

/* What belongs to another session of the same box is none of this one's, sealed or not. */
static void test_other_session(void) {
    static const char other[] = "fedcba9876543210fedcba9876543210";
    for (guint sealed = 0; sealed < 2; sealed++) {
        g_autoptr(Pair) pair = open_pair();
        if (sealed)
            say(&pair->host, "{}");
        else
            lec_steer_hang_up(pair->host.steer, LEC_STEER_END_BYE);
        g_autofree char *xml = pop(&pair->host);
        char *sid = strstr(xml, pair->host.sid);
        memcpy(sid, other, sizeof other - 1);
        g_assert_false(feed(pair, &pair->box, xml));
        g_assert_cmpint(pair->box.end, ==, LEC_STEER_END_PROTOCOL);
        g_assert_null(strstr(pair->box.log->str, "text"));
    }
}

static void test_skipped(void) {
    g_autoptr(Pair) pair = open_pair();
    say(&pair->host, "{}");
    say(&pair->host, "{}");
    g_free(pop(&pair->host));
    g_assert_false(pass(pair, &pair->host, &pair->box));
    g_assert_cmpint(pair->box.end, ==, LEC_STEER_END_PROTOCOL);
}

/* What a side sealed cannot be sent back to it: each direction has a key of its own. */
static void test_reflected(void) {
    g_autoptr(Pair) pair = open_pair();
    say(&pair->host, "{}");
    g_assert_false(pass(pair, &pair->host, &pair->host));
    g_assert_cmpint(pair->host.end, ==, LEC_STEER_END_PROTOCOL);
}

static void test_damaged(void) {
    for (guint at = 0; at < 24; at++) {
        g_autoptr(Pair) pair = open_pair();
        say(&pair->host, "{}");
        g_autofree char *xml = pop(&pair->host);
        char *sealed = strchr(xml, '>') + 1 + at;
        if (*sealed == '<')
            break;
        *sealed = *sealed == 'A' ? 'B' : 'A';
        g_assert_false(feed(pair, &pair->box, xml));
        g_assert_cmpint(pair->box.end, ==, LEC_STEER_END_PROTOCOL);
    }
}

static void test_size(void) {
    g_autoptr(Pair) pair = open_pair();
    g_autofree char *text = g_strnfill(LEC_SEAL_MAX_TEXT_BYTES, 'x');
    say(&pair->host, text);
    g_assert_true(pass(pair, &pair->host, &pair->box));

    guint8 key[LEC_SEAL_KEY_BYTES] = {0};
    LecSeal seal;
    lec_seal_init(&seal, "x", key);
    gsize len = 0;
    g_autofree char *huge = g_strnfill(60 * 1024, 'A');
    g_assert_null(lec_seal_open(&seal, 0, huge, &len));
    g_assert_null(lec_seal_open(&seal, 0, "", &len));
    g_assert_null(lec_seal_open(&seal, 0, "AAAA", &len));
    /* Not text: a NUL, and what is no UTF-8. */
    static const char *const not_text[] = {"a\0b", "\xff\xff\xff"};
    for (guint i = 0; i < G_N_ELEMENTS(not_text); i++) {
        LecSeal out;
        lec_seal_init(&out, "x", key);
        g_autofree char *sealed = lec_seal_close(&out, not_text[i], 3);
        g_assert_null(lec_seal_open(&seal, 0, sealed, &len));
    }
}

/* Made with another implementation (OpenSSL). */
static void test_vectors(void) {
    guint8 key[LEC_SEAL_KEY_BYTES];
    for (guint i = 0; i < sizeof key; i++)
        key[i] = (guint8)i;
    LecSeal out, in;
    lec_seal_init(&out, LEC_PAKE_HOST, key);
    lec_seal_init(&in, LEC_PAKE_HOST, key);
    static const char *const texts[] = {"{}", "{\"room\":{}}"};
    static const char *const sealed[] = {"Y8X55BNDJYYHb6ms50tYG6qe",
                                         "En4Otl5nmkBWDAMfnng7QqDWiPZ7JX0lsYiN"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *base64 = lec_seal_close(&out, texts[i], strlen(texts[i]));
        g_assert_cmpstr(base64, ==, sealed[i]);
        gsize len = 0;
        g_autofree char *text = lec_seal_open(&in, i, base64, &len);
        g_assert_cmpstr(text, ==, texts[i]);
    }
}

typedef enum { AT_START, DIALLED, ASKED, OPENED } Stage;

static Pair *pair_at(Stage stage) {
    if (stage == OPENED)
        return open_pair();
    Pair *pair = pair_new("24681357", "24681357");
    if (stage == DIALLED)
        lec_steer_dial(pair->host.steer, pair->now_us);
    else if (stage == ASKED)
        prove(pair);
    return pair;
}

/* Every message in every state in which it has no place, and those that have one damaged. */
static void test_order(void) {
    static const char *const messages[] = {"hello version='9x'", "challenge", "prove", "welcome",
                                           "sealed n='0'",       "refused",   "bye",   "nonsense"};
    for (guint stage = AT_START; stage <= OPENED; stage++) {
        for (guint i = 0; i < 2 * G_N_ELEMENTS(messages); i++) {
            g_autoptr(Pair) pair = pair_at(stage);
            Side *to = i % 2 ? &pair->host : &pair->box;
            const char *sid = pair->host.sid[0] ? pair->host.sid : pair->box.sid;
            g_autofree char *xml =
                g_strdup_printf("<%s sid='%s' xmlns='" LEC_HOST_NS "'/>", messages[i / 2],
                                sid[0] ? sid : "0123456789abcdef0123456789abcdef");
            g_assert_false(feed(pair, to, xml));
            g_assert_cmpint(to->end, ==, LEC_STEER_END_PROTOCOL);
            g_assert_cmpuint(to->ended, ==, 1);
        }
    }
}

static void test_foreign(void) {
    static const char *const messages[] = {
        "<hello xmlns='" LEC_HOST_NS "' version='1'/>",
        "<hello xmlns='" LEC_HOST_NS "' version='1' sid='0123'/>",
        "<hello xmlns='" LEC_CALL_NS "' version='1' sid='0123456789abcdef0123456789abcdef'/>",
    };
    for (guint i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autoptr(Pair) pair = pair_new("24681357", "24681357");
        g_assert_false(feed(pair, &pair->box, messages[i]));
        g_assert_cmpint(pair->box.end, ==, LEC_STEER_END_PROTOCOL);
    }
    g_autoptr(Pair) pair = pair_new("24681357", "24681357");
    g_assert_false(feed(pair, &pair->box,
                        "<hello xmlns='" LEC_HOST_NS
                        "' version='2' sid='0123456789abcdef0123456789abcdef'/>"));
    g_assert_cmpint(pair->box.end, ==, LEC_STEER_END_VERSION);
    g_autofree char *answer = pop(&pair->box);
    g_assert_nonnull(strstr(answer, "reason='version'"));
}

static void test_time(void) {
    for (guint stage = AT_START; stage <= OPENED; stage++) {
        g_autoptr(Pair) pair = pair_at(stage);
        Side *sides[] = {&pair->box, &pair->host};
        for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
            const gint64 due = lec_steer_next_deadline_us(sides[i]->steer);
            if (due == G_MAXINT64)
                continue;
            lec_steer_tick(sides[i]->steer, due - 1);
            g_assert_cmpuint(sides[i]->ended, ==, 0);
            lec_steer_tick(sides[i]->steer, due);
            g_assert_cmpint(sides[i]->end, ==, LEC_STEER_END_TIMEOUT);
            g_assert_cmpint(lec_steer_next_deadline_us(sides[i]->steer), ==, G_MAXINT64);
        }
        g_assert_cmpuint(pair->box.ended, ==, 1);
    }
    /* A breath keeps it alive. */
    g_autoptr(Pair) pair = open_pair();
    pair->now_us += LEC_STEER_BREATH_US;
    say(&pair->host, "{}");
    g_assert_true(pass(pair, &pair->host, &pair->box));
    g_assert_cmpint(lec_steer_next_deadline_us(pair->box.steer), ==,
                    pair->now_us + 3 * LEC_STEER_BREATH_US);
}

static void test_freed_within(void) {
    static const char *const words[] = {"may-prove", "right", "open", "text:{}", "ended"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        for (guint host = 0; host < 2; host++) {
            g_autoptr(Pair) pair = pair_new("24681357", "24681357");
            *(host ? &pair->host.free_at : &pair->box.free_at) = words[i];
            prove(pair);
            pass(pair, &pair->host, &pair->box);
            if (!g_queue_is_empty(&pair->box.outbox))
                pass(pair, &pair->box, &pair->host);
            if (pair->host.steer && lec_steer_is_open(pair->host.steer)) {
                say(&pair->host, "{}");
                pass(pair, &pair->host, &pair->box);
            }
            if (pair->box.steer && lec_steer_is_open(pair->box.steer)) {
                say(&pair->box, "{}");
                pass(pair, &pair->box, &pair->host);
                if (pair->box.steer)
                    lec_steer_hang_up(pair->box.steer, LEC_STEER_END_BYE);
            }
            if (pair->host.steer)
                lec_steer_hang_up(pair->host.steer, LEC_STEER_END_GONE);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    lec_log_init(LEC_LOG_ERROR);
    g_test_add_func("/steer/talk", test_talk);
    g_test_add_func("/steer/wrong-code", test_wrong_code);
    g_test_add_func("/steer/locked", test_locked);
    g_test_add_func("/steer/off", test_off);
    g_test_add_func("/steer/impostor", test_impostor);
    g_test_add_func("/steer/neutral-point", test_neutral_point);
    g_test_add_func("/steer/replay", test_replay);
    g_test_add_func("/steer/skipped", test_skipped);
    g_test_add_func("/steer/other-session", test_other_session);
    g_test_add_func("/steer/reflected", test_reflected);
    g_test_add_func("/steer/damaged", test_damaged);
    g_test_add_func("/steer/order", test_order);
    g_test_add_func("/steer/foreign", test_foreign);
    g_test_add_func("/steer/time", test_time);
    g_test_add_func("/steer/freed-within", test_freed_within);
    g_test_add_func("/seal/size", test_size);
    g_test_add_func("/seal/vectors", test_vectors);
    return g_test_run();
}
