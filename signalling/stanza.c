/* The stanza's tree: making, asking and changing elements, and what XML allows in them. */
#include "signalling/stanza-internal.h"

#include <string.h>

G_DEFINE_QUARK(lec_stanza_error_quark, lec_stanza_error)

bool lec_xml_is_char(gunichar c) {
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) ||
           (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

/* XML 1.0 (fifth edition) §2.3 NameStartChar, without the colon. */
static bool is_name_start(gunichar c) {
    static const struct {
        gunichar first, last;
    } ranges[] = {
        {'A', 'Z'},       {'_', '_'},       {'a', 'z'},       {0xc0, 0xd6},     {0xd8, 0xf6},
        {0xf8, 0x2ff},    {0x370, 0x37d},   {0x37f, 0x1fff},  {0x200c, 0x200d}, {0x2070, 0x218f},
        {0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(ranges); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

bool lec_xml_is_name_char(gunichar c) {
    return is_name_start(c) || c == '-' || c == '.' || (c >= '0' && c <= '9') || c == 0xb7 ||
           (c >= 0x300 && c <= 0x36f) || (c >= 0x203f && c <= 0x2040);
}

bool lec_xml_is_name(const char *text, gsize len) {
    const char *end = text + len;
    if (len == 0 || !is_name_start(g_utf8_get_char(text)))
        return false;
    for (const char *p = text; p < end; p = g_utf8_next_char(p))
        if (!lec_xml_is_name_char(g_utf8_get_char(p)))
            return false;
    return true;
}

/* A copy that XML can carry: what it cannot, broken UTF-8 and control characters, becomes U+FFFD.
 */
static char *legal_copy(const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *copy = g_string_sized_new(strlen(valid));
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(copy, lec_xml_is_char(c) ? c : 0xfffd);
    }
    return g_string_free(copy, FALSE);
}

static void clear_attribute(gpointer data) {
    LecStanzaAttribute *attribute = data;
    g_free(attribute->name);
    g_free(attribute->value);
}

LecStanza *lec_stanza_new_checked(char *name, GRefString *ns) {
    LecStanza *self = g_new0(LecStanza, 1);
    self->name = name;
    self->ns = ns ? g_ref_string_acquire(ns) : NULL;
    self->attributes = g_array_new(FALSE, FALSE, sizeof(LecStanzaAttribute));
    g_array_set_clear_func(self->attributes, clear_attribute);
    self->text = g_string_new(NULL);
    return self;
}

void lec_stanza_append_attribute(LecStanza *self, char *name, char *value) {
    LecStanzaAttribute attribute = {.name = name, .value = value};
    g_array_append_val(self->attributes, attribute);
}

LecStanza *lec_stanza_new(const char *name, const char *ns) {
    g_assert(g_utf8_validate(name, -1, NULL) && lec_xml_is_name(name, strlen(name)));
    g_assert(!ns || (strcmp(ns, LEC_XML_NS) != 0 && strcmp(ns, LEC_XMLNS_NS) != 0));
    LecStanza *self = lec_stanza_new_checked(g_strdup(name), NULL);
    if (ns) {
        g_autofree char *legal = legal_copy(ns);
        self->ns = g_ref_string_new(legal);
    }
    return self;
}

void lec_stanza_free(LecStanza *self) {
    if (!self)
        return;
    while (self->first) {
        LecStanza *child = self->first;
        self->first = child->next;
        lec_stanza_free(child);
    }
    g_free(self->name);
    g_clear_pointer(&self->ns, g_ref_string_release);
    g_array_unref(self->attributes);
    g_string_free(self->text, TRUE);
    g_free(self);
}

const char *lec_stanza_get_name(const LecStanza *self) {
    return self->name;
}

const char *lec_stanza_get_ns(const LecStanza *self) {
    for (; self; self = self->parent)
        if (self->ns)
            return self->ns;
    return "";
}

static LecStanzaAttribute *find_attribute(const LecStanza *self, const char *name,
                                          guint *ret_index) {
    for (guint i = 0; i < self->attributes->len; i++) {
        LecStanzaAttribute *attribute = &g_array_index(self->attributes, LecStanzaAttribute, i);
        if (strcmp(attribute->name, name) == 0) {
            *ret_index = i;
            return attribute;
        }
    }
    return NULL;
}

const char *lec_stanza_get(const LecStanza *self, const char *attribute) {
    guint index;
    const LecStanzaAttribute *found = find_attribute(self, attribute, &index);
    return found ? found->value : NULL;
}

const char *lec_stanza_get_text(const LecStanza *self) {
    return self->text->str;
}

const LecStanza *lec_stanza_first(const LecStanza *self) {
    return self->first;
}

const LecStanza *lec_stanza_next(const LecStanza *self) {
    return self->next;
}

bool lec_stanza_is(const LecStanza *self, const char *name, const char *ns) {
    return strcmp(self->name, name) == 0 && (!ns || strcmp(lec_stanza_get_ns(self), ns) == 0);
}

const LecStanza *lec_stanza_child(const LecStanza *self, const char *name, const char *ns) {
    const char *wanted = ns ? ns : lec_stanza_get_ns(self);
    for (const LecStanza *child = self->first; child; child = child->next)
        if (lec_stanza_is(child, name, wanted))
            return child;
    return NULL;
}

static bool is_attribute_name(const char *name) {
    const char *local = g_str_has_prefix(name, "xml:") ? name + strlen("xml:") : name;
    return g_utf8_validate(local, -1, NULL) && lec_xml_is_name(local, strlen(local)) &&
           strcmp(name, "xmlns") != 0;
}

void lec_stanza_set(LecStanza *self, const char *attribute, const char *value) {
    g_assert(is_attribute_name(attribute));
    guint index;
    LecStanzaAttribute *found = find_attribute(self, attribute, &index);
    if (!value) {
        if (found)
            g_array_remove_index(self->attributes, index);
        return;
    }
    char *legal = legal_copy(value);
    if (!found) {
        lec_stanza_append_attribute(self, g_strdup(attribute), legal);
        return;
    }
    g_free(found->value);
    found->value = legal;
}

void lec_stanza_set_text(LecStanza *self, const char *text) {
    g_autofree char *legal = legal_copy(text ? text : "");
    g_string_assign(self->text, legal);
}

LecStanza *lec_stanza_add(LecStanza *self, LecStanza *child) {
    g_assert(child != self && !child->parent);
    child->parent = self;
    if (self->last)
        self->last->next = child;
    else
        self->first = child;
    self->last = child;
    return child;
}

LecStanza *lec_stanza_add_new(LecStanza *self, const char *name, const char *ns, const char *text) {
    LecStanza *child = lec_stanza_add(self, lec_stanza_new(name, ns));
    lec_stanza_set_text(child, text);
    return child;
}

static LecStanza *copy_node(const LecStanza *self, GRefString *ns) {
    LecStanza *copy = lec_stanza_new_checked(g_strdup(self->name), ns);
    for (guint i = 0; i < self->attributes->len; i++) {
        const LecStanzaAttribute *attribute =
            &g_array_index(self->attributes, LecStanzaAttribute, i);
        lec_stanza_append_attribute(copy, g_strdup(attribute->name), g_strdup(attribute->value));
    }
    g_string_append_len(copy->text, self->text->str, (gssize)self->text->len);
    for (const LecStanza *child = self->first; child; child = child->next)
        lec_stanza_add(copy, copy_node(child, child->ns));
    return copy;
}

LecStanza *lec_stanza_copy(const LecStanza *self) {
    const LecStanza *named = self; /* the copy has no parent to ask */
    while (named->parent && !named->ns)
        named = named->parent;
    return copy_node(self, named->ns);
}
