/*
 * A bounded XML element tree for XMPP stanzas. One strict parser: UTF-8 checked once; no DTD,
 * entity declarations, processing instructions or comments (RFC 6120 §11.1); depth, size, element,
 * attribute and text limits.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_STANZA_MAX_BYTES (64 * 1024)
#define LEC_STANZA_MAX_DEPTH 12
#define LEC_STANZA_MAX_ELEMENTS 256
#define LEC_STANZA_MAX_ATTRIBUTES 16 /* an element, with its namespace declarations */
#define LEC_STANZA_MAX_NS_BYTES 256

#define LEC_STANZA_ERROR (lec_stanza_error_quark())
GQuark lec_stanza_error_quark(void);

typedef enum {
    LEC_STANZA_ERROR_MALFORMED,  /* not well-formed, not UTF-8, undeclared prefix */
    LEC_STANZA_ERROR_RESTRICTED, /* DTD, comment, processing instruction, entity */
    LEC_STANZA_ERROR_LIMIT,      /* too deep, too large, too many */
} LecStanzaError;

typedef struct LecStanza LecStanza;

/*
 * One whole element, as RFC 7395 puts it in one message, with nothing before or after it. Prefixes
 * are resolved; names are local names; attributes of foreign namespaces are left out.
 * docs/protocol/stanzas.md has all that is refused.
 */
LecStanza *lec_stanza_parse(const char *text, gsize len, GError **error);

/*
 * ns NULL: the parent's. Attributes are plain names (xml:lang keeps its prefix). Names are the
 * program's own: one that XML does not allow is an assert. Values and text may be anything: what
 * XML cannot carry becomes U+FFFD.
 */
LecStanza *lec_stanza_new(const char *name, const char *ns);
void lec_stanza_free(LecStanza *self); /* with its children */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecStanza, lec_stanza_free)

/* All that must be escaped is; a namespace is declared where it differs from the parent's. Free it.
 */
char *lec_stanza_write(const LecStanza *self);

const char *lec_stanza_get_name(const LecStanza *self);
const char *lec_stanza_get_ns(const LecStanza *self); /* "" where there is none */
const char *lec_stanza_get(const LecStanza *self, const char *attribute); /* NULL where absent */
const char *lec_stanza_get_text(
    const LecStanza *self); /* own text, children's left out; "" where none */
const LecStanza *lec_stanza_first(const LecStanza *self);
const LecStanza *lec_stanza_next(const LecStanza *self); /* sibling */
const LecStanza *lec_stanza_child(const LecStanza *self, const char *name,
                                  const char *ns); /* first such; ns NULL: self's */
bool lec_stanza_is(const LecStanza *self, const char *name, const char *ns); /* ns NULL: any */

void lec_stanza_set(LecStanza *self, const char *attribute,
                    const char *value); /* NULL takes it away */
void lec_stanza_set_text(LecStanza *self, const char *text);
LecStanza *lec_stanza_add(LecStanza *self,
                          LecStanza *child); /* takes child and returns it, borrowed */
LecStanza *lec_stanza_add_new(LecStanza *self, const char *name, const char *ns, const char *text);
LecStanza *lec_stanza_copy(
    const LecStanza *self); /* with its children; stands alone, in the same namespace */
