/* Parses RTCP: the whole packet is checked first, then reported, so that a bad one causes nothing.
 */
#include "common/transport/rtcp.h"

#include "common/transport/rtcp-wire.h"
#include "common/transport/wire.h"

G_DEFINE_QUARK(lec_rtcp_error, lec_rtcp_error)

/* One packet of a compound, its lengths checked against the whole. */
typedef struct {
    guint8 type;
    guint8 count;       /* reports, sources or the feedback format */
    const guint8 *body; /* after the common header */
    gsize len;          /* of the body, without padding */
} Packet;

static bool malformed(const Packet *packet, GError **error) {
    g_set_error(error, LEC_RTCP_ERROR, LEC_RTCP_ERROR_MALFORMED,
                "An RTCP packet of type %u with count %u does not fit in %zu bytes", packet->type,
                packet->count, packet->len);
    return false;
}

static bool next_packet(const guint8 *data, gsize len, gsize *pos, Packet *ret_packet,
                        GError **error) {
    gsize left = len - *pos;
    const guint8 *start = left < LEC_RTCP_HEADER_BYTES ? NULL : data + *pos;
    gsize packet_len = start ? (lec_wire_get_u16(start + 2) + (gsize)1) * 4 : 0;
    if (packet_len == 0 || packet_len > left) {
        g_set_error(error, LEC_RTCP_ERROR, LEC_RTCP_ERROR_TRUNCATED,
                    "An RTCP packet of %zu bytes has %zu left of them", packet_len, left);
        return false;
    }
    if (start[0] >> 6 != 2) {
        g_set_error(error, LEC_RTCP_ERROR, LEC_RTCP_ERROR_VERSION,
                    "A packet of RTCP version %u, not 2", start[0] >> 6);
        return false;
    }
    Packet packet = {.type = start[1],
                     .count = start[0] & 0x1f,
                     .body = start + LEC_RTCP_HEADER_BYTES,
                     .len = packet_len - LEC_RTCP_HEADER_BYTES};
    if (start[0] & 0x20) {
        /* RFC 3550 §6.4.1: padding counts whole words, and only the last packet may have it.
         * libwebrtc's feedback packets count single bytes, and where padding ends a compound does
         * not matter to us. */
        guint8 padding = packet.len > 0 ? start[packet_len - 1] : 0;
        if (padding == 0 || padding > packet.len)
            return malformed(&packet, error);
        packet.len -= padding;
    }
    *pos += packet_len;
    *ret_packet = packet;
    return true;
}

static void read_block(const guint8 *in, LecRtcpReportBlock *ret_block) {
    guint32 lost = lec_wire_get_u24(in + 5);
    *ret_block = (LecRtcpReportBlock){
        .ssrc = lec_wire_get_u32(in),
        .fraction_lost = in[4],
        .cumulative_lost = lost & 0x800000 ? (gint32)lost - 0x1000000 : (gint32)lost,
        .highest_sequence = lec_wire_get_u32(in + 8),
        .jitter = lec_wire_get_u32(in + 12),
        .last_sr = lec_wire_get_u32(in + 16),
        .delay_since_last_sr = lec_wire_get_u32(in + 20),
    };
}

static void report_blocks(const Packet *packet, const guint8 *blocks, const LecRtcpEvents *events,
                          void *user) {
    if (!events->on_report_block)
        return;
    for (guint i = 0; i < packet->count; i++) {
        LecRtcpReportBlock block;
        read_block(blocks + i * LEC_RTCP_BLOCK_BYTES, &block);
        events->on_report_block(lec_wire_get_u32(packet->body), &block, user);
    }
}

static bool parse_sr(const Packet *packet, const LecRtcpEvents *events, void *user) {
    const guint8 *body = packet->body;
    if (packet->len < LEC_RTCP_SENDER_INFO_BYTES + packet->count * (gsize)LEC_RTCP_BLOCK_BYTES)
        return false;
    if (!events)
        return true;
    LecRtcpSenderInfo info = {
        .ssrc = lec_wire_get_u32(body),
        .ntp = lec_wire_get_u64(body + 4),
        .rtp_timestamp = lec_wire_get_u32(body + 12),
        .packets = lec_wire_get_u32(body + 16),
        .bytes = lec_wire_get_u32(body + 20),
    };
    if (events->on_sender_report)
        events->on_sender_report(&info, user);
    report_blocks(packet, body + LEC_RTCP_SENDER_INFO_BYTES, events, user);
    return true;
}

static bool parse_rr(const Packet *packet, const LecRtcpEvents *events, void *user) {
    if (packet->len < 4 + packet->count * (gsize)LEC_RTCP_BLOCK_BYTES)
        return false;
    if (events)
        report_blocks(packet, packet->body + 4, events, user);
    return true;
}

/* The items of one chunk, up to the null that ends them; *pos is left behind the chunk's last word.
 */
