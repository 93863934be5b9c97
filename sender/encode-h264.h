/* The H.264 encoders of this machine: which to take, and how each is told what we want. */
#pragma once

#include "sender/encode.h"

/* An encoder that works here, set up for live use; NULL with error where there is none. A floating
 * reference. */
GstElement *lec_h264_new(LecProfile profile, guint kbps, GError **error);

/* Whether it takes I420; else a videoconvert has to stand before it. */
bool lec_h264_takes_i420(GstElement *encoder);

/* Any thread, while it runs. */
void lec_h264_set_kbps(GstElement *encoder, guint kbps);
