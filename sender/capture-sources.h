/* The kinds of picture source behind lec_capture_open(). */
#pragma once

#include "sender/capture.h"

/* Of the display in DISPLAY; window 0: the whole screen. A floating reference, as elements are
 * born. */
GstElement *lec_capture_x11_new(gulong window, guint max_fps, GError **error);

/* A moving test picture of 1920 × 1080. */
GstElement *lec_capture_test_new(guint max_fps);
