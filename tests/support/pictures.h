/* Synthetic decoded frames, and looking at pixels. */
#pragma once

#include "receiver/frame.h"
#include "receiver/stage/output.h"

/* One colour everywhere; BT.709, limited range. */
LecFrame *lec_test_frame(LecFrameFormat format, guint width, guint height, guint8 y, guint8 u,
                         guint8 v);

/* Writes luma into a rectangle of a frame that was made here and is nobody else's yet. */
void lec_test_frame_fill(LecFrame *frame, LecRect area, guint8 y);

/* Whether every channel of BGRx pixel is within tolerance of 0xrrggbb. */
bool lec_test_pixel_is(guint32 pixel, guint32 rgb, guint tolerance);
