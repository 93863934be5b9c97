/* Reading and writing of the call's messages, with a limit on everything the peer controls. */
#include "signalling/call-messages.h"

#include "signalling/payload.h"
#include "signalling/sdp.h"

#include <string.h>

#define MAX_PIXELS 16384
#define MAX_KBPS 10000000
#define MAX_FPS 1000

G_DEFINE_QUARK(lec_call_error, lec_call_error)

static const char *const NAMES[LEC_CALL_N_MESSAGES] = {
    [LEC_CALL_HELLO] = "hello",
    [LEC_CALL_CHALLENGE] = "challenge",
    [LEC_CALL_OFFER] = "offer",
    [LEC_CALL_ANSWER] = "answer",
    [LEC_CALL_WAIT] = "wait",
    [LEC_CALL_REFUSED] = "refused",
    [LEC_CALL_CANDIDATE_MESSAGE] = "candidate",
    [LEC_CALL_STATS] = "stats",
    [LEC_CALL_PAUSE] = "pause",
    [LEC_CALL_RESTART] = "restart",
    [LEC_CALL_RESUME] = "resume",
    [LEC_CALL_RESUMED] = "resumed",
    [LEC_CALL_BYE] = "bye",
};

static const char *const ASKS[] = {
    [LEC_CALL_ASK_NOTHING] = "nothing",
    [LEC_CALL_ASK_PIN] = "pin",
    [LEC_CALL_ASK_APPROVAL] = "approval",
};

static const char *const REPORT_STATES[] = {
    [LEC_CALL_REPORT_SHOWN] = "shown",
    [LEC_CALL_REPORT_HELD] = "held",
    [LEC_CALL_REPORT_PAUSED] = "paused",
};

static const LecPayloadKinds KINDS = {LEC_CALL_NS, NAMES, LEC_CALL_N_MESSAGES};

bool lec_call_message_kind(const LecStanza *payload, LecCallMessage *ret_kind) {
    guint kind = 0;
    if (!lec_payload_find_kind(payload, &KINDS, &kind))
        return false;
    *ret_kind = (LecCallMessage)kind;
    return true;
}

const char *lec_call_message_name(LecCallMessage kind) {
    return NAMES[kind];
}

/* Marks that turn the text around them could make a name read as something else (Unicode TR 36
 * §2.6). */
static bool is_direction_mark(gunichar c) {
    return c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

void lec_call_clean_name(const char *name, char ret_name[LEC_CALL_MAX_NAME_BYTES + 1]) {
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    gsize len = 0;
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029 || is_direction_mark(c))
            c = 0xfffd;
        char utf8[6];
        const gsize n = g_unichar_to_utf8(c, utf8);
        if (len + n > LEC_CALL_MAX_NAME_BYTES)
            break;
        memcpy(ret_name + len, utf8, n);
        len += n;
    }
    ret_name[len] = '\0';
}

static bool read_version(const LecStanza *payload, GError **error) {
    guint version = 0;
    if (!lec_payload_read_number(payload, "version", G_MAXUINT16, &version, error))
        return false;
    if (version != LEC_CALL_VERSION) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_VERSION,
                    "The other side speaks version %u of the protocol, this program %d.", version,
                    LEC_CALL_VERSION);
        return false;
    }
    return true;
}

static bool read_peer(const LecStanza *payload, LecCallPeer *ret, GError **error) {
    const char *name = lec_stanza_get(payload, "name");
    const char *fingerprint = lec_stanza_get(payload, "fingerprint");
    LecCallPeer peer = {0};
    if (!name || !fingerprint || !lec_fingerprint_parse(fingerprint, &peer.fingerprint)) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED,
                    "The message %s lacks a name or a SHA-256 fingerprint.",
                    lec_stanza_get_name(payload));
        return false;
    }
    lec_call_clean_name(name, peer.name);
    *ret = peer;
    return true;
}

