/* What the stanza's three files share: the tree's nodes and XML's character classes. */
#pragma once

#include "signalling/stanza.h"

#define LEC_XML_NS "http://www.w3.org/XML/1998/namespace"
#define LEC_XMLNS_NS "http://www.w3.org/2000/xmlns/"

typedef struct {
    char *name; /* local name, or "xml:" and one */
    char *value;
} LecStanzaAttribute;

struct LecStanza {
    char *name;
    GRefString *ns; /* shared between elements; NULL: the parent's */
    GArray *attributes;
    GString *text;
    LecStanza *parent, *first, *last, *next;
};

/* XML 1.0 §2.2 Char. */
bool lec_xml_is_char(gunichar c);

/* Namespaces in XML §3 NCName: a name without a colon; len bytes of valid UTF-8. */
bool lec_xml_is_name_char(gunichar c);
bool lec_xml_is_name(const char *text, gsize len);

/* As lec_stanza_new() and lec_stanza_set(), for what the reader has checked already. name and value
 * are taken. */
LecStanza *lec_stanza_new_checked(char *name, GRefString *ns);
void lec_stanza_append_attribute(LecStanza *self, char *name, char *value);
