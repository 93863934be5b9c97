/*
 * Reads one stanza: a strict, bounded, single-pass reader of the XML that XMPP allows (RFC 6120
 * §11.1), with namespaces. Each byte is looked at a constant number of times; what is open at once
 * is bounded by the depth.
 */
#include "signalling/stanza-internal.h"

#include <string.h>

typedef struct {
    const char *text;
    gsize len;
} Slice;

typedef struct {
    Slice prefix; /* empty: the default namespace */
    GRefString *ns;
} Binding;

typedef struct {
    LecStanza *element;
    Slice qname;     /* as written, for the end tag */
    guint n_outside; /* bindings in force around the element */
} Open;

typedef struct {
    Slice qname, prefix, local;
    char *value;
    const char *foreign_ns; /* borrowed from the bindings; NULL for plain and xml: ones */
} RawAttribute;

typedef struct {
    const char *start, *p, *end;
    GArray *bindings; /* of Binding, innermost last */
    Open open[LEC_STANZA_MAX_DEPTH];
    guint depth;
    guint n_elements;
    LecStanza *root;
    GError **error;
} Reader;

static bool fail(const Reader *self, LecStanzaError code, const char *what) {
    g_set_error(self->error, LEC_STANZA_ERROR, code, "The stanza %s (at byte %zu).", what,
                (gsize)(self->p - self->start));
    return false;
}

static bool malformed(const Reader *self, const char *what) {
    return fail(self, LEC_STANZA_ERROR_MALFORMED, what);
}

