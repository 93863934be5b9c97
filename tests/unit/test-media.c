/* Media without sockets and keys: what leaves for what the owner sends, and what a hostile peer can
 * cost. */
#include "common/transport/media.h"
#include "common/transport/rtcp.h"
#include "common/transport/rtp.h"

#include <time.h>

#define START_US (100 * G_USEC_PER_SEC)

typedef struct {
    LecMedia *media;
    GMainContext *context; /* nobody runs it: time is the test's */
    gint64 now_us;
    GArray *sent;      /* of guint16: sequence numbers as they leave */
    guint32 ssrc;      /* of what was sent last */
    guint n_packets;   /* that were sent */
    GHashTable *heard; /* SSRCs of what was delivered */
} Rig;

static gsize on_send_rtp(guint8 *data, gsize size, gsize len, void *user) {
    Rig *rig = user;
    LecRtpPacket packet;
    g_assert_true(lec_rtp_parse(data, len, &packet, NULL));
    if (packet.payload_type == 96)
        g_array_append_val(rig->sent, packet.sequence);
    rig->ssrc = packet.ssrc;
    rig->n_packets++;
    return len;
}

static gsize on_send_rtcp(guint8 *data, gsize size, gsize len, void *user) {
    return len;
}

static void on_rtp(const LecRtpIn *packet, void *user) {
    Rig *rig = user;
    LecRtpPacket parsed;
    g_assert_true(lec_rtp_parse(packet->data, packet->len, &parsed, NULL));
    g_hash_table_add(rig->heard, GUINT_TO_POINTER(parsed.ssrc));
}

static void on_keyframe_request(guint section, void *user) {
}

static void on_estimate(guint32 kbps, void *user) {
}

static void describe(LecMediaParams *params, LecMediaDirection direction, guint32 ssrc) {
    params->n_sections = 1;
    params->sections[0] = (LecMediaSection){.kind = LEC_MEDIA_VIDEO,
                                            .direction = direction,
                                            .mid = "v",
                                            .n_codecs = 1,
                                            .transport_cc_id = 3,
                                            .ssrc = ssrc,
                                            .rtx_ssrc = ssrc != 0 ? ssrc + 1 : 0};
    params->sections[0].codecs[0] = (LecCodecParams){.codec = LEC_CODEC_H264,
                                                     .payload_type = 96,
                                                     .rtx_payload_type = 97,
                                                     .clock_rate = 90000,
                                                     .nack = true,
                                                     .pli = true,
                                                     .transport_cc = true};
}

/* ssrc: that the sender announces. */
static void rig_init(Rig *rig, bool sends, guint32 ssrc) {
    static const LecMediaEvents events = {.send_rtp = on_send_rtp,
                                          .send_rtcp = on_send_rtcp,
                                          .rtp = on_rtp,
                                          .keyframe_request = on_keyframe_request,
                                          .estimate = on_estimate};
    g_autoptr(LecMediaParams) local = lec_media_params_new();
    g_autoptr(LecMediaParams) remote = lec_media_params_new();
    describe(local, sends ? LEC_MEDIA_SENDONLY : LEC_MEDIA_RECVONLY, sends ? ssrc : 0);
    describe(remote, sends ? LEC_MEDIA_RECVONLY : LEC_MEDIA_SENDONLY, sends ? 0 : ssrc);
    *rig = (Rig){.context = g_main_context_new(),
                 .now_us = START_US,
                 .sent = g_array_new(FALSE, FALSE, sizeof(guint16)),
                 .heard = g_hash_table_new(NULL, NULL)};
    rig->media = lec_media_new(rig->context, local, remote, &events, rig);
    lec_media_start(rig->media, 0, rig->now_us);
}

static void rig_clear(Rig *rig) {
    lec_media_free(rig->media);
    g_main_context_unref(rig->context);
    g_array_unref(rig->sent);
    g_hash_table_unref(rig->heard);
}

/* A picture of n packets numbered from sequence on, and time for all of them to leave. */
static void send_picture(Rig *rig, guint16 sequence, guint n) {
    GPtrArray *packets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (guint i = 0; i < n; i++, sequence++) {
        guint8 packet[64] = {0x80, 96, (guint8)(sequence >> 8), (guint8)sequence};
        g_ptr_array_add(packets, g_bytes_new(packet, sizeof packet));
    }
    lec_media_send(rig->media, 0, packets, rig->now_us, rig->now_us);
    for (guint i = 0; i < 10; i++) {
        rig->now_us += 3000;
        lec_media_run(rig->media, rig->now_us);
    }
}

/* A payloader that begins anew where it was already must not make us use a sequence number twice:
 * SRTP refuses that, and the picture would stand until the numbers are through. */
static void test_payloader_restart_behind(void) {
    Rig rig;
    rig_init(&rig, true, 1000);
    send_picture(&rig, 1000, 50);
    send_picture(&rig, 1000, 20);
    send_picture(&rig, 700, 20);
    send_picture(&rig, 722, 10); /* a gap stays one */
    g_assert_cmpuint(rig.sent->len, ==, 100);
    for (guint i = 1; i < rig.sent->len; i++)
        g_assert_cmpuint((guint16)(g_array_index(rig.sent, guint16, i) -
                                   g_array_index(rig.sent, guint16, i - 1)),
                         ==, i == 90 ? 3 : 1);
    rig_clear(&rig);
}

/* As many feedback packets as one RTCP packet holds, each about 65,535 packets: 16 times 4095 and
 * 15. */
