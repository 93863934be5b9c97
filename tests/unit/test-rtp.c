/* RTP parsing, header extensions, writing and retransmission payloads, and the demultiplexer that
 * comes before. */
#include <glib.h>
#include <string.h>

#include "common/transport/demux.h"
#include "common/transport/rtp.h"

/* Marker, payload type 96, sequence 0x1234, timestamp 0x01020304, SSRC 0xAABBCCDD, then four bytes
 * of payload. */
static const guint8 plain[] = {0x80, 0xE0, 0x12, 0x34, 1,   2,   3,   4,
                               0xAA, 0xBB, 0xCC, 0xDD, 'd', 'a', 't', 'a'};

static void test_parse_plain(void) {
    LecRtpPacket packet;
    g_autoptr(GError) error = NULL;
    g_assert_true(lec_rtp_parse(plain, sizeof plain, &packet, &error));
    g_assert_no_error(error);
    g_assert_true(packet.marker);
    g_assert_cmpuint(packet.payload_type, ==, 96);
    g_assert_cmpuint(packet.sequence, ==, 0x1234);
    g_assert_cmpuint(packet.timestamp, ==, 0x01020304);
    g_assert_cmpuint(packet.ssrc, ==, 0xAABBCCDD);
    g_assert_cmpuint(packet.header_len, ==, 12);
    g_assert_cmpmem(packet.payload, packet.payload_len, "data", 4);
    g_assert_null(packet.extension);
}

/* One CSRC, an extension of two words (transport sequence 0x0102 as id 3, mid "v0" as id 4),
 * padding of 2. */
static const guint8 full[] = {0xB1, 0x60, 0, 1, 0, 0,    0, 9, 0,    0,   0,   7, 0,   0,   0, 5,
                              0xBE, 0xDE, 0, 2, 0, 0x31, 1, 2, 0x41, 'v', '0', 0, 'h', 'i', 0, 2};

static void test_parse_full(void) {
    LecRtpPacket packet;
    const guint8 *data;
    gsize len;
    g_assert_true(lec_rtp_parse(full, sizeof full, &packet, NULL));
    g_assert_cmpuint(packet.n_csrcs, ==, 1);
    g_assert_cmpuint(packet.header_len, ==, 12 + 4 + 4 + 8);
    g_assert_cmpmem(packet.payload, packet.payload_len, "hi", 2);
    g_assert_true(lec_rtp_find_extension(&packet, 3, &data, &len));
    g_assert_cmpmem(data, len, "\x01\x02", 2);
    g_assert_true(lec_rtp_find_extension(&packet, 4, &data, &len));
    g_assert_cmpmem(data, len, "v0", 2);
    g_assert_false(lec_rtp_find_extension(&packet, 5, &data, &len));
    g_assert_false(lec_rtp_find_extension(&packet, 0, &data, &len));
}

static void test_parse_two_byte(void) {
    /* Padding, id 20 with no data, id 3 with 3 bytes, then an element whose length runs over the
     * end. */
    static const guint8 packet_bytes[] = {0x90, 96, 0, 1,  0, 0, 0, 0,   0,   0,   0, 1, 0x10, 0x00,
                                          0,    3,  0, 20, 0, 3, 3, 'a', 'b', 'c', 9, 9, 'x',  'y'};
    LecRtpPacket packet;
    const guint8 *data;
    gsize len;
    g_assert_true(lec_rtp_parse(packet_bytes, sizeof packet_bytes, &packet, NULL));
    g_assert_true(lec_rtp_find_extension(&packet, 20, &data, &len));
    g_assert_cmpuint(len, ==, 0);
    g_assert_true(lec_rtp_find_extension(&packet, 3, &data, &len));
    g_assert_cmpmem(data, len, "abc", 3);
    g_assert_false(lec_rtp_find_extension(&packet, 9, &data, &len));
}

