/* Outgoing streams: numbering, pacing, header extensions, history and retransmission. */
#include "common/transport/media-private.h"
#include "common/transport/srtp.h"

#define MAX_SEQUENCE_JUMP 512 /* of a payloader; more means that it began anew */

#define TAIL_QUIET_US 50000 /* beyond the interval of a 30 Hz picture */

/* A packet in the pacer. */
typedef struct {
    guint section;
    GBytes *packet; /* as the payloader made it */
    guint16 sequence;
    bool again;
} Queued;

static void free_queued(gpointer data) {
    Queued *queued = data;
    g_bytes_unref(queued->packet);
    g_free(queued);
}

LecPacer *lec_media_out_make_pacer(guint32 rate_kbps) {
    return lec_pacer_new(rate_kbps, free_queued);
}

static bool is_sent(const LecMediaSection *local, const LecMediaSection *remote) {
    bool ours = local->direction == LEC_MEDIA_SENDONLY || local->direction == LEC_MEDIA_SENDRECV;
    bool theirs =
        remote->direction == LEC_MEDIA_RECVONLY || remote->direction == LEC_MEDIA_SENDRECV;
    return ours && theirs && remote->n_codecs > 0;
}

void lec_media_out_init(LecMediaOut *self, const LecMediaSection *local,
                        const LecMediaSection *remote) {
    self->enabled = is_sent(local, remote);
    self->section = *remote;
    self->section.ssrc = local->ssrc;
    self->section.rtx_ssrc = local->rtx_ssrc;
    self->section.transport_cc_id =
        local->transport_cc_id == remote->transport_cc_id ? remote->transport_cc_id : 0;
    self->section.mid_id =
        local->mid_id == remote->mid_id && remote->mid[0] != '\0' ? remote->mid_id : 0;
    self->last_fir = -1;
    if (!self->enabled)
        return;
    while (self->section.ssrc == 0)
        self->section.ssrc = g_random_int();
    self->history = lec_history_new(0, 0, 0);
    self->rtx_sequence =
        (guint16)g_random_int_range(0, 1 << 15); /* RFC 3711 §3.3.1: far from the first roll-over */
    self->last_out = (guint16)g_random_int_range(0, 1 << 15);
}

void lec_media_out_clear(LecMediaOut *self) {
    g_clear_pointer(&self->history, lec_history_free);
}

LecMediaOut *lec_media_out_find(LecMedia *self, guint32 ssrc) {
    for (guint i = 0; i < self->n_sections; i++) {
        if (self->out[i].enabled && self->out[i].section.ssrc == ssrc)
            return &self->out[i];
    }
    return NULL;
}

static const LecCodecParams *find_codec(const LecMediaSection *section, guint8 payload_type) {
    for (guint i = 0; i < section->n_codecs; i++) {
        if (section->codecs[i].payload_type == payload_type)
            return &section->codecs[i];
    }
    return NULL;
}

/* ---- into the pacer ---- */

/* Ours follows the payloader's, gaps included, until that begins anew: a jump would confuse the
 * peer's SRTP index, and SRTP sends no number twice. */
static guint16 number(LecMediaOut *out, guint16 sequence) {
    gint16 step = (gint16)(sequence - out->last_in);
    if (!out->started || step <= 0 || step > MAX_SEQUENCE_JUMP)
        step = 1;
    out->last_in = sequence;
    out->last_out = (guint16)(out->last_out + step);
    return out->last_out;
}

static void push(LecMedia *self, guint section, GBytes *packet, guint64 frame, gint64 capture_us,
                 gint64 now_us) {
    LecMediaOut *out = &self->out[section];
    gsize len;
    const guint8 *data = g_bytes_get_data(packet, &len);
    LecRtpPacket parsed;
    if (len > LEC_MEDIA_MAX_PACKET - LEC_RTP_MAX_ADDED_BYTES - LEC_SRTP_OVERHEAD ||
        !lec_rtp_parse(data, len, &parsed, NULL))
        return;
    const LecCodecParams *codec = find_codec(&out->section, parsed.payload_type);
    if (codec == NULL)
        return;
    Queued *queued = g_new0(Queued, 1);
    *queued = (Queued){section, g_bytes_ref(packet), number(out, parsed.sequence), false};
    out->last_timestamp = parsed.timestamp;
    out->last_capture_us = capture_us;
    out->clock_rate = codec->clock_rate;
    if (!out->started) {
        out->started = true;
        lec_media_send_sender_report(self, out, now_us);
    }
    LecPacerPriority priority =
        out->section.kind == LEC_MEDIA_AUDIO ? LEC_PACER_AUDIO : LEC_PACER_VIDEO;
    lec_pacer_push(self->pacer, priority, queued, len, frame, now_us);
}

void lec_media_send(LecMedia *self, guint section, GPtrArray *packets, gint64 capture_us,
                    gint64 now_us) {
    if (self->started && section < self->n_sections && self->out[section].enabled) {
        guint64 frame = self->next_frame++;
        for (guint i = 0; i < packets->len; i++)
            push(self, section, packets->pdata[i], frame, capture_us, now_us);
        lec_media_out_drain(self, now_us);
        lec_media_schedule(self, now_us);
    }
    g_ptr_array_unref(packets);
}

static void push_again(LecMedia *self, LecMediaOut *out, GBytes *packet, guint16 sequence,
                       gint64 now_us) {
    Queued *queued = g_new0(Queued, 1);
    *queued = (Queued){(guint)(out - self->out), g_bytes_ref(packet), sequence, true};
    lec_pacer_push(self->pacer, LEC_PACER_RETRANSMISSION, queued, g_bytes_get_size(packet),
                   self->next_frame++, now_us);
}

