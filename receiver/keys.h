/* What the keys of the box's own keyboard do. Pure. */
#pragma once

#include <glib.h>

typedef enum {
    LEC_KEY_NONE,
    LEC_KEY_LAYOUT,  /* l: the next layout */
    LEC_KEY_FOCUS,   /* 1 to 9: that tile large; 0: none, the automatic layout */
    LEC_KEY_MUTE,    /* m */
    LEC_KEY_PAUSE,   /* p */
    LEC_KEY_NUMBER,  /* i: another meeting ID of six digits */
    LEC_KEY_APPROVE, /* y, Return: let the waiting caller in */
    LEC_KEY_DECLINE, /* n, Escape */
} LecKeyAction;

typedef struct {
    LecKeyAction action;
    guint tile; /* LEC_KEY_FOCUS: from 1; 0: none */
} LecKey;

LecKey lec_key_find(guint keysym);