static gsize write_flood(guint8 *data, gsize size) {
    guint8 fci[8 + 2 * 17] = {0, 0, 0xFF, 0xFF, 0, 0, 0, 0};
    for (gsize i = 0; i < 17; i++) {
        guint run = i < 16 ? 4095 : 15;
        fci[8 + 2 * i] = (guint8)(run >> 8);
        fci[9 + 2 * i] = (guint8)run;
    }
    LecRtcpWriter writer = lec_rtcp_writer(data, size);
    gsize len = 0;
    while (lec_rtcp_write_transport_feedback(&writer, 2000, 1000, fci, sizeof fci))
        len = writer.len;
    g_assert_cmpuint(len, >, 20 * sizeof fci);
    return len;
}

/* All links share a thread: a presenter that reports at length on what a box never sent must not
 * keep it from the others. */
static void test_feedback_flood(void) {
    enum { N = 2000 }; /* what a LAN brings in a fifth of a second */
    Rig rig;
    rig_init(&rig, false, 2000);
    guint8 data[LEC_RTCP_MAX_PACKET];
    gsize len = write_flood(data, sizeof data);
    clock_t start = clock();
    for (guint i = 0; i < N; i++)
        lec_media_receive_rtcp(rig.media, data, len, rig.now_us);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    g_test_message("%u packets take %.0f ms", N, seconds * 1000);
    g_assert_cmpfloat(seconds, <, 1);
    rig_clear(&rig);
}

/* A peer that announced no SSRC may name a few, not any number. */
static void test_many_sources(void) {
    Rig rig;
    rig_init(&rig, false, 0);
    for (guint i = 0; i < 1000; i++) {
        const guint8 packet[] = {0x80, 96, 0, 1, 0, 0, 0, 0, 1, 0, (guint8)(i >> 8), (guint8)i, 1};
        lec_media_receive_rtp(rig.media, packet, sizeof packet, rig.now_us);
    }
    g_assert_cmpuint(g_hash_table_size(rig.heard), ==, 32);
    rig_clear(&rig);
}

static void nack(Rig *rig, guint32 ssrc, guint16 sequence) {
    guint8 data[LEC_RTCP_MAX_PACKET];
    LecRtcpWriter writer = lec_rtcp_writer(data, sizeof data);
    g_assert_true(lec_rtcp_write_nack(&writer, 2000, ssrc, &sequence, 1));
    lec_media_receive_rtcp(rig->media, data, writer.len, rig->now_us);
}

static guint count_resent(bool has_rtx) {
    Rig rig;
    rig_init(&rig, true, has_rtx ? 1000 : 0);
    send_picture(&rig, 1000, 5);
    guint32 ssrc = rig.ssrc;
    guint16 first = g_array_index(rig.sent, guint16, 0);
    guint before = rig.n_packets;
    rig.now_us += 10000;
    nack(&rig, ssrc, first);
    lec_media_run(rig.media, rig.now_us);
    guint resent = rig.n_packets - before;
    g_assert_cmpuint(rig.sent->len, ==, 5);
    rig_clear(&rig);
    return resent;
}

/* Without a retransmission stream a NACK gets nothing: the same number with another header
 * extension would be a nonce used twice (RFC 7714 §8.4). */
static void test_nack(void) {
    g_assert_cmpuint(count_resent(true), ==, 1);
    g_assert_cmpuint(count_resent(false), ==, 0);
}

/* Media goes only the way that both descriptions give it. */
static void test_directions(void) {
    Rig rig;
    rig_init(&rig, false, 2000);
    send_picture(&rig, 1, 5);
    g_assert_cmpuint(rig.n_packets, ==, 0);
    rig_clear(&rig);

    rig_init(&rig, true, 1000);
    const guint8 packet[] = {0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1};
    lec_media_receive_rtp(rig.media, packet, sizeof packet, rig.now_us);
    g_assert_cmpuint(g_hash_table_size(rig.heard), ==, 0);
    rig_clear(&rig);
}

static guint64 count_keyframe_requests(Rig *rig) {
    LecLinkStats stats = {0};
    lec_media_fill_stats(rig->media, &stats, rig->now_us);
    return stats.plis_sent;
}

/* A keyframe that was asked for on a path that is dead is asked for again as soon as there is
 * another one, not a second later; one that came long ago is not. */
static void test_keyframe_after_move(void) {
    Rig rig;
    rig_init(&rig, false, 2000);
    const guint8 packet[] = {0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 7, 0xd0, 1};
    lec_media_receive_rtp(rig.media, packet, sizeof packet, rig.now_us);
    lec_media_move(rig.media, rig.now_us);
    g_assert_cmpuint(count_keyframe_requests(&rig), ==, 0);
    lec_media_request_keyframe(rig.media, 0, rig.now_us);
    lec_media_request_keyframe(rig.media, 0, rig.now_us);
    g_assert_cmpuint(count_keyframe_requests(&rig), ==, 1);
    rig.now_us += 100000;
    lec_media_move(rig.media, rig.now_us);
    g_assert_cmpuint(count_keyframe_requests(&rig), ==, 2);
    rig.now_us += 100000;
    lec_media_run(rig.media, rig.now_us);
    g_assert_cmpuint(count_keyframe_requests(&rig), ==, 2);
    rig.now_us += 60 * G_USEC_PER_SEC;
    lec_media_move(rig.media, rig.now_us);
    g_assert_cmpuint(count_keyframe_requests(&rig), ==, 2);
    rig_clear(&rig);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/media/payloader-restart-behind", test_payloader_restart_behind);
    g_test_add_func("/media/feedback-flood", test_feedback_flood);
    g_test_add_func("/media/many-sources", test_many_sources);
    g_test_add_func("/media/directions", test_directions);
    g_test_add_func("/media/nack", test_nack);
    g_test_add_func("/media/keyframe-after-move", test_keyframe_after_move);
    return g_test_run();
}
