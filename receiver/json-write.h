/* Writes JSON a member a line. */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

void lec_json_add_text(JsonBuilder *json, const char *name, const char *value);
void lec_json_add_count(JsonBuilder *json, const char *name, gint64 value);
void lec_json_add_number(JsonBuilder *json, const char *name, double value);
void lec_json_add_bool(JsonBuilder *json, const char *name, bool value);

/* A member that is an object or a list itself; json_builder_end_object() and _end_array() end it.
 */
void lec_json_begin_object(JsonBuilder *json, const char *name);
void lec_json_begin_list(JsonBuilder *json, const char *name);

/* What has been written to the end, in one line or laid out for people. Free it. */
char *lec_json_print(JsonBuilder *json, bool pretty);
