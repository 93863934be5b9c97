/* JSON from a peer: bounded before the parser sees it, members as they must be. */
#include "receiver/json-read.h"

#include <string.h>

static JsonObject *read_text(const char *text) {
    g_autoptr(GError) error = NULL;
    JsonObject *object = lec_json_read(text, strlen(text), &error);
    g_assert_true((object == NULL) == (error != NULL));
    return object;
}

static void test_refused(void) {
    static const char *const texts[] = {
        "",
        "[]",
        "7",
        "\"text\"",
        "null",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1} {}",
        "{'a':1}",
        "{\"a\":1 /* no */}",
        "{\"a\":1 // no\n}",
        "{\"a\":1 # no\n}",
        "{\"a\":\"\xff\"}",
        "{\"a\":[[[[[[[[1]]]]]]]]}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_null(read_text(texts[i]));
}

/* As deep as it may be, and brackets in strings that count for nothing. */
static void test_depth(void) {
    g_autoptr(JsonObject) deep = read_text("{\"a\":[[[[[[[1]]]]]]]}");
    g_assert_nonnull(deep);
    g_autoptr(JsonObject) quoted = read_text("{\"a\":\"[[[[[[[[[[\\\"[[[[/'#\",\"b\":[]}");
    g_assert_nonnull(quoted);
    g_autofree char *brackets = g_strnfill(LEC_JSON_MAX_BYTES, '[');
    g_assert_null(read_text(brackets));
    g_autofree char *spaces = g_strnfill(LEC_JSON_MAX_BYTES + 1, ' ');
    memcpy(spaces, "{}", 2);
    g_assert_null(read_text(spaces));
}

static void test_members(void) {
    g_autoptr(JsonObject) object = read_text("{\"n\":7,\"half\":7.5,\"big\":99999999999999999999,"
                                             "\"yes\":true,\"word\":\"grid\",\"none\":"
                                             "null,\"list\":[1]}");
    g_assert_nonnull(object);
    gint64 number = 42;
    g_assert_true(lec_json_get_int(object, "n", 0, 7, &number, NULL));
    g_assert_cmpint(number, ==, 7);
    static const char *const not_numbers[] = {"half", "yes", "word", "none", "list", "nothing"};
    for (guint i = 0; i < G_N_ELEMENTS(not_numbers); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(lec_json_get_int(object, not_numbers[i], 0, 100, &number, &error));
        g_assert_error(error, LEC_JSON_ERROR, LEC_JSON_ERROR_MEMBER);
    }
    g_assert_false(lec_json_get_int(object, "n", 8, 100, &number, NULL));
    g_assert_false(lec_json_get_int(object, "n", -5, 6, &number, NULL));
    g_assert_cmpint(number, ==, 7);

    bool yes = false;
    g_assert_true(lec_json_get_bool(object, "yes", &yes, NULL) && yes);
    g_assert_false(lec_json_get_bool(object, "n", &yes, NULL));
    g_assert_cmpstr(lec_json_get_text(object, "word", 4, NULL), ==, "grid");
    g_assert_null(lec_json_get_text(object, "word", 3, NULL));
    g_assert_null(lec_json_get_text(object, "n", 30, NULL));
    g_autoptr(JsonObject) half = read_text("{\"word\":\"\\ud83d\\ude00\\ud83d\\t\"}");
    g_assert_true(!half || !lec_json_get_text(half, "word", 30, NULL));

    static const char *const layouts[] = {"focus", "grid", NULL};
    guint choice = 9;
    g_assert_true(lec_json_get_choice(object, "word", layouts, &choice, NULL));
    g_assert_cmpuint(choice, ==, 1);
    g_assert_false(lec_json_get_choice(object, "n", layouts, &choice, NULL));
    g_assert_false(lec_json_get_choice(object, "nothing", layouts, &choice, NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json-read/refused", test_refused);
    g_test_add_func("/json-read/depth", test_depth);
    g_test_add_func("/json-read/members", test_members);
    return g_test_run();
}