static bool slice_equal(Slice a, Slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

static bool slice_is(Slice a, const char *text) {
    return slice_equal(a, (Slice){text, strlen(text)});
}

static char *slice_dup(Slice a) {
    return g_strndup(a.text, a.len);
}

static bool at(const Reader *self, const char *token) {
    gsize len = strlen(token);
    return (gsize)(self->end - self->p) >= len && memcmp(self->p, token, len) == 0;
}

static bool accept(Reader *self, const char *token) {
    if (!at(self, token))
        return false;
    self->p += strlen(token);
    return true;
}

static bool skip_space(Reader *self) {
    const char *before = self->p;
    while (self->p < self->end && memchr(" \t\r\n", *self->p, 4))
        self->p++;
    return self->p > before;
}

static void clear_binding(gpointer data) {
    g_ref_string_release(((Binding *)data)->ns);
}

static void clear_raw_attribute(gpointer data) {
    g_free(((RawAttribute *)data)->value);
}

/* Namespaces in XML §4 QName; prefix is empty where there is none. */
static bool read_qname(Reader *self, Slice *ret_qname, Slice *ret_prefix, Slice *ret_local) {
    const char *start = self->p, *colon = NULL;
    for (; self->p < self->end; self->p = g_utf8_next_char(self->p)) {
        gunichar c = g_utf8_get_char(self->p);
        if (c == ':' && !colon)
            colon = self->p;
        else if (!lec_xml_is_name_char(c))
            break;
    }
    Slice qname = {start, (gsize)(self->p - start)};
    Slice prefix = {start, colon ? (gsize)(colon - start) : 0};
    const char *local_start = colon ? colon + 1 : start;
    Slice local = {local_start, (gsize)(self->p - local_start)};
    if (!lec_xml_is_name(local.text, local.len) ||
        (colon && !lec_xml_is_name(prefix.text, prefix.len)))
        return malformed(self, "has a name that XML does not allow");
    *ret_qname = qname;
    *ret_prefix = prefix;
    *ret_local = local;
    return true;
}

/* The digits of &#…; or &#x…;, up to the semicolon. XML 1.0 §4.1: the character must be a legal
 * one. */
static bool read_character_number(Reader *self, GString *out) {
    bool hex = accept(self, "x");
    guint32 value = 0;
    const char *digits = self->p;
    for (; self->p < self->end && *self->p != ';'; self->p++) {
        int digit = hex ? g_ascii_xdigit_value(*self->p) : g_ascii_digit_value(*self->p);
        if (digit < 0)
            return malformed(self, "has a character reference that is no number");
        value = value * (hex ? 16 : 10) + (guint32)digit;
        if (value > 0x10ffff)
            return malformed(self, "has a character reference beyond Unicode");
    }
    if (self->p == digits || !accept(self, ";"))
        return malformed(self, "has an unfinished character reference");
    if (value == 0 || !lec_xml_is_char(value))
        return malformed(self, "refers to a character that XML does not allow");
    g_string_append_unichar(out, value);
    return true;
}

static bool read_reference(Reader *self, GString *out) {
    static const struct {
        const char *written;
        char meant;
    } predefined[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&apos;", '\''}, {"&quot;", '"'}};
    if (accept(self, "&#"))
        return read_character_number(self, out);
    for (gsize i = 0; i < G_N_ELEMENTS(predefined); i++) {
        if (accept(self, predefined[i].written)) {
            g_string_append_c(out, predefined[i].meant);
            return true;
        }
    }
    Slice name, prefix, local;
    self->p++;
    if (!read_qname(self, &name, &prefix, &local))
        return false;
    return at(self, ";") ? fail(self, LEC_STANZA_ERROR_RESTRICTED, "refers to an entity")
                         : malformed(self, "has a bare ampersand");
}

/* XML 1.0 §2.11: a line ends with one \n, whatever was sent; in attributes §3.3.3 makes it a space.
 */
static void read_line_end(Reader *self, GString *out, char as) {
    if (!accept(self, "\r\n"))
        self->p++;
    g_string_append_c(out, as);
}

static bool read_quoted(Reader *self, GString *out) {
    if (self->p == self->end || (*self->p != '\'' && *self->p != '"'))
        return malformed(self, "has an attribute without quotes");
    char quote = *self->p++;
    while (self->p < self->end && *self->p != quote) {
        char c = *self->p;
        if (c == '<')
            return malformed(self, "has a bare < in an attribute");
        if (c == '&') {
            if (!read_reference(self, out))
                return false;
        } else if (c == '\r' || c == '\n' || c == '\t') {
            read_line_end(self, out, ' ');
        } else {
            g_string_append_c(out, c);
            self->p++;
        }
    }
    if (self->p == self->end)
        return malformed(self, "ends inside an attribute");
    self->p++;
    return true;
}

static bool read_attribute(Reader *self, GArray *raw) {
    RawAttribute attribute = {0};
    if (!read_qname(self, &attribute.qname, &attribute.prefix, &attribute.local))
        return false;
    for (guint i = 0; i < raw->len; i++)
        if (slice_equal(g_array_index(raw, RawAttribute, i).qname, attribute.qname))
            return malformed(self, "has an attribute twice");
    skip_space(self);
    if (!accept(self, "="))
        return malformed(self, "has an attribute without a value");
    skip_space(self);
    g_autoptr(GString) value = g_string_new(NULL);
    if (!read_quoted(self, value))
        return false;
    attribute.value = g_string_free(g_steal_pointer(&value), FALSE);
    g_array_append_val(raw, attribute);
    return true;
}

/* Up to, and not with, the > or />. */
static bool read_attributes(Reader *self, GArray *raw) {
    for (;;) {
        bool spaced = skip_space(self);
        if (self->p == self->end)
            return malformed(self, "ends inside a tag");
        if (*self->p == '>' || *self->p == '/')
            return true;
        if (!spaced)
            return malformed(self, "has no space before an attribute");
        if (raw->len == LEC_STANZA_MAX_ATTRIBUTES)
            return fail(self, LEC_STANZA_ERROR_LIMIT, "has an element with too many attributes");
        if (!read_attribute(self, raw))
            return false;
    }
}

static bool is_declaration(const RawAttribute *attribute) {
    return slice_is(attribute->prefix, "xmlns") || slice_is(attribute->qname, "xmlns");
}

/* Namespaces in XML §3: what may be bound to what. */
static bool bind(Reader *self, const RawAttribute *declaration) {
    const char *ns = declaration->value;
    Slice prefix = declaration->prefix.len > 0 ? declaration->local : (Slice){"", 0};
    if (slice_is(prefix, "xml"))
        return strcmp(ns, LEC_XML_NS) == 0 || malformed(self, "redefines the prefix xml");
    if (slice_is(prefix, "xmlns") || strcmp(ns, LEC_XML_NS) == 0 || strcmp(ns, LEC_XMLNS_NS) == 0)
        return malformed(self, "declares a reserved namespace");
    if (prefix.len > 0 && *ns == '\0')
        return malformed(self, "declares a prefix without a namespace");
    if (strlen(ns) > LEC_STANZA_MAX_NS_BYTES)
        return fail(self, LEC_STANZA_ERROR_LIMIT, "has a namespace that is too long");
    Binding binding = {.prefix = prefix, .ns = g_ref_string_new(ns)};
    g_array_append_val(self->bindings, binding);
    return true;
}

/* NULL where the prefix has not been declared. */
static GRefString *look_up(const Reader *self, Slice prefix) {
    for (guint i = self->bindings->len; i > 0; i--) {
        const Binding *binding = &g_array_index(self->bindings, Binding, i - 1);
        if (slice_equal(binding->prefix, prefix))
            return binding->ns;
    }
    return NULL;
}

/* Namespaces in XML §6.3: two prefixes of one namespace must not smuggle an attribute in twice. */
static bool is_repeated(const GArray *raw, guint index) {
    const RawAttribute *attribute = &g_array_index(raw, RawAttribute, index);
    for (guint i = 0; i < index; i++) {
        const RawAttribute *other = &g_array_index(raw, RawAttribute, i);
        if (other->foreign_ns && slice_equal(other->local, attribute->local) &&
            strcmp(other->foreign_ns, attribute->foreign_ns) == 0)
            return true;
    }
    return false;
}

/* Attributes of foreign namespaces are checked and left out: nothing that we speak has any. */
static bool keep_attributes(Reader *self, LecStanza *element, GArray *raw) {
    for (guint i = 0; i < raw->len; i++) {
        RawAttribute *attribute = &g_array_index(raw, RawAttribute, i);
        if (is_declaration(attribute))
            continue;
        if (attribute->prefix.len == 0 || slice_is(attribute->prefix, "xml")) {
            lec_stanza_append_attribute(element, slice_dup(attribute->qname),
                                        g_steal_pointer(&attribute->value));
            continue;
        }
        attribute->foreign_ns = look_up(self, attribute->prefix);
        if (!attribute->foreign_ns)
            return malformed(self, "uses a prefix that is not declared");
        if (is_repeated(raw, i))
            return malformed(self, "has an attribute twice");
    }
    return true;
}

static bool count_element(Reader *self) {
    if (self->depth == LEC_STANZA_MAX_DEPTH)
        return fail(self, LEC_STANZA_ERROR_LIMIT, "is nested too deeply");
    if (self->n_elements == LEC_STANZA_MAX_ELEMENTS)
        return fail(self, LEC_STANZA_ERROR_LIMIT, "has too many elements");
    self->n_elements++;
    return true;
}

/* The new element, in the tree at once, so that a failure frees it with the root. */
static LecStanza *place_element(Reader *self, Slice prefix, Slice local) {
    GRefString *ns = slice_is(prefix, "xml") ? NULL : look_up(self, prefix);
    if (!ns) {
        malformed(self, "uses a prefix that is not declared");
        return NULL;
    }
    LecStanza *element = lec_stanza_new_checked(slice_dup(local), ns);
    if (self->depth > 0)
        lec_stanza_add(self->open[self->depth - 1].element, element);
    else
        self->root = element;
    return element;
}

static bool read_start_tag(Reader *self) {
    Slice qname, prefix, local;
    guint n_outside = self->bindings->len;
    g_autoptr(GArray) raw = g_array_new(FALSE, FALSE, sizeof(RawAttribute));
    g_array_set_clear_func(raw, clear_raw_attribute);
    if (!count_element(self) || !read_qname(self, &qname, &prefix, &local) ||
        !read_attributes(self, raw))
        return false;
    for (guint i = 0; i < raw->len; i++) {
        const RawAttribute *attribute = &g_array_index(raw, RawAttribute, i);
        if (is_declaration(attribute) && !bind(self, attribute))
            return false;
    }
    LecStanza *element = place_element(self, prefix, local);
    if (!element || !keep_attributes(self, element, raw))
        return false;
    if (accept(self, "/>")) {
        g_array_set_size(self->bindings, n_outside);
        return true;
    }
    if (!accept(self, ">"))
        return malformed(self, "has a tag that does not close");
    self->open[self->depth++] = (Open){element, qname, n_outside};
    return true;
}

static bool read_end_tag(Reader *self) {
    const Open *open = &self->open[self->depth - 1];
    Slice qname, prefix, local;
    if (!read_qname(self, &qname, &prefix, &local))
        return false;
    skip_space(self);
    if (!slice_equal(qname, open->qname) || !accept(self, ">"))
        return malformed(self, "has an end tag that does not match");
    g_array_set_size(self->bindings, open->n_outside);
    self->depth--;
    return true;
}

static bool read_cdata(Reader *self, GString *out) {
    while (self->p < self->end && !at(self, "]]>")) {
        if (*self->p == '\r')
            read_line_end(self, out, '\n');
        else
            g_string_append_c(out, *self->p++);
    }
    return accept(self, "]]>") || malformed(self, "ends inside a CDATA section");
}

static bool read_text(Reader *self, GString *out) {
    while (self->p < self->end && *self->p != '<') {
        char c = *self->p;
        if (c == '&') {
            if (!read_reference(self, out))
                return false;
        } else if (c == '\r') {
            read_line_end(self, out, '\n');
        } else if (c == ']' && at(self, "]]>")) {
            return malformed(self, "has a bare ]]> in text");
        } else {
            g_string_append_c(out, c);
            self->p++;
        }
    }
    return true;
}

static bool read_content(Reader *self) {
    GString *text = self->open[self->depth - 1].element->text;
    if (self->p == self->end)
        return malformed(self, "ends too early");
    if (*self->p != '<')
        return read_text(self, text);
    if (accept(self, "</"))
        return read_end_tag(self);
    if (accept(self, "<![CDATA["))
        return read_cdata(self, text);
    if (at(self, "<!"))
        return fail(self, LEC_STANZA_ERROR_RESTRICTED, "has a comment or a declaration");
    if (at(self, "<?"))
        return fail(self, LEC_STANZA_ERROR_RESTRICTED, "has a processing instruction");
    self->p++;
    return read_start_tag(self);
}

static bool check_characters(Reader *self) {
    if (!g_utf8_validate_len(self->start, (gsize)(self->end - self->start), &self->p))
        return malformed(self, "is not valid UTF-8");
    for (self->p = self->start; self->p < self->end; self->p = g_utf8_next_char(self->p))
        if (!lec_xml_is_char(g_utf8_get_char(self->p)))
            return malformed(self, "has a character that XML does not allow");
    self->p = self->start;
    return true;
}

static bool read_stanza(Reader *self) {
    if (!check_characters(self))
        return false;
    if (at(self, "<!") || at(self, "<?"))
        return fail(self, LEC_STANZA_ERROR_RESTRICTED, "begins with a declaration");
    if (!accept(self, "<"))
        return malformed(self, "does not begin with an element");
    if (!read_start_tag(self))
        return false;
    while (self->depth > 0)
        if (!read_content(self))
            return false;
    return self->p == self->end || malformed(self, "is followed by something else");
}

LecStanza *lec_stanza_parse(const char *text, gsize len, GError **error) {
    if (len > LEC_STANZA_MAX_BYTES) {
        g_set_error(error, LEC_STANZA_ERROR, LEC_STANZA_ERROR_LIMIT,
                    "The stanza has %zu bytes, where %d are allowed.", len, LEC_STANZA_MAX_BYTES);
        return NULL;
    }
    g_autoptr(GArray) bindings = g_array_new(FALSE, FALSE, sizeof(Binding));
    g_array_set_clear_func(bindings, clear_binding);
    Binding none = {.prefix = {"", 0}, .ns = g_ref_string_new("")};
    g_array_append_val(bindings, none);
    Reader reader = {
        .start = text, .p = text, .end = text + len, .bindings = bindings, .error = error};
    if (read_stanza(&reader))
        return reader.root;
    lec_stanza_free(reader.root);
    return NULL;
}
