/* Bounds what json-glib is given to read, which itself follows any depth. */
#include "receiver/json-read.h"

#include <string.h>

G_DEFINE_QUARK(lec_json_error, lec_json_error)

/*
 * Brackets nest no deeper than allowed, those in strings left out, and the first of them closes
 * with the last: the parser takes what follows, comments and other quotation marks, which are no
 * JSON.
 */
static bool is_tame(const char *text, gsize len) {
    guint depth = 0;
    bool quoted = false, closed = false;
    for (gsize i = 0; i < len; i++) {
        const char c = text[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
            continue;
        }
        if (g_ascii_isspace(c))
            continue;
        if (closed || c == '/' || c == '\'' || c == '#')
            return false;
        quoted = c == '"';
        if ((c == '{' || c == '[') && ++depth > LEC_JSON_MAX_DEPTH)
            return false;
        if ((c == '}' || c == ']') && depth-- == 0)
            return false;
        closed = depth == 0;
    }
    return true;
}

JsonObject *lec_json_read(const char *text, gsize len, GError **error) {
    if (len > LEC_JSON_MAX_BYTES || !g_utf8_validate_len(text, len, NULL) || !is_tame(text, len)) {
        g_set_error(error, LEC_JSON_ERROR, LEC_JSON_ERROR_MALFORMED,
                    "The message is no JSON, too long or too deep.");
        return NULL;
    }
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) why = NULL;
    if (!json_parser_load_from_data(parser, text, (gssize)len, &why)) {
        g_set_error(error, LEC_JSON_ERROR, LEC_JSON_ERROR_MALFORMED, "The message is no JSON: %s.",
                    why->message);
        return NULL;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (root && JSON_NODE_HOLDS_OBJECT(root))
        return json_node_dup_object(root);
    g_set_error(error, LEC_JSON_ERROR, LEC_JSON_ERROR_MALFORMED, "The message is no JSON object.");
    return NULL;
}

/* The member where its value is of that type; otherwise NULL. */
static JsonNode *find(JsonObject *object, const char *name, GType type) {
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node
                                                                                         : NULL;
}

bool lec_json_get_int(JsonObject *object, const char *name, gint64 min, gint64 max, gint64 *ret,
                      GError **error) {
    JsonNode *node = find(object, name, G_TYPE_INT64);
    if (node && json_node_get_int(node) >= min && json_node_get_int(node) <= max) {
        *ret = json_node_get_int(node);
        return true;
    }
    g_set_error(error, LEC_JSON_ERROR, LEC_JSON_ERROR_MEMBER,
                "\"%s\" is to be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".",
                name, min, max);
    return false;
}

bool lec_json_get_bool(JsonObject *object, const char *name, bool *ret, GError **error) {
    JsonNode *node = find(object, name, G_TYPE_BOOLEAN);
    if (node) {
        *ret = json_node_get_boolean(node);
        return true;
    }
    g_set_error(error, LEC_JSON_ERROR, LEC_JSON_ERROR_MEMBER, "\"%s\" is to be true or false.",
                name);
    return false;
}

const char *lec_json_get_text(JsonObject *object, const char *name, gsize max_bytes,
                              GError **error) {
    JsonNode *node = find(object, name, G_TYPE_STRING);
    const char *text = node ? json_node_get_string(node) : NULL;
    /* The parser makes half a surrogate pair into bytes that are no UTF-8. */
    if (text && strlen(text) <= max_bytes && g_utf8_validate(text, -1, NULL))
        return text;
    g_set_error(error, LEC_JSON_ERROR, LEC_JSON_ERROR_MEMBER,
                "\"%s\" is to be a text of at most %zu bytes.", name, max_bytes);
    return NULL;
}

bool lec_json_get_choice(JsonObject *object, const char *name, const char *const *choices,
                         guint *ret, GError **error) {
    JsonNode *node = find(object, name, G_TYPE_STRING);
    for (guint i = 0; node && choices[i]; i++) {
        if (strcmp(choices[i], json_node_get_string(node)) == 0) {
            *ret = i;
            return true;
        }
    }
    g_autofree char *list = g_strjoinv(", ", (char **)choices);
    g_set_error(error, LEC_JSON_ERROR, LEC_JSON_ERROR_MEMBER, "\"%s\" is to be one of: %s.", name,
                list);
    return false;
}
