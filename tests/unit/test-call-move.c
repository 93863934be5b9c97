/* A call that is up and moves on: to other paths, to another door session; honest, clumsy and
 * hostile. */
#include "signalling/call-messages.h"
#include "tests/support/call-pair.h"

#include "signalling/payload.h"
#include "signalling/sdp.h"

#include <string.h>

static LecCallPair *up(LecCallAsk ask) {
    LecCallPair *pair = lec_call_pair_new(ask);
    lec_call_pair_dial(pair);
    g_assert_true(lec_call_is_up(pair->caller.call) && lec_call_is_up(pair->box.call));
    g_string_truncate(pair->caller.log, 0);
    g_string_truncate(pair->box.log, 0);
    return pair;
}

/* ---- restart ---- */

static void test_restart(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    lec_call_send_candidate(pair->caller.call, NULL);
    lec_call_send_candidate(pair->box.call, NULL);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "no-more ", "no-more ");

    lec_call_pair_restart(pair);
    lec_call_pair_send_candidates(&pair->caller, 1, 2);
    lec_call_send_candidate(pair->caller.call, NULL);
    lec_call_pair_pump(pair);
    lec_call_pair_send_candidates(&pair->box, 7, 1);
    lec_call_send_candidate(pair->box.call, NULL);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "restarted:box2 7 no-more ", "restart:clr2 1 2 no-more ");
}

/* What the box says before its answer is of the description before; what the caller says after its
 * offer waits for the answer; and the limit counts anew. */
static void test_generations(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    pair->hold_restart = true;
    lec_call_pair_send_candidates(&pair->caller, 1, LEC_MEDIA_MAX_CANDIDATES + 5);
    lec_call_pair_pump(pair);
    g_string_truncate(pair->box.log, 0);
    lec_call_pair_send_candidates(&pair->box, 1, 2); /* under way when the restart is */
    lec_call_pair_restart(pair);
    lec_call_pair_send_candidates(&pair->caller, 1, 2);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "", "restart:clr2 ");
    lec_call_pair_send_candidates(&pair->box, 8, 2); /* kept back */
    g_assert_cmpuint(pair->box.outbox.length, ==, 0);
    lec_call_pair_answer_restart(pair);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "restarted:box2 8 9 ", "1 2 ");
}

/* One a second, thirty at once and one more in twenty seconds; those that the caller may not are
 * not sent. */
static void test_restart_limits(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    const guint allowed = 31; /* the twenty-first second has brought one */
    for (guint i = 0; i < 39; i++) {
        g_assert_cmpint(lec_call_can_restart(pair->caller.call, pair->now_us), ==, i < allowed);
        lec_call_pair_restart(pair);
        g_assert_false(lec_call_can_restart(pair->caller.call, pair->now_us));
        lec_call_pair_restart(pair);
        g_assert_cmpuint(pair->caller.outbox.length, ==, i < allowed ? 1 : 0);
        lec_call_pair_pump(pair);
        pair->now_us += G_USEC_PER_SEC;
    }
    g_assert_cmpuint(pair->box.descriptions, ==, allowed);
    for (guint i = 0; i < 100; i++) {
        pair->now_us += 20 * (gint64)G_USEC_PER_SEC;
        lec_call_pair_restart(pair);
        lec_call_pair_pump(pair);
    }
    g_assert_cmpuint(pair->box.descriptions, ==, allowed + 100);
}

static char *specimen(LecPairSide *from, const char *ufrag, const char *mid,
                      const LecFingerprint *fingerprint) {
    g_autoptr(LecMediaParams) params = lec_call_pair_params(from);
    g_strlcpy(params->ice_ufrag, ufrag, sizeof params->ice_ufrag);
    g_strlcpy(params->sections[0].mid, mid, sizeof params->sections[0].mid);
    params->fingerprint = *fingerprint;
    const bool offer = from == &from->pair->caller;
    g_autofree char *sdp = lec_sdp_write(offer ? LEC_SDP_OFFER : LEC_SDP_ANSWER, params);
    g_autoptr(LecStanza) payload = lec_stanza_new("restart", LEC_CALL_NS);
    lec_stanza_set(payload, "sid", lec_call_get_sid(from->call));
    lec_stanza_add_new(payload, "sdp", NULL, sdp);
    return lec_stanza_write(payload);
}

