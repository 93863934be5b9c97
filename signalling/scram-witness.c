/* Finds the client's nonce in what it sends, and computes the same messages again. */
#include "signalling/scram-witness.h"

#include "signalling/scram.h"

#include <sodium.h>
#include <string.h>

#define MAX_SENT_BYTES 8192
#define AUTH "<auth "
#define AUTH_END "</auth>"

struct LecScramWitness {
    char *user, *password;
    GString *sent;
    LecScram *scram; /* once challenged */
};

LecScramWitness *lec_scram_witness_new(const char *jid, const char *password) {
    LecScramWitness *self = g_new0(LecScramWitness, 1);
    self->user = g_strndup(jid, strcspn(jid, "@"));
    self->password = g_strdup(password);
    self->sent = g_string_new(NULL);
    return self;
}

void lec_scram_witness_free(LecScramWitness *self) {
    if (!self)
        return;
    g_clear_pointer(&self->scram, lec_scram_free);
    sodium_memzero(self->password, strlen(self->password));
    g_free(self->password);
    g_free(self->user);
    g_string_free(self->sent, TRUE);
    g_free(self);
}

void lec_scram_witness_see_sent(LecScramWitness *self, const char *data, gsize len) {
    if (self->sent->len + len <= MAX_SENT_BYTES)
        g_string_append_len(self->sent, data, (gssize)len);
}

/* The start tag of <auth>, and what is in it; false: it has not been sent. */
static bool find_auth(const LecScramWitness *self, char **ret_tag, char **ret_text) {
    const char *start = strstr(self->sent->str, AUTH);
    const char *inside = start ? strchr(start, '>') : NULL;
    const char *end = inside ? strstr(inside, AUTH_END) : NULL;
    if (!end)
        return false;
    *ret_tag = g_strndup(start, (gsize)(inside - start));
    *ret_text = g_strndup(inside + 1, (gsize)(end - inside - 1));
    return true;
}

/* "n,,n=USER,r=NONCE" */
static char *read_nonce(const char *base64) {
    gsize len = 0;
    g_autofree guchar *bytes = g_base64_decode(base64, &len);
    g_autofree char *text = g_strndup((const char *)bytes, len);
    const char *nonce = strstr(text, ",r=");
    return nonce ? g_strdup(nonce + strlen(",r=")) : NULL;
}

bool lec_scram_witness_see_challenge(LecScramWitness *self, const char *base64) {
    g_autofree char *tag = NULL;
    g_autofree char *text = NULL;
    if (self->scram || !lec_scram_is_safe(base64) || !find_auth(self, &tag, &text))
        return false;
    g_autofree char *nonce = read_nonce(text);
    if (!nonce || !*nonce)
        return false;
    self->scram = lec_scram_new(self->user, self->password, nonce);
    g_autofree char *answer = lec_scram_answer(self->scram, base64);
    return answer != NULL;
}

bool lec_scram_witness_check(const LecScramWitness *self, const char *base64) {
    if (self->scram)
        return lec_scram_check(self->scram, base64);
    g_autofree char *tag = NULL;
    g_autofree char *text = NULL;
    return find_auth(self, &tag, &text) && strstr(tag, "EXTERNAL") != NULL;
}
