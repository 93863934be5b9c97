/* RTP packets as bytes: strict parsing, header extensions, writing with ours, and retransmission
 * payloads. */
#include "common/transport/rtp.h"

#include <string.h>

#include "common/transport/wire.h"

#define ONE_BYTE_PROFILE 0xBEDE
#define TWO_BYTE_PROFILE 0x1000 /* the low four bits are the application's */
#define EXTENSION_HEADER_BYTES 4
#define OSN_BYTES 2

G_DEFINE_QUARK(lec_rtp_error, lec_rtp_error)

static bool truncated(gsize len, gsize needed, GError **error) {
    g_set_error(error, LEC_RTP_ERROR, LEC_RTP_ERROR_TRUNCATED,
                "An RTP packet of %zu bytes ends within its header of %zu", len, needed);
    return false;
}

static bool parse_extension(const guint8 *data, gsize len, LecRtpPacket *packet, GError **error) {
    gsize start = packet->header_len;
    if (len < start + EXTENSION_HEADER_BYTES)
        return truncated(len, start + EXTENSION_HEADER_BYTES, error);
    packet->extension_profile = lec_wire_get_u16(data + start);
    packet->extension_len = lec_wire_get_u16(data + start + 2) * (gsize)4;
    packet->header_len += EXTENSION_HEADER_BYTES + packet->extension_len;
    if (len < packet->header_len)
        return truncated(len, packet->header_len, error);
    packet->extension = data + start + EXTENSION_HEADER_BYTES;
    return true;
}

static bool strip_padding(const guint8 *data, gsize len, LecRtpPacket *packet, GError **error) {
    guint8 padding = packet->payload_len > 0 ? data[len - 1] : 0;
    if (padding == 0 || padding > packet->payload_len) {
        g_set_error(error, LEC_RTP_ERROR, LEC_RTP_ERROR_PADDING,
                    "An RTP packet claims %u bytes of padding in a payload of %zu", padding,
                    packet->payload_len);
        return false;
    }
    packet->payload_len -= padding;
    return true;
}

bool lec_rtp_parse(const guint8 *data, gsize len, LecRtpPacket *ret_packet, GError **error) {
    if (len < LEC_RTP_FIXED_HEADER_BYTES)
        return truncated(len, LEC_RTP_FIXED_HEADER_BYTES, error);
    if (data[0] >> 6 != 2) {
        g_set_error(error, LEC_RTP_ERROR, LEC_RTP_ERROR_VERSION,
                    "A packet of RTP version %u, not 2", data[0] >> 6);
        return false;
    }
    LecRtpPacket packet = {
        .marker = data[1] & 0x80,
        .payload_type = data[1] & 0x7f,
        .sequence = lec_wire_get_u16(data + 2),
        .timestamp = lec_wire_get_u32(data + 4),
        .ssrc = lec_wire_get_u32(data + 8),
        .n_csrcs = data[0] & 0x0f,
    };
    packet.header_len = LEC_RTP_FIXED_HEADER_BYTES + packet.n_csrcs * (gsize)4;
    if (len < packet.header_len)
        return truncated(len, packet.header_len, error);
    if ((data[0] & 0x10) && !parse_extension(data, len, &packet, error))
        return false;
    packet.payload = data + packet.header_len;
    packet.payload_len = len - packet.header_len;
    if ((data[0] & 0x20) && !strip_padding(data, len, &packet, error))
        return false;
    *ret_packet = packet;
    return true;
}

/* One element at *pos; false at the end or where the rest makes no sense. Padding comes as id 0. */
static bool next_element(const LecRtpPacket *packet, bool two_byte, gsize *pos, guint8 *ret_id,
                         gsize *ret_len) {
    const guint8 *ext = packet->extension;
    if (*pos >= packet->extension_len)
        return false;
    guint8 first = ext[(*pos)++];
    *ret_id = 0;
    *ret_len = 0;
    if (first == 0)
        return true;
    if (two_byte) {
        if (*pos >= packet->extension_len)
            return false;
        *ret_id = first;
        *ret_len = ext[(*pos)++];
    } else {
        /* RFC 8285 §4.2: id 15, and id 0 with a length, end the whole extension. */
        *ret_id = first >> 4;
        *ret_len = (first & 0x0f) + (gsize)1;
        if (*ret_id == 15 || *ret_id == 0)
            return false;
    }
    return *ret_len <= packet->extension_len - *pos;
}

bool lec_rtp_find_extension(const LecRtpPacket *packet, guint8 id, const guint8 **ret_data,
                            gsize *ret_len) {
    bool two_byte = (packet->extension_profile & 0xfff0) == TWO_BYTE_PROFILE;
    if (!packet->extension || id == 0 ||
        (!two_byte && packet->extension_profile != ONE_BYTE_PROFILE))
        return false;
    guint8 found;
    gsize len;
    for (gsize pos = 0; next_element(packet, two_byte, &pos, &found, &len); pos += len) {
        if (found != id)
            continue;
        *ret_data = packet->extension + pos;
        *ret_len = len;
        return true;
    }
    return false;
}

