/* Bearer tokens: what they open, for how long, and that nothing else does. */
#include <string.h>

#include "receiver/tokens.h"

#define NOW G_GINT64_CONSTANT(5000000000)

static void test_opens_its_scope(void) {
    g_autoptr(LecTokens) tokens = lec_tokens_new();
    char text[LEC_TOKEN_TEXT_SIZE], other[LEC_TOKEN_TEXT_SIZE];
    guint id = lec_tokens_issue(tokens, LEC_TOKEN_WHIP, "OBS in room 12", 3600, NOW, text);
    g_assert_cmpuint(id, ==, 1);
    g_assert_cmpuint(strlen(text), ==, LEC_TOKEN_TEXT_SIZE - 1);
    g_assert_cmpuint(lec_tokens_issue(tokens, LEC_TOKEN_ROOM, "x", 3600, NOW, other), ==, 2);
    g_assert_cmpstr(text, !=, other);
    g_assert_cmpuint(lec_tokens_check(tokens, text, LEC_TOKEN_WHIP, NOW), ==, 1);
    g_assert_cmpuint(lec_tokens_check(tokens, text, LEC_TOKEN_ROOM, NOW), ==, 0);
    g_assert_cmpuint(lec_tokens_check(tokens, other, LEC_TOKEN_ROOM, NOW), ==, 2);
    g_assert_cmpuint(lec_tokens_check(tokens, "", LEC_TOKEN_WHIP, NOW), ==, 0);
    text[5] ^= 1;
    g_assert_cmpuint(lec_tokens_check(tokens, text, LEC_TOKEN_WHIP, NOW), ==, 0);
}

static void test_ends(void) {
    g_autoptr(LecTokens) tokens = lec_tokens_new();
    char text[LEC_TOKEN_TEXT_SIZE];
    guint id = lec_tokens_issue(tokens, LEC_TOKEN_WHIP, "", 3600, NOW, text);
    const gint64 end = NOW + G_GINT64_CONSTANT(3600000000);
    g_assert_cmpuint(lec_tokens_check(tokens, text, LEC_TOKEN_WHIP, end - 1), ==, id);
    g_assert_true(lec_tokens_holds(tokens, id, end - 1));
    g_assert_cmpuint(lec_tokens_check(tokens, text, LEC_TOKEN_WHIP, end), ==, 0);
    g_assert_false(lec_tokens_holds(tokens, id, end));

    id = lec_tokens_issue(tokens, LEC_TOKEN_WHIP, "", 0, NOW, text); /* a minute at least */
    g_assert_true(lec_tokens_holds(tokens, id, NOW + 59 * G_USEC_PER_SEC));
    g_assert_true(lec_tokens_revoke(tokens, id));
    g_assert_false(lec_tokens_revoke(tokens, id));
    g_assert_cmpuint(lec_tokens_check(tokens, text, LEC_TOKEN_WHIP, NOW), ==, 0);
    g_assert_false(lec_tokens_holds(tokens, 77, NOW));
}

static void test_bounds(void) {
    g_autoptr(LecTokens) tokens = lec_tokens_new();
    char text[LEC_TOKEN_TEXT_SIZE];
    for (guint i = 0; i < LEC_TOKENS_MAX; i++)
        g_assert_cmpuint(lec_tokens_issue(tokens, LEC_TOKEN_ROOM, "full", 60, NOW, text), !=, 0);
    g_assert_cmpuint(lec_tokens_issue(tokens, LEC_TOKEN_ROOM, "full", 60, NOW, text), ==, 0);
    /* Those that have run out make room. */
    const gint64 later = NOW + 61 * G_USEC_PER_SEC;
    g_autofree char *label = g_strnfill(LEC_TOKEN_MAX_LABEL_BYTES - 1, 'a');
    g_autofree char *long_label = g_strconcat(label, "\xe2\x82\xac and on", NULL);
    g_assert_cmpuint(lec_tokens_issue(tokens, LEC_TOKEN_ROOM, long_label, 60, later, text), !=, 0);
    LecTokenInfo infos[LEC_TOKENS_MAX];
    g_assert_cmpuint(lec_tokens_list(tokens, later, infos), ==, 1);
    g_assert_cmpstr(infos[0].label, ==, label); /* not half a character */
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tokens/opens-its-scope", test_opens_its_scope);
    g_test_add_func("/tokens/ends", test_ends);
    g_test_add_func("/tokens/bounds", test_bounds);
    return g_test_run();
}
