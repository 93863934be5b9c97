/* The windows that a person may want to share, of the X display in DISPLAY. */
#pragma once

#include <glib.h>

typedef struct {
    gulong id;
    char *title; /* UTF-8, one line, never empty */
} LecX11Window;

void lec_x11_window_free(LecX11Window *self);

/* LecX11Window, the one that was used last first as far as the window manager says; own windows of
 * the process are left out. Empty where there is no display. Asks the display and waits for it. */
GPtrArray *lec_x11_windows_list(void);