/* A caller that floods is passed over, its candidates too, and is heard again a second later. */
static void test_restart_flood(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    for (guint i = 0; i < 100; i++) {
        g_autofree char *ufrag = g_strdup_printf("new%u", i);
        g_autofree char *xml = specimen(&pair->caller, ufrag, "0", &pair->caller.fingerprint);
        g_assert_true(lec_call_pair_feed(&pair->box, xml));
    }
    g_queue_clear_full(&pair->box.outbox, g_free);
    g_assert_cmpuint(pair->box.descriptions, ==, 3); /* what the network may squeeze together */
    g_string_truncate(pair->box.log, 0);
    lec_call_pair_send_candidates(&pair->caller, 1, 3);
    lec_call_pair_pump(pair);
    g_assert_cmpstr(pair->box.log->str, ==, "");
    pair->now_us += G_USEC_PER_SEC;
    g_autofree char *xml = specimen(&pair->caller, "late", "0", &pair->caller.fingerprint);
    g_assert_true(lec_call_pair_feed(&pair->box, xml));
    g_assert_cmpuint(pair->box.descriptions, ==, 4);
}

static void test_bad_restarts(void) {
    LecFingerprint stranger;
    memset(stranger.bytes, 0xcc, sizeof stranger.bytes);
    for (guint i = 0; i < 6; i++) {
        const bool at_box = i < 3;
        g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
        LecPairSide *from = at_box ? &pair->caller : &pair->box;
        LecPairSide *to = at_box ? &pair->box : &pair->caller;
        static const struct {
            const char *ufrag, *mid;
            LecCallEnd end;
        } BAD[] = {
            {"new1", "0", LEC_CALL_END_IMPOSTOR}, /* another fingerprint */
            {"new1", "1", LEC_CALL_END_PROTOCOL}, /* another section */
            {NULL, "0", LEC_CALL_END_PROTOCOL},   /* no new credentials */
        };
        const char *old = at_box ? "clr1" : "box1";
        g_autofree char *plain =
            specimen(from, BAD[i % 3].ufrag ? BAD[i % 3].ufrag : old, BAD[i % 3].mid,
                     i % 3 == 0 ? &stranger : &from->fingerprint);
        g_autoptr(LecStanza) payload = lec_stanza_parse(plain, strlen(plain), NULL);
        lec_stanza_set(payload, "number", "1");
        g_autofree char *xml = lec_stanza_write(payload);
        pair->hold_restart = true;
        if (!at_box)
            lec_call_pair_restart(pair);
        lec_call_pair_feed(to, xml);
        g_assert_cmpuint(to->ended, ==, 1);
        g_assert_cmpint(to->end, ==, BAD[i % 3].end);
    }
}

/* The answer to a restart that another has replaced is passed over; one that nobody asked for ends
 * the call. */
static void test_stale_answer(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    lec_call_pair_restart(pair);
    g_autofree char *first = g_queue_pop_head(&pair->caller.outbox);
    g_assert_true(lec_call_pair_feed(&pair->box, first));
    g_autofree char *answer = g_queue_pop_head(&pair->box.outbox);
    pair->now_us += G_USEC_PER_SEC;
    lec_call_pair_restart(pair);
    g_assert_true(lec_call_pair_feed(&pair->caller, answer));
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "restarted:box3 ", "restart:clr2 restart:clr3 ");
    g_assert_true(lec_call_pair_feed(&pair->caller, answer)); /* twice */

    g_autoptr(LecCallPair) other = up(LEC_CALL_ASK_PIN);
    g_autofree char *unasked = specimen(&other->box, "new1", "0", &other->box.fingerprint);
    g_assert_false(lec_call_pair_feed(&other->caller, unasked));
    g_assert_cmpint(other->caller.end, ==, LEC_CALL_END_PROTOCOL);
}

/* ---- pause and report ---- */

static void test_pause(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    lec_call_pause(pair->caller.call, LEC_CALL_PICTURE_STILL);
    lec_call_pause(pair->caller.call, LEC_CALL_PICTURE_STILL);
    lec_call_pair_pump(pair);
    lec_call_pause(pair->caller.call, LEC_CALL_PICTURE_MOVING);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "", "pause go-on ");

    g_autoptr(LecCallPair) early = lec_call_pair_new(LEC_CALL_ASK_NOTHING);
    lec_call_pause(early->caller.call, LEC_CALL_PICTURE_STILL);
    lec_call_pair_dial(early);
    lec_call_pair_assert_logs(early, "challenge answer ", "hello offer pause ");
}

