/*
 * Whatever a peer sends once it is authenticated: RTP and RTCP of any shape, mixed with frames of
 * ours and with time. What leaves must parse, keyframe requests stay limited, and what is delivered
 * belongs to a section that we receive.
 */
#include "common/transport/media.h"
#include "common/transport/rtcp.h"
#include "common/transport/rtp.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

#define MAX_STEPS 400

typedef struct {
    gint64 now_us;
    gint64 last_request_us;
    guint16 sequence;
    guint32 number[3];
} World;

static gsize on_send_rtp(guint8 *data, gsize size, gsize len, void *user) {
    LecRtpPacket packet;
    g_assert(len <= size && lec_rtp_parse(data, len, &packet, NULL));
    g_assert(packet.ssrc == 1000 || packet.ssrc == 1001);
    return len;
}

static gsize on_send_rtcp(guint8 *data, gsize size, gsize len, void *user) {
    static const LecRtcpEvents none = {0};
    g_assert(len <= size && lec_rtcp_parse(data, len, &none, NULL, NULL));
    return len;
}

static void on_rtp(const LecRtpIn *packet, void *user) {
    World *world = user;
    LecRtpPacket parsed;
    g_assert(packet->section < 2 && packet->arrival_us <= world->now_us);
    g_assert(lec_rtp_parse(packet->data, packet->len, &parsed, NULL));
    g_assert(parsed.payload_type == (packet->section == 0 ? 96 : 111));
}

static void on_keyframe_request(guint section, void *user) {
    World *world = user;
    g_assert(section == 0);
    g_assert(world->last_request_us == 0 ||
             world->now_us - world->last_request_us >= G_USEC_PER_SEC);
    world->last_request_us = world->now_us;
}

static void on_estimate(guint32 kbps, void *user) {
    g_assert(kbps > 0);
}

static void describe(LecMediaParams *params, guint32 ssrc) {
    params->n_sections = 2;
    params->sections[0] = (LecMediaSection){.kind = LEC_MEDIA_VIDEO,
                                            .direction = LEC_MEDIA_SENDRECV,
                                            .mid = "v",
                                            .n_codecs = 1,
                                            .transport_cc_id = 3,
                                            .mid_id = 4,
                                            .ssrc = ssrc,
                                            .rtx_ssrc = ssrc != 0 ? ssrc + 1 : 0};
    params->sections[0].codecs[0] = (LecCodecParams){.codec = LEC_CODEC_H264,
                                                     .payload_type = 96,
                                                     .rtx_payload_type = 97,
                                                     .clock_rate = 90000,
                                                     .nack = true,
                                                     .pli = true,
                                                     .transport_cc = true};
    params->sections[1] = (LecMediaSection){.kind = LEC_MEDIA_AUDIO,
                                            .direction = LEC_MEDIA_SENDRECV,
                                            .mid = "a",
                                            .n_codecs = 1,
                                            .transport_cc_id = 3,
                                            .mid_id = 4};
    params->sections[1].codecs[0] = (LecCodecParams){
        .codec = LEC_CODEC_OPUS, .payload_type = 111, .clock_rate = 48000, .channels = 2};
}

static LecMedia *make_media(GMainContext *context, World *world, bool announced) {
    static const LecMediaEvents events = {.send_rtp = on_send_rtp,
                                          .send_rtcp = on_send_rtcp,
                                          .rtp = on_rtp,
                                          .keyframe_request = on_keyframe_request,
                                          .estimate = on_estimate};
    g_autoptr(LecMediaParams) local = lec_media_params_new();
    g_autoptr(LecMediaParams) remote = lec_media_params_new();
    describe(local, 1000);
    describe(remote, announced ? 2000 : 0);
    return lec_media_new(context, local, remote, &events, world);
}

static void send_frame(LecMedia *media, World *world, guint n) {
    GPtrArray *packets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (guint i = 0; i < n; i++) {
        guint8 packet[64] = {0x80, 96, (guint8)(world->sequence >> 8), (guint8)world->sequence};
        world->sequence++;
        g_ptr_array_add(packets, g_bytes_new(packet, sizeof packet));
    }
    lec_media_send(media, 0, packets, world->now_us, world->now_us);
}

/* One step: a byte of kind, two of length or amount, and for packets the bytes themselves. Returns
 * what it used. */
static gsize step(LecMedia *media, World *world, const guint8 *data, gsize size) {
    gsize amount = (gsize)data[1] | (gsize)(data[2] & 7) << 8;
    gsize len = MIN(amount, size - 3);
    g_autofree guint8 *packet = g_memdup2(data + 3, len);
    switch (data[0] % 8) {
    case 0:
    case 1:
        lec_media_receive_rtp(media, packet, len, world->now_us);
        return 3 + len;
    case 2:
    case 3:
        lec_media_receive_rtcp(media, packet, len, world->now_us);
        return 3 + len;
    case 4:
        world->now_us += (gint64)amount * 1000;
        return 3;
    case 5:
        send_frame(media, world, (guint)amount % 40);
        return 3;
    case 6:
        lec_media_request_keyframe(media, (guint)amount % 4, world->now_us);
        return 3;
    default:
        lec_media_run(media, world->now_us);
        return 3;
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    if (size < 1)
        return 0;
    World world = {.now_us = G_USEC_PER_SEC * 1000};
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(LecMedia) media = make_media(context, &world, data[0] & 1);
    lec_media_start(media, data[0] & 2 ? 100000 : 0, world.now_us);
    guint steps = 0;
    for (gsize used = 1; size - used >= 3 && steps < MAX_STEPS; steps++)
        used += step(media, &world, data + used, size - used);
    world.now_us += 2 * G_USEC_PER_SEC;
    lec_media_run(media, world.now_us);
    LecLinkStats stats = {0};
    lec_media_fill_stats(media, &stats, world.now_us);
    g_assert(stats.loss >= 0 && stats.loss <= 1);
    return 0;
}
