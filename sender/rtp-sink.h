/* The end of the sender's pipelines: RTP packets leave GStreamer here, stamped with the monotonic
 * clock. */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

/* On a GStreamer thread. Takes packet. marker: RFC 3550 §5.1; time_us: when what it carries was
 * captured. */
typedef void (*LecRtpSinkFunc)(GBytes *packet, bool marker, gint64 time_us, void *user);

/* A floating reference; NULL where GStreamer's app plugin is missing. */
GstElement *lec_rtp_sink_new(LecRtpSinkFunc on_packet, void *user);

/* Makes running time the monotonic clock, which lec_rtp_sink_new() counts on. Before the pipeline
 * starts. */
void lec_rtp_sink_set_clock(GstElement *pipeline);

/* Adds the elements of chain to the pipeline and links them, from the last of what is there (NULL:
 * none). Takes them, floating; a NULL among them means that a plugin is missing: false, and nothing
 * is lost. */
bool lec_rtp_sink_link(GstElement *pipeline, GstElement *last, GstElement *const *chain,
                       gsize n_chain);

/* Where a stream of packets stands, so that the next pipeline goes on with the same numbers: to the
 * other end, and to SRTP's counter (RFC 3711 §3.3.1), it is one stream. */
typedef struct {
    guint16 next_seq;
    guint32 time_offset;
} LecRtpPlace;

LecRtpPlace lec_rtp_place_new(void); /* random, as RFC 3550 §5.1 wants it */
void lec_rtp_place_set(const LecRtpPlace *self, GstElement *payloader); /* self may be NULL */
void lec_rtp_place_pass(LecRtpPlace *self, GPtrArray *packets);
