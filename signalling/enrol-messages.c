/* Reading and writing of enrolment's messages, of what is sealed in them, and the ways it ends. */
#include "signalling/enrol-messages.h"

#include <string.h>

#define MAX_HOST_BYTES 253
#define MAX_JID_BYTES 320
#define MAX_PASSWORD_BYTES 128

G_DEFINE_QUARK(lec_enrol_error, lec_enrol_error)

static const char *const NAMES[LEC_ENROL_N_MESSAGES] = {
    [LEC_ENROL_HELLO] = "hello",   [LEC_ENROL_PROVE] = "prove",     [LEC_ENROL_WELCOME] = "welcome",
    [LEC_ENROL_SEALED] = "sealed", [LEC_ENROL_REFUSED] = "refused",
};

static const struct {
    const char *word;
    const char *sentence;
} ENDS[] = {
    [LEC_ENROL_END_DONE] = {"done", "The display has been enrolled."},
    [LEC_ENROL_END_DENIED] =
        {"denied", "The code was not right; the display shows another one now. Try again."},
    [LEC_ENROL_END_LOCKED] =
        {"locked", "There were too many wrong codes or PINs; wait a while and try again."},
    [LEC_ENROL_END_VERSION] =
        {"version", "The display and this program speak different versions; update the older one."},
    [LEC_ENROL_END_PROTOCOL] =
        {"protocol", "The other side said something that makes no sense here; try again, and "
                     "update both sides if it stays so."},
    [LEC_ENROL_END_TIMEOUT] = {"timeout",
                               "No answer came in time; check the network and try again."},
    [LEC_ENROL_END_IMPOSTOR] =
        {"impostor", "What answered could not prove that it is the display with that code. Check "
                     "the code; the display shows another one by now."},
    [LEC_ENROL_END_FAILED] = {"failed", "The account could not be made, or the display could not "
                                        "keep it; its log says why."},
    [LEC_ENROL_END_GONE] = {"gone", "The connection was lost; try again."},
};

const char *lec_enrol_end_word(LecEnrolEnd end) {
    g_assert((guint)end < G_N_ELEMENTS(ENDS));
    return ENDS[end].word;
}

const char *lec_enrol_end_sentence(LecEnrolEnd end) {
    g_assert((guint)end < G_N_ELEMENTS(ENDS));
    return ENDS[end].sentence;
}

static const LecPayloadKinds KINDS = {LEC_ENROL_NS, NAMES, LEC_ENROL_N_MESSAGES};

bool lec_enrol_message_kind(const LecStanza *payload, LecEnrolMessage *ret_kind) {
    guint kind = 0;
    if (!lec_payload_find_kind(payload, &KINDS, &kind))
        return false;
    *ret_kind = (LecEnrolMessage)kind;
    return true;
}

const char *lec_enrol_message_name(LecEnrolMessage kind) {
    return NAMES[kind];
}

static bool malformed(const char *what, GError **error) {
    g_set_error_literal(error, LEC_ENROL_ERROR, LEC_ENROL_ERROR_MALFORMED, what);
    return false;
}

/* ---- messages ---- */

LecStanza *lec_enrol_write_hello(const char *sid, const LecEnrolHello *hello) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_ENROL_HELLO, sid);
    lec_payload_set_number(payload, "version", LEC_ENROL_VERSION);
    lec_payload_add_bytes(payload, "fingerprint", hello->fingerprint.bytes);
    lec_payload_add_bytes(payload, "point", hello->point);
    return payload;
}

bool lec_enrol_read_hello(const LecStanza *payload, LecEnrolHello *ret, GError **error) {
    guint version = 0;
    LecEnrolHello hello;
    if (!lec_payload_read_number(payload, "version", G_MAXUINT16, &version, error))
        return false;
    if (version != LEC_ENROL_VERSION) {
        g_set_error(error, LEC_ENROL_ERROR, LEC_ENROL_ERROR_VERSION,
                    "The display speaks version %u of enrolment, this program %d.", version,
                    LEC_ENROL_VERSION);
        return false;
    }
    if (!lec_payload_read_bytes(payload, "fingerprint", hello.fingerprint.bytes, error) ||
        !lec_payload_read_bytes(payload, "point", hello.point, error))
        return false;
    *ret = hello;
    return true;
}

LecStanza *lec_enrol_write_proof(const char *sid, const LecEnrolProof *proof) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_ENROL_PROVE, sid);
    lec_payload_add_bytes(payload, "fingerprint", proof->fingerprint.bytes);
    lec_payload_add_bytes(payload, "point", proof->point);
    lec_payload_add_bytes(payload, "confirm", proof->confirm);
    return payload;
}

bool lec_enrol_read_proof(const LecStanza *payload, LecEnrolProof *ret, GError **error) {
    LecEnrolProof proof;
    if (!lec_payload_read_bytes(payload, "fingerprint", proof.fingerprint.bytes, error) ||
        !lec_payload_read_bytes(payload, "point", proof.point, error) ||
        !lec_payload_read_bytes(payload, "confirm", proof.confirm, error))
        return false;
    *ret = proof;
    return true;
}

LecStanza *lec_enrol_write_welcome(const char *sid, const guint8 confirm[LEC_PAKE_CONFIRM_BYTES]) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_ENROL_WELCOME, sid);
    lec_payload_add_bytes(payload, "confirm", confirm);
    return payload;
}

bool lec_enrol_read_welcome(const LecStanza *payload, guint8 ret_confirm[LEC_PAKE_CONFIRM_BYTES],
                            GError **error) {
    return lec_payload_read_bytes(payload, "confirm", ret_confirm, error);
}