static void test_one_byte_stops(void) {
    /* Id 15 ends the extension, so does id 0 with a length (RFC 8285 §4.2): id 3 behind them is not
     * seen. */
    for (int i = 0; i < 2; i++) {
        guint8 bytes[] = {0x90, 96, 0,    1,    0, 0, 0,    0, 0,    0,
                          0,    1,  0xBE, 0xDE, 0, 1, 0xF0, 1, 0x30, 7};
        bytes[16] = i == 0 ? 0xF0 : 0x01;
        LecRtpPacket packet;
        const guint8 *data;
        gsize len;
        g_assert_true(lec_rtp_parse(bytes, sizeof bytes, &packet, NULL));
        g_assert_false(lec_rtp_find_extension(&packet, 3, &data, &len));
    }
}

static void expect_error(const guint8 *data, gsize len, LecRtpError code) {
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *exact = g_memdup2(data, len);
    LecRtpPacket packet = {.ssrc = 42};
    g_assert_false(lec_rtp_parse(exact, len, &packet, &error));
    g_assert_error(error, LEC_RTP_ERROR, (int)code);
    g_assert_cmpuint(packet.ssrc, ==, 42);
}

static void test_parse_bad(void) {
    guint8 bytes[sizeof full];
    for (gsize len = 0; len < 28; len++)
        expect_error(full, len, LEC_RTP_ERROR_TRUNCATED);
    memcpy(bytes, full, sizeof full);
    bytes[0] = 0x71;
    expect_error(bytes, sizeof full, LEC_RTP_ERROR_VERSION);
    bytes[0] = full[0];
    bytes[sizeof full - 1] = 0;
    expect_error(bytes, sizeof full, LEC_RTP_ERROR_PADDING);
    bytes[sizeof full - 1] = 5;
    expect_error(bytes, sizeof full, LEC_RTP_ERROR_PADDING);
    bytes[sizeof full - 1] = 4; /* padding alone is allowed: probes are made so */
    LecRtpPacket packet;
    g_assert_true(lec_rtp_parse(bytes, sizeof full, &packet, NULL));
    g_assert_cmpuint(packet.payload_len, ==, 0);
}

static void test_write(void) {
    static const guint8 expected[] = {0x90, 0xE0, 0x12, 0x34, 1,   2,   3,    4,    0xAA, 0xBB,
                                      0xCC, 0xDD, 0xBE, 0xDE, 0,   2,   0x31, 0xFF, 1,    0x41,
                                      'v',  '0',  0,    0,    'd', 'a', 't',  'a'};
    LecRtpExtensions extensions = {
        .transport_cc_id = 3, .transport_sequence = 0xFF01, .mid_id = 4, .mid = "v0"};
    LecRtpPacket packet;
    guint8 out[64];
    g_assert_true(lec_rtp_parse(plain, sizeof plain, &packet, NULL));
    gsize len = lec_rtp_write(&packet, plain, &extensions, out, sizeof out, NULL);
    g_assert_cmpmem(out, len, expected, sizeof expected);
    g_assert_cmpuint(len - sizeof plain, <=, LEC_RTP_MAX_ADDED_BYTES);

    g_autoptr(GError) error = NULL;
    g_assert_cmpuint(lec_rtp_write(&packet, plain, &extensions, out, len - 1, &error), ==, 0);
    g_assert_error(error, LEC_RTP_ERROR, LEC_RTP_ERROR_SPACE);

    LecRtpExtensions none = {0};
    len = lec_rtp_write(&packet, plain, &none, out, sizeof out, NULL);
    g_assert_cmpmem(out, len, plain, sizeof plain);
}

static void test_rtx(void) {
    /* RFC 4588 §4: the retransmission stream's header, then the original sequence number, then the
     * payload. */
    static const guint8 expected[] = {0x80, 0xE1, 0x00, 0x2A, 1,    2,   3,   4,   0,
                                      0,    0,    0x99, 0x12, 0x34, 'd', 'a', 't', 'a'};
    LecRtpRtx rtx = {.payload_type = 97, .ssrc = 0x99, .sequence = 42};
    LecRtpExtensions none = {0};
    LecRtpPacket packet;
    guint8 out[64], back[64];
    g_assert_true(lec_rtp_parse(plain, sizeof plain, &packet, NULL));
    gsize len = lec_rtp_write_rtx(&packet, plain, &rtx, &none, out, sizeof out, NULL);
    g_assert_cmpmem(out, len, expected, sizeof expected);

    g_assert_true(lec_rtp_parse(out, len, &packet, NULL));
    gsize back_len = lec_rtp_read_rtx(&packet, out, 96, 0xAABBCCDD, back, sizeof back, NULL);
    g_assert_cmpmem(back, back_len, plain, sizeof plain);
}

