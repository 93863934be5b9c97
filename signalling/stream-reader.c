/* Finds where an element of a stream begins and ends, and has it read. */
#include "signalling/stream-reader.h"

#include "signalling/xmpp.h"

#include <string.h>

#define MAX_HEADER_BYTES 4096
#define DECLARATION "<?xml"
/* The names that a stream's elements rely on; what its own header declares is not asked for. */
#define OPENING "<stream xmlns='" LEC_XMPP_NS_CLIENT "' xmlns:stream='" LEC_XMPP_NS_STREAM "'>"
#define CLOSING "</stream>"

typedef enum {
    IN_TEXT,
    IN_MARKUP,      /* just after '<' */
    IN_START_TAG,   /* <name … */
    IN_END_TAG,     /* </name … */
    IN_QUOTES,      /* an attribute's value */
    IN_DECLARATION, /* <?xml … */
} Place;

struct LecStreamReader {
    LecStreamReaderEvents events;
    void *user;
    GString *buffer; /* of the element, header or declaration that is under way */
    Place place;
    bool open; /* the header has been read */
    char quote;
    guint depth;   /* of elements inside the stream */
    char before;   /* the last character */
    gsize skipped; /* of an element that is too large, what is no longer kept */
};

static bool refuse(LecStanzaError code, const char *sentence, GError **error) {
    g_set_error_literal(error, LEC_STANZA_ERROR, (gint)code, sentence);
    return false;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The start tag alone, closed, is an element that the strict reader can read. */
static bool read_header(LecStreamReader *self, GError **error) {
    g_autoptr(GString) closed = g_string_new_len(self->buffer->str, (gssize)self->buffer->len - 1);
    g_string_append(closed, "/>");
    g_autoptr(LecStanza) header = lec_stanza_parse(closed->str, closed->len, error);
    if (!header)
        return false;
    if (!lec_stanza_is(header, "stream", LEC_XMPP_NS_STREAM))
        return refuse(LEC_STANZA_ERROR_MALFORMED, "The server does not speak XMPP.", error);
    g_string_truncate(self->buffer, 0);
    self->open = true;
    self->events.header(header, self->user);
    return true;
}

LecStanza *lec_stream_read_element(const char *text, gsize len, GError **error) {
    g_autoptr(GString) whole = g_string_new(OPENING);
    g_string_append_len(whole, text, (gssize)len);
    g_string_append(whole, CLOSING);
    g_autoptr(LecStanza) stream = lec_stanza_parse(whole->str, whole->len, error);
    const LecStanza *element = stream ? lec_stanza_first(stream) : NULL;
    if (stream && (!element || lec_stanza_next(element)))
        refuse(LEC_STANZA_ERROR_MALFORMED, "There is not one element.", error);
    return element && !lec_stanza_next(element) ? lec_stanza_copy(element) : NULL;
}

static void read_element(LecStreamReader *self) {
    g_autoptr(GError) error = NULL;
    LecStanza *element = NULL;
    if (self->skipped)
        refuse(LEC_STANZA_ERROR_LIMIT, "An element is too large.", &error);
    else
        element = lec_stream_read_element(self->buffer->str, self->buffer->len, &error);
    g_string_truncate(self->buffer, 0);
    self->skipped = 0;
    if (element)
        self->events.element(element, self->user);
    else
        self->events.refused(error, self->user);
}

static bool end_tag(LecStreamReader *self, GError **error) {
    self->place = IN_TEXT;
    if (self->depth == 0) {
        g_string_truncate(self->buffer, 0);
        if (!self->open)
            return refuse(LEC_STANZA_ERROR_MALFORMED, "A stream ends that never began.", error);
        self->open = false;
        self->events.end(self->user);
        return true;
    }
    if (--self->depth == 0)
        read_element(self);
    return true;
}

static bool start_tag(LecStreamReader *self, GError **error) {
    const bool empty = self->before == '/';
    self->place = IN_TEXT;
    if (!self->open)
        return empty ? refuse(LEC_STANZA_ERROR_MALFORMED, "The server opened no stream.", error)
                     : read_header(self, error);
    if (!empty)
        self->depth++;
    else if (self->depth == 0)
        read_element(self);
    return true;
}

static bool on_text(LecStreamReader *self, char c, GError **error) {
    if (c == '<') {
        self->place = IN_MARKUP;
    } else if (self->depth == 0) {
        /* Between elements only the white space that keeps connections alive (RFC 6120 §4.6.1). */
        g_string_truncate(self->buffer, 0);
        self->skipped = 0;
        if (!is_space(c))
            return refuse(LEC_STANZA_ERROR_MALFORMED, "There is text between elements.", error);
    }
    return true;
}

static bool on_markup(LecStreamReader *self, char c, GError **error) {
    if (c == '!')
        return refuse(LEC_STANZA_ERROR_RESTRICTED, "A DTD, a comment or CDATA is refused.", error);
    if (c == '?' && self->open)
        return refuse(LEC_STANZA_ERROR_RESTRICTED, "A processing instruction is refused.", error);
    if (c == '<' || c == '>')
        return refuse(LEC_STANZA_ERROR_MALFORMED, "A tag has no name.", error);
    self->place = c == '?' ? IN_DECLARATION : c == '/' ? IN_END_TAG : IN_START_TAG;
    return true;
}

static bool on_start_tag(LecStreamReader *self, char c, GError **error) {
    if (c == '\'' || c == '"') {
        self->place = IN_QUOTES;
        self->quote = c;
    }
    return c != '>' || start_tag(self, error);
}

static bool on_declaration(LecStreamReader *self, char c, GError **error) {
    if (c != '>')
        return true;
    const bool good = g_str_has_prefix(self->buffer->str, DECLARATION) &&
                      self->buffer->str[self->buffer->len - 2] == '?';
    g_string_truncate(self->buffer, 0);
    self->place = IN_TEXT;
    return good ||
           refuse(LEC_STANZA_ERROR_RESTRICTED, "A processing instruction is refused.", error);
}

static bool keep(LecStreamReader *self, char c, GError **error) {
    const gsize limit = self->open ? LEC_STREAM_MAX_ELEMENT_BYTES : MAX_HEADER_BYTES;
    if (self->buffer->len < limit) {
        g_string_append_c(self->buffer, c);
        return true;
    }
    if (self->open && ++self->skipped <= LEC_STREAM_MAX_SKIPPED_BYTES)
        return true;
    return refuse(LEC_STANZA_ERROR_LIMIT, "The server sent far too large an element.", error);
}

static bool take(LecStreamReader *self, char c, GError **error) {
    if (!keep(self, c, error))
        return false;
    switch (self->place) {
    case IN_TEXT:
        return on_text(self, c, error);
    case IN_MARKUP:
        return on_markup(self, c, error);
    case IN_START_TAG:
        return on_start_tag(self, c, error);
    case IN_END_TAG:
        return c != '>' || end_tag(self, error);
    case IN_QUOTES:
        if (c == self->quote)
            self->place = IN_START_TAG;
        return true;
    case IN_DECLARATION:
        return on_declaration(self, c, error);
    }
    g_assert_not_reached();
}

bool lec_stream_reader_feed(LecStreamReader *self, const char *data, gsize len, GError **error) {
    for (gsize i = 0; i < len; i++) {
        if (!take(self, data[i], error))
            return false;
        self->before = data[i];
    }
    return true;
}

void lec_stream_reader_restart(LecStreamReader *self) {
    g_string_truncate(self->buffer, 0);
    self->place = IN_TEXT;
    self->open = false;
    self->depth = 0;
    self->skipped = 0;
}

LecStreamReader *lec_stream_reader_new(const LecStreamReaderEvents *events, void *user) {
    LecStreamReader *self = g_new0(LecStreamReader, 1);
    self->events = *events;
    self->user = user;
    self->buffer = g_string_new(NULL);
    return self;
}

void lec_stream_reader_free(LecStreamReader *self) {
    if (!self)
        return;
    g_string_free(self->buffer, TRUE);
    g_free(self);
}
