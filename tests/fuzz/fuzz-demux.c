/* Classifies bytes and hands them to the parser that the class asks for, as the link does with what
 * a peer sends. */
#include <glib.h>

#include "common/transport/demux.h"
#include "common/transport/rtcp.h"
#include "common/transport/rtp.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    static const LecRtcpEvents none = {0};
    LecRtpPacket packet;
    LecDemuxKind kind = lec_demux_classify(data, size);
    bool is_media = size >= 2 && data[0] >> 6 == 2;
    g_assert_true(is_media == (kind == LEC_DEMUX_RTP || kind == LEC_DEMUX_RTCP));
    if (kind == LEC_DEMUX_RTP && lec_rtp_parse(data, size, &packet, NULL))
        /* RFC 5761 §4: these would be taken for RTCP. */
        g_assert_false(packet.marker && packet.payload_type >= 64 && packet.payload_type <= 95);
    if (kind == LEC_DEMUX_RTCP)
        lec_rtcp_parse(data, size, &none, NULL, NULL);
    return 0;
}
