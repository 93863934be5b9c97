/* Writes a stanza as XML that its own reader takes back unchanged. */
#include "signalling/stanza-internal.h"

#include <string.h>

static const char *escape(char c, bool in_attribute) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;"; /* "]]>" must not stand in text */
    case '\r':
        return "&#13;"; /* a reader turns a bare one into \n (XML 1.0 §2.11) */
    case '\'':
        return in_attribute ? "&apos;" : NULL;
    case '"':
        return in_attribute ? "&quot;" : NULL;
    case '\t':
        return in_attribute ? "&#9;" : NULL; /* bare ones become spaces (XML 1.0 §3.3.3) */
    case '\n':
        return in_attribute ? "&#10;" : NULL;
    }
    return NULL;
}

static void write_escaped(GString *out, const char *text, bool in_attribute) {
    const char *from = text;
    for (const char *p = text; *p; p++) {
        const char *escaped = escape(*p, in_attribute);
        if (!escaped)
            continue;
        g_string_append_len(out, from, p - from);
        g_string_append(out, escaped);
        from = p + 1;
    }
    g_string_append(out, from);
}

static void write_attribute(GString *out, const char *name, const char *value) {
    g_string_append_c(out, ' ');
    g_string_append(out, name);
    g_string_append(out, "='");
    write_escaped(out, value, true);
    g_string_append_c(out, '\'');
}

static void write_element(GString *out, const LecStanza *self, const char *parent_ns) {
    const char *ns = lec_stanza_get_ns(self);
    g_string_append_c(out, '<');
    g_string_append(out, self->name);
    if (strcmp(ns, parent_ns) != 0)
        write_attribute(out, "xmlns", ns);
    for (guint i = 0; i < self->attributes->len; i++) {
        const LecStanzaAttribute *attribute =
            &g_array_index(self->attributes, LecStanzaAttribute, i);
        write_attribute(out, attribute->name, attribute->value);
    }
    if (self->text->len == 0 && !self->first) {
        g_string_append(out, "/>");
        return;
    }
    g_string_append_c(out, '>');
    write_escaped(out, self->text->str, false);
    for (const LecStanza *child = self->first; child; child = child->next)
        write_element(out, child, ns);
    g_string_append_printf(out, "</%s>", self->name);
}

char *lec_stanza_write(const LecStanza *self) {
    GString *out = g_string_new(NULL);
    write_element(out, self, "");
    return g_string_free(out, FALSE);
}
