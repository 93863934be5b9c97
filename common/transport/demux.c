/* Tells apart what shares one UDP flow by its first two bytes. */
#include "common/transport/demux.h"

/* RFC 7983 §7 gives the ranges of the first byte. */
LecDemuxKind lec_demux_classify(const guint8 *data, gsize len) {
    if (len < 2)
        return LEC_DEMUX_UNKNOWN;
    if (data[0] <= 3)
        return LEC_DEMUX_STUN;
    if (data[0] >= 20 && data[0] <= 63)
        return LEC_DEMUX_DTLS;
    if (data[0] >= 64 && data[0] <= 79)
        return LEC_DEMUX_TURN_CHANNEL;
    if (data[0] < 128 || data[0] > 191)
        return LEC_DEMUX_UNKNOWN;
    /* RFC 5761 §4: RTCP packet types 192 to 223 stand where RTP has marker and payload types 64
     * to 95. */
    return data[1] >= 192 && data[1] <= 223 ? LEC_DEMUX_RTCP : LEC_DEMUX_RTP;
}
