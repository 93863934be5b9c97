/* Enrolment between a box and an administrator, with somebody in the middle. */
#include "common/base/log.h"
#include "signalling/enrol-messages.h"

#include <string.h>

#define CODE "1234567890"

typedef struct {
    LecEnrol *enrol;
    GQueue outbox; /* of char *, XML */
    GString *log;
    LecEnrolEnd end;
    guint ended, retry_after_s;
    bool may, keeps;
    char name[LEC_CALL_MAX_NAME_BYTES + 1];
    LecFingerprint peer;
    char *password;
    const char *free_at; /* the word of an event inside which it is freed */
} Side;

typedef struct {
    Side admin, box;
    gint64 now_us;
} Pair;

static void happened(Side *side, const char *what) {
    g_string_append_printf(side->log, "%s ", what);
    if (g_strcmp0(side->free_at, what) == 0)
        g_clear_pointer(&side->enrol, lec_enrol_free);
}

static void on_send(LecStanza *payload, void *user) {
    Side *side = user;
    g_queue_push_tail(&side->outbox, lec_stanza_write(payload));
    lec_stanza_free(payload);
}

static bool on_may_prove(const LecFingerprint *administrator, guint *ret_retry_after_s,
                         void *user) {
    Side *side = user;
    *ret_retry_after_s = side->may ? 0 : 30;
    const bool may = side->may;
    happened(side, "may-prove");
    return may;
}

static void on_proved(bool success, void *user) {
    happened(user, success ? "right" : "wrong");
}

static bool on_account(const LecEnrolAccount *account, const LecFingerprint *administrator,
                       void *user) {
    Side *side = user;
    side->password = g_strdup(account->password);
    side->peer = *administrator;
    g_assert_cmpstr(account->host, ==, "example.org");
    g_assert_cmpstr(account->jid, ==, "lobby@boxes.example.org");
    g_assert_cmpuint(account->n_pins, ==, 2);
    const bool keeps = side->keeps;
    happened(side, "account");
    return keeps;
}

static void on_met(const char *box_name, const LecFingerprint *box, void *user) {
    Side *side = user;
    g_strlcpy(side->name, box_name, sizeof side->name);
    side->peer = *box;
    happened(side, "met");
}

static void on_ended(LecEnrolEnd end, guint retry_after_s, void *user) {
    Side *side = user;
    side->ended++;
    side->end = end;
    side->retry_after_s = retry_after_s;
    happened(side, "ended");
}

static const LecEnrolEvents events = {
    .send = on_send,
    .may_prove = on_may_prove,
    .proved = on_proved,
    .account = on_account,
    .met = on_met,
    .ended = on_ended,
};

static LecFingerprint fingerprint(guint8 fill) {
    LecFingerprint it;
    memset(it.bytes, fill, sizeof it.bytes);
    return it;
}

static Pair *pair_new(const char *box_code, const char *typed) {
    Pair *pair = g_new0(Pair, 1);
    const LecFingerprint admin = fingerprint(0xaa), box = fingerprint(0xbb);
    pair->now_us = G_USEC_PER_SEC;
    pair->admin.log = g_string_new(NULL);
    pair->box.log = g_string_new(NULL);
    pair->box.may = pair->box.keeps = true;
    pair->admin.enrol = lec_enrol_new(LEC_ENROL_ADMINISTRATOR, typed, NULL, &admin, &events,
                                      &pair->admin, pair->now_us);
    pair->box.enrol =
        lec_enrol_new(LEC_ENROL_BOX, box_code, "Room 12", &box, &events, &pair->box, pair->now_us);
    return pair;
}

static void side_clear(Side *side) {
    lec_enrol_free(side->enrol);
    g_queue_clear_full(&side->outbox, g_free);
    g_string_free(side->log, TRUE);
    g_free(side->password);
}

static void pair_free(Pair *pair) {
    side_clear(&pair->admin);
    side_clear(&pair->box);
    g_free(pair);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pair, pair_free)

static bool feed(Pair *pair, Side *to, const char *xml) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) payload = lec_stanza_parse(xml, strlen(xml), &error);
    g_assert_no_error(error);
    return to->enrol && lec_enrol_receive(to->enrol, payload, pair->now_us);
}

static bool pass(Pair *pair, Side *from, Side *to) {
    g_autofree char *xml = g_queue_pop_head(&from->outbox);
    g_assert_nonnull(xml);
    return feed(pair, to, xml);
}

