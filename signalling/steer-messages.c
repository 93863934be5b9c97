/* Reading and writing of the host protocol's messages, and the ways it ends. */
#include "signalling/steer-messages.h"

#include "signalling/call-messages.h"

#include <string.h>

G_DEFINE_QUARK(lec_steer_error, lec_steer_error)

static const char *const NAMES[LEC_STEER_N_MESSAGES] = {
    [LEC_STEER_HELLO] = "hello",   [LEC_STEER_CHALLENGE] = "challenge",
    [LEC_STEER_PROVE] = "prove",   [LEC_STEER_WELCOME] = "welcome",
    [LEC_STEER_SEALED] = "sealed", [LEC_STEER_REFUSED] = "refused",
    [LEC_STEER_BYE] = "bye",
};

static const struct {
    const char *word;
    const char *sentence;
} ENDS[] = {
    [LEC_STEER_END_BYE] = {"bye", "Hosting was ended."},
    [LEC_STEER_END_DENIED] = {"denied", "The host code is not right; check it and try again."},
    [LEC_STEER_END_LOCKED] =
        {"locked", "There were too many wrong codes or PINs; wait a while and try again."},
    [LEC_STEER_END_BUSY] =
        {"busy", "There are as many hosts as the display takes; ask one of them to leave."},
    [LEC_STEER_END_OFF] = {"off",
                           "This display has no host code; whoever looks after it can set one."},
    [LEC_STEER_END_VERSION] =
        {"version", "The display and this program speak different versions; update the older one."},
    [LEC_STEER_END_PROTOCOL] =
        {"protocol", "The other side said something that makes no sense here; try again, "
                     "and update both sides if it stays so."},
    [LEC_STEER_END_TIMEOUT] = {"timeout",
                               "No answer came in time; check the network and try again."},
    [LEC_STEER_END_IMPOSTOR] =
        {"impostor", "What answered could not prove that it is the display; tell whoever "
                     "looks after the network."},
    [LEC_STEER_END_GONE] = {"gone", "The connection to the display was lost; try again."},
};

const char *lec_steer_end_word(LecSteerEnd end) {
    g_assert((guint)end < G_N_ELEMENTS(ENDS));
    return ENDS[end].word;
}

const char *lec_steer_end_sentence(LecSteerEnd end) {
    g_assert((guint)end < G_N_ELEMENTS(ENDS));
    return ENDS[end].sentence;
}

static const LecPayloadKinds KINDS = {LEC_HOST_NS, NAMES, LEC_STEER_N_MESSAGES};

bool lec_steer_message_kind(const LecStanza *payload, LecSteerMessage *ret_kind) {
    guint kind = 0;
    if (!lec_payload_find_kind(payload, &KINDS, &kind))
        return false;
    *ret_kind = (LecSteerMessage)kind;
    return true;
}

const char *lec_steer_message_name(LecSteerMessage kind) {
    return NAMES[kind];
}

static bool read_version(const LecStanza *payload, GError **error) {
    guint version = 0;
    if (!lec_payload_read_number(payload, "version", G_MAXUINT16, &version, error))
        return false;
    if (version == LEC_STEER_VERSION)
        return true;
    g_set_error(error, LEC_STEER_ERROR, LEC_STEER_ERROR_VERSION,
                "The other side speaks version %u of the host protocol, this program %d.", version,
                LEC_STEER_VERSION);
    return false;
}

LecStanza *lec_steer_write_hello(const char *sid) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_STEER_HELLO, sid);
    lec_payload_set_number(payload, "version", LEC_STEER_VERSION);
    return payload;
}

bool lec_steer_read_hello(const LecStanza *payload, GError **error) {
    return read_version(payload, error);
}

LecStanza *lec_steer_write_challenge(const char *sid, const LecSteerChallenge *challenge) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_STEER_CHALLENGE, sid);
    lec_payload_set_number(payload, "version", LEC_STEER_VERSION);
    lec_stanza_set(payload, "name", challenge->name);
    lec_payload_add_bytes(payload, "point", challenge->point);
    return payload;
}

bool lec_steer_read_challenge(const LecStanza *payload, LecSteerChallenge *ret, GError **error) {
    LecSteerChallenge challenge = {0};
    const char *name = lec_stanza_get(payload, "name");
    if (!read_version(payload, error) ||
        !lec_payload_read_bytes(payload, "point", challenge.point, error))
        return false;
    lec_call_clean_name(name ? name : "", challenge.name);
    *ret = challenge;
    return true;
}

LecStanza *lec_steer_write_proof(const char *sid, const LecSteerProof *proof) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_STEER_PROVE, sid);
    lec_payload_add_bytes(payload, "point", proof->point);
    lec_payload_add_bytes(payload, "confirm", proof->confirm);
    return payload;
}

bool lec_steer_read_proof(const LecStanza *payload, LecSteerProof *ret, GError **error) {
    LecSteerProof proof;
    if (!lec_payload_read_bytes(payload, "point", proof.point, error) ||
        !lec_payload_read_bytes(payload, "confirm", proof.confirm, error))
        return false;
    *ret = proof;
    return true;
}

LecStanza *lec_steer_write_welcome(const char *sid, const guint8 confirm[LEC_PAKE_CONFIRM_BYTES]) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_STEER_WELCOME, sid);
    lec_payload_add_bytes(payload, "confirm", confirm);
    return payload;
}

bool lec_steer_read_welcome(const LecStanza *payload, guint8 ret_confirm[LEC_PAKE_CONFIRM_BYTES],
                            GError **error) {
    return lec_payload_read_bytes(payload, "confirm", ret_confirm, error);
}

LecStanza *lec_steer_write_sealed(const char *sid, guint64 number, const char *base64) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_STEER_SEALED, sid);
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, number);
    lec_stanza_set(payload, "n", text);
    lec_stanza_set_text(payload, base64);
    return payload;
}

bool lec_steer_read_sealed(const LecStanza *payload, guint64 *ret_number, const char **ret_base64,
                           GError **error) {
    const char *text = lec_stanza_get(payload, "n");
    guint64 number = 0;
    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64 - 1, &number, NULL)) {
        g_set_error(error, LEC_STEER_ERROR, LEC_STEER_ERROR_MALFORMED,
                    "The sealed message has no number.");
        return false;
    }
    *ret_number = number;
    *ret_base64 = lec_stanza_get_text(payload);
    return true;
}

LecStanza *lec_steer_write_goodbye(LecSteerMessage kind, const char *sid,
                                   const LecSteerGoodbye *goodbye) {
    g_assert(kind == LEC_STEER_REFUSED || kind == LEC_STEER_BYE);
    LecStanza *payload = lec_payload_new(&KINDS, kind, sid);
    lec_payload_set_goodbye(payload, lec_steer_end_word(goodbye->reason), goodbye->retry_after_s);
    return payload;
}

bool lec_steer_read_goodbye(const LecStanza *payload, LecSteerGoodbye *ret, GError **error) {
    LecSteerGoodbye goodbye = {0};
    const char *word = lec_stanza_get(payload, "reason");
    while (goodbye.reason < G_N_ELEMENTS(ENDS) && g_strcmp0(word, ENDS[goodbye.reason].word) != 0)
        goodbye.reason++;
    if (goodbye.reason >= G_N_ELEMENTS(ENDS)) {
        g_set_error(error, LEC_STEER_ERROR, LEC_STEER_ERROR_MALFORMED,
                    "The message %s gives no known reason.", lec_stanza_get_name(payload));
        return false;
    }
    if (!lec_payload_read_retry_after(payload, &goodbye.retry_after_s, error))
        return false;
    *ret = goodbye;
    return true;
}