/* From any state to any other, and back after a resume. */
static void test_hide(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    static const LecCallPicture pictures[] = {LEC_CALL_PICTURE_HIDDEN, LEC_CALL_PICTURE_MOVING,
                                              LEC_CALL_PICTURE_STILL, LEC_CALL_PICTURE_HIDDEN,
                                              LEC_CALL_PICTURE_STILL};
    for (guint i = 0; i < G_N_ELEMENTS(pictures); i++) {
        lec_call_pause(pair->caller.call, pictures[i]);
        lec_call_pause(pair->caller.call, pictures[i]);
        lec_call_pair_pump(pair);
    }
    lec_call_pair_assert_logs(pair, "", "hide go-on pause hide pause ");
    lec_call_pair_part(pair);
    lec_call_pause(pair->caller.call, LEC_CALL_PICTURE_HIDDEN);
    lec_call_resume(pair->caller.call, pair->now_us);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "resumed ", "resumed hide ");
}

/* An older box reads on alone, and goes on to show what comes. */
static void test_hide_written(void) {
    g_autoptr(LecStanza) hidden = lec_call_write_pause("sid", LEC_CALL_PICTURE_HIDDEN);
    g_assert_cmpstr(lec_stanza_get(hidden, "on"), ==, "false");
    g_assert_cmpstr(lec_stanza_get(hidden, "hide"), ==, "true");
    g_autoptr(LecStanza) still = lec_call_write_pause("sid", LEC_CALL_PICTURE_STILL);
    g_assert_cmpstr(lec_stanza_get(still, "on"), ==, "true");
    g_assert_null(lec_stanza_get(still, "hide"));

    LecCallPicture picture = LEC_CALL_PICTURE_MOVING;
    lec_stanza_set(still, "hide", "true");
    g_assert_true(lec_call_read_pause(still, &picture, NULL));
    g_assert_cmpint(picture, ==, LEC_CALL_PICTURE_HIDDEN);
    lec_stanza_set(still, "hide", "false");
    g_assert_true(lec_call_read_pause(still, &picture, NULL));
    g_assert_cmpint(picture, ==, LEC_CALL_PICTURE_STILL);
    lec_stanza_set(still, "hide", "yes");
    g_autoptr(GError) error = NULL;
    g_assert_false(lec_call_read_pause(still, &picture, &error));
    g_assert_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED);
    g_assert_cmpint(picture, ==, LEC_CALL_PICTURE_STILL);
}

static void test_report(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    for (LecCallReportState state = LEC_CALL_REPORT_SHOWN; state <= LEC_CALL_REPORT_PAUSED;
         state++) {
        const LecCallReport report = {.width = 640,
                                      .height = 360,
                                      .visible = true,
                                      .state = state,
                                      .max_kbps = 2500 * state,
                                      .max_fps = 15 * state};
        lec_call_report(pair->box.call, &report);
        lec_call_pair_pump(pair);
        g_assert_cmpint(pair->caller.report.state, ==, state);
        g_assert_cmpuint(pair->caller.report.max_kbps, ==, report.max_kbps);
        g_assert_cmpuint(pair->caller.report.max_fps, ==, report.max_fps);
    }
    /* An older box says none of it. */
    g_autofree char *plain =
        g_strdup_printf("<stats xmlns='%s' sid='%s' display-us='1' width='2' height='3' "
                        "visible='true'/>",
                        LEC_CALL_NS, lec_call_get_sid(pair->caller.call));
    g_assert_true(lec_call_pair_feed(&pair->caller, plain));
    g_assert_cmpint(pair->caller.report.state, ==, LEC_CALL_REPORT_SHOWN);
    g_assert_cmpuint(pair->caller.report.max_kbps, ==, 0);
}

/* ---- resume ---- */

