/* Tells apart what shares one UDP flow: STUN, DTLS, TURN channels, RTP and RTCP (RFC 7983, RFC 5761
 * §4). */
#pragma once

#include <glib.h>

typedef enum {
    LEC_DEMUX_UNKNOWN, /* drop it */
    LEC_DEMUX_STUN,
    LEC_DEMUX_DTLS,
    LEC_DEMUX_TURN_CHANNEL,
    LEC_DEMUX_RTP,
    LEC_DEMUX_RTCP,
} LecDemuxKind;

/* By the first two bytes alone, so it works on SRTP and SRTCP too; nothing is promised of the rest.
 */
LecDemuxKind lec_demux_classify(const guint8 *data, gsize len);
