/* A member's name and its value in one call. */
#include "receiver/json-write.h"

void lec_json_add_text(JsonBuilder *json, const char *name, const char *value) {
    json_builder_set_member_name(json, name);
    json_builder_add_string_value(json, value);
}

void lec_json_add_count(JsonBuilder *json, const char *name, gint64 value) {
    json_builder_set_member_name(json, name);
    json_builder_add_int_value(json, value);
}

void lec_json_add_number(JsonBuilder *json, const char *name, double value) {
    json_builder_set_member_name(json, name);
    json_builder_add_double_value(json, value);
}

void lec_json_add_bool(JsonBuilder *json, const char *name, bool value) {
    json_builder_set_member_name(json, name);
    json_builder_add_boolean_value(json, value);
}

void lec_json_begin_object(JsonBuilder *json, const char *name) {
    json_builder_set_member_name(json, name);
    json_builder_begin_object(json);
}

void lec_json_begin_list(JsonBuilder *json, const char *name) {
    json_builder_set_member_name(json, name);
    json_builder_begin_array(json);
}

char *lec_json_print(JsonBuilder *json, bool pretty) {
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    return json_to_string(root, pretty);
}