static LecEnrolAccount *make_account(void) {
    LecEnrolAccount *account = g_new0(LecEnrolAccount, 1);
    account->host = g_strdup("example.org");
    account->jid = g_strdup("lobby@boxes.example.org");
    account->password = g_strdup("<correct & \"horse\">");
    account->pins[0] = fingerprint(1);
    account->pins[1] = fingerprint(2);
    account->n_pins = 2;
    return account;
}

static void give(Pair *pair) {
    g_autoptr(LecEnrolAccount) account = make_account();
    lec_enrol_give(pair->admin.enrol, account, pair->now_us);
}

/* Up to met. */
static void meet(Pair *pair) {
    lec_enrol_start(pair->box.enrol, pair->now_us);
    g_assert_true(pass(pair, &pair->box, &pair->admin));
    g_assert_true(pass(pair, &pair->admin, &pair->box));
    g_assert_true(pass(pair, &pair->box, &pair->admin));
    g_assert_true(pass(pair, &pair->box, &pair->admin));
}

static void test_whole(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    meet(pair);
    g_assert_cmpstr(pair->admin.name, ==, "Room 12");
    const LecFingerprint admin = fingerprint(0xaa), box = fingerprint(0xbb);
    g_assert_true(lec_fingerprint_equal(&pair->admin.peer, &box));
    give(pair);
    g_assert_false(pass(pair, &pair->admin, &pair->box));
    g_assert_cmpstr(pair->box.password, ==, "<correct & \"horse\">");
    g_assert_true(lec_fingerprint_equal(&pair->box.peer, &admin));
    g_assert_false(pass(pair, &pair->box, &pair->admin));
    g_assert_cmpstr(pair->box.log->str, ==, "may-prove right account ended ");
    g_assert_cmpstr(pair->admin.log->str, ==, "met ended ");
    g_assert_cmpint(pair->box.end, ==, LEC_ENROL_END_DONE);
    g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_DONE);
}

static void test_wrong_code(void) {
    g_autoptr(Pair) pair = pair_new(CODE, "1234567891");
    lec_enrol_start(pair->box.enrol, pair->now_us);
    g_assert_true(pass(pair, &pair->box, &pair->admin));
    g_assert_false(pass(pair, &pair->admin, &pair->box));
    g_assert_cmpstr(pair->box.log->str, ==, "may-prove wrong ended ");
    g_assert_cmpint(pair->box.end, ==, LEC_ENROL_END_DENIED);
    g_assert_false(pass(pair, &pair->box, &pair->admin));
    g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_DENIED);
    g_assert_true(g_queue_is_empty(&pair->admin.outbox));
}

static void test_locked(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    pair->box.may = false;
    lec_enrol_start(pair->box.enrol, pair->now_us);
    pass(pair, &pair->box, &pair->admin);
    g_assert_false(pass(pair, &pair->admin, &pair->box));
    g_assert_false(pass(pair, &pair->box, &pair->admin));
    g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_LOCKED);
    g_assert_cmpuint(pair->admin.retry_after_s, ==, 30);
    g_assert_cmpstr(pair->box.log->str, ==, "may-prove ended ");
}

static void test_not_kept(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    pair->box.keeps = false;
    meet(pair);
    give(pair);
    g_assert_false(pass(pair, &pair->admin, &pair->box));
    g_assert_false(pass(pair, &pair->box, &pair->admin));
    g_assert_cmpint(pair->box.end, ==, LEC_ENROL_END_FAILED);
    g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_FAILED);
}

/* Somebody in the middle puts a fingerprint of their own in the place of one. */
static char *with_other_fingerprint(char *xml) {
    g_autofree char *owned = xml;
    const char *at = strstr(owned, "<fingerprint>");
    const char *end = strstr(owned, "</fingerprint>");
    const LecFingerprint mine = fingerprint(0xcc);
    g_autofree char *text = g_base64_encode(mine.bytes, sizeof mine.bytes);
    return g_strdup_printf("%.*s<fingerprint>%s%s", (int)(at - owned), owned, text, end);
}

static void test_fingerprint_of_box(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    lec_enrol_start(pair->box.enrol, pair->now_us);
    g_autofree char *hello = with_other_fingerprint(g_queue_pop_head(&pair->box.outbox));
    g_assert_true(feed(pair, &pair->admin, hello));
    g_assert_false(pass(pair, &pair->admin, &pair->box));
    g_assert_cmpint(pair->box.end, ==, LEC_ENROL_END_DENIED);
}

static void test_fingerprint_of_administrator(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    lec_enrol_start(pair->box.enrol, pair->now_us);
    g_assert_true(pass(pair, &pair->box, &pair->admin));
    g_autofree char *proof = with_other_fingerprint(g_queue_pop_head(&pair->admin.outbox));
    g_assert_false(feed(pair, &pair->box, proof));
    g_assert_cmpint(pair->box.end, ==, LEC_ENROL_END_DENIED);
}

