/* Writes RTCP packets one after the other into a caller's buffer. */
#include "common/transport/rtcp.h"

#include <string.h>

#include "common/transport/rtcp-wire.h"
#include "common/transport/wire.h"

/* Room for one more packet of len bytes (whole words), its common header written; NULL where it
 * does not fit. */
static guint8 *begin(LecRtcpWriter *self, guint8 count, guint8 type, gsize len) {
    g_assert(len % 4 == 0 && len >= LEC_RTCP_HEADER_BYTES);
    if (self->size - self->len < len || len / 4 - 1 > G_MAXUINT16)
        return NULL;
    guint8 *out = self->data + self->len;
    out[0] = (guint8)(0x80 | count);
    out[1] = type;
    lec_wire_put_u16(out + 2, (guint16)(len / 4 - 1));
    self->len += len;
    return out + LEC_RTCP_HEADER_BYTES;
}

static void write_blocks(guint8 *out, const LecRtcpReportBlock *blocks, gsize n) {
    for (gsize i = 0; i < n; i++, out += LEC_RTCP_BLOCK_BYTES) {
        const LecRtcpReportBlock *block = &blocks[i];
        gint32 lost = CLAMP(block->cumulative_lost, -0x800000, 0x7fffff);
        lec_wire_put_u32(out, block->ssrc);
        out[4] = block->fraction_lost;
        lec_wire_put_u24(out + 5, (guint32)lost & 0xffffff);
        lec_wire_put_u32(out + 8, block->highest_sequence);
        lec_wire_put_u32(out + 12, block->jitter);
        lec_wire_put_u32(out + 16, block->last_sr);
        lec_wire_put_u32(out + 20, block->delay_since_last_sr);
    }
}

bool lec_rtcp_write_sr(LecRtcpWriter *self, const LecRtcpSenderInfo *info,
                       const LecRtcpReportBlock *blocks, gsize n) {
    g_assert(n <= LEC_RTCP_MAX_BLOCKS);
    gsize len = LEC_RTCP_HEADER_BYTES + LEC_RTCP_SENDER_INFO_BYTES + n * LEC_RTCP_BLOCK_BYTES;
    guint8 *out = begin(self, (guint8)n, LEC_RTCP_SR, len);
    if (!out)
        return false;
    lec_wire_put_u32(out, info->ssrc);
    lec_wire_put_u64(out + 4, info->ntp);
    lec_wire_put_u32(out + 12, info->rtp_timestamp);
    lec_wire_put_u32(out + 16, info->packets);
    lec_wire_put_u32(out + 20, info->bytes);
    write_blocks(out + LEC_RTCP_SENDER_INFO_BYTES, blocks, n);
    return true;
}

bool lec_rtcp_write_rr(LecRtcpWriter *self, guint32 sender_ssrc, const LecRtcpReportBlock *blocks,
                       gsize n) {
    g_assert(n <= LEC_RTCP_MAX_BLOCKS);
    guint8 *out =
        begin(self, (guint8)n, LEC_RTCP_RR, LEC_RTCP_HEADER_BYTES + 4 + n * LEC_RTCP_BLOCK_BYTES);
    if (!out)
        return false;
    lec_wire_put_u32(out, sender_ssrc);
    write_blocks(out + 4, blocks, n);
    return true;
}

bool lec_rtcp_write_sdes(LecRtcpWriter *self, guint32 ssrc, const char *cname) {
    gsize cname_len = strlen(cname);
    g_assert(cname_len <= LEC_RTCP_MAX_CNAME);
    /* RFC 3550 §6.5: at least one null byte ends the items, then nulls to the next word. */
    gsize chunk = (4 + 2 + cname_len + 1 + 3) / 4 * 4;
    guint8 *out = begin(self, 1, LEC_RTCP_SDES, LEC_RTCP_HEADER_BYTES + chunk);
    if (!out)
        return false;
    memset(out, 0, chunk);
    lec_wire_put_u32(out, ssrc);
    out[4] = LEC_RTCP_SDES_CNAME;
    out[5] = (guint8)cname_len;
    memcpy(out + 6, cname, cname_len);
    return true;
}

static guint8 *begin_feedback(LecRtcpWriter *self, guint8 type, guint8 format, guint32 sender_ssrc,
                              guint32 media_ssrc, gsize fci_len) {
    guint8 *out =
        begin(self, format, type, LEC_RTCP_HEADER_BYTES + LEC_RTCP_FEEDBACK_BYTES + fci_len);
    if (!out)
        return NULL;
    lec_wire_put_u32(out, sender_ssrc);
    lec_wire_put_u32(out + 4, media_ssrc);
    return out + LEC_RTCP_FEEDBACK_BYTES;
}

/* How many of the sequence numbers one entry covers: a packet id and a bit for each of the 16 after
 * it. */
static gsize nack_entry(const guint16 *sequences, gsize n, guint16 *ret_bits) {
    guint16 bits = 0;
    gsize used = 1;
    for (; used < n; used++) {
        guint16 distance = (guint16)(sequences[used] - sequences[0]);
        if (distance == 0 || distance > 16)
            break;
        bits |= (guint16)(1 << (distance - 1));
    }
    *ret_bits = bits;
    return used;
}

bool lec_rtcp_write_nack(LecRtcpWriter *self, guint32 sender_ssrc, guint32 media_ssrc,
                         const guint16 *sequences, gsize n) {
    g_assert(n > 0);
    guint16 bits;
    gsize entries = 0;
    for (gsize i = 0; i < n; entries++)
        i += nack_entry(sequences + i, n - i, &bits);
    guint8 *out = begin_feedback(self, LEC_RTCP_RTPFB, LEC_RTCP_RTPFB_NACK, sender_ssrc, media_ssrc,
                                 entries * LEC_RTCP_NACK_BYTES);
    if (!out)
        return false;
    for (gsize i = 0; i < n; out += LEC_RTCP_NACK_BYTES) {
        lec_wire_put_u16(out, sequences[i]);
        i += nack_entry(sequences + i, n - i, &bits);
        lec_wire_put_u16(out + 2, bits);
    }
    return true;
}

bool lec_rtcp_write_pli(LecRtcpWriter *self, guint32 sender_ssrc, guint32 media_ssrc) {
    return begin_feedback(self, LEC_RTCP_PSFB, LEC_RTCP_PSFB_PLI, sender_ssrc, media_ssrc, 0) !=
           NULL;
}

bool lec_rtcp_write_transport_feedback(LecRtcpWriter *self, guint32 sender_ssrc, guint32 media_ssrc,
                                       const guint8 *fci, gsize len) {
    /* Zero bytes up to the word, told by the padding bit and a count in the last of them (RFC 3550
     * §6.4.1). */
    gsize padded = (len + 3) / 4 * 4;
    gsize start = self->len;
    guint8 *out = begin_feedback(self, LEC_RTCP_RTPFB, LEC_RTCP_RTPFB_TRANSPORT, sender_ssrc,
                                 media_ssrc, padded);
    if (!out)
        return false;
    memcpy(out, fci, len);
    if (padded > len) {
        memset(out + len, 0, padded - len);
        out[padded - 1] = (guint8)(padded - len);
        self->data[start] |= 0x20;
    }
    return true;
}
