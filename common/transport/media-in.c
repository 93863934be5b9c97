/* Incoming streams: which section a packet belongs to, retransmissions undone, order restored, loss
 * answered. */
#include "common/transport/media-private.h"

#include <string.h>

/* What was asked for this lately may have been asked on a path that was dead. */
#define UNANSWERED_PLI_US (5 * G_USEC_PER_SEC)

static bool is_received(const LecMediaSection *local, const LecMediaSection *remote) {
    bool ours = local->direction == LEC_MEDIA_RECVONLY || local->direction == LEC_MEDIA_SENDRECV;
    bool theirs =
        remote->direction == LEC_MEDIA_SENDONLY || remote->direction == LEC_MEDIA_SENDRECV;
    return ours && theirs && local->n_codecs > 0;
}

void lec_media_in_init(LecMediaIn *self, LecMedia *media, guint index, const LecMediaSection *local,
                       const LecMediaSection *remote) {
    self->media = media;
    self->index = index;
    self->enabled = is_received(local, remote);
    self->section = *local;
    self->section.ssrc = remote->ssrc;
    self->section.rtx_ssrc = remote->rtx_ssrc;
    g_strlcpy(self->section.mid, remote->mid, sizeof self->section.mid);
}

void lec_media_in_clear(LecMediaIn *self) {
    g_clear_pointer(&self->stream, lec_receive_stream_free);
}

static void add_stats(LecReceiveStats *sum, const LecReceiveStats *more) {
    sum->received_packets += more->received_packets;
    sum->received_bytes += more->received_bytes;
    sum->recovered_packets += more->recovered_packets;
    sum->lost_packets += more->lost_packets;
    sum->nacked_packets += more->nacked_packets;
}

void lec_media_in_get_stats(const LecMediaIn *self, LecReceiveStats *ret_stats) {
    *ret_stats = self->past;
    if (self->stream == NULL)
        return;
    LecReceiveStats now;
    lec_receive_stream_get_stats(self->stream, &now);
    add_stats(ret_stats, &now);
}

/* ---- which section ---- */

static const LecCodecParams *find_codec(const LecMediaIn *in, guint8 payload_type,
                                        bool *ret_is_rtx) {
    for (guint i = 0; i < in->section.n_codecs; i++) {
        const LecCodecParams *codec = &in->section.codecs[i];
        *ret_is_rtx = codec->rtx_payload_type != 0 && codec->rtx_payload_type == payload_type;
        if (*ret_is_rtx || codec->payload_type == payload_type)
            return codec;
    }
    return NULL;
}

static LecMediaIn *by_ssrc(LecMedia *self, guint32 ssrc) {
    for (guint i = 0; i < self->n_sources; i++) {
        if (self->sources[i].ssrc == ssrc)
            return &self->in[self->sources[i].section];
    }
    return NULL;
}

static LecMediaIn *by_mid(LecMedia *self, const LecRtpPacket *packet) {
    for (guint i = 0; i < self->n_sections; i++) {
        const LecMediaSection *section = &self->in[i].section;
        const guint8 *mid;
        gsize len;
        if (section->mid_id != 0 && lec_rtp_find_extension(packet, section->mid_id, &mid, &len) &&
            len == strlen(section->mid) && memcmp(mid, section->mid, len) == 0)
            return &self->in[i];
    }
    return NULL;
}

/* Only where the peer announced no SSRC, and only where one section alone has that payload type. */
static LecMediaIn *by_payload_type(LecMedia *self, const LecRtpPacket *packet) {
    LecMediaIn *found = NULL;
    for (guint i = 0; i < self->n_sections; i++) {
        LecMediaIn *in = &self->in[i];
        bool is_rtx;
        if (!in->enabled || find_codec(in, packet->payload_type, &is_rtx) == NULL)
            continue;
        if (found != NULL)
            return NULL;
        if ((is_rtx ? in->section.rtx_ssrc : in->section.ssrc) == 0)
            found = in;
    }
    return found;
}