static void test_impostor(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    lec_enrol_start(pair->box.enrol, pair->now_us);
    g_autofree char *hello = g_queue_pop_head(&pair->box.outbox);
    feed(pair, &pair->admin, hello);
    const char *sid = strstr(hello, "sid=") + 5;
    g_autofree char *welcome =
        g_strdup_printf("<welcome xmlns='" LEC_ENROL_NS "' sid='%.32s'><confirm>AAAAAAAAAAAAAAAAAA"
                        "AAAAAAAAAAAAAAAAAAAAAAAAA=</confirm></welcome>",
                        sid);
    g_assert_false(feed(pair, &pair->admin, welcome));
    g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_IMPOSTOR);
}

/* All genuine messages of a whole enrolment, in every order but the right one, to each side. */
static void permute(char **messages, guint n, guint done, guint *order, bool box) {
    if (done < n) {
        for (guint i = 0; i < n; i++) {
            bool used = false;
            for (guint k = 0; k < done; k++)
                used |= order[k] == i;
            if (used)
                continue;
            order[done] = i;
            permute(messages, n, done + 1, order, box);
        }
        return;
    }
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    Side *side = box ? &pair->box : &pair->admin;
    for (guint i = 0; i < n; i++)
        feed(pair, side, messages[order[i]]);
    /* Another session's messages: whatever their order, nobody meets and nothing is kept. */
    g_assert_null(strstr(side->log->str, "met"));
    g_assert_null(strstr(side->log->str, "account"));
    g_assert_cmpuint(side->ended, <=, 1);
}

static void test_replayed_in_every_order(void) {
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    {
        g_autoptr(Pair) pair = pair_new(CODE, CODE);
        lec_enrol_start(pair->box.enrol, pair->now_us);
        for (guint step = 0; step < 6; step++) {
            const bool from_box = step != 1 && step != 4;
            Side *from = from_box ? &pair->box : &pair->admin;
            if (step == 4)
                give(pair);
            char *xml = g_queue_pop_head(&from->outbox);
            g_assert_nonnull(xml);
            g_ptr_array_add(messages, xml);
            feed(pair, from_box ? &pair->admin : &pair->box, xml);
        }
        g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_DONE);
    }
    guint order[6];
    permute((char **)messages->pdata, messages->len, 0, order, false);
    permute((char **)messages->pdata, messages->len, 0, order, true);
}

/* Live sides: at each step, a message that is not due ends it, and no account gets through. */
static void test_out_of_order(void) {
    static const char *const kinds[] = {"hello", "prove", "welcome", "sealed", "refused", "other"};
    for (guint steps = 0; steps < 4; steps++) {
        for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
            for (guint box = 0; box < 2; box++) {
                g_autoptr(Pair) pair = pair_new(CODE, CODE);
                lec_enrol_start(pair->box.enrol, pair->now_us);
                const char *hello = g_queue_peek_head(&pair->box.outbox);
                g_autofree char *sid = g_strndup(strstr(hello, "sid=") + 5, 32);
                for (guint i = 0; i < steps; i++)
                    pass(pair, i == 1 ? &pair->admin : &pair->box,
                         i == 1 ? &pair->box : &pair->admin);
                g_autofree char *xml = g_strdup_printf(
                    "<%s xmlns='" LEC_ENROL_NS "' sid='%s' n='0' version='1'/>", kinds[kind], sid);
                Side *side = box ? &pair->box : &pair->admin;
                g_assert_false(feed(pair, side, xml));
                g_assert_cmpint(side->end, ==, LEC_ENROL_END_PROTOCOL);
                g_assert_cmpuint(side->ended, ==, 1);
            }
        }
    }
}

static void test_versions(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    g_assert_false(feed(pair, &pair->admin,
                        "<hello xmlns='" LEC_ENROL_NS
                        "' sid='00000000000000000000000000000000' version='2'/>"));
    g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_VERSION);
    g_assert_nonnull(strstr(g_queue_peek_head(&pair->admin.outbox), "version"));
}

static void test_silence(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    g_assert_cmpint(lec_enrol_next_deadline_us(pair->box.enrol), ==, G_MAXINT64);
    meet(pair);
    lec_enrol_tick(pair->admin.enrol, pair->now_us + 59 * G_USEC_PER_SEC);
    g_assert_cmpuint(pair->admin.ended, ==, 0);
    lec_enrol_tick(pair->admin.enrol, pair->now_us + 60 * G_USEC_PER_SEC);
    g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_TIMEOUT);
    g_assert_false(pass(pair, &pair->admin, &pair->box));
    g_assert_cmpint(pair->box.end, ==, LEC_ENROL_END_TIMEOUT);
    give(pair); /* too late: nothing is sent */
    g_assert_true(g_queue_is_empty(&pair->admin.outbox));
}

