/* Lists boxes, throws them out, lets them in again. */
#include "admin/boxes.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    char *name;
    bool connected, revoked;
    char *last_seen; /* ISO 8601; NULL: never, or it is connected */
} Box;

static void box_free(gpointer data) {
    Box *self = data;
    g_free(self->name);
    g_free(self->last_seen);
    g_free(self);
}

static JsonArray *array_of(JsonNode *node, GError **error) {
    if (node && JSON_NODE_HOLDS_ARRAY(node))
        return json_node_get_array(node);
    if (node)
        g_set_error_literal(error, LEC_API_ERROR, LEC_API_ERROR_FAILED,
                            "The cloud answers with something that is no list.");
    return NULL;
}

static const char *text_at(JsonArray *array, guint i) {
    JsonNode *node = json_array_get_element(array, i);
    return json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : "";
}

/* The local parts of the addresses at that host, whatever comes after them. */
static GHashTable *names_at(JsonNode *node, const char *host, GError **error) {
    JsonArray *array = array_of(node, error);
    if (!array)
        return NULL;
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_auto(GStrv) parts = g_strsplit_set(text_at(array, i), "@/", 3);
        if (g_strv_length(parts) >= 2 && g_ascii_strcasecmp(parts[1], host) == 0)
            g_hash_table_add(names, g_strdup(parts[0]));
    }
    return names;
}

static char *ask_last_seen(const LecAdminContext *context, const char *name, GError **error) {
    g_autoptr(JsonNode) node = lec_admin_api_call(context->api, error, "get_last", "user", name,
                                                  "host", context->boxes, NULL);
    JsonObject *last = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *time =
        last ? json_object_get_string_member_with_default(last, "timestamp", "") : "";
    return g_strdup(g_str_has_prefix(time, "1970") ? "" : time);
}

/* Of Box, by name. */
static GPtrArray *list_boxes(const LecAdminContext *context, GError **error) {
    const char *host = context->boxes;
    g_autoptr(JsonNode) all =
        lec_admin_api_call(context->api, error, "registered_users", "host", host, NULL);
    JsonArray *names = all ? array_of(all, error) : NULL;
    g_autoptr(JsonNode) online =
        names ? lec_admin_api_call(context->api, error, "connected_users", NULL) : NULL;
    g_autoptr(GHashTable) connected = online ? names_at(online, host, error) : NULL;
    g_autoptr(JsonNode) members =
        connected ? lec_admin_api_call(context->api, error, "srg_get_members", "group",
                                       LEC_ADMIN_REVOKED, "host", host, NULL)
                  : NULL;
    g_autoptr(GHashTable) revoked = members ? names_at(members, host, error) : NULL;
    if (!revoked)
        return NULL;
    g_autoptr(GPtrArray) boxes = g_ptr_array_new_with_free_func(box_free);
    for (guint i = 0; i < json_array_get_length(names); i++) {
        const char *name = text_at(names, i);
        if (strcmp(name, context->account->user) == 0)
            continue;
        Box *box = g_new0(Box, 1);
        box->name = g_strdup(name);
        box->connected = g_hash_table_contains(connected, name);
        box->revoked = g_hash_table_contains(revoked, name);
        g_ptr_array_add(boxes, box);
        if (!box->connected && !(box->last_seen = ask_last_seen(context, name, error)))
            return NULL;
        if (error && *error)
            return NULL;
    }
    return g_steal_pointer(&boxes);
}

static const char *state_of(const Box *box) {
    return box->revoked ? "revoked" : box->connected ? "connected" : "away";
}

static void print_json(JsonBuilder *json) {
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    g_autofree char *text = json_to_string(root, TRUE);
    puts(text);
}

