/* Compares stanzas node by node; for tests and fuzz targets. */
#pragma once

#include "signalling/stanza-internal.h"

static inline bool stanza_equal(const LecStanza *a, const LecStanza *b) {
    if (g_strcmp0(a->name, b->name) != 0 || a->attributes->len != b->attributes->len ||
        g_strcmp0(lec_stanza_get_ns(a), lec_stanza_get_ns(b)) != 0 ||
        !g_string_equal(a->text, b->text))
        return false;
    for (guint i = 0; i < a->attributes->len; i++) {
        const LecStanzaAttribute *attribute = &g_array_index(a->attributes, LecStanzaAttribute, i);
        if (g_strcmp0(attribute->value, lec_stanza_get(b, attribute->name)) != 0)
            return false;
    }
    const LecStanza *left = a->first, *right = b->first;
    for (; left && right; left = left->next, right = right->next)
        if (!stanza_equal(left, right))
            return false;
    return !left && !right;
}