LecStanza *lec_enrol_write_sealed(const char *sid, guint64 number, const char *base64) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_ENROL_SEALED, sid);
    lec_payload_set_number(payload, "n", (guint)number);
    lec_stanza_set_text(payload, base64);
    return payload;
}

bool lec_enrol_read_sealed(const LecStanza *payload, guint64 *ret_number, const char **ret_base64,
                           GError **error) {
    guint number = 0;
    if (!lec_payload_read_number(payload, "n", G_MAXUINT16, &number, error))
        return false;
    *ret_number = number;
    *ret_base64 = lec_stanza_get_text(payload);
    return true;
}

LecStanza *lec_enrol_write_goodbye(const char *sid, const LecEnrolGoodbye *goodbye) {
    LecStanza *payload = lec_payload_new(&KINDS, LEC_ENROL_REFUSED, sid);
    lec_payload_set_goodbye(payload, lec_enrol_end_word(goodbye->reason), goodbye->retry_after_s);
    return payload;
}

/* That all went well is said under seal, and not here. */
bool lec_enrol_read_goodbye(const LecStanza *payload, LecEnrolGoodbye *ret, GError **error) {
    LecEnrolGoodbye goodbye = {.reason = LEC_ENROL_END_DENIED};
    const char *word = lec_stanza_get(payload, "reason");
    while (goodbye.reason < G_N_ELEMENTS(ENDS) && g_strcmp0(word, ENDS[goodbye.reason].word) != 0)
        goodbye.reason++;
    if (goodbye.reason >= G_N_ELEMENTS(ENDS))
        return malformed("The message refused gives no known reason.", error);
    if (!lec_payload_read_retry_after(payload, &goodbye.retry_after_s, error))
        return false;
    *ret = goodbye;
    return true;
}

/* ---- what is sealed ---- */

char *lec_enrol_print_box(const char *name) {
    g_autoptr(LecStanza) box = lec_stanza_new("box", LEC_ENROL_NS);
    lec_stanza_set(box, "name", name);
    return lec_stanza_write(box);
}

char *lec_enrol_print_account(const LecEnrolAccount *account) {
    g_autoptr(LecStanza) element = lec_stanza_new("account", LEC_ENROL_NS);
    lec_stanza_set(element, "host", account->host);
    lec_stanza_set(element, "jid", account->jid);
    lec_stanza_set(element, "password", account->password);
    for (guint i = 0; i < account->n_pins; i++)
        lec_payload_add_bytes(element, "pin", account->pins[i].bytes);
    return lec_stanza_write(element);
}

char *lec_enrol_print_kept(void) {
    g_autoptr(LecStanza) kept = lec_stanza_new("kept", LEC_ENROL_NS);
    return lec_stanza_write(kept);
}

static LecStanza *parse(const char *text, gsize len, const char *name, GError **error) {
    g_autoptr(LecStanza) element = lec_stanza_parse(text, len, error);
    if (element && lec_stanza_is(element, name, LEC_ENROL_NS))
        return g_steal_pointer(&element);
    if (element)
        malformed("What is sealed is not what is due.", error);
    return NULL;
}

bool lec_enrol_parse_box(const char *text, gsize len, char ret_name[LEC_CALL_MAX_NAME_BYTES + 1],
                         GError **error) {
    g_autoptr(LecStanza) box = parse(text, len, "box", error);
    const char *name = box ? lec_stanza_get(box, "name") : NULL;
    if (box)
        lec_call_clean_name(name ? name : "", ret_name);
    return box != NULL;
}

bool lec_enrol_parse_kept(const char *text, gsize len, GError **error) {
    g_autoptr(LecStanza) kept = parse(text, len, "kept", error);
    return kept != NULL;
}

static char *copy(const LecStanza *element, const char *attribute, gsize max, GError **error) {
    const char *text = lec_stanza_get(element, attribute);
    const gsize len = text ? strlen(text) : 0;
    if (len > 0 && len <= max)
        return g_strdup(text);
    malformed("The account lacks a word, or it is too long.", error);
    return NULL;
}

static bool read_pin(const LecStanza *child, LecEnrolAccount *account, GError **error) {
    g_autoptr(LecStanza) holder = lec_stanza_new("holder", LEC_ENROL_NS);
    lec_stanza_add_new(holder, "pin", NULL, lec_stanza_get_text(child));
    if (!lec_stanza_is(child, "pin", LEC_ENROL_NS) || account->n_pins == LEC_ENROL_PINS_MAX)
        return malformed("The account holds something that is not known.", error);
    return lec_payload_read_bytes(holder, "pin", account->pins[account->n_pins++].bytes, error);
}

LecEnrolAccount *lec_enrol_parse_account(const char *text, gsize len, GError **error) {
    g_autoptr(LecStanza) element = parse(text, len, "account", error);
    if (!element)
        return NULL;
    g_autoptr(LecEnrolAccount) account = g_new0(LecEnrolAccount, 1);
    account->host = copy(element, "host", MAX_HOST_BYTES, error);
    account->jid = account->host ? copy(element, "jid", MAX_JID_BYTES, error) : NULL;
    account->password = account->jid ? copy(element, "password", MAX_PASSWORD_BYTES, error) : NULL;
    if (!account->password)
        return NULL;
    const LecStanza *child = lec_stanza_first(element);
    for (; child; child = lec_stanza_next(child)) {
        if (!read_pin(child, account, error))
            return NULL;
    }
    if (account->n_pins == 0) {
        malformed("The account names no key of the cloud's.", error);
        return NULL;
    }
    return g_steal_pointer(&account);
}
