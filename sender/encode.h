/* Capture to RTP: the sender's pipeline for pictures, whose packets go to the link. */
#pragma once

#include "common/base/media-params.h"
#include "sender/capture.h"
#include "sender/rtp-sink.h"

typedef enum { LEC_PROFILE_AUTO, LEC_PROFILE_TEXT, LEC_PROFILE_VIDEO } LecProfile;

typedef struct LecEncode LecEncode;

typedef struct {
    /* A GStreamer thread. Takes packets (GPtrArray of GBytes): the RTP packets of one picture or
     * sound block. */
    void (*packets)(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user);
    void (*failed)(const GError *error, void *user); /* main; last event */
    void (*ended)(void *user); /* main; the shared window was closed; last event */
} LecEncodeEvents;

/* video: as negotiated (codec, payload type, ssrc). place: where its packets go on; NULL: anywhere.
 * Takes source, from lec_capture_open(); a reference to it that is kept can be given to the next
 * one, once this one is freed. */
LecEncode *lec_encode_new(GstElement *source, const LecMediaSection *video,
                          const LecRtpPlace *place, LecProfile profile,
                          const LecEncodeEvents *events, void *user, GError **error);
void lec_encode_free(LecEncode *self); /* no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecEncode, lec_encode_free)

void lec_encode_force_keyframe(LecEncode *self); /* any thread */
/* What the link's estimate allows. Any thread. */
void lec_encode_set_kbps(LecEncode *self, guint kbps);
/* No larger than this is worth sending; 0: no limit. Any thread. */
void lec_encode_set_size(LecEncode *self, guint width, guint height);
const char *lec_encode_get_encoder(const LecEncode *self); /* "x264enc" */

/* Tries the H.264 encoders of this machine in order of preference and says
 * what there is; NULL: none works. Cached. */
const char *lec_encode_find_h264(GError **error);

/* Loads what lec_encode_new() will need, while there is time. False: no encoder works here. */
bool lec_encode_warm_up(GError **error);