/* RFC 9143 §9.2. What is learned is kept, so that a peer can name only so many sources. */
static LecMediaIn *find_section(LecMedia *self, const LecRtpPacket *packet) {
    LecMediaIn *in = by_ssrc(self, packet->ssrc);
    if (in != NULL)
        return in;
    in = by_mid(self, packet);
    if (in == NULL)
        in = by_payload_type(self, packet);
    if (in == NULL || !in->enabled || self->n_sources == LEC_MEDIA_MAX_SSRCS)
        return NULL;
    bool is_rtx;
    if (find_codec(in, packet->payload_type, &is_rtx) == NULL)
        return NULL;
    self->sources[self->n_sources++] = (LecMediaSource){packet->ssrc, (guint8)in->index, is_rtx};
    return in;
}

/* ---- into order ---- */

static void on_packet(const LecReceivedPacket *packet, void *user) {
    LecMediaIn *in = user;
    LecRtpIn out = {.section = in->index,
                    .data = packet->data,
                    .len = packet->len,
                    .arrival_us = packet->release_us,
                    .sender_us = packet->sender_us,
                    .discontinuity = packet->discontinuity};
    in->media->events.rtp(&out, in->media->user);
}

static void apply_early_report(LecMediaIn *in) {
    for (guint i = 0; i < G_N_ELEMENTS(in->media->early); i++) {
        LecMediaEarlyReport *early = &in->media->early[i];
        if (early->arrival_us != 0 && early->info.ssrc == in->ssrc)
            lec_receive_stream_on_sender_report(in->stream, &early->info, early->arrival_us);
    }
}

void lec_media_in_on_sender_report(LecMedia *self, const LecRtcpSenderInfo *info, gint64 now_us) {
    for (guint i = 0; i < self->n_sections; i++) {
        if (self->in[i].stream != NULL && self->in[i].ssrc == info->ssrc) {
            lec_receive_stream_on_sender_report(self->in[i].stream, info, now_us);
            return;
        }
    }
    self->early[self->next_early] = (LecMediaEarlyReport){*info, now_us};
    self->next_early = (self->next_early + 1) % G_N_ELEMENTS(self->early);
}

static void start_stream(LecMediaIn *in, guint32 ssrc, const LecCodecParams *codec) {
    static const LecReceiveEvents events = {.on_packet = on_packet};
    if (in->stream != NULL) {
        LecReceiveStats past;
        lec_receive_stream_get_stats(in->stream, &past);
        add_stats(&in->past, &past);
        lec_receive_stream_free(in->stream);
    }
    LecReceiveConfig config = {.first_rtt_us = in->media->first_rtt_us,
                               .clock_rate = codec->clock_rate,
                               .nack = codec->nack && codec->rtx_payload_type != 0};
    in->stream = lec_receive_stream_new(ssrc, &config, &events, in);
    in->ssrc = ssrc;
    lec_receive_stream_set_rtt(in->stream, in->media->rtt_us);
    apply_early_report(in);
}

static void push_retransmitted(LecMediaIn *in, const LecCodecParams *codec, const LecRtpPacket *rtx,
                               const guint8 *data, gint64 now_us) {
    guint8 original[LEC_MEDIA_MAX_PACKET];
    if (in->stream == NULL)
        return; /* the packet that it repeats has no stream yet to belong to */
    gsize len =
        lec_rtp_read_rtx(rtx, data, codec->payload_type, in->ssrc, original, sizeof original, NULL);
    LecRtpPacket packet;
    if (len > 0 && lec_rtp_parse(original, len, &packet, NULL))
        lec_receive_stream_push(in->stream, &packet, original, len, true, now_us);
}

