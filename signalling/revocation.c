/* Reads and writes items of the node of revoked devices. */
#include "signalling/revocation.h"

#include <string.h>

void lec_revocation_set_reason(LecRevocation *self, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)MIN(strlen(text), 4096));
    gsize len = 0;
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        const gsize size = (gsize)(g_utf8_next_char(at) - at);
        if (len + size > LEC_REVOCATION_MAX_REASON_BYTES)
            break;
        const bool printable = g_unichar_isprint(g_utf8_get_char(at));
        memcpy(self->reason + len, printable ? at : " ", printable ? size : 1);
        len += printable ? size : 1;
    }
    self->reason[len] = '\0';
}

LecStanza *lec_revocation_write(const LecRevocation *self, const char *ns, const char *author) {
    char id[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(&self->device, id);
    LecStanza *item = lec_stanza_new("item", ns);
    lec_stanza_set(item, "id", id);
    LecStanza *revoked = lec_stanza_add_new(item, "revoked", LEC_REVOCATION_NS, NULL);
    g_autofree char *until = g_strdup_printf("%" G_GINT64_FORMAT, self->until_s);
    if (self->until_s)
        lec_stanza_set(revoked, "until", until);
    if (*self->reason)
        lec_stanza_set(revoked, "reason", self->reason);
    lec_stanza_set(revoked, "author", author);
    return item;
}

bool lec_revocation_read(const LecStanza *item, LecRevocation *ret) {
    LecRevocation read = {0};
    const char *id = lec_stanza_get(item, "id");
    const LecStanza *revoked = lec_stanza_child(item, "revoked", LEC_REVOCATION_NS);
    if (!id || !revoked || !lec_fingerprint_parse(id, &read.device))
        return false;
    const char *until = lec_stanza_get(revoked, "until");
    guint64 until_s = 0;
    /* A time that cannot be read is no reason to let anybody in. */
    if (until && g_ascii_string_to_unsigned(until, 10, 1, G_MAXINT64, &until_s, NULL))
        read.until_s = (gint64)until_s;
    const char *reason = lec_stanza_get(revoked, "reason");
    lec_revocation_set_reason(&read, reason ? reason : "");
    *ret = read;
    return true;
}
