/* Reads and writes the parts of payloads, strictly. */
#include "signalling/payload.h"

#include <sodium.h>
#include <string.h>

#define RETRY_AFTER "retry-after"
#define MAX_RETRY_AFTER_S (24 * 60 * 60)

void lec_payload_draw_sid(char ret_sid[LEC_PAYLOAD_SID_SIZE]) {
    guint8 random[(LEC_PAYLOAD_SID_SIZE - 1) / 2];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(ret_sid, LEC_PAYLOAD_SID_SIZE, random, sizeof random);
}

const char *lec_payload_read_sid(const LecStanza *payload) {
    const char *sid = lec_stanza_get(payload, "sid");
    if (!sid || strlen(sid) != LEC_PAYLOAD_SID_SIZE - 1 ||
        strspn(sid, "0123456789abcdef") != LEC_PAYLOAD_SID_SIZE - 1)
        return NULL;
    return sid;
}

bool lec_payload_find_kind(const LecStanza *payload, const LecPayloadKinds *kinds,
                           guint *ret_kind) {
    for (guint kind = 0; kind < kinds->count; kind++) {
        if (lec_stanza_is(payload, kinds->names[kind], kinds->ns)) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

LecStanza *lec_payload_new(const LecPayloadKinds *kinds, guint kind, const char *sid) {
    LecStanza *payload = lec_stanza_new(kinds->names[kind], kinds->ns);
    lec_stanza_set(payload, "sid", sid);
    return payload;
}

const LecStanza *lec_payload_only_child(const LecStanza *parent, const char *name, GError **error) {
    const char *ns = lec_stanza_get_ns(parent);
    const LecStanza *found = NULL;
    for (const LecStanza *at = lec_stanza_first(parent); at; at = lec_stanza_next(at)) {
        if (!lec_stanza_is(at, name, ns))
            continue;
        if (found) {
            g_set_error(error, LEC_STANZA_ERROR, LEC_STANZA_ERROR_MALFORMED,
                        "The message %s has two elements %s.", lec_stanza_get_name(parent), name);
            return NULL;
        }
        found = at;
    }
    if (!found)
        g_set_error(error, LEC_STANZA_ERROR, LEC_STANZA_ERROR_MALFORMED,
                    "The message %s lacks the element %s.", lec_stanza_get_name(parent), name);
    return found;
}

bool lec_payload_read_bytes(const LecStanza *payload, const char *name, guint8 ret[32],
                            GError **error) {
    const LecStanza *child = lec_payload_only_child(payload, name, error);
    if (!child)
        return false;
    const char *text = lec_stanza_get_text(child);
    guint8 bytes[32];
    gsize len = 0;
    if (sodium_base642bin(bytes, sizeof bytes, text, strlen(text), NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        len != sizeof bytes) {
        g_set_error(error, LEC_STANZA_ERROR, LEC_STANZA_ERROR_MALFORMED,
                    "The element %s is not 32 bytes in base64.", name);
        return false;
    }
    memcpy(ret, bytes, sizeof bytes);
    return true;
}

void lec_payload_add_bytes(LecStanza *payload, const char *name, const guint8 bytes[32]) {
    char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(text, sizeof text, bytes, 32, sodium_base64_VARIANT_ORIGINAL);
    lec_stanza_add_new(payload, name, NULL, text);
}

bool lec_payload_read_number(const LecStanza *payload, const char *attribute, guint max, guint *ret,
                             GError **error) {
    const char *text = lec_stanza_get(payload, attribute);
    guint64 value = 0;
    /* GLib takes no sign, no space and no other base here. */
    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, max, &value, NULL)) {
        g_set_error(error, LEC_STANZA_ERROR, LEC_STANZA_ERROR_MALFORMED,
                    "The attribute %s is not a number from 0 to %u.", attribute, max);
        return false;
    }
    *ret = value;
    return true;
}

bool lec_payload_read_word(const LecStanza *payload, const char *attribute,
                           const char *const *words, guint count, guint *ret, GError **error) {
    const char *word = lec_stanza_get(payload, attribute);
    for (guint i = 0; i < count; i++) {
        if (g_strcmp0(word, words[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    g_set_error(error, LEC_STANZA_ERROR, LEC_STANZA_ERROR_MALFORMED,
                "The attribute %s is none that is known.", attribute);
    return false;
}

void lec_payload_set_number(LecStanza *payload, const char *attribute, guint value) {
    char text[16];
    g_snprintf(text, sizeof text, "%u", value);
    lec_stanza_set(payload, attribute, text);
}

void lec_payload_set_goodbye(LecStanza *payload, const char *reason, guint retry_after_s) {
    lec_stanza_set(payload, "reason", reason);
    if (retry_after_s > 0)
        lec_payload_set_number(payload, RETRY_AFTER, MIN(retry_after_s, MAX_RETRY_AFTER_S));
}

bool lec_payload_read_retry_after(const LecStanza *payload, guint *ret_s, GError **error) {
    if (lec_stanza_get(payload, RETRY_AFTER))
        return lec_payload_read_number(payload, RETRY_AFTER, MAX_RETRY_AFTER_S, ret_s, error);
    *ret_s = 0;
    return true;
}
