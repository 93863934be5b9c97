/*
 * A host and a box with a stranger in the middle. The input's first byte sets the scene; then
 * follow commands, each ended by a NUL: pass on, drop, repeat or damage the next genuine message,
 * say something to a side, let time pass. Holds: ended comes once and last, a host without the code
 * never gets in, and what arrives as text was sent as text, in that order.
 */
#include "common/base/log.h"
#include "signalling/steer.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct Side {
    LecSteer *steer;
    struct Side *other;
    const char *code;
    GQueue outbox; /* of char *, XML */
    guint sent, heard, ended;
    bool open;
    char sid[33];
} Side;

typedef struct {
    Side host, box;
    gint64 now_us;
} Scene;

static void on_send(LecStanza *payload, void *user) {
    Side *side = user;
    g_strlcpy(side->sid, lec_stanza_get(payload, "sid"), sizeof side->sid);
    g_queue_push_tail(&side->outbox, lec_stanza_write(payload));
    lec_stanza_free(payload);
}

static LecSteerEnd on_may_prove(guint *ret_retry_after_s, void *user) {
    return LEC_STEER_END_BYE;
}

static void on_proved(bool success, void *user) {
}

static void on_challenge(const char *box_name, void *user) {
    g_assert(g_utf8_validate(box_name, -1, NULL));
}

static void on_open(void *user) {
    ((Side *)user)->open = true;
}

static void on_text(const char *text, gsize len, void *user) {
    Side *side = user;
    g_autofree char *expected = g_strdup_printf("text %u", side->heard++);
    g_assert(strcmp(text, expected) == 0 && side->heard <= side->other->sent && !side->ended);
}

static void on_ended(LecSteerEnd end, guint retry_after_s, void *user) {
    Side *side = user;
    g_assert(side->ended++ == 0);
    g_assert(lec_steer_end_sentence(end) != NULL);
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

static void feed(Scene *scene, Side *to, const char *xml) {
    g_autoptr(LecStanza) payload = lec_stanza_parse(xml, strlen(xml), NULL);
    if (payload)
        lec_steer_receive(to->steer, payload, scene->now_us);
}

static void pass_on(Scene *scene, Side *from, const char *damage, bool twice) {
    g_autofree char *xml = g_queue_pop_head(&from->outbox);
    if (!xml)
        return;
    /* Two characters say where, one says how; without them it passes whole. */
    if (strlen(damage) >= 3) {
        const gsize at = ((guint8)damage[0] * 256 + (guint8)damage[1]) % strlen(xml);
        const char changed = xml[at] ^ damage[2];
        xml[at] = changed ? changed : 'A';
    }
    feed(scene, from->other, xml);
    if (twice)
        feed(scene, from->other, xml);
}

static void say(Scene *scene, Side *to, const char *text) {
    const char *sid = to->other->sid[0] ? to->other->sid : to->sid;
    g_auto(GStrv) parts = g_strsplit(text, "SID", 8);
    g_autofree char *xml = g_strjoinv(sid, parts);
    feed(scene, to, xml);
}

static void let_time_pass(Scene *scene) {
    const gint64 next = MIN(lec_steer_next_deadline_us(scene->host.steer),
                            lec_steer_next_deadline_us(scene->box.steer));
    if (next == G_MAXINT64)
        return;
    scene->now_us = MAX(scene->now_us, next);
    lec_steer_tick(scene->host.steer, next);
    lec_steer_tick(scene->box.steer, next);
}

static void talk(Side *side) {
    if (!lec_steer_is_open(side->steer))
        return;
    g_autofree char *text = g_strdup_printf("text %u", side->sent++);
    lec_steer_send(side->steer, text, strlen(text));
}

static void command(Scene *scene, const char *text) {
    Side *host = &scene->host, *box = &scene->box;
    switch (text[0]) {
    case '>':
        pass_on(scene, host, text + 1, false);
        break;
    case '<':
        pass_on(scene, box, text + 1, false);
        break;
    case '}':
        pass_on(scene, host, "", true);
        break;
    case '{':
        pass_on(scene, box, "", true);
        break;
    case 'd':
        g_free(g_queue_pop_head(&host->outbox));
        break;
    case 'D':
        g_free(g_queue_pop_head(&box->outbox));
        break;
    case 'b':
        say(scene, box, text + 1);
        break;
    case 'h':
        say(scene, host, text + 1);
        break;
    case 'p':
        lec_steer_prove(host->steer, host->code, scene->now_us);
        break;
    case 'x':
        talk(host);
        break;
    case 'X':
        talk(box);
        break;
    case 'q':
        lec_steer_hang_up(host->steer, LEC_STEER_END_BYE);
        break;
    case 'Q':
        lec_steer_hang_up(box->steer, LEC_STEER_END_GONE);
        break;
    case 't':
        let_time_pass(scene);
        break;
    }
}

static void clear(Side *side) {
    lec_steer_free(side->steer);
    g_queue_clear_full(&side->outbox, g_free);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    if (size < 1)
        return 0;
    lec_log_init(LEC_LOG_ERROR); /* each run ends sessions, and says so */
    const bool wrong = data[0] & 1, off = data[0] & 2;
    Scene scene = {.now_us = 1};
    scene.host.other = &scene.box;
    scene.box.other = &scene.host;
    scene.host.code = wrong ? "13572468" : "24681357";
    scene.host.steer = lec_steer_new_host(&events, &scene.host, scene.now_us);
    scene.box.steer =
        lec_steer_new_box("Room", off ? NULL : "24681357", &events, &scene.box, scene.now_us);
    if (!(data[0] & 4))
        lec_steer_dial(scene.host.steer, scene.now_us);

    for (gsize at = 1, n = 0; at < size && n < 200; n++) {
        const gsize left = size - at;
        const guint8 *end = memchr(data + at, 0, left);
        const gsize len = end ? (gsize)(end - (data + at)) : left;
        g_autofree char *line = g_strndup((const char *)data + at, len);
        command(&scene, line);
        at += len + 1;
    }
    if (wrong || off)
        g_assert(!scene.host.open && !scene.box.open);
    clear(&scene.host);
    clear(&scene.box);
    return 0;
}