static void test_resume(gconstpointer data) {
    g_autoptr(LecCallPair) pair = up(GPOINTER_TO_INT(data));
    for (guint i = 0; i < 3; i++) {
        lec_call_pause(pair->caller.call,
                       i % 2 == 0 ? LEC_CALL_PICTURE_STILL : LEC_CALL_PICTURE_MOVING);
        lec_call_pair_part(pair);
        g_assert_true(lec_call_is_up(pair->box.call) && lec_call_is_parted(pair->box.call));
        lec_call_pair_send_candidates(&pair->caller, 1 + i, 1); /* kept */
        lec_call_report(pair->box.call, &(LecCallReport){0});
        g_assert_cmpuint(pair->caller.outbox.length + pair->box.outbox.length, ==, 0);
        pair->now_us += 29 * G_USEC_PER_SEC;
        lec_call_resume(pair->caller.call, pair->now_us);
        lec_call_pair_pump(pair);
        g_assert_false(lec_call_is_parted(pair->box.call) || lec_call_is_parted(pair->caller.call));
    }
    lec_call_pair_assert_logs(pair, "resumed resumed resumed ",
                              "resumed pause 1 resumed go-on 2 resumed pause 3 ");
    lec_call_pair_restart(pair);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "restarted:box2 ", "restart:clr2 ");
    lec_call_hang_up(pair->caller.call, LEC_CALL_END_BYE);
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "ended:bye ", "ended:bye ");
}

/* The caller's door is gone, the box has not noticed: the old session is as good as gone. */
static void test_resume_unnoticed(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    lec_call_part(pair->caller.call, pair->now_us);
    lec_call_resume(pair->caller.call, pair->now_us);
    g_autofree char *resume = g_strdup(g_queue_peek_head(&pair->caller.outbox));
    g_autoptr(LecStanza) payload = lec_stanza_parse(resume, strlen(resume), NULL);
    g_assert_true(lec_call_may_resume(pair->box.call, payload));
    lec_call_pair_pump(pair);
    lec_call_pair_assert_logs(pair, "resumed ", "resumed ");
    g_assert_false(lec_call_may_resume(pair->box.call, payload)); /* a replay */
}

/* As long as the media flow; and only while it is parted. */
static void test_lingers(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    LecCall *call = pair->caller.call;
    lec_call_linger(call, pair->now_us);
    g_assert_false(lec_call_is_parted(call));
    lec_call_part(call, pair->now_us);
    for (guint i = 0; i < 5; i++) {
        pair->now_us += (LEC_CALL_PARTED_S - 1) * G_USEC_PER_SEC;
        lec_call_tick(call, pair->now_us);
        g_assert_true(lec_call_is_up(call));
        lec_call_linger(call, pair->now_us);
    }
    pair->now_us += LEC_CALL_PARTED_S * G_USEC_PER_SEC;
    lec_call_tick(call, pair->now_us);
    g_assert_false(lec_call_is_up(call));
}

/* No number of attempts to come back keeps a call beyond its time; what ends one that is parted
 * says nothing to anybody. */
static void test_parted_too_long(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    const gint64 limit = pair->now_us + LEC_CALL_PARTED_S * G_USEC_PER_SEC;
    lec_call_pair_part(pair);
    for (guint i = 0; i < 20; i++) {
        pair->now_us += G_USEC_PER_SEC;
        lec_call_resume(pair->caller.call, pair->now_us);
        lec_call_pair_part(pair);
        g_assert_cmpint(lec_call_next_deadline_us(pair->caller.call), ==, limit);
        g_assert_cmpint(lec_call_next_deadline_us(pair->box.call), ==, limit);
    }
    lec_call_tick(pair->caller.call, limit - 1);
    lec_call_tick(pair->box.call, limit - 1);
    lec_call_pair_assert_logs(pair, "", "");
    lec_call_tick(pair->caller.call, limit);
    lec_call_tick(pair->box.call, limit);
    g_assert_cmpuint(pair->caller.outbox.length + pair->box.outbox.length, ==, 0);
    lec_call_pair_assert_logs(pair, "ended:gone ", "ended:gone ");
}

static void test_no_answer_to_resume(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    lec_call_pair_part(pair);
    lec_call_resume(pair->caller.call, pair->now_us);
    const gint64 due = lec_call_next_deadline_us(pair->caller.call);
    g_assert_cmpint(due, ==, pair->now_us + 5 * G_USEC_PER_SEC);
    lec_call_tick(pair->caller.call, due);
    g_assert_cmpint(pair->caller.end, ==, LEC_CALL_END_TIMEOUT);
}

/* Before the answer there is nothing to come back to. */
static void test_part_too_early(void) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_APPROVAL);
    pair->hold_offer = true;
    lec_call_pair_dial(pair);
    lec_call_pair_part(pair);
    lec_call_pair_assert_logs(pair, "challenge ended:gone ", "hello offer ended:gone ");
}

