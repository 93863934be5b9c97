/* Keeps the list of revoked devices, in memory and on disk. */
#include "receiver/revocations.h"

#include "common/base/log.h"
#include "receiver/json-read.h"
#include "receiver/json-write.h"

#include <string.h>

#define FILE_NAME "revocations.json"
#define MAX_FILE_BYTES (4 * 1024 * 1024)

G_DEFINE_QUARK(lec_revocations_error, lec_revocations_error)

struct LecRevocations {
    char *path;
    GArray *list; /* of LecRevocation */
};

static bool is_over(const LecRevocation *revocation, gint64 now_s) {
    return revocation->until_s != 0 && revocation->until_s <= now_s;
}

static LecRevocation *at(const LecRevocations *self, guint i) {
    return &g_array_index(self->list, LecRevocation, i);
}

/* ---- the file ---- */

static char *write_list(const LecRevocations *self) {
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    lec_json_begin_list(json, "devices");
    for (guint i = 0; i < self->list->len; i++) {
        char text[LEC_FINGERPRINT_TEXT_SIZE];
        lec_fingerprint_format(&at(self, i)->device, text);
        json_builder_begin_object(json);
        lec_json_add_text(json, "device", text);
        lec_json_add_count(json, "until", at(self, i)->until_s);
        lec_json_add_text(json, "reason", at(self, i)->reason);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
    json_builder_end_object(json);
    return lec_json_print(json, true);
}

static void save(const LecRevocations *self) {
    g_autofree char *text = write_list(self);
    g_autoptr(GError) error = NULL;
    if (!g_file_set_contents_full(self->path, text, -1,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, &error))
        lec_error("The list of revoked devices could not be kept: %s", error->message);
}

static bool read_one(JsonNode *node, LecRevocation *ret) {
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return false;
    JsonObject *object = json_node_get_object(node);
    const char *device = lec_json_get_text(object, "device", LEC_FINGERPRINT_TEXT_SIZE, NULL);
    const char *reason = lec_json_get_text(object, "reason", LEC_REVOCATION_MAX_REASON_BYTES, NULL);
    if (!device || !lec_fingerprint_parse(device, &ret->device) || !reason ||
        !lec_json_get_int(object, "until", 0, G_MAXINT64, &ret->until_s, NULL))
        return false;
    lec_revocation_set_reason(ret, reason);
    return true;
}

static bool read_list(LecRevocations *self, const char *text, gsize len, GError **error) {
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root =
        len <= MAX_FILE_BYTES && json_parser_load_from_data(parser, text, (gssize)len, NULL)
            ? json_parser_get_root(parser)
            : NULL;
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    JsonNode *devices = object ? json_object_get_member(object, "devices") : NULL;
    bool good = devices && JSON_NODE_HOLDS_ARRAY(devices);
    JsonArray *array = good ? json_node_get_array(devices) : NULL;
    for (guint i = 0; good && i < json_array_get_length(array); i++) {
        LecRevocation revocation = {0};
        good = read_one(json_array_get_element(array, i), &revocation);
        g_array_append_val(self->list, revocation);
    }
    if (!good)
        g_set_error(error, LEC_REVOCATIONS_ERROR, LEC_REVOCATIONS_ERROR_INVALID,
                    "%s is no list of revoked devices; if it is to be forgotten, remove it.",
                    self->path);
    return good;
}

LecRevocations *lec_revocations_load(const char *state_folder, GError **error) {
    g_autoptr(LecRevocations) self = g_new0(LecRevocations, 1);
    self->path = g_build_filename(state_folder, FILE_NAME, NULL);
    self->list = g_array_new(FALSE, FALSE, sizeof(LecRevocation));
    g_autofree char *text = NULL;
    gsize len = 0;
    g_autoptr(GError) why = NULL;
    if (!g_file_get_contents(self->path, &text, &len, &why)) {
        if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&self);
        g_set_error_literal(error, LEC_REVOCATIONS_ERROR, LEC_REVOCATIONS_ERROR_FILE, why->message);
        return NULL;
    }
    return read_list(self, text, len, error) ? g_steal_pointer(&self) : NULL;
}

void lec_revocations_free(LecRevocations *self) {
    if (!self)
        return;
    g_array_unref(self->list);
    g_free(self->path);
    g_free(self);
}

/* ---- the list ---- */

static bool drop(LecRevocations *self, const LecFingerprint *device, gint64 now_s) {
    const guint before = self->list->len;
    for (guint i = self->list->len; i-- > 0;) {
        if (is_over(at(self, i), now_s) ||
            (device && lec_fingerprint_equal(&at(self, i)->device, device)))
            g_array_remove_index(self->list, i);
    }
    return self->list->len != before;
}

static bool is_same(const LecRevocations *self, const GArray *revocations) {
    bool same = self->list->len == revocations->len;
    for (guint i = 0; same && i < revocations->len; i++) {
        const LecRevocation *other = &g_array_index(revocations, LecRevocation, i);
        same = lec_fingerprint_equal(&at(self, i)->device, &other->device) &&
               at(self, i)->until_s == other->until_s &&
               !strcmp(at(self, i)->reason, other->reason);
    }
    return same;
}

void lec_revocations_replace(LecRevocations *self, const GArray *revocations, gint64 now_s) {
    if (is_same(self, revocations))
        return;
    g_array_set_size(self->list, 0);
    g_array_append_vals(self->list, revocations->data, revocations->len);
    drop(self, NULL, now_s);
    save(self);
}

void lec_revocations_add(LecRevocations *self, const LecRevocation *revocation, gint64 now_s) {
    drop(self, &revocation->device, now_s);
    if (!is_over(revocation, now_s)) {
        if (self->list->len >= LEC_REVOCATIONS_MAX)
            g_array_remove_index(self->list, 0);
        g_array_append_vals(self->list, revocation, 1);
    }
    save(self);
}

void lec_revocations_remove(LecRevocations *self, const LecFingerprint *device, gint64 now_s) {
    if (drop(self, device, now_s))
        save(self);
}

bool lec_revocations_contain(const LecRevocations *self, const LecFingerprint *device,
                             gint64 now_s) {
    for (guint i = 0; i < self->list->len; i++) {
        if (lec_fingerprint_equal(&at(self, i)->device, device) && !is_over(at(self, i), now_s))
            return true;
    }
    return false;
}

guint lec_revocations_count(const LecRevocations *self, gint64 now_s) {
    guint count = 0;
    for (guint i = 0; i < self->list->len; i++)
        count += !is_over(at(self, i), now_s);
    return count;
}