static bool parse_sdes_items(const Packet *packet, guint32 ssrc, gsize *pos,
                             const LecRtcpEvents *events, void *user) {
    const guint8 *body = packet->body;
    for (;;) {
        if (*pos >= packet->len)
            return false;
        guint8 type = body[*pos];
        if (type == 0)
            break;
        if (packet->len - *pos < 2)
            return false;
        gsize item_len = body[*pos + 1];
        *pos += 2;
        if (item_len > packet->len - *pos)
            return false;
        if (type == LEC_RTCP_SDES_CNAME && events && events->on_cname)
            events->on_cname(ssrc, (const char *)body + *pos, item_len, user);
        *pos += item_len;
    }
    *pos = (*pos / 4 + 1) * 4; /* the body starts on a word */
    return *pos <= packet->len;
}

static bool parse_sdes(const Packet *packet, const LecRtcpEvents *events, void *user) {
    gsize pos = 0;
    for (guint i = 0; i < packet->count; i++) {
        if (packet->len - pos < 4)
            return false;
        guint32 ssrc = lec_wire_get_u32(packet->body + pos);
        pos += 4;
        if (!parse_sdes_items(packet, ssrc, &pos, events, user))
            return false;
    }
    return true;
}

static bool parse_bye(const Packet *packet, const LecRtcpEvents *events, void *user) {
    if (packet->len < packet->count * (gsize)4)
        return false;
    for (guint i = 0; events && events->on_bye && i < packet->count; i++)
        events->on_bye(lec_wire_get_u32(packet->body + i * 4), user);
    return true;
}

static void report_nacks(const guint8 *fci, gsize entries, guint32 media_ssrc,
                         const LecRtcpEvents *events, void *user) {
    guint16 sequences[LEC_RTCP_MAX_NACKS];
    gsize n = 0;
    for (gsize i = 0; i < entries; i++, fci += LEC_RTCP_NACK_BYTES) {
        guint16 first = lec_wire_get_u16(fci);
        guint16 bits = lec_wire_get_u16(fci + 2);
        if (n + 17 > LEC_RTCP_MAX_NACKS)
            break;
        sequences[n++] = first;
        for (guint bit = 0; bit < 16; bit++)
            if (bits & 1 << bit)
                sequences[n++] = (guint16)(first + bit + 1);
    }
    events->on_nack(media_ssrc, sequences, n, user);
}

static bool parse_rtpfb(const Packet *packet, const LecRtcpEvents *events, void *user) {
    if (packet->len < LEC_RTCP_FEEDBACK_BYTES)
        return false;
    guint32 media_ssrc = lec_wire_get_u32(packet->body + 4);
    const guint8 *fci = packet->body + LEC_RTCP_FEEDBACK_BYTES;
    gsize fci_len = packet->len - LEC_RTCP_FEEDBACK_BYTES;
    if (packet->count == LEC_RTCP_RTPFB_NACK) {
        if (fci_len == 0 || fci_len % LEC_RTCP_NACK_BYTES != 0)
            return false;
        if (events && events->on_nack)
            report_nacks(fci, fci_len / LEC_RTCP_NACK_BYTES, media_ssrc, events, user);
    } else if (packet->count == LEC_RTCP_RTPFB_TRANSPORT) {
        if (events && events->on_transport_feedback)
            events->on_transport_feedback(fci, fci_len, user);
    }
    return true;
}

static bool parse_psfb(const Packet *packet, const LecRtcpEvents *events, void *user) {
    if (packet->len < LEC_RTCP_FEEDBACK_BYTES)
        return false;
    const guint8 *fci = packet->body + LEC_RTCP_FEEDBACK_BYTES;
    gsize fci_len = packet->len - LEC_RTCP_FEEDBACK_BYTES;
    if (packet->count == LEC_RTCP_PSFB_PLI) {
        if (events && events->on_pli)
            events->on_pli(lec_wire_get_u32(packet->body + 4), user);
    } else if (packet->count == LEC_RTCP_PSFB_FIR) {
        if (fci_len == 0 || fci_len % LEC_RTCP_FIR_BYTES != 0)
            return false;
        for (gsize i = 0; events && events->on_fir && i < fci_len; i += LEC_RTCP_FIR_BYTES)
            events->on_fir(lec_wire_get_u32(fci + i), fci[i + 4], user);
    }
    return true;
}

/* events NULL: only checks. */
static bool parse_packet(const Packet *packet, const LecRtcpEvents *events, void *user) {
    switch (packet->type) {
    case LEC_RTCP_SR:
        return parse_sr(packet, events, user);
    case LEC_RTCP_RR:
        return parse_rr(packet, events, user);
    case LEC_RTCP_SDES:
        return parse_sdes(packet, events, user);
    case LEC_RTCP_BYE:
        return parse_bye(packet, events, user);
    case LEC_RTCP_RTPFB:
        return parse_rtpfb(packet, events, user);
    case LEC_RTCP_PSFB:
        return parse_psfb(packet, events, user);
    }
    return true;
}

bool lec_rtcp_parse(const guint8 *data, gsize len, const LecRtcpEvents *events, void *user,
                    GError **error) {
    gsize pos = 0;
    Packet packet;
    do {
        if (!next_packet(data, len, &pos, &packet, error))
            return false;
        if (!parse_packet(&packet, NULL, NULL))
            return malformed(&packet, error);
    } while (pos < len);
    for (pos = 0; pos < len;) {
        if (!next_packet(data, len, &pos, &packet, error))
            return false;
        parse_packet(&packet, events, user);
    }
    return true;
}