static void push(LecMediaIn *in, const LecRtpPacket *packet, const guint8 *data, gsize len,
                 gint64 now_us) {
    bool is_rtx;
    const LecCodecParams *codec = find_codec(in, packet->payload_type, &is_rtx);
    if (codec == NULL || codec->clock_rate == 0)
        return;
    if (is_rtx) {
        push_retransmitted(in, codec, packet, data, now_us);
        return;
    }
    if (in->stream == NULL || in->ssrc != packet->ssrc)
        start_stream(in, packet->ssrc, codec);
    in->payload_type = packet->payload_type;
    lec_receive_stream_push(in->stream, packet, data, len, false, now_us);
}

static void note_arrival(LecMedia *self, const LecMediaIn *in, const LecRtpPacket *packet,
                         gint64 now_us) {
    const guint8 *value;
    gsize len;
    guint8 id = in->section.transport_cc_id;
    if (id == 0 || !lec_rtp_find_extension(packet, id, &value, &len) || len != 2)
        return;
    lec_feedback_receiver_add(self->arrived, (guint16)(value[0] << 8 | value[1]), now_us);
    self->last_ssrc = packet->ssrc;
    if (!self->feedback_waiting)
        self->next_feedback_us = MAX(self->next_feedback_us, now_us);
    self->feedback_waiting = true;
}

void lec_media_receive_rtp(LecMedia *self, const guint8 *data, gsize len, gint64 now_us) {
    self->last_heard_us = now_us;
    self->received_bytes += len;
    self->received_packets++;
    LecRtpPacket packet;
    if (len > LEC_MEDIA_MAX_PACKET || !lec_rtp_parse(data, len, &packet, NULL))
        return;
    LecMediaIn *in = find_section(self, &packet);
    if (in == NULL || !in->enabled)
        return;
    note_arrival(self, in, &packet, now_us);
    push(in, &packet, data, len, now_us);
    lec_media_schedule(self, now_us);
}

/* ---- loss ---- */

static void ask_for_keyframe(LecMedia *self, LecMediaIn *in, gint64 now_us) {
    if (!in->enabled || in->section.kind != LEC_MEDIA_VIDEO || in->stream == NULL)
        return;
    in->pli_waiting =
        in->last_pli_us != 0 && now_us - in->last_pli_us < LEC_MEDIA_KEYFRAME_INTERVAL_US;
    if (in->pli_waiting)
        return;
    in->last_pli_us = now_us;
    self->plis_sent++;
    lec_media_send_pli(self, in->ssrc);
}

void lec_media_request_keyframe(LecMedia *self, guint section, gint64 now_us) {
    if (!self->started || section >= self->n_sections)
        return;
    ask_for_keyframe(self, &self->in[section], now_us);
    lec_media_schedule(self, now_us);
}

void lec_media_in_move(LecMedia *self, gint64 now_us) {
    for (guint i = 0; i < self->n_sections; i++) {
        LecMediaIn *in = &self->in[i];
        const bool asked_in_vain =
            in->last_pli_us != 0 && now_us - in->last_pli_us < UNANSWERED_PLI_US;
        in->last_pli_us = 0;
        if (asked_in_vain)
            ask_for_keyframe(self, in, now_us);
    }
}

static void tick(LecMedia *self, LecMediaIn *in, gint64 now_us) {
    guint16 nacks[LEC_RECEIVE_MAX_NACKS];
    if (lec_receive_stream_get_next_us(in->stream) <= now_us) {
        gsize n = lec_receive_stream_tick(in->stream, now_us, nacks, G_N_ELEMENTS(nacks));
        if (n > 0)
            lec_media_send_nack(self, in->ssrc, nacks, n);
    }
    if (lec_receive_stream_take_loss(in->stream) || in->pli_waiting)
        ask_for_keyframe(self, in, now_us);
}

void lec_media_in_tick(LecMedia *self, gint64 now_us) {
    for (guint i = 0; i < self->n_sections; i++) {
        if (self->in[i].stream != NULL)
            tick(self, &self->in[i], now_us);
    }
}
