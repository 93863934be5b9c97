/* Makes pictures smaller where the receiver shows them smaller, so that neither side works on
 * pixels nobody sees. */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

/* An element for I420, a floating reference; it passes everything through until told a size. */
GstElement *lec_scale_new(void);

/* Any thread: from the next picture on, as large as fits into width × height, in the picture's own
 * proportions; where that would save little, and with 0, its own size. True: a new limit. */
bool lec_scale_set_limit(GstElement *scale, guint width, guint height);