static void set_peer(LecStanza *payload, const LecCallPeer *peer) {
    char fingerprint[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(&peer->fingerprint, fingerprint);
    lec_payload_set_number(payload, "version", LEC_CALL_VERSION);
    lec_stanza_set(payload, "name", peer->name);
    lec_stanza_set(payload, "fingerprint", fingerprint);
}

static LecMediaParams *read_sdp(const LecStanza *payload, LecSdpType type, GError **error) {
    const LecStanza *sdp = lec_payload_only_child(payload, "sdp", error);
    if (!sdp)
        return NULL;
    const char *text = lec_stanza_get_text(sdp);
    return lec_sdp_parse(type, text, strlen(text), error);
}

static void add_sdp(LecStanza *payload, LecSdpType type, const LecMediaParams *params) {
    g_autofree char *text = lec_sdp_write(type, params);
    lec_stanza_add_new(payload, "sdp", NULL, text);
}

LecStanza *lec_call_write_hello(const char *sid, const LecCallHello *hello) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_CALL_HELLO, sid);
    set_peer(payload, &hello->caller);
    lec_payload_add_bytes(payload, "commit", hello->commit);
    return payload;
}

bool lec_call_read_hello(const LecStanza *payload, LecCallHello *ret, GError **error) {
    LecCallHello hello;
    /* The version first: of another one nothing else is known. */
    if (!read_version(payload, error) || !read_peer(payload, &hello.caller, error) ||
        !lec_payload_read_bytes(payload, "commit", hello.commit, error))
        return false;
    *ret = hello;
    return true;
}

LecStanza *lec_call_write_challenge(const char *sid, const LecCallChallenge *challenge) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_CALL_CHALLENGE, sid);
    set_peer(payload, &challenge->box);
    lec_stanza_set(payload, "ask", ASKS[challenge->ask]);
    lec_payload_add_bytes(payload, "point", challenge->point);
    return payload;
}

static bool read_ask(const LecStanza *payload, LecCallAsk *ret, GError **error) {
    guint ask = 0;
    if (!lec_payload_read_word(payload, "ask", ASKS, G_N_ELEMENTS(ASKS), &ask, error))
        return false;
    *ret = (LecCallAsk)ask;
    return true;
}

bool lec_call_read_challenge(const LecStanza *payload, LecCallChallenge *ret, GError **error) {
    LecCallChallenge challenge;
    if (!read_version(payload, error) || !read_peer(payload, &challenge.box, error) ||
        !read_ask(payload, &challenge.ask, error) ||
        !lec_payload_read_bytes(payload, "point", challenge.point, error))
        return false;
    *ret = challenge;
    return true;
}

LecStanza *lec_call_write_offer(const char *sid, const LecCallProof *proof,
                                const LecMediaParams *offer) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_CALL_OFFER, sid);
    lec_payload_add_bytes(payload, "point", proof->point);
    lec_payload_add_bytes(payload, "nonce", proof->nonce);
    lec_payload_add_bytes(payload, "confirm", proof->confirm);
    add_sdp(payload, LEC_SDP_OFFER, offer);
    return payload;
}

LecMediaParams *lec_call_read_offer(const LecStanza *payload, LecCallProof *ret, GError **error) {
    LecCallProof proof;
    if (!lec_payload_read_bytes(payload, "point", proof.point, error) ||
        !lec_payload_read_bytes(payload, "nonce", proof.nonce, error) ||
        !lec_payload_read_bytes(payload, "confirm", proof.confirm, error))
        return NULL;
    LecMediaParams *offer = read_sdp(payload, LEC_SDP_OFFER, error);
    if (offer)
        *ret = proof;
    return offer;
}

LecStanza *lec_call_write_answer(const char *sid, const guint8 confirm[LEC_PAKE_CONFIRM_BYTES],
                                 const LecMediaParams *answer) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_CALL_ANSWER, sid);
    lec_payload_add_bytes(payload, "confirm", confirm);
    add_sdp(payload, LEC_SDP_ANSWER, answer);
    return payload;
}

LecMediaParams *lec_call_read_answer(const LecStanza *payload,
                                     guint8 ret_confirm[LEC_PAKE_CONFIRM_BYTES], GError **error) {
    guint8 confirm[LEC_PAKE_CONFIRM_BYTES];
    if (!lec_payload_read_bytes(payload, "confirm", confirm, error))
        return NULL;
    LecMediaParams *answer = read_sdp(payload, LEC_SDP_ANSWER, error);
    if (answer)
        memcpy(ret_confirm, confirm, sizeof confirm);
    return answer;
}