/* The bytes of the extension with its header and padding; 0 for none. */
static gsize extension_bytes(const LecRtpExtensions *extensions) {
    gsize len = 0;
    if (extensions->transport_cc_id)
        len += 1 + sizeof extensions->transport_sequence;
    if (extensions->mid_id)
        len += 1 + strlen(extensions->mid);
    return len == 0 ? 0 : EXTENSION_HEADER_BYTES + (len + 3) / 4 * 4;
}

static void write_extension(const LecRtpExtensions *extensions, guint8 *out, gsize len) {
    memset(out, 0, len);
    lec_wire_put_u16(out, ONE_BYTE_PROFILE);
    lec_wire_put_u16(out + 2, (guint16)((len - EXTENSION_HEADER_BYTES) / 4));
    guint8 *pos = out + EXTENSION_HEADER_BYTES;
    if (extensions->transport_cc_id) {
        *pos++ = (guint8)(extensions->transport_cc_id << 4 | 1);
        lec_wire_put_u16(pos, extensions->transport_sequence);
        pos += 2;
    }
    if (extensions->mid_id) {
        gsize mid_len = strlen(extensions->mid);
        *pos++ = (guint8)(extensions->mid_id << 4 | (mid_len - 1));
        memcpy(pos, extensions->mid, mid_len);
    }
}

/* Everything before the payload; 0 with error set where it and reserve more bytes do not fit. */
static gsize write_header(const LecRtpPacket *packet, const guint8 *data,
                          const LecRtpExtensions *extensions, gsize reserve, guint8 *out,
                          gsize size, GError **error) {
    g_assert(extensions->transport_cc_id <= 14 && extensions->mid_id <= 14);
    g_assert(!extensions->mid_id ||
             (extensions->mid[0] && strlen(extensions->mid) <= LEC_RTP_MAX_MID));
    gsize csrcs = packet->n_csrcs * (gsize)4;
    gsize extension = extension_bytes(extensions);
    gsize len = LEC_RTP_FIXED_HEADER_BYTES + csrcs + extension;
    if (size < len || size - len < reserve) {
        g_set_error(error, LEC_RTP_ERROR, LEC_RTP_ERROR_SPACE,
                    "An RTP packet of %zu bytes does not fit in %zu", len + reserve, size);
        return 0;
    }
    out[0] = (guint8)(0x80 | (extension ? 0x10 : 0) | packet->n_csrcs);
    out[1] = (guint8)((packet->marker ? 0x80 : 0) | packet->payload_type);
    lec_wire_put_u16(out + 2, packet->sequence);
    lec_wire_put_u32(out + 4, packet->timestamp);
    lec_wire_put_u32(out + 8, packet->ssrc);
    memcpy(out + LEC_RTP_FIXED_HEADER_BYTES, data + LEC_RTP_FIXED_HEADER_BYTES, csrcs);
    if (extension)
        write_extension(extensions, out + LEC_RTP_FIXED_HEADER_BYTES + csrcs, extension);
    return len;
}

gsize lec_rtp_write(const LecRtpPacket *packet, const guint8 *data,
                    const LecRtpExtensions *extensions, guint8 *out, gsize size, GError **error) {
    gsize len = write_header(packet, data, extensions, packet->payload_len, out, size, error);
    if (len == 0)
        return 0;
    memcpy(out + len, packet->payload, packet->payload_len);
    return len + packet->payload_len;
}

gsize lec_rtp_write_rtx(const LecRtpPacket *packet, const guint8 *data, const LecRtpRtx *rtx,
                        const LecRtpExtensions *extensions, guint8 *out, gsize size,
                        GError **error) {
    LecRtpPacket header = *packet;
    header.payload_type = rtx->payload_type;
    header.ssrc = rtx->ssrc;
    header.sequence = rtx->sequence;
    gsize len =
        write_header(&header, data, extensions, OSN_BYTES + packet->payload_len, out, size, error);
    if (len == 0)
        return 0;
    lec_wire_put_u16(out + len, packet->sequence);
    memcpy(out + len + OSN_BYTES, packet->payload, packet->payload_len);
    return len + OSN_BYTES + packet->payload_len;
}

gsize lec_rtp_read_rtx(const LecRtpPacket *rtx, const guint8 *data, guint8 payload_type,
                       guint32 ssrc, guint8 *out, gsize size, GError **error) {
    if (rtx->payload_len == 0)
        return 0;
    if (rtx->payload_len < OSN_BYTES) {
        g_set_error(error, LEC_RTP_ERROR, LEC_RTP_ERROR_TRUNCATED,
                    "A retransmission of %zu bytes has no original sequence number",
                    rtx->payload_len);
        return 0;
    }
    gsize payload_len = rtx->payload_len - OSN_BYTES;
    gsize len = rtx->header_len + payload_len;
    if (size < len) {
        g_set_error(error, LEC_RTP_ERROR, LEC_RTP_ERROR_SPACE,
                    "An RTP packet of %zu bytes does not fit in %zu", len, size);
        return 0;
    }
    memcpy(out, data, rtx->header_len);
    out[0] &= (guint8)~0x20; /* the padding is left behind */
    out[1] = (guint8)((out[1] & 0x80) | payload_type);
    memcpy(out + 2, rtx->payload, OSN_BYTES);
    lec_wire_put_u32(out + 8, ssrc);
    memcpy(out + rtx->header_len, rtx->payload + OSN_BYTES, payload_len);
    return len;
}
