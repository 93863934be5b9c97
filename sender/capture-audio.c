/* The monitor of the default output, through the PulseAudio protocol, which PipeWire speaks as
 * well. */
#include "sender/capture-audio.h"
#include "common/base/i18n.h"

#include "sender/capture.h"

#define BUFFER_US 40000 /* how late we may read before sound is lost */
#define BLOCK_US 10000

GstElement *lec_capture_audio_new(GError **error) {
    GstElement *source = gst_element_factory_make("pulsesrc", NULL);
    if (source == NULL) {
        g_set_error_literal(
            error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_MISSING,
            _("Sound is not shared: GStreamer's PulseAudio plugin is not installed"));
        return NULL;
    }
    g_object_set(source, "device", "@DEFAULT_MONITOR@", "client-name", "Lectern", "buffer-time",
                 (gint64)BUFFER_US, "latency-time", (gint64)BLOCK_US, "provide-clock", FALSE,
                 "do-timestamp", FALSE, NULL);
    gst_util_set_object_arg(G_OBJECT(source), "slave-method", "skew");
    return source;
}
