/* Reads one JSON object that a peer sent, bounded in size and depth, and its members strictly. */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

#define LEC_JSON_MAX_BYTES (32 * 1024)
#define LEC_JSON_MAX_DEPTH 8

#define LEC_JSON_ERROR (lec_json_error_quark())
GQuark lec_json_error_quark(void);
typedef enum { LEC_JSON_ERROR_MALFORMED, LEC_JSON_ERROR_MEMBER } LecJsonError;

/* Unref it. */
JsonObject *lec_json_read(const char *text, gsize len, GError **error);

/* False with error where the member is missing or anything else; outputs untouched then. */
bool lec_json_get_int(JsonObject *object, const char *name, gint64 min, gint64 max, gint64 *ret,
                      GError **error);
bool lec_json_get_bool(JsonObject *object, const char *name, bool *ret, GError **error);
const char *lec_json_get_text(JsonObject *object, const char *name, gsize max_bytes,
                              GError **error); /* borrowed */
/* Its place in the list, which NULL ends. */
bool lec_json_get_choice(JsonObject *object, const char *name, const char *const *choices,
                         guint *ret, GError **error);
