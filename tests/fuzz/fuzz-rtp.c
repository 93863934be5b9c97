/* Any RTP packet that parses can be written, packed for retransmission and unpacked again without
 * change. */
#include <glib.h>
#include <string.h>

#include "common/transport/rtp.h"

#define MAX_SIZE 70000

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check_extensions(const LecRtpPacket *packet) {
    for (guint id = 0; id < 256; id++) {
        const guint8 *value;
        gsize len;
        if (!lec_rtp_find_extension(packet, (guint8)id, &value, &len))
            continue;
        g_assert_true(value >= packet->extension);
        g_assert_cmpuint((gsize)(value - packet->extension) + len, <=, packet->extension_len);
    }
}

static void check_same(const LecRtpPacket *a, const LecRtpPacket *b) {
    g_assert_true(a->marker == b->marker);
    g_assert_cmpuint(a->payload_type, ==, b->payload_type);
    g_assert_cmpuint(a->sequence, ==, b->sequence);
    g_assert_cmpuint(a->timestamp, ==, b->timestamp);
    g_assert_cmpuint(a->ssrc, ==, b->ssrc);
    g_assert_cmpuint(a->n_csrcs, ==, b->n_csrcs);
    g_assert_cmpmem(a->payload, a->payload_len, b->payload, b->payload_len);
}

static void check_written(const LecRtpPacket *packet, const guint8 *data, guint8 *out,
                          guint8 *back) {
    LecRtpExtensions extensions = {.transport_cc_id = 3,
                                   .transport_sequence = 0xABCD,
                                   .mid_id = 14,
                                   .mid = "sixteen bytes ab"};
    LecRtpPacket again;
    const guint8 *value;
    gsize value_len, len = lec_rtp_write(packet, data, &extensions, out, MAX_SIZE, NULL);
    g_assert_true(lec_rtp_parse(out, len, &again, NULL));
    check_same(packet, &again);
    g_assert_true(lec_rtp_find_extension(&again, 3, &value, &value_len));
    g_assert_cmpmem(value, value_len, "\xAB\xCD", 2);
    g_assert_true(lec_rtp_find_extension(&again, 14, &value, &value_len));
    g_assert_cmpmem(value, value_len, "sixteen bytes ab", 16);

    LecRtpRtx rtx = {.payload_type = 97, .ssrc = 1, .sequence = 2};
    len = lec_rtp_write_rtx(packet, data, &rtx, &extensions, out, MAX_SIZE, NULL);
    g_assert_true(lec_rtp_parse(out, len, &again, NULL));
    len = lec_rtp_read_rtx(&again, out, packet->payload_type, packet->ssrc, back, MAX_SIZE, NULL);
    g_assert_true(lec_rtp_parse(back, len, &again, NULL));
    check_same(packet, &again);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    LecRtpPacket packet;
    if (size > 65000 || !lec_rtp_parse(data, size, &packet, &error)) {
        g_assert_true(size > 65000 || error);
        return 0;
    }
    g_autofree guint8 *out = g_malloc(MAX_SIZE);
    g_autofree guint8 *back = g_malloc(MAX_SIZE);
    g_assert_cmpuint(packet.header_len + packet.payload_len, <=, size);
    check_extensions(&packet);
    gsize len = lec_rtp_read_rtx(&packet, data, 96, 5, out, size, NULL); /* as if it were one */
    LecRtpPacket original;
    g_assert_true(len == 0 || lec_rtp_parse(out, len, &original, NULL));
    check_written(&packet, data, out, back);
    return 0;
}
