/* The table of keys. */
#include "receiver/keys.h"

#include <X11/keysym.h>

static const struct {
    guint keysym;
    LecKeyAction action;
} KEYS[] = {
    {XK_l, LEC_KEY_LAYOUT},  {XK_m, LEC_KEY_MUTE},         {XK_p, LEC_KEY_PAUSE},
    {XK_y, LEC_KEY_APPROVE}, {XK_Return, LEC_KEY_APPROVE}, {XK_KP_Enter, LEC_KEY_APPROVE},
    {XK_n, LEC_KEY_DECLINE}, {XK_Escape, LEC_KEY_DECLINE}, {XK_i, LEC_KEY_NUMBER},
};

LecKey lec_key_find(guint keysym) {
    if (keysym >= XK_0 && keysym <= XK_9)
        return (LecKey){LEC_KEY_FOCUS, keysym - XK_0};
    if (keysym >= XK_KP_0 && keysym <= XK_KP_9)
        return (LecKey){LEC_KEY_FOCUS, keysym - XK_KP_0};
    if (keysym >= XK_A && keysym <= XK_Z)
        keysym += XK_a - XK_A;
    for (guint i = 0; i < G_N_ELEMENTS(KEYS); i++)
        if (KEYS[i].keysym == keysym)
            return (LecKey){KEYS[i].action, 0};
    return (LecKey){LEC_KEY_NONE, 0};
}