/* The door's question, with a resume that is not quite right; nothing of it moves the call. */
static void test_forged_resumes(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    lec_call_pair_part(pair);
    lec_call_resume(pair->caller.call, pair->now_us);
    g_autofree char *right = g_queue_pop_head(&pair->caller.outbox);
    for (guint at = 0; at < 43; at++) {
        g_autofree char *forged = g_strdup(right);
        char *place = strstr(forged, "<proof>") + strlen("<proof>") + at;
        *place = *place == 'A' ? 'Q' : 'A'; /* Q: the last one's padding bits stay 0 */
        g_autoptr(LecStanza) payload = lec_stanza_parse(forged, strlen(forged), NULL);
        g_assert_false(lec_call_may_resume(pair->box.call, payload));
    }
    static const struct {
        const char *attribute, *value;
    } WRONG[] = {{"count", "0"},  {"count", "2"},
                 {"count", "-1"}, {"count", "4294967296"},
                 {"count", NULL}, {"sid", "0123456789abcdef0123456789abcdef"},
                 {"sid", NULL}};
    for (guint i = 0; i < G_N_ELEMENTS(WRONG); i++) {
        g_autoptr(LecStanza) payload = lec_stanza_parse(right, strlen(right), NULL);
        lec_stanza_set(payload, WRONG[i].attribute, WRONG[i].value);
        g_assert_false(lec_call_may_resume(pair->box.call, payload));
        g_assert_false(lec_call_may_resume(NULL, payload));
    }
    g_assert_true(lec_call_is_parted(pair->box.call));
    g_autoptr(LecStanza) payload = lec_stanza_parse(right, strlen(right), NULL);
    g_assert_true(lec_call_is_resume(payload));
    g_assert_true(lec_call_may_resume(pair->box.call, payload));
    g_assert_false(lec_call_may_resume(pair->caller.call, payload));
    lec_call_pair_assert_logs(pair, "", "");
}

/* A stranger calls, and before it has proved anything resumes that very call by another session: a
 * key that is not there yet proves nothing. */
static void test_resume_before_the_answer(gconstpointer data) {
    g_autoptr(LecCallPair) pair = lec_call_pair_new(LEC_CALL_ASK_PIN);
    const char *const holder = data;
    pair->hold_hello = strcmp(holder, "hello") == 0;
    pair->hold_challenge = strcmp(holder, "challenge") == 0;
    pair->hold_offer = strcmp(holder, "offer") == 0;
    lec_call_pair_dial(pair);
    const guint8 proof[32] = {0};
    g_autoptr(LecStanza) resume = lec_stanza_new("resume", LEC_CALL_NS);
    lec_stanza_set(resume, "sid", lec_call_get_sid(pair->box.call));
    lec_stanza_set(resume, "count", "1");
    lec_payload_add_bytes(resume, "proof", proof);
    g_assert_false(lec_call_is_up(pair->box.call));
    g_assert_false(lec_call_may_resume(pair->box.call, resume));
}

/* The answer to a sid that no call has is the one to a proof that is wrong. */
static void test_not_resumed(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    lec_call_pair_part(pair);
    lec_call_resume(pair->caller.call, pair->now_us);
    g_autofree char *right = g_queue_pop_head(&pair->caller.outbox);
    g_autoptr(LecStanza) payload = lec_stanza_parse(right, strlen(right), NULL);
    g_autoptr(LecStanza) refused = lec_call_write_not_resumed(payload);
    g_autofree char *xml = lec_stanza_write(refused);
    g_assert_false(lec_call_pair_feed(&pair->caller, xml) && pair->caller.ended == 0);
    lec_call_pair_assert_logs(pair, "ended:gone ", "");
    lec_stanza_set(payload, "sid", "not one");
    g_assert_null(lec_call_write_not_resumed(payload));
}

