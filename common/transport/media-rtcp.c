/* RTCP both ways: the reports and requests that we send, and what those of the peer set going. */
#include "common/transport/media-private.h"

#include "common/transport/clock.h"
#include "common/transport/srtp.h"

#include <string.h>

#define RTCP_ROOM (LEC_RTCP_MAX_PACKET - LEC_SRTP_OVERHEAD)
#define FEEDBACK_BYTES 1100
#define RTT_SMOOTHING 8 /* as TCP's: a new sample counts one eighth */

/* ---- out ---- */

static void transmit(LecMedia *self, LecRtcpWriter *writer) {
    if (writer->len > 0)
        self->events.send_rtcp(writer->data, LEC_RTCP_MAX_PACKET, writer->len, self->user);
}

static guint32 extrapolate(const LecMediaOut *out, gint64 now_us) {
    gint64 since_us = now_us - out->last_capture_us;
    return out->last_timestamp + (guint32)(since_us * (gint64)out->clock_rate / G_USEC_PER_SEC);
}

/* One sender report about each started stream; blocks ride on the first, and on a receiver report
 * where there is none. */
static void write_sender_info(LecMediaOut *out, gint64 now_us, LecRtcpSenderInfo *ret) {
    *ret = (LecRtcpSenderInfo){.ssrc = out->section.ssrc,
                               .ntp = lec_clock_to_ntp(now_us),
                               .rtp_timestamp = extrapolate(out, now_us),
                               .packets = out->packets,
                               .bytes = out->payload_bytes};
}

void lec_media_send_sender_report(LecMedia *self, LecMediaOut *out, gint64 now_us) {
    guint8 data[LEC_RTCP_MAX_PACKET];
    LecRtcpWriter writer = lec_rtcp_writer(data, RTCP_ROOM);
    LecRtcpSenderInfo info;
    write_sender_info(out, now_us, &info);
    lec_rtcp_write_sr(&writer, &info, NULL, 0);
    lec_rtcp_write_sdes(&writer, info.ssrc, self->cname);
    transmit(self, &writer);
}

static gsize collect_blocks(LecMedia *self, gint64 now_us, LecRtcpReportBlock *blocks) {
    gsize n = 0;
    for (guint i = 0; i < self->n_sections; i++) {
        if (self->in[i].stream != NULL &&
            lec_receive_stream_report(self->in[i].stream, now_us, &blocks[n]))
            n++;
    }
    return n;
}

void lec_media_send_reports(LecMedia *self, gint64 now_us) {
    guint8 data[LEC_RTCP_MAX_PACKET];
    LecRtcpWriter writer = lec_rtcp_writer(data, RTCP_ROOM);
    LecRtcpReportBlock blocks[LEC_MEDIA_MAX_SECTIONS];
    gsize n = collect_blocks(self, now_us, blocks);
    guint32 signer = 0;
    for (guint i = 0; i < self->n_sections; i++) {
        if (!self->out[i].started)
            continue;
        LecRtcpSenderInfo info;
        write_sender_info(&self->out[i], now_us, &info);
        lec_rtcp_write_sr(&writer, &info, blocks, signer == 0 ? n : 0);
        signer = signer == 0 ? info.ssrc : signer;
    }
    if (signer == 0) {
        signer = self->own_ssrc;
        lec_rtcp_write_rr(&writer, signer, blocks, n);
    }
    lec_rtcp_write_sdes(&writer, signer, self->cname); /* one CNAME for all: they share a clock */
    transmit(self, &writer);
}

void lec_media_send_feedback(LecMedia *self) {
    guint8 fci[FEEDBACK_BYTES];
    gsize len;
    while ((len = lec_feedback_receiver_write(self->arrived, fci, sizeof fci)) > 0) {
        guint8 data[LEC_RTCP_MAX_PACKET];
        LecRtcpWriter writer = lec_rtcp_writer(data, RTCP_ROOM);
        lec_rtcp_write_transport_feedback(&writer, self->own_ssrc, self->last_ssrc, fci, len);
        transmit(self, &writer);
    }
}

