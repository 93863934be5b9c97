/* Where pictures come from: a GStreamer source for each kind, and what the pipeline behind it must
 * know. */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

#define LEC_CAPTURE_ERROR (lec_capture_error_quark())
GQuark lec_capture_error_quark(void);

typedef enum {
    LEC_CAPTURE_ERROR_MISSING, /* no display, no portal; the sentence says what to do */
    LEC_CAPTURE_ERROR_REFUSED, /* the user or the compositor said no */
    LEC_CAPTURE_ERROR_USAGE,   /* no such source */
    LEC_CAPTURE_ERROR_FAILED,
} LecCaptureError;

/*
 * Called once on main: element is a source bin or element with one "src" pad that gives
 * video/x-raw,format=I420 in system memory, a buffer only when the picture changed, at most max_fps
 * a second, and at once where a force-key-unit event asks for one; its buffers' PTS is the
 * monotonic capture time (ns). Takes element. NULL with error where the source cannot be had.
 */
typedef void (*LecCaptureReady)(GstElement *element, const GError *error, void *user);

/* source: "screen" (Wayland portal where there is a session for it, else X11), "window:ID", "test".
 */
typedef struct LecCapture LecCapture;
LecCapture *lec_capture_open(const char *source, guint max_fps, LecCaptureReady ready, void *user);
void lec_capture_free(
    LecCapture *self); /* closes the portal session; after the pipeline has stopped */