static void test_rtx_odd(void) {
    guint8 out[64];
    LecRtpPacket packet;
    g_autoptr(GError) error = NULL;
    /* A probe of padding alone carries nothing and is no error. */
    guint8 probe[16] = {0xA0, 97, 0, 1, [15] = 4};
    g_assert_true(lec_rtp_parse(probe, sizeof probe, &packet, NULL));
    g_assert_cmpuint(lec_rtp_read_rtx(&packet, probe, 96, 1, out, sizeof out, &error), ==, 0);
    g_assert_no_error(error);
    /* One byte is no sequence number. */
    g_assert_true(lec_rtp_parse(plain, 13, &packet, NULL));
    g_assert_cmpuint(lec_rtp_read_rtx(&packet, plain, 96, 1, out, sizeof out, &error), ==, 0);
    g_assert_error(error, LEC_RTP_ERROR, LEC_RTP_ERROR_TRUNCATED);
    /* Extension and CSRC stay, padding goes: 'h' and 'i' become the original sequence number. */
    g_assert_true(lec_rtp_parse(full, sizeof full, &packet, NULL));
    gsize len = lec_rtp_read_rtx(&packet, full, 100, 1, out, sizeof out, NULL);
    g_assert_cmpuint(len, ==, 28);
    g_assert_true(lec_rtp_parse(out, len, &packet, NULL));
    g_assert_cmpuint(packet.sequence, ==, 'h' << 8 | 'i');
    g_assert_cmpuint(packet.payload_type, ==, 100);
    g_assert_cmpuint(packet.payload_len, ==, 0);
    const guint8 *data;
    g_assert_true(lec_rtp_find_extension(&packet, 4, &data, &len));
}

static void test_demux(void) {
    static const struct {
        guint8 first, second;
        LecDemuxKind kind;
    } cases[] = {
        {0, 1, LEC_DEMUX_STUN},          {3, 0, LEC_DEMUX_STUN},
        {4, 0, LEC_DEMUX_UNKNOWN},       {19, 0, LEC_DEMUX_UNKNOWN},
        {20, 254, LEC_DEMUX_DTLS},       {63, 0, LEC_DEMUX_DTLS},
        {64, 0, LEC_DEMUX_TURN_CHANNEL}, {79, 0, LEC_DEMUX_TURN_CHANNEL},
        {80, 0, LEC_DEMUX_UNKNOWN},      {127, 0, LEC_DEMUX_UNKNOWN},
        {128, 96, LEC_DEMUX_RTP},        {0x90, 0x80 | 96, LEC_DEMUX_RTP},
        {128, 191, LEC_DEMUX_RTP},       {128, 192, LEC_DEMUX_RTCP},
        {128, 200, LEC_DEMUX_RTCP},      {191, 223, LEC_DEMUX_RTCP},
        {191, 224, LEC_DEMUX_RTP},       {192, 200, LEC_DEMUX_UNKNOWN},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint8 data[] = {cases[i].first, cases[i].second};
        g_assert_cmpint(lec_demux_classify(data, 2), ==, cases[i].kind);
    }
    g_assert_cmpint(lec_demux_classify(plain, 1), ==, LEC_DEMUX_UNKNOWN);
    g_assert_cmpint(lec_demux_classify(plain, 0), ==, LEC_DEMUX_UNKNOWN);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtp/parse/plain", test_parse_plain);
    g_test_add_func("/rtp/parse/full", test_parse_full);
    g_test_add_func("/rtp/parse/two-byte-extension", test_parse_two_byte);
    g_test_add_func("/rtp/parse/one-byte-extension-stops", test_one_byte_stops);
    g_test_add_func("/rtp/parse/bad", test_parse_bad);
    g_test_add_func("/rtp/write", test_write);
    g_test_add_func("/rtp/rtx", test_rtx);
    g_test_add_func("/rtp/rtx/odd", test_rtx_odd);
    g_test_add_func("/demux", test_demux);
    return g_test_run();
}
