/* The way from lectern-share to the window, which is a program of its own: who shares from a
 * terminal needs no GTK. */
#pragma once

#include <glib.h>

/* Becomes lectern-window, with the same arguments. Returns only where that fails: no display, or
 * the window is not installed; error says what to do. */
void lec_window_program_become(char **argv, GError **error);