/* A box that cannot prove itself, and one that sends an earlier proof back. */
static void test_resumed_by_an_impostor(void) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    lec_call_pair_part(pair);
    lec_call_resume(pair->caller.call, pair->now_us);
    g_autofree char *resume = g_queue_pop_head(&pair->caller.outbox);
    g_assert_true(lec_call_pair_feed(&pair->box, resume));
    g_autofree char *resumed = g_queue_pop_head(&pair->box.outbox);
    lec_call_part(pair->caller.call, pair->now_us);
    lec_call_resume(pair->caller.call, pair->now_us);
    lec_call_pair_feed(&pair->caller, resumed);
    lec_call_pair_assert_logs(pair, "ended:impostor ", "resumed ");

    g_autoptr(LecCallPair) mirror = up(LEC_CALL_ASK_PIN);
    lec_call_pair_part(mirror);
    lec_call_resume(mirror->caller.call, mirror->now_us);
    g_autofree char *own = g_queue_pop_head(&mirror->caller.outbox);
    g_autoptr(LecStanza) said = lec_stanza_parse(own, strlen(own), NULL);
    g_autoptr(LecStanza) back = lec_stanza_new("resumed", LEC_CALL_NS);
    lec_stanza_set(back, "sid", lec_stanza_get(said, "sid"));
    lec_stanza_set(back, "count", lec_stanza_get(said, "count"));
    lec_stanza_add_new(back, "proof", NULL,
                       lec_stanza_get_text(lec_stanza_child(said, "proof", NULL)));
    g_autofree char *xml = lec_stanza_write(back);
    lec_call_pair_feed(&mirror->caller, xml);
    lec_call_pair_assert_logs(mirror, "ended:impostor ", "");
}

static void run_with_mischief(bool at_caller, const char *event, LecPairMischief mischief) {
    g_autoptr(LecCallPair) pair = up(LEC_CALL_ASK_PIN);
    LecPairSide *side = at_caller ? &pair->caller : &pair->box;
    side->mischief = mischief;
    side->mischief_at = event;
    lec_call_pause(pair->caller.call, LEC_CALL_PICTURE_STILL);
    if (pair->caller.call)
        lec_call_pair_restart(pair);
    lec_call_pair_pump(pair);
    lec_call_pair_part(pair);
    if (pair->caller.call)
        lec_call_resume(pair->caller.call, pair->now_us);
    lec_call_pair_pump(pair);
    g_assert_null(side->mischief_at);
    if (mischief == LEC_PAIR_FREE)
        g_assert_null(side->call);
    else
        g_assert_cmpuint(side->ended, ==, 1);
}

static void test_mischief(gconstpointer data) {
    const LecPairMischief mischief = GPOINTER_TO_INT(data);
    run_with_mischief(true, "send", mischief);
    run_with_mischief(true, "restarted", mischief);
    run_with_mischief(true, "resumed", mischief);
    run_with_mischief(false, "pause", mischief);
    run_with_mischief(false, "restart", mischief);
    run_with_mischief(false, "send", mischief);
    run_with_mischief(false, "resumed", mischief);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/call/restart/once", test_restart);
    g_test_add_func("/call/restart/generations", test_generations);
    g_test_add_func("/call/restart/limits", test_restart_limits);
    g_test_add_func("/call/restart/flood", test_restart_flood);
    g_test_add_func("/call/restart/bad", test_bad_restarts);
    g_test_add_func("/call/restart/stale-answer", test_stale_answer);
    g_test_add_func("/call/pause", test_pause);
    g_test_add_func("/call/hide", test_hide);
    g_test_add_func("/call/hide-written", test_hide_written);
    g_test_add_func("/call/report", test_report);
    g_test_add_data_func("/call/resume/pin", GINT_TO_POINTER(LEC_CALL_ASK_PIN), test_resume);
    g_test_add_data_func("/call/resume/approval", GINT_TO_POINTER(LEC_CALL_ASK_APPROVAL),
                         test_resume);
    g_test_add_func("/call/resume/unnoticed", test_resume_unnoticed);
    g_test_add_func("/call/resume/too-long", test_parted_too_long);
    g_test_add_func("/call/resume/lingers", test_lingers);
    g_test_add_func("/call/resume/no-answer", test_no_answer_to_resume);
    g_test_add_func("/call/resume/too-early", test_part_too_early);
    g_test_add_func("/call/resume/forged", test_forged_resumes);
    g_test_add_data_func("/call/resume/greeted", "hello", test_resume_before_the_answer);
    g_test_add_data_func("/call/resume/challenged", "challenge", test_resume_before_the_answer);
    g_test_add_data_func("/call/resume/offered", "offer", test_resume_before_the_answer);
    g_test_add_func("/call/resume/not-resumed", test_not_resumed);
    g_test_add_func("/call/resume/impostor", test_resumed_by_an_impostor);
    g_test_add_data_func("/call/move/hang-up", GINT_TO_POINTER(LEC_PAIR_HANG_UP), test_mischief);
    g_test_add_data_func("/call/move/free", GINT_TO_POINTER(LEC_PAIR_FREE), test_mischief);
    return g_test_run();
}