void lec_media_send_nack(LecMedia *self, guint32 ssrc, const guint16 *sequences, gsize n) {
    guint8 data[LEC_RTCP_MAX_PACKET];
    LecRtcpWriter writer = lec_rtcp_writer(data, RTCP_ROOM);
    lec_rtcp_write_nack(&writer, self->own_ssrc, ssrc, sequences, n);
    self->nacks_sent += n;
    transmit(self, &writer);
}

void lec_media_send_pli(LecMedia *self, guint32 ssrc) {
    guint8 data[LEC_RTCP_MAX_PACKET];
    LecRtcpWriter writer = lec_rtcp_writer(data, RTCP_ROOM);
    lec_rtcp_write_pli(&writer, self->own_ssrc, ssrc);
    transmit(self, &writer);
}

/* ---- in ---- */

static void on_sender_report(const LecRtcpSenderInfo *info, void *user) {
    LecMedia *self = user;
    lec_media_in_on_sender_report(self, info, self->now_us);
}

static void note_rtt(LecMedia *self, gint64 sample_us) {
    if (sample_us <= 0)
        return;
    self->rtt_us =
        self->rtt_us == 0 ? sample_us : self->rtt_us + (sample_us - self->rtt_us) / RTT_SMOOTHING;
    for (guint i = 0; i < self->n_sections; i++) {
        if (self->in[i].stream != NULL)
            lec_receive_stream_set_rtt(self->in[i].stream, self->rtt_us);
    }
}

static void on_report_block(guint32 sender_ssrc, const LecRtcpReportBlock *block, void *user) {
    LecMedia *self = user;
    LecMediaOut *out = lec_media_out_find(self, block->ssrc);
    if (out == NULL)
        return;
    out->loss = (float)block->fraction_lost / 256.0f;
    note_rtt(self, lec_clock_rtt_us(self->now_us, block->last_sr, block->delay_since_last_sr));
    lec_bandwidth_on_loss(self->bandwidth, out->loss, self->now_us);
}

static void on_cname(guint32 ssrc, const char *cname, gsize len, void *user) {
    LecMedia *self = user;
    gsize prefix = strlen(LEC_MEDIA_CNAME_PREFIX);
    if (len > prefix && memcmp(cname, LEC_MEDIA_CNAME_PREFIX, prefix) == 0)
        self->peer_promises_reports = true;
}

static void on_nack(guint32 media_ssrc, const guint16 *sequences, gsize n, void *user) {
    LecMedia *self = user;
    lec_media_out_resend(self, media_ssrc, sequences, n, self->now_us);
}

static void on_pli(guint32 media_ssrc, void *user) {
    LecMedia *self = user;
    LecMediaOut *out = lec_media_out_find(self, media_ssrc);
    if (out == NULL)
        return;
    self->plis_received++;
    lec_media_out_want_keyframe(self, (guint)(out - self->out), self->now_us);
}

static void on_fir(guint32 media_ssrc, guint8 fir_sequence, void *user) {
    LecMedia *self = user;
    LecMediaOut *out = lec_media_out_find(self, media_ssrc);
    if (out == NULL || out->last_fir == fir_sequence)
        return;
    out->last_fir = fir_sequence;
    on_pli(media_ssrc, user);
}

static void on_transport_feedback(const guint8 *fci, gsize len, void *user) {
    LecMedia *self = user;
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult));
    if (!lec_feedback_sender_read(self->sent, fci, len, results, NULL) || results->len == 0)
        return;
    lec_bandwidth_on_feedback(self->bandwidth, (const LecFeedbackResult *)(void *)results->data,
                              results->len, self->rtt_us, self->now_us);
    lec_pacer_set_rate(self->pacer, lec_bandwidth_get_kbps(self->bandwidth));
}

void lec_media_receive_rtcp(LecMedia *self, const guint8 *data, gsize len, gint64 now_us) {
    static const LecRtcpEvents events = {.on_sender_report = on_sender_report,
                                         .on_report_block = on_report_block,
                                         .on_cname = on_cname,
                                         .on_nack = on_nack,
                                         .on_pli = on_pli,
                                         .on_fir = on_fir,
                                         .on_transport_feedback = on_transport_feedback};
    self->last_heard_us = now_us;
    self->now_us = now_us;
    if (!lec_rtcp_parse(data, len, &events, self, NULL) || !self->started)
        return;
    lec_media_out_drain(self, now_us);
    lec_media_schedule(self, now_us);
}
