/* Every key of the keyboard's table, and none that is not in it. */
#include "receiver/keys.h"

#include <X11/keysym.h>

static void test_table(void) {
    static const struct {
        guint keysym;
        LecKeyAction action;
    } known[] = {
        {XK_l, LEC_KEY_LAYOUT},       {XK_L, LEC_KEY_LAYOUT},         {XK_m, LEC_KEY_MUTE},
        {XK_i, LEC_KEY_NUMBER},       {XK_P, LEC_KEY_PAUSE},          {XK_y, LEC_KEY_APPROVE},
        {XK_Return, LEC_KEY_APPROVE}, {XK_KP_Enter, LEC_KEY_APPROVE}, {XK_N, LEC_KEY_DECLINE},
        {XK_Escape, LEC_KEY_DECLINE}, {XK_space, LEC_KEY_NONE},       {XK_q, LEC_KEY_NONE},
        {XK_colon, LEC_KEY_NONE},     {XK_slash, LEC_KEY_NONE},       {0, LEC_KEY_NONE},
        {G_MAXUINT, LEC_KEY_NONE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        g_assert_cmpint(lec_key_find(known[i].keysym).action, ==, known[i].action);
}

static void test_digits(void) {
    for (guint i = 0; i <= 9; i++) {
        g_assert_cmpint(lec_key_find(XK_0 + i).action, ==, LEC_KEY_FOCUS);
        g_assert_cmpuint(lec_key_find(XK_0 + i).tile, ==, i);
        g_assert_cmpint(lec_key_find(XK_KP_0 + i).action, ==, LEC_KEY_FOCUS);
        g_assert_cmpuint(lec_key_find(XK_KP_0 + i).tile, ==, i);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/keys/table", test_table);
    g_test_add_func("/keys/digits", test_digits);
    return g_test_run();
}
