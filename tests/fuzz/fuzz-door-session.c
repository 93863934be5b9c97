/*
 * The door's session under any sequence of messages, one a line of the input. Whatever comes: one
 * end at most and nothing after it, every message sent is a well-formed stanza, and no payload gets
 * through unless the session was set up in order.
 */
#include "signalling/call.h"
#include "signalling/door-session.h"
#include "signalling/xmpp.h"

#include <stdint.h>
#include <string.h>

typedef struct {
    LecDoorSession *session;
    guint ended;
    bool succeeded, bound;
} Run;

static void on_send(const char *text, void *user) {
    Run *run = user;
    g_assert(!run->ended);
    g_autoptr(LecStanza) stanza = lec_stanza_parse(text, strlen(text), NULL);
    g_assert(stanza);
    if (lec_stanza_is(stanza, "success", LEC_XMPP_NS_SASL))
        run->succeeded = true;
    if (lec_stanza_child(stanza, "bind", LEC_XMPP_NS_BIND) &&
        lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT)) {
        g_assert(run->succeeded);
        run->bound = true;
    }
}

static void on_payload(const LecStanza *payload, void *user) {
    Run *run = user;
    g_assert(run->bound && !run->ended);
    g_assert(!strcmp(lec_stanza_get_ns(payload), LEC_CALL_NS));
    lec_door_session_send(run->session, lec_stanza_new("challenge", LEC_CALL_NS));
}

static void on_ended(const char *why, void *user) {
    Run *run = user;
    g_assert(why && !run->ended);
    run->ended++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const LecDoorSessionEvents events = {on_send, on_payload, on_ended};
    Run run = {0};
    gint64 now_us = 0;
    run.session = lec_door_session_new(&events, &run, now_us);
    while (size) {
        const guint8 *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) : size;
        now_us += (gint64)len * 1000; /* the longer, the later */
        lec_door_session_tick(run.session, now_us);
        lec_door_session_receive(run.session, (const char *)data, len, now_us);
        size_t used = len + (end != NULL);
        data += used;
        size -= used;
    }
    lec_door_session_free(run.session);
    return 0;
}
