/* Packets, retransmissions and time in any order: what comes out is in order, once, and marked
 * where something is gone. */
#include <glib.h>

#include "common/transport/receive-stream.h"
#include "common/transport/wire.h"

#define MAX_STEPS 2000

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
    gint64 last;
    guint given;
} Probe;

static void on_packet(const LecReceivedPacket *packet, void *user) {
    Probe *probe = user;
    g_assert_cmpuint(lec_wire_get_u16(packet->data + 2), ==, (guint16)packet->sequence);
    /* A restart begins lower, and says so. */
    g_assert_true(packet->discontinuity || probe->last < 0 || packet->sequence == probe->last + 1);
    probe->last = packet->sequence;
    probe->given++;
}

static void push(LecReceiveStream *stream, guint16 sequence, bool again, gint64 now_us) {
    guint8 bytes[14] = {0x80, 96};
    lec_wire_put_u16(bytes + 2, sequence);
    lec_wire_put_u32(bytes + 4, (guint32)(now_us / 11));
    LecRtpPacket packet;
    g_assert_true(lec_rtp_parse(bytes, sizeof bytes, &packet, NULL));
    lec_receive_stream_push(stream, &packet, bytes, sizeof bytes, again, now_us);
}

static void tick(LecReceiveStream *stream, gint64 now_us) {
    guint16 nacks[8];
    g_assert_cmpuint(lec_receive_stream_tick(stream, now_us, nacks, G_N_ELEMENTS(nacks)), <=, 8);
}

/* With time, all that waits is given out or given up. */
static void finish(LecReceiveStream *stream, gint64 now_us) {
    LecReceiveStats stats;
    for (guint i = 0; lec_receive_stream_get_next_us(stream) != G_MAXINT64; i++) {
        g_assert_cmpuint(i, <, 20000);
        now_us = MAX(now_us, lec_receive_stream_get_next_us(stream));
        tick(stream, now_us);
    }
    lec_receive_stream_get_stats(stream, &stats);
    g_assert_cmpuint(stats.held_packets, ==, 0);
}

/* Each step is two bytes: a step in sequence, and time with flags. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    Probe probe = {.last = -1};
    LecReceiveConfig config = {
        .clock_rate = 90000, .nack = size % 2, .max_packets = size % 3 ? 32 : 0};
    g_autoptr(LecReceiveStream) stream =
        lec_receive_stream_new(1, &config, &(LecReceiveEvents){on_packet}, &probe);
    guint16 sequence = 65500;
    gint64 now_us = 1000000;
    for (gsize i = 0; i + 2 <= MIN(size, 2 * MAX_STEPS); i += 2) {
        gint8 step = (gint8)data[i];
        now_us += (data[i + 1] >> 3) * 500;
        if ((data[i + 1] & 3) == 0)
            tick(stream, now_us);
        if (step == 127)
            lec_receive_stream_set_rtt(stream, data[i + 1] * 2000);
        sequence = (guint16)(sequence + (step == 126 ? 5000 : step == -128 ? 700 : step));
        push(stream, sequence, (data[i + 1] & 7) == 5, now_us);
    }
    LecRtcpReportBlock block;
    LecReceiveStats stats;
    lec_receive_stream_report(stream, now_us, &block);
    finish(stream, now_us);
    lec_receive_stream_get_stats(stream, &stats);
    g_assert_cmpuint(probe.given, <=, stats.received_packets);
    return 0;
}
