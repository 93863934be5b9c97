/* From the build's table of files to what the server serves. */
#include "receiver/web-pages.h"

#include <json-glib/json-glib.h>

#define TABLE LEC_WEB_PREFIX "/pages.json"

static GBytes *look_up(GResource *resource, const char *file, const char *ending, GError **error) {
    g_autofree char *path = g_strconcat(LEC_WEB_PREFIX "/", file, ending, NULL);
    return g_resource_lookup_data(resource, path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
}

static bool put_one(GResource *resource, JsonObject *row, LecHttpsFiles *files, GError **error) {
    const char *path = json_object_get_string_member_with_default(row, "path", NULL);
    const char *file = json_object_get_string_member_with_default(row, "file", NULL);
    const LecHttpsFile found = {
        .type = json_object_get_string_member_with_default(row, "type", NULL),
        .etag = json_object_get_string_member_with_default(row, "etag", NULL),
        .immutable = json_object_get_boolean_member_with_default(row, "immutable", FALSE),
    };
    if (!path || *path != '/' || !file || !found.type || !found.etag) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "A row of %s lacks its path, file, type or tag.", TABLE);
        return false;
    }
    g_autoptr(GBytes) body = look_up(resource, file, "", error);
    g_autoptr(GBytes) gzip = NULL;
    bool packed = json_object_get_boolean_member_with_default(row, "gzip", FALSE);
    if (!body || (packed && !(gzip = look_up(resource, file, ".gz", error))))
        return false;
    if (files) {
        LecHttpsFile whole = found;
        whole.body = body;
        whole.gzip = gzip;
        lec_https_files_put(files, path, &whole);
    }
    return true;
}

/* files NULL: only looks whether all is there. */
static bool put_all(GResource *resource, JsonArray *rows, LecHttpsFiles *files, GError **error) {
    for (guint i = 0; i < json_array_get_length(rows); i++) {
        JsonNode *node = json_array_get_element(rows, i);
        if (!JSON_NODE_HOLDS_OBJECT(node)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s holds no rows.", TABLE);
            return false;
        }
        if (!put_one(resource, json_node_get_object(node), files, error))
            return false;
    }
    return true;
}

bool lec_web_pages_put(GResource *resource, LecHttpsFiles *files, GError **error) {
    g_autoptr(GBytes) text =
        g_resource_lookup_data(resource, TABLE, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
    if (!text)
        return false;
    gsize len;
    const char *data = g_bytes_get_data(text, &len);
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_data(parser, data, (gssize)len, error))
        return false;
    JsonNode *root = json_parser_get_root(parser);
    JsonNode *rows = root && JSON_NODE_HOLDS_OBJECT(root)
                         ? json_object_get_member(json_node_get_object(root), "pages")
                         : NULL;
    if (!rows || !JSON_NODE_HOLDS_ARRAY(rows)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s holds no table.", TABLE);
        return false;
    }
    return put_all(resource, json_node_get_array(rows), NULL, error) &&
           put_all(resource, json_node_get_array(rows), files, error);
}
