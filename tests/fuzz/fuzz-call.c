/*
 * A live call of two sides with a stranger in the middle. The input's first byte sets the scene;
 * then follow commands, each ended by a NUL: pass on, drop or damage the next genuine message, say
 * something to a side, close the doors, let time pass. Holds: ended is the last event and comes
 * once, and whoever has not got the PIN right is never let in.
 */
#include "common/base/log.h"
#include "tests/support/call-pair.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
    LecCallPair *pair;
    char sid[64]; /* of the caller's call; stands for SID in what is said */
} Scene;

static char *pop(LecPairSide *side) {
    return g_queue_pop_head(&side->outbox);
}

static void learn_sid(Scene *scene, const char *xml) {
    const char *sid = strstr(xml, "sid='");
    if (!scene->sid[0] && sid)
        g_strlcpy(scene->sid, sid + 5, 33);
}

static void pass_on(Scene *scene, LecPairSide *from, LecPairSide *to, const char *damage) {
    g_autofree char *xml = pop(from);
    if (!xml)
        return;
    learn_sid(scene, xml);
    const gsize len = strlen(xml);
    /* Two characters say where, one says how; without them it passes whole. */
    if (strlen(damage) >= 3) {
        const gsize at = ((guint8)damage[0] * 256 + (guint8)damage[1]) % len;
        const char changed = xml[at] ^ damage[2];
        xml[at] = changed ? changed : 'A';
    }
    lec_call_pair_feed(to, xml);
}

static void say(Scene *scene, LecPairSide *to, const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, "SID", 8);
    g_autofree char *xml = g_strjoinv(scene->sid, parts);
    lec_call_pair_feed(to, xml);
}

static void let_time_pass(Scene *scene) {
    const gint64 next = MIN(lec_call_next_deadline_us(scene->pair->caller.call),
                            lec_call_next_deadline_us(scene->pair->box.call));
    if (next == G_MAXINT64)
        return;
    scene->pair->now_us = MAX(scene->pair->now_us, next);
    lec_call_tick(scene->pair->caller.call, next);
    lec_call_tick(scene->pair->box.call, next);
}

static void act(LecPairSide *side, char what) {
    LecCandidate candidate;
    lec_call_pair_candidate(what, &candidate);
    g_autoptr(LecMediaParams) params = lec_call_pair_params(side);
    const LecCallReport report = {0};
    const bool box = side == &side->pair->box;
    if (what == 'h')
        lec_call_hang_up(side->call, LEC_CALL_END_BYE);
    else if (what == 'e')
        lec_call_send_candidate(side->call, NULL);
    else if (box && what == 'a')
        lec_call_answer(side->call, params, side->pair->now_us);
    else if (box && what == 'w')
        lec_call_wait(side->call, side->pair->now_us);
    else if (box && what == 'r')
        lec_call_report(side->call, &report);
    else if (!box && what == 'p')
        lec_call_prove(side->call, side->pair->caller_pin, params, side->pair->now_us);
    else if (!box && what == 'u')
        lec_call_pause(side->call, side->pair->now_us % 3);
    else if (!box && what == 'x')
        lec_call_pair_restart(side->pair);
    else if (!box && what == 's')
        lec_call_resume(side->call, side->pair->now_us);
    else
        lec_call_send_candidate(side->call, &candidate);
}

static void command(Scene *scene, const char *text) {
    LecPairSide *caller = &scene->pair->caller;
    LecPairSide *box = &scene->pair->box;
    switch (text[0]) {
    case '>':
        pass_on(scene, caller, box, text + 1);
        break;
    case '<':
        pass_on(scene, box, caller, text + 1);
        break;
    case 'd':
        g_free(pop(caller));
        break;
    case 'D':
        g_free(pop(box));
        break;
    case 'b':
        say(scene, box, text + 1);
        break;
    case 'c':
        say(scene, caller, text + 1);
        break;
    case 'A':
        act(caller, text[1]);
        break;
    case 'B':
        act(box, text[1]);
        break;
    case 'P':
        lec_call_pair_part(scene->pair);
        break;
    case 'T':
        scene->pair->now_us += G_USEC_PER_SEC + 1;
        break;
    case 't':
        let_time_pass(scene);
        break;
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    if (size < 1)
        return 0;
    lec_log_init(LEC_LOG_ERROR); /* each run ends calls, and says so */
    const guint8 scenery = data[0];
    g_autoptr(LecCallPair) pair =
        lec_call_pair_new(scenery & 3 ? LEC_CALL_ASK_PIN : LEC_CALL_ASK_APPROVAL);
    const bool wrong_pin = (scenery & 3) == 2;
    if (wrong_pin)
        pair->caller_pin = "135791";
    pair->hold_offer = scenery & 4;
    pair->hold_challenge = scenery & 8;
    pair->wait = scenery & 16;
    Scene scene = {.pair = pair};
    if (!(scenery & 32))
        lec_call_dial(pair->caller.call, pair->now_us);

    for (gsize at = 1, n = 0; at < size && n < 200; n++) {
        const gsize left = size - at;
        const guint8 *end = memchr(data + at, 0, left);
        const gsize len = end ? (gsize)(end - (data + at)) : left;
        g_autofree char *line = g_strndup((const char *)data + at, len);
        command(&scene, line);
        at += len + 1;
    }

    g_assert(pair->caller.ended <= 1 && pair->box.ended <= 1);
    if (wrong_pin) {
        g_assert(!strstr(pair->box.log->str, "offer"));
        g_assert(!lec_call_is_up(pair->caller.call) && !lec_call_is_up(pair->box.call));
    }
    return 0;
}