LecStanza *lec_call_write_wait(const char *sid) {
    return lec_payload_new(&KINDS, LEC_CALL_WAIT, sid);
}

LecStanza *lec_call_write_goodbye(LecCallMessage kind, const char *sid,
                                  const LecCallGoodbye *goodbye) {
    g_assert(kind == LEC_CALL_REFUSED || kind == LEC_CALL_BYE);
    LecStanza *payload = lec_payload_new(&KINDS, kind, sid);
    lec_payload_set_goodbye(payload, lec_call_end_word(goodbye->reason), goodbye->retry_after_s);
    return payload;
}

bool lec_call_read_goodbye(const LecStanza *payload, LecCallGoodbye *ret, GError **error) {
    LecCallGoodbye goodbye = {0};
    const char *word = lec_stanza_get(payload, "reason");
    while (goodbye.reason <= LEC_CALL_END_GONE &&
           g_strcmp0(word, lec_call_end_word(goodbye.reason)) != 0)
        goodbye.reason++;
    if (goodbye.reason > LEC_CALL_END_GONE) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED,
                    "The message %s gives no known reason.", lec_stanza_get_name(payload));
        return false;
    }
    if (!lec_payload_read_retry_after(payload, &goodbye.retry_after_s, error))
        return false;
    *ret = goodbye;
    return true;
}

LecStanza *lec_call_write_candidate(const char *sid, const LecCandidate *candidate) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_CALL_CANDIDATE_MESSAGE, sid);
    if (!candidate) {
        lec_stanza_set(payload, "end", "true");
        return payload;
    }
    g_autofree char *text = lec_sdp_write_candidate(candidate);
    lec_stanza_set_text(payload, text);
    return payload;
}

LecCallCandidateKind lec_call_read_candidate(const LecStanza *payload, LecCandidate *ret,
                                             GError **error) {
    const char *end = lec_stanza_get(payload, "end");
    const char *text = lec_stanza_get_text(payload);
    if (end) {
        if (strcmp(end, "true") == 0 && text[0] == '\0')
            return LEC_CALL_CANDIDATE_END;
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED,
                    "The candidate's end mark is not \"true\" alone.");
        return LEC_CALL_CANDIDATE_BAD;
    }
    g_autoptr(GError) reason = NULL;
    if (lec_sdp_parse_candidate(text, ret, &reason))
        return LEC_CALL_CANDIDATE_ONE;
    if (g_error_matches(reason, LEC_SDP_ERROR, LEC_SDP_ERROR_UNSUPPORTED))
        return LEC_CALL_CANDIDATE_UNKNOWN;
    g_propagate_error(error, g_steal_pointer(&reason));
    return LEC_CALL_CANDIDATE_BAD;
}

LecStanza *lec_call_write_stats(const char *sid, const LecCallReport *report) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_CALL_STATS, sid);
    lec_payload_set_number(payload, "display-us", report->display_us);
    lec_payload_set_number(payload, "width", MIN(report->width, MAX_PIXELS));
    lec_payload_set_number(payload, "height", MIN(report->height, MAX_PIXELS));
    lec_stanza_set(payload, "visible", report->visible ? "true" : "false");
    lec_stanza_set(payload, "state", REPORT_STATES[report->state]);
    if (report->max_kbps > 0)
        lec_payload_set_number(payload, "max-kbps", MIN(report->max_kbps, MAX_KBPS));
    if (report->max_fps > 0)
        lec_payload_set_number(payload, "max-fps", MIN(report->max_fps, MAX_FPS));
    return payload;
}

static bool read_truth(const LecStanza *payload, const char *attribute, bool *ret, GError **error) {
    const char *word = lec_stanza_get(payload, attribute);
    const bool truth = g_strcmp0(word, "true") == 0;
    if (!truth && g_strcmp0(word, "false") != 0) {
        g_set_error(error, LEC_CALL_ERROR, LEC_CALL_ERROR_MALFORMED,
                    "The attribute %s is neither true nor false.", attribute);
        return false;
    }
    *ret = truth;
    return true;
}

