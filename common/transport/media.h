/*
 * What happens to media between the owner and SRTP: the sections' outgoing and incoming streams,
 * RTCP, retransmission, feedback, pacing. Pure of sockets and keys; lives on the transport thread.
 */
#pragma once

#include "common/transport/link.h"

#define LEC_MEDIA_MAX_PACKET 1500 /* of RTP and RTCP as they stand on the wire */

/* None of them may free the LecMedia. */
typedef struct {
    /* Encrypts and sends; size is the room in data. Returns the bytes on the wire, 0 where it was
     * dropped. */
    gsize (*send_rtp)(guint8 *data, gsize size, gsize len, void *user);
    gsize (*send_rtcp)(guint8 *data, gsize size, gsize len, void *user);
    void (*rtp)(const LecRtpIn *packet, void *user);
    void (*keyframe_request)(guint section, void *user);
    void (*estimate)(guint32 kbps, void *user); /* see LecLinkEvents.on_estimate */
} LecMediaEvents;

typedef struct LecMedia LecMedia;

/* local and remote as given to lec_link_start(); borrowed for the call. Timers run on context. */
LecMedia *lec_media_new(GMainContext *context, const LecMediaParams *local,
                        const LecMediaParams *remote, const LecMediaEvents *events, void *user);
void lec_media_free(LecMedia *self); /* no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecMedia, lec_media_free)

/*
 * The link is up: asks for a keyframe of every picture that we send, reports from now on.
 * first_rtt_us: the handshake's, 0: unknown; for who only receives, and so gets no reports, it is
 * all there is until a NACK is answered.
 */
void lec_media_start(LecMedia *self, gint64 first_rtt_us, gint64 now_us);

/* Does what is due by now. The timer calls it; with a context that nobody runs, time is the
 * caller's. */
void lec_media_run(LecMedia *self, gint64 now_us);

/* Takes packets. See lec_link_send(). */
void lec_media_send(LecMedia *self, guint section, GPtrArray *packets, gint64 capture_us,
                    gint64 now_us);
void lec_media_request_keyframe(LecMedia *self, guint section, gint64 now_us);

/* Decrypted packets. */
void lec_media_receive_rtp(LecMedia *self, const guint8 *data, gsize len, gint64 now_us);
void lec_media_receive_rtcp(LecMedia *self, const guint8 *data, gsize len, gint64 now_us);

/*
 * True where the peer, one of ours by its CNAME, has promised a report a second and has been silent
 * for so long that it must be gone: sooner than consent freshness notices, which allows 10 s. Other
 * peers may well be silent.
 */
bool lec_media_has_lost_peer(const LecMedia *self, gint64 now_us);

/*
 * The packets take another path from now on: what was known of the old one is forgotten, and a
 * keyframe of every picture that we send is asked for, since packets were lost in most such moves.
 */
void lec_media_move(LecMedia *self, gint64 now_us);

/* Fills what media knows; the rates are over the time since the last call. */
void lec_media_fill_stats(LecMedia *self, LecLinkStats *stats, gint64 now_us);
