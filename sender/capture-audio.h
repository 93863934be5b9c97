/* Where sound comes from: what this machine plays. */
#pragma once

#include <gst/gst.h>

/* An element with a "src" pad that gives what the default output plays, raw; NULL with error. A
 * floating reference. */
GstElement *lec_capture_audio_new(GError **error);