static void print_boxes_as_json(const GPtrArray *boxes) {
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_array(json);
    for (guint i = 0; i < boxes->len; i++) {
        const Box *box = boxes->pdata[i];
        json_builder_begin_object(json);
        json_builder_set_member_name(json, "name");
        json_builder_add_string_value(json, box->name);
        json_builder_set_member_name(json, "state");
        json_builder_add_string_value(json, state_of(box));
        json_builder_set_member_name(json, "last_seen");
        json_builder_add_string_value(json, box->last_seen ? box->last_seen : "");
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
    print_json(json);
}

bool lec_admin_print_boxes(const LecAdminContext *context, GError **error) {
    g_autoptr(GPtrArray) boxes = list_boxes(context, error);
    if (!boxes)
        return false;
    if (context->options->json) {
        print_boxes_as_json(boxes);
        return true;
    }
    for (guint i = 0; i < boxes->len; i++) {
        const Box *box = boxes->pdata[i];
        printf("%-32s  %-9s  %s\n", box->name, state_of(box),
               box->last_seen && *box->last_seen ? box->last_seen
               : box->connected                  ? "now"
                                                 : "never seen");
    }
    return true;
}

bool lec_admin_print_status(const LecAdminContext *context, GError **error) {
    g_autoptr(GPtrArray) boxes = list_boxes(context, error);
    if (!boxes)
        return false;
    guint connected = 0, revoked = 0;
    for (guint i = 0; i < boxes->len; i++) {
        const Box *box = boxes->pdata[i];
        connected += box->connected;
        revoked += box->revoked;
    }
    if (!context->options->json) {
        printf("The cloud %s is up. Boxes: %u, connected: %u, revoked: %u.\n",
               context->options->cloud, boxes->len, connected, revoked);
        return true;
    }
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "boxes");
    json_builder_add_int_value(json, boxes->len);
    json_builder_set_member_name(json, "connected");
    json_builder_add_int_value(json, connected);
    json_builder_set_member_name(json, "revoked");
    json_builder_add_int_value(json, revoked);
    json_builder_end_object(json);
    print_json(json);
    return true;
}

/* ---- changes ---- */

int lec_admin_has_box(const LecAdminContext *context, const char *name, GError **error) {
    g_autoptr(JsonNode) all =
        lec_admin_api_call(context->api, error, "registered_users", "host", context->boxes, NULL);
    JsonArray *names = all ? array_of(all, error) : NULL;
    if (!names)
        return -1;
    for (guint i = 0; i < json_array_get_length(names); i++)
        if (strcmp(text_at(names, i), name) == 0)
            return 1;
    return 0;
}

static bool must_have(const LecAdminContext *context, GError **error) {
    const char *name = context->options->box;
    const int has = lec_admin_has_box(context, name, error);
    if (has == 0 || (has > 0 && strcmp(name, context->account->user) == 0))
        g_set_error(error, LEC_API_ERROR, LEC_API_ERROR_FAILED, "The cloud has no box called %s.",
                    name);
    return has > 0 && strcmp(name, context->account->user) != 0;
}

static bool call_group(const LecAdminContext *context, const char *command, GError **error) {
    g_autoptr(JsonNode) answer = lec_admin_api_call(
        context->api, error, command, "user", context->options->box, "host", context->boxes,
        "group", LEC_ADMIN_REVOKED, "grouphost", context->boxes, NULL);
    return answer != NULL;
}

static bool kick(const LecAdminContext *context, GError **error) {
    g_autoptr(JsonNode) answer =
        lec_admin_api_call(context->api, error, "kick_user", "user", context->options->box, "host",
                           context->boxes, NULL);
    return answer != NULL;
}

/* First the rule, then the sessions: the other way round a box would be back in between. */
bool lec_admin_revoke_box(const LecAdminContext *context, GError **error) {
    if (!must_have(context, error) || !call_group(context, "srg_user_add", error) ||
        !kick(context, error))
        return false;
    printf("The box %s has been thrown out.\n", context->options->box);
    return true;
}

bool lec_admin_restore_box(const LecAdminContext *context, GError **error) {
    if (!must_have(context, error) || !call_group(context, "srg_user_del", error))
        return false;
    printf("The box %s is let in again.\n", context->options->box);
    return true;
}

bool lec_admin_remove_box(const LecAdminContext *context, GError **error) {
    if (!must_have(context, error))
        return false;
    g_autoptr(JsonNode) answer =
        lec_admin_api_call(context->api, error, "unregister", "user", context->options->box, "host",
                           context->boxes, NULL);
    if (answer && call_group(context, "srg_user_del", NULL))
        printf("The account of the box %s is gone.\n", context->options->box);
    return answer != NULL;
}
