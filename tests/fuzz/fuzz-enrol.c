/*
 * A box and an administrator with a stranger in the middle. The input's first byte sets the scene;
 * then follow commands, each ended by a NUL: pass on, drop, repeat or damage the next genuine
 * message, say something to a side, let time pass. Holds: ended comes once and last, nobody without
 * the code meets anybody, and the account that arrives is the one that was given.
 */
#include "common/base/log.h"
#include "signalling/enrol.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct Side {
    LecEnrol *enrol;
    struct Side *other;
    GQueue outbox; /* of char *, XML */
    guint ended, met, accounts;
    char sid[33];
} Side;

typedef struct {
    Side admin, box;
    gint64 now_us;
} Scene;

static void on_send(LecStanza *payload, void *user) {
    Side *side = user;
    g_strlcpy(side->sid, lec_stanza_get(payload, "sid"), sizeof side->sid);
    g_queue_push_tail(&side->outbox, lec_stanza_write(payload));
    lec_stanza_free(payload);
}

static bool on_may_prove(const LecFingerprint *administrator, guint *ret_retry_after_s,
                         void *user) {
    return true;
}

static void on_proved(bool success, void *user) {
}

static bool on_account(const LecEnrolAccount *account, const LecFingerprint *administrator,
                       void *user) {
    Side *side = user;
    g_assert(side->accounts++ == 0 && side->ended == 0 && side->other->met == 1);
    g_assert(strcmp(account->password, "secret") == 0 && administrator->bytes[0] == 0xaa);
    return true;
}

static void on_met(const char *box_name, const LecFingerprint *box, void *user) {
    Side *side = user;
    g_assert(side->met++ == 0 && side->ended == 0 && box->bytes[0] == 0xbb);
    g_assert(strcmp(box_name, "Room") == 0);
}

static void on_ended(LecEnrolEnd end, guint retry_after_s, void *user) {
    Side *side = user;
    g_assert(side->ended++ == 0);
    g_assert(lec_enrol_end_sentence(end) != NULL);
    /* Done is done on both sides: the box's account came from who knew its code. */
    if (end == LEC_ENROL_END_DONE)
        g_assert(side->accounts == 1 || side->other->accounts == 1);
}

static const LecEnrolEvents events = {
    .send = on_send,
    .may_prove = on_may_prove,
    .proved = on_proved,
    .account = on_account,
    .met = on_met,
    .ended = on_ended,
};

static void feed(Scene *scene, Side *to, const char *xml) {
    g_autoptr(LecStanza) payload = lec_stanza_parse(xml, strlen(xml), NULL);
    if (payload)
        lec_enrol_receive(to->enrol, payload, scene->now_us);
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
    const gint64 next = MIN(lec_enrol_next_deadline_us(scene->admin.enrol),
                            lec_enrol_next_deadline_us(scene->box.enrol));
    if (next == G_MAXINT64)
        return;
    scene->now_us = MAX(scene->now_us, next);
    lec_enrol_tick(scene->admin.enrol, next);
    lec_enrol_tick(scene->box.enrol, next);
}

static void give(Scene *scene) {
    LecEnrolAccount account = {
        .host = (char *)"h", .jid = (char *)"j@h", .password = (char *)"secret", .n_pins = 1};
    lec_enrol_give(scene->admin.enrol, &account, scene->now_us);
}

static void command(Scene *scene, const char *text) {
    Side *admin = &scene->admin, *box = &scene->box;
    switch (text[0]) {
    case '>':
        pass_on(scene, box, text + 1, false);
        break;
    case '<':
        pass_on(scene, admin, text + 1, false);
        break;
    case '}':
        pass_on(scene, box, "", true);
        break;
    case '{':
        pass_on(scene, admin, "", true);
        break;
    case 'd':
        g_free(g_queue_pop_head(&box->outbox));
        break;
    case 'D':
        g_free(g_queue_pop_head(&admin->outbox));
        break;
    case 'a':
        say(scene, admin, text + 1);
        break;
    case 'b':
        say(scene, box, text + 1);
        break;
    case 'g':
        give(scene);
        break;
    case 'q':
        lec_enrol_end(admin->enrol, LEC_ENROL_END_FAILED);
        break;
    case 'Q':
        lec_enrol_end(box->enrol, LEC_ENROL_END_GONE);
        break;
    case 't':
        let_time_pass(scene);
        break;
    }
}

static void clear(Side *side) {
    lec_enrol_free(side->enrol);
    g_queue_clear_full(&side->outbox, g_free);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    if (size < 1)
        return 0;
    lec_log_init(LEC_LOG_ERROR); /* each run ends enrolments, and says so */
    const bool wrong = data[0] & 1;
    const LecFingerprint admin = {.bytes = {0xaa}}, box = {.bytes = {0xbb}};
    Scene scene = {.now_us = 1};
    scene.admin.other = &scene.box;
    scene.box.other = &scene.admin;
    scene.admin.enrol = lec_enrol_new(LEC_ENROL_ADMINISTRATOR, wrong ? "1234567891" : "1234567890",
                                      NULL, &admin, &events, &scene.admin, scene.now_us);
    scene.box.enrol =
        lec_enrol_new(LEC_ENROL_BOX, "1234567890", "Room", &box, &events, &scene.box, scene.now_us);
    if (!(data[0] & 2))
        lec_enrol_start(scene.box.enrol, scene.now_us);

    for (gsize at = 1, n = 0; at < size && n < 200; n++) {
        const gsize left = size - at;
        const guint8 *end = memchr(data + at, 0, left);
        const gsize len = end ? (gsize)(end - (data + at)) : left;
        g_autofree char *line = g_strndup((const char *)data + at, len);
        command(&scene, line);
        at += len + 1;
    }
    if (wrong)
        g_assert(scene.admin.met == 0 && scene.box.accounts == 0);
    clear(&scene.admin);
    clear(&scene.box);
    return 0;
}
