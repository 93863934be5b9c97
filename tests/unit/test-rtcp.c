/* RTCP, written and parsed against bytes worked out by hand, and the NTP clock that it carries. */
#include <glib.h>
#include <string.h>

#include "common/transport/clock.h"
#include "common/transport/rtcp.h"

/* What the parser said, as one line of text an event. */
static void on_sender_report(const LecRtcpSenderInfo *info, void *user) {
    g_string_append_printf(user, "sr %08x %016" G_GINT64_MODIFIER "x %u %u %u\n", info->ssrc,
                           info->ntp, info->rtp_timestamp, info->packets, info->bytes);
}

static void on_report_block(guint32 sender_ssrc, const LecRtcpReportBlock *block, void *user) {
    g_string_append_printf(user, "block %x: %x %u %d %u %u %x %x\n", sender_ssrc, block->ssrc,
                           block->fraction_lost, block->cumulative_lost, block->highest_sequence,
                           block->jitter, block->last_sr, block->delay_since_last_sr);
}

static void on_cname(guint32 ssrc, const char *cname, gsize len, void *user) {
    g_string_append_printf(user, "cname %x %.*s\n", ssrc, (int)len, cname);
}

static void on_bye(guint32 ssrc, void *user) {
    g_string_append_printf(user, "bye %x\n", ssrc);
}

static void on_nack(guint32 media_ssrc, const guint16 *sequences, gsize n, void *user) {
    g_string_append_printf(user, "nack %x:", media_ssrc);
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(user, " %u", sequences[i]);
    g_string_append(user, "\n");
}

static void on_pli(guint32 media_ssrc, void *user) {
    g_string_append_printf(user, "pli %x\n", media_ssrc);
}

static void on_fir(guint32 media_ssrc, guint8 fir_sequence, void *user) {
    g_string_append_printf(user, "fir %x %u\n", media_ssrc, fir_sequence);
}

static void on_transport_feedback(const guint8 *fci, gsize len, void *user) {
    g_string_append_printf(user, "feedback %zu\n", len);
}

static const LecRtcpEvents events = {
    .on_sender_report = on_sender_report,
    .on_report_block = on_report_block,
    .on_cname = on_cname,
    .on_bye = on_bye,
    .on_nack = on_nack,
    .on_pli = on_pli,
    .on_fir = on_fir,
    .on_transport_feedback = on_transport_feedback,
};