void lec_media_out_resend(LecMedia *self, guint32 ssrc, const guint16 *sequences, gsize n,
                          gint64 now_us) {
    LecMediaOut *out = lec_media_out_find(self, ssrc);
    /* Without a retransmission stream nothing is sent again: the same SRTP index with another
     * header extension would be the same AES-GCM nonce for two messages, which gives the
     * authentication key away (RFC 7714 §8.4). */
    if (out == NULL || out->section.rtx_ssrc == 0)
        return;
    /* Less than the estimate, which is smoothed and may be above the truth: a genuine request would
     * be taken for one about a copy still on its way, and its packet be lost for good. */
    gint64 least_us = self->rtt_us * 3 / 4;
    for (gsize i = 0; i < n; i++) {
        GBytes *packet = lec_history_resend(out->history, sequences[i], least_us, now_us);
        if (packet != NULL)
            push_again(self, out, packet, sequences[i], now_us);
    }
}

gint64 lec_media_out_get_tail_us(const LecMediaOut *self) {
    bool repeats =
        self->enabled && self->section.kind == LEC_MEDIA_VIDEO && self->section.rtx_ssrc != 0;
    return repeats ? lec_history_get_tail_us(self->history, TAIL_QUIET_US) : G_MAXINT64;
}

/* Where a screen fell still, the peer would learn of its last packet's loss only with the next
 * picture: that packet goes out once more. */
static void repeat_tails(LecMedia *self, gint64 now_us) {
    for (guint i = 0; i < self->n_sections; i++) {
        LecMediaOut *out = &self->out[i];
        if (lec_media_out_get_tail_us(out) > now_us)
            continue;
        guint16 sequence;
        GBytes *packet = lec_history_repeat_tail(out->history, TAIL_QUIET_US, &sequence, now_us);
        push_again(self, out, packet, sequence, now_us);
    }
}

/* ---- onto the wire ---- */

static gsize write_packet(LecMediaOut *out, const LecRtpPacket *packet, const guint8 *data,
                          const Queued *queued, const LecRtpExtensions *extensions, guint8 *wire,
                          gsize size) {
    if (!queued->again)
        return lec_rtp_write(packet, data, extensions, wire, size, NULL);
    const LecCodecParams *codec = find_codec(&out->section, packet->payload_type);
    if (codec == NULL || codec->rtx_payload_type == 0)
        return 0;
    LecRtpRtx rtx = {codec->rtx_payload_type, out->section.rtx_ssrc, out->rtx_sequence};
    gsize len = lec_rtp_write_rtx(packet, data, &rtx, extensions, wire, size, NULL);
    if (len > 0)
        out->rtx_sequence++;
    return len;
}

static void note_sent(LecMedia *self, LecMediaOut *out, const Queued *queued, gsize payload_bytes,
                      gint64 now_us) {
    if (queued->again) {
        self->resent_packets++;
        return;
    }
    out->packets++;
    out->payload_bytes += (guint32)payload_bytes;
    lec_history_add(out->history, queued->sequence, queued->packet, now_us);
}

static void send_one(LecMedia *self, const Queued *queued, gint64 now_us) {
    LecMediaOut *out = &self->out[queued->section];
    gsize len;
    const guint8 *data = g_bytes_get_data(queued->packet, &len);
    LecRtpPacket packet;
    if (!lec_rtp_parse(data, len, &packet, NULL))
        return;
    packet.ssrc = out->section.ssrc;
    packet.sequence = queued->sequence;
    LecRtpExtensions extensions = {.transport_cc_id = out->section.transport_cc_id,
                                   .mid_id = out->section.mid_id,
                                   .mid = out->section.mid};
    if (extensions.transport_cc_id != 0)
        extensions.transport_sequence =
            lec_feedback_sender_add(self->sent, (guint32)(len + LEC_RTP_MAX_ADDED_BYTES), now_us);
    guint8 wire[LEC_MEDIA_MAX_PACKET];
    gsize wire_len = write_packet(out, &packet, data, queued, &extensions, wire,
                                  sizeof wire - LEC_SRTP_OVERHEAD);
    if (wire_len == 0)
        return;
    note_sent(self, out, queued, packet.payload_len, now_us);
    gsize sent = self->events.send_rtp(wire, sizeof wire, wire_len, self->user);
    self->sent_bytes += sent;
    self->sent_packets += sent > 0;
}

void lec_media_out_drain(LecMedia *self, gint64 now_us) {
    Queued *queued;
    repeat_tails(self, now_us);
    while ((queued = lec_pacer_pop(self->pacer, now_us)) != NULL) {
        send_one(self, queued, now_us);
        free_queued(queued);
    }
    if (lec_pacer_take_dropped_frames(self->pacer) == 0)
        return;
    for (guint i = 0; i < self->n_sections; i++) {
        if (self->out[i].enabled && self->out[i].section.kind == LEC_MEDIA_VIDEO)
            lec_media_out_want_keyframe(self, i, now_us);
    }
}

void lec_media_out_want_keyframe(LecMedia *self, guint section, gint64 now_us) {
    LecMediaOut *out = &self->out[section];
    out->request_waiting =
        out->last_request_us != 0 && now_us - out->last_request_us < LEC_MEDIA_KEYFRAME_INTERVAL_US;
    if (out->request_waiting)
        return;
    out->last_request_us = now_us;
    self->events.keyframe_request(section, self->user);
}
