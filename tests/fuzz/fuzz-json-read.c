/* What a host says as JSON: whatever passes the bounds, the parser takes without harm. */
#include "receiver/json-read.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) object = lec_json_read((const char *)data, size, &error);
    g_assert((object == NULL) == (error != NULL));
    if (!object)
        return 0;
    gint64 number = 5;
    if (lec_json_get_int(object, "n", 0, 9, &number, NULL))
        g_assert(number >= 0 && number <= 9);
    const char *text = lec_json_get_text(object, "do", 32, NULL);
    g_assert(!text || g_utf8_validate(text, -1, NULL));
    bool on = false;
    lec_json_get_bool(object, "on", &on, NULL);
    return 0;
}