static void test_gone(void) {
    g_autoptr(Pair) pair = pair_new(CODE, CODE);
    meet(pair);
    lec_enrol_end(pair->admin.enrol, LEC_ENROL_END_GONE);
    g_assert_true(g_queue_is_empty(&pair->admin.outbox));
    g_assert_cmpint(pair->admin.end, ==, LEC_ENROL_END_GONE);
}

static void test_freed_within(void) {
    static const char *const words[] = {"may-prove", "right", "account", "met", "ended"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autoptr(Pair) pair = pair_new(CODE, CODE);
        pair->box.free_at = pair->admin.free_at = words[i];
        lec_enrol_start(pair->box.enrol, pair->now_us);
        for (guint step = 0; step < 6; step++) {
            if (step == 4 && pair->admin.enrol)
                give(pair);
            Side *from = step == 1 || step == 4 ? &pair->admin : &pair->box;
            if (!g_queue_is_empty(&from->outbox))
                pass(pair, from, from == &pair->box ? &pair->admin : &pair->box);
        }
        g_assert_true(!pair->box.enrol || !pair->admin.enrol);
    }
}

static void test_codes(void) {
    char code[LEC_ENROL_CODE_DIGITS + 1];
    g_assert_true(lec_enrol_read_code("1234 567-890\n", code));
    g_assert_cmpstr(code, ==, CODE);
    g_autofree char *room = lec_enrol_room(code);
    g_assert_cmpstr(room, ==, "enrol-1234");
    static const char *const bad[] = {"", "123456789", "12345678901", "123456789o",
                                      "１２３４５６７８９０"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(lec_enrol_read_code(bad[i], code));
    g_assert_cmpstr(code, ==, CODE);
    char other[LEC_ENROL_CODE_DIGITS + 1];
    lec_enrol_draw_code(code);
    lec_enrol_draw_code(other);
    g_assert_true(strspn(code, "0123456789") == LEC_ENROL_CODE_DIGITS);
    g_assert_cmpstr(code, !=, other);
}

static void test_bad_accounts(void) {
#define PIN "<pin>AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=</pin>"
#define ACCOUNT(attributes, children) \
    "<account xmlns='" LEC_ENROL_NS "' " attributes ">" children "</account>"
#define ALL "host='h' jid='j@h' password='p'"
    static const char *const bad[] = {
        "",
        "<box xmlns='" LEC_ENROL_NS "'/>",
        ACCOUNT("host='h' jid='j@h'", PIN),
        ACCOUNT("host='' jid='j@h' password='p'", PIN),
        ACCOUNT(ALL, ""),
        ACCOUNT(ALL, "<pin>AQ==</pin>"),
        ACCOUNT(ALL, "<pen/>" PIN),
        ACCOUNT(ALL, PIN PIN PIN PIN PIN),
        ACCOUNT(ALL, PIN) "<x/>",
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(lec_enrol_parse_account(bad[i], strlen(bad[i]), &error));
        g_assert_nonnull(error);
    }
    const char *good = ACCOUNT(ALL, PIN PIN PIN PIN);
    g_autoptr(GError) error = NULL;
    g_autoptr(LecEnrolAccount) account = lec_enrol_parse_account(good, strlen(good), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(account->n_pins, ==, 4);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    lec_log_init(LEC_LOG_ERROR);
    g_test_add_func("/enrol/whole", test_whole);
    g_test_add_func("/enrol/wrong-code", test_wrong_code);
    g_test_add_func("/enrol/locked", test_locked);
    g_test_add_func("/enrol/not-kept", test_not_kept);
    g_test_add_func("/enrol/fingerprint-of-box", test_fingerprint_of_box);
    g_test_add_func("/enrol/fingerprint-of-administrator", test_fingerprint_of_administrator);
    g_test_add_func("/enrol/impostor", test_impostor);
    g_test_add_func("/enrol/replayed-in-every-order", test_replayed_in_every_order);
    g_test_add_func("/enrol/out-of-order", test_out_of_order);
    g_test_add_func("/enrol/versions", test_versions);
    g_test_add_func("/enrol/silence", test_silence);
    g_test_add_func("/enrol/gone", test_gone);
    g_test_add_func("/enrol/freed-within", test_freed_within);
    g_test_add_func("/enrol/codes", test_codes);
    g_test_add_func("/enrol/bad-accounts", test_bad_accounts);
    return g_test_run();
}