/* An older box says nothing of it, and shows what it lets in. */
static bool read_report_state(const LecStanza *payload, LecCallReportState *ret, GError **error) {
    guint state = LEC_CALL_REPORT_SHOWN;
    if (lec_stanza_get(payload, "state") &&
        !lec_payload_read_word(payload, "state", REPORT_STATES, G_N_ELEMENTS(REPORT_STATES), &state,
                               error))
        return false;
    *ret = (LecCallReportState)state;
    return true;
}

/* 0 where it is absent. */
static bool read_wish(const LecStanza *payload, const char *attribute, guint max, guint *ret,
                      GError **error) {
    *ret = 0;
    return !lec_stanza_get(payload, attribute) ||
           lec_payload_read_number(payload, attribute, max, ret, error);
}

bool lec_call_read_stats(const LecStanza *payload, LecCallReport *ret, GError **error) {
    LecCallReport report;
    if (!lec_payload_read_number(payload, "display-us", G_MAXUINT32, &report.display_us, error) ||
        !lec_payload_read_number(payload, "width", MAX_PIXELS, &report.width, error) ||
        !lec_payload_read_number(payload, "height", MAX_PIXELS, &report.height, error) ||
        !read_truth(payload, "visible", &report.visible, error) ||
        !read_report_state(payload, &report.state, error) ||
        !read_wish(payload, "max-kbps", MAX_KBPS, &report.max_kbps, error) ||
        !read_wish(payload, "max-fps", MAX_FPS, &report.max_fps, error))
        return false;
    *ret = report;
    return true;
}

/* A box that knows nothing of hide goes on to show what comes, which is why on is false with it. */
LecStanza *lec_call_write_pause(const char *sid, LecCallPicture picture) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_CALL_PAUSE, sid);
    lec_stanza_set(payload, "on", picture == LEC_CALL_PICTURE_STILL ? "true" : "false");
    if (picture == LEC_CALL_PICTURE_HIDDEN)
        lec_stanza_set(payload, "hide", "true");
    return payload;
}

bool lec_call_read_pause(const LecStanza *payload, LecCallPicture *ret, GError **error) {
    bool on, hide = false;
    if (!read_truth(payload, "on", &on, error) ||
        (lec_stanza_get(payload, "hide") && !read_truth(payload, "hide", &hide, error)))
        return false;
    *ret = hide ? LEC_CALL_PICTURE_HIDDEN : on ? LEC_CALL_PICTURE_STILL : LEC_CALL_PICTURE_MOVING;
    return true;
}

LecStanza *lec_call_write_restart(LecCallRole from, const char *sid, guint number,
                                  const LecMediaParams *params) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_CALL_RESTART, sid);
    if (number > 0)
        lec_payload_set_number(payload, "number", number);
    add_sdp(payload, from == LEC_CALL_CALLER ? LEC_SDP_OFFER : LEC_SDP_ANSWER, params);
    return payload;
}

LecMediaParams *lec_call_read_restart(LecCallRole from, const LecStanza *payload, guint *ret_number,
                                      GError **error) {
    guint number = 0;
    if (lec_stanza_get(payload, "number") &&
        !lec_payload_read_number(payload, "number", G_MAXUINT32, &number, error))
        return NULL;
    LecMediaParams *params =
        read_sdp(payload, from == LEC_CALL_CALLER ? LEC_SDP_OFFER : LEC_SDP_ANSWER, error);
    if (params)
        *ret_number = number;
    return params;
}

LecStanza *lec_call_write_resumption(LecCallMessage kind, const char *sid,
                                     const LecCallResumption *resumption) {
    g_assert(kind == LEC_CALL_RESUME || kind == LEC_CALL_RESUMED);
    LecStanza *payload = lec_payload_new(&KINDS, kind, sid);
    lec_payload_set_number(payload, "count", resumption->count);
    lec_payload_add_bytes(payload, "proof", resumption->proof);
    return payload;
}

bool lec_call_read_resumption(const LecStanza *payload, LecCallResumption *ret, GError **error) {
    LecCallResumption resumption;
    if (!lec_payload_read_number(payload, "count", G_MAXUINT32, &resumption.count, error) ||
        !lec_payload_read_bytes(payload, "proof", resumption.proof, error))
        return false;
    *ret = resumption;
    return true;
}
