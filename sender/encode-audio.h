/* The sender's pipeline for sound: what this machine plays, as Opus in RTP. */
#pragma once

#include "sender/encode.h"

typedef struct LecEncodeAudio LecEncodeAudio;

/*
 * audio: as negotiated. place: where its packets go on; NULL: anywhere. packets as in
 * LecEncodeEvents, on a GStreamer thread. failed (main) comes at most once, and only the sound ends
 * with it. NULL with error where this machine has no sound to share.
 */
LecEncodeAudio *lec_encode_audio_new(const LecMediaSection *audio, const LecRtpPlace *place,
                                     void (*packets)(LecMediaKind kind, GPtrArray *packets,
                                                     gint64 capture_us, void *user),
                                     void (*failed)(const GError *error, void *user), void *user,
                                     GError **error);
void lec_encode_audio_free(LecEncodeAudio *self); /* no call follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecEncodeAudio, lec_encode_audio_free)