static void expect(const guint8 *data, gsize len, const char *expected) {
    g_autoptr(GString) seen = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(lec_rtcp_parse(data, len, &events, seen, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(seen->str, ==, expected);
}

static void expect_error(const guint8 *data, gsize len, LecRtcpError code) {
    g_autoptr(GString) seen = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *exact = g_memdup2(data, len);
    g_assert_false(lec_rtcp_parse(exact, len, &events, seen, &error));
    g_assert_error(error, LEC_RTCP_ERROR, (int)code);
    g_assert_cmpstr(seen->str, ==, "");
}

static void test_sender_report(void) {
    static const guint8 expected[] = {
        0x81, 200, 0,    12,                           /* 13 words */
        0,    0,   0,    1,                            /* sender */
        0,    0,   0,    2,    0x80, 0,    0,    0,    /* NTP 2.5 s */
        0,    0,   0x03, 0xE8, 0,    0,    0,    10,   /* RTP 1000, 10 packets */
        0,    0,   1,    0,                            /* 256 bytes */
        0,    0,   0,    2,    64,   0xFF, 0xFF, 0xFF, /* a quarter lost, -1 in all */
        0,    1,   0,    5,    0,    0,    0,    9,    /* highest 65541, jitter 9 */
        0,    2,   0x80, 0,    0,    0,    0x80, 0,    /* LSR 2.5, DLSR 0.5 */
        0x81, 202, 0,    3,    0,    0,    0,    1,    1, 5, 'b', 'o', 'x', '@', 'x', 0,
    };
    guint8 buffer[128];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    LecRtcpSenderInfo info = {.ssrc = 1,
                              .ntp = lec_clock_to_ntp(2500000),
                              .rtp_timestamp = 1000,
                              .packets = 10,
                              .bytes = 256};
    LecRtcpReportBlock block = {.ssrc = 2,
                                .fraction_lost = 64,
                                .cumulative_lost = -1,
                                .highest_sequence = 65541,
                                .jitter = 9,
                                .last_sr = 0x28000,
                                .delay_since_last_sr = lec_clock_to_short(500000)};
    g_assert_true(lec_rtcp_write_sr(&writer, &info, &block, 1));
    g_assert_true(lec_rtcp_write_sdes(&writer, 1, "box@x"));
    g_assert_cmpmem(buffer, writer.len, expected, sizeof expected);
    expect(buffer, writer.len,
           "sr 00000001 0000000280000000 1000 10 256\nblock 1: 2 64 -1 65541 9 28000 8000\ncname 1 "
           "box@x\n");
}

static void test_receiver_report(void) {
    static const guint8 expected[] = {0x80, 201, 0, 1, 0, 0, 0, 7};
    static const guint8 bye[] = {0x80, 201, 0, 1, 0, 0, 0, 7, 0x81, 203, 0, 1, 0, 0, 0, 7};
    guint8 buffer[8];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    g_assert_true(lec_rtcp_write_rr(&writer, 7, NULL, 0));
    g_assert_cmpmem(buffer, writer.len, expected, sizeof expected);
    expect(bye, sizeof bye, "bye 7\n");
    g_assert_false(lec_rtcp_write_pli(&writer, 7, 7)); /* there is no room */
    g_assert_cmpuint(writer.len, ==, sizeof expected);
}

static void test_nack(void) {
    /* 65535 with 0 and 15 (distances 1 and 16), then 16 on its own. */
    static const guint8 expected[] = {0x81, 205, 0,    4,    0,    0, 0, 1,  0, 0,
                                      0,    2,   0xFF, 0xFF, 0x80, 1, 0, 16, 0, 0};
    static const guint16 sequences[] = {65535, 0, 15, 16};
    guint8 buffer[64];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    g_assert_true(lec_rtcp_write_nack(&writer, 1, 2, sequences, G_N_ELEMENTS(sequences)));
    g_assert_cmpmem(buffer, writer.len, expected, sizeof expected);
    expect(buffer, writer.len, "nack 2: 65535 0 15 16\n");
}

static void test_nack_bounded(void) {
    guint8 buffer[LEC_RTCP_MAX_NACKS * 4 + 12];
    memset(buffer, 0xFF, sizeof buffer);
    static const guint8 header[] = {0x81, 205, 0x04, 0x02, 0, 0, 0, 1, 0, 0, 0, 2};
    memcpy(buffer, header, sizeof header);
    g_autoptr(GString) seen = g_string_new(NULL);
    g_assert_true(lec_rtcp_parse(buffer, sizeof buffer, &events, seen, NULL));
    g_auto(GStrv) words = g_strsplit(seen->str, " ", -1);
    g_assert_cmpuint(g_strv_length(words), ==, 2 + 1020); /* 60 whole entries of 17 */
}

static void test_keyframe_requests(void) {
    static const guint8 fir[] = {0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 3, 0, 0, 0};
    static const guint8 pli[] = {0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2};
    guint8 buffer[64];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    g_assert_true(lec_rtcp_write_pli(&writer, 1, 2));
    g_assert_cmpmem(buffer, writer.len, pli, sizeof pli);
    expect(pli, sizeof pli, "pli 2\n");
    expect(fir, sizeof fir, "fir 9 3\n");
}

static void test_skips(void) {
    /* REMB (PSFB 15), XR (207) and APP (204) before a PLI. */
    static const guint8 data[] = {0x8F, 206,  0,    4,   0, 0, 0, 1,    0,   0, 0,   0,   'R',
                                  'E',  'M',  'B',  0,   0, 0, 0, 0x80, 207, 0, 1,   0,   0,
                                  0,    1,    0x80, 204, 0, 2, 0, 0,    0,   1, 'N', 'A', 'M',
                                  'E',  0x81, 206,  0,   2, 0, 0, 0,    1,   0, 0,   0,   2};
    expect(data, sizeof data, "pli 2\n");
}

static void test_feedback_padding(void) {
    static const guint8 expected[] = {0xAF, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2,
                                      1,    2,   3, 4, 5, 6, 7, 8, 9, 0, 0, 3};
    static const guint8 fci[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    guint8 buffer[64];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    g_assert_true(lec_rtcp_write_transport_feedback(&writer, 1, 2, fci, sizeof fci));
    g_assert_cmpmem(buffer, writer.len, expected, sizeof expected);
    expect(buffer, writer.len, "feedback 9\n");
}

static void test_bad(void) {
    static const guint8 good[] = {0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2};
    guint8 data[24];
    /* A good PLI followed by anything bad gives no event at all. */
    memcpy(data, good, sizeof good);
    memcpy(data + 12, good, sizeof good);
    expect(data, sizeof data, "pli 2\npli 2\n");
    for (gsize len = 0; len < 12; len++)
        expect_error(data, len, LEC_RTCP_ERROR_TRUNCATED);
    for (gsize len = 13; len < 24; len++)
        expect_error(data, len, LEC_RTCP_ERROR_TRUNCATED);
    data[12] = 0x41;
    expect_error(data, sizeof data, LEC_RTCP_ERROR_VERSION);
    data[12] = 0xA1; /* padding of 2 leaves too little */
    expect_error(data, sizeof data, LEC_RTCP_ERROR_MALFORMED);
    data[12] = 0x81;
    for (guint8 type = 200; type <= 201; type++) {
        data[13] = type; /* no room for the report block it counts */
        expect_error(data, sizeof data, LEC_RTCP_ERROR_MALFORMED);
    }
    data[13] = 202; /* source 1, an item that runs over the end */
    data[20] = 1;
    data[21] = 3;
    expect_error(data, sizeof data, LEC_RTCP_ERROR_MALFORMED);
    data[12] = 0x83;
    data[13] = 203; /* three sources in two words */
    expect_error(data, sizeof data, LEC_RTCP_ERROR_MALFORMED);
    data[12] = 0x81;
    data[13] = 205; /* a NACK without entries */
    expect_error(data, sizeof data, LEC_RTCP_ERROR_MALFORMED);
    data[12] = 0x84;
    data[13] = 206; /* a FIR without entries */
    expect_error(data, sizeof data, LEC_RTCP_ERROR_MALFORMED);
}

static void test_clock(void) {
    g_assert_cmphex(lec_clock_to_ntp(1500000), ==, G_GUINT64_CONSTANT(0x180000000));
    g_assert_cmphex(lec_clock_middle(G_GUINT64_CONSTANT(0x1234567890ABCDEF)), ==, 0x567890AB);
    for (gint64 us = 0; us < 5000000; us += 997)
        g_assert_cmpint(lec_clock_from_ntp(lec_clock_to_ntp(us * 1000 + us % 13)), ==,
                        us * 1000 + us % 13);
    g_assert_cmphex(lec_clock_to_short(250000), ==, 0x4000);
    g_assert_cmphex(lec_clock_to_short(-5), ==, 0);
    g_assert_cmphex(lec_clock_to_short(G_MAXINT64), ==, G_MAXUINT32);
    g_assert_cmpint(lec_clock_from_short(0x14000), ==, 1250000);
}

static void test_rtt(void) {
    /* The example of RFC 3550 §6.4.1 figure 2: A = b710:8000, DLSR 5.250 s, LSR b705:2000,
     * and 6.125 s remain. */
    gint64 now = lec_clock_from_ntp(G_GUINT64_CONSTANT(0xb71080000000));
    g_assert_cmpint(lec_clock_rtt_us(now, 0xb7052000, 0x00054000), ==, 6125000);
    g_assert_cmpint(lec_clock_rtt_us(now, 0, 0x00054000), ==, 0);
    g_assert_cmpint(lec_clock_rtt_us(now, 0xb7108001, 0), ==, 1); /* rounding */
    g_assert_cmpint(lec_clock_rtt_us(now, 0xb7110000, 0), ==, 0); /* from the future */
    g_assert_cmpint(lec_clock_rtt_us(now, 0xb7000000, 0), ==, 16500000);
    g_assert_cmpint(lec_clock_rtt_us(now, 0xb6000000, 0), ==, 0); /* over a minute */
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtcp/sender-report", test_sender_report);
    g_test_add_func("/rtcp/receiver-report", test_receiver_report);
    g_test_add_func("/rtcp/nack", test_nack);
    g_test_add_func("/rtcp/nack/bounded", test_nack_bounded);
    g_test_add_func("/rtcp/keyframe-requests", test_keyframe_requests);
    g_test_add_func("/rtcp/skips", test_skips);
    g_test_add_func("/rtcp/feedback-padding", test_feedback_padding);
    g_test_add_func("/rtcp/bad", test_bad);
    g_test_add_func("/clock/conversions", test_clock);
    g_test_add_func("/clock/rtt", test_rtt);
    return g_test_run();
}
