/* The kinds of picture source behind lec_capture_open(). */
#pragma once

#include "sender/capture.h"

/* Of the display in DISPLAY; window 0: the whole screen. A floating reference, as elements are
 * born. */
GstElement *lec_capture_x11_new(gulong window, guint max_fps, GError **error);

/* A moving test picture of 1920 × 1080. */
GstElement *lec_capture_test_new(guint max_fps);

/* The stream that a portal session gave. Takes fd. */
GstElement *lec_capture_portal_new(int fd, guint32 node, guint max_fps, GError **error);
/* Any thread: the session is over, the pictures end. */
void lec_capture_portal_close(GstElement *source);
