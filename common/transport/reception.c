/* What receiver reports say of one incoming stream, and its timestamps on the sender's clock. */
#include "common/transport/reception.h"

#include "common/transport/clock.h"

#define MAX_JITTER_STEP_S 5 /* a larger step is a restarted clock, not jitter */

void lec_reception_restart(LecReception *self, gint64 sequence) {
    self->started = true;
    self->first_sequence = sequence;
    self->highest_sequence = sequence - 1;
    self->arrived = self->arrived_before = self->expected_before = 0;
    self->last_arrival_us = 0;
}

/* RFC 3550 A.8, over the first packets of pictures: the others of a picture share its timestamp and
 * come when the pacer lets them, which is no jitter of the path. */
static void update_jitter(LecReception *self, guint32 timestamp, gint64 now_us) {
    if (self->last_arrival_us != 0 && timestamp == self->last_timestamp)
        return;
    if (self->last_arrival_us != 0) {
        gint64 arrived = (now_us - self->last_arrival_us) * self->clock_rate / G_USEC_PER_SEC;
        gint64 step = ABS(arrived - (gint32)(timestamp - self->last_timestamp));
        if (step < (gint64)self->clock_rate * MAX_JITTER_STEP_S)
            self->jitter_16 = (guint32)(self->jitter_16 + step - ((self->jitter_16 + 8) >> 4));
    }
    self->last_timestamp = timestamp;
    self->last_arrival_us = now_us;
}

void lec_reception_add(LecReception *self, gint64 sequence, guint32 timestamp, gint64 now_us) {
    self->arrived++;
    if (sequence <= self->highest_sequence)
        return;
    self->highest_sequence = sequence;
    update_jitter(self, timestamp, now_us);
}

void lec_reception_on_sender_report(LecReception *self, const LecRtcpSenderInfo *info,
                                    gint64 now_us) {
    self->report_ntp = info->ntp;
    self->report_timestamp = info->rtp_timestamp;
    self->report_arrival_us = now_us;
}

void lec_reception_report(LecReception *self, gint64 now_us, LecRtcpReportBlock *ret_block) {
    gint64 expected = self->highest_sequence - self->first_sequence + 1;
    gint64 expected_now = expected - self->expected_before;
    gint64 lost_now = expected_now - (self->arrived - self->arrived_before);
    self->expected_before = expected;
    self->arrived_before = self->arrived;
    *ret_block = (LecRtcpReportBlock){
        .fraction_lost = lost_now > 0 ? (guint8)MIN(lost_now * 256 / expected_now, 255) : 0,
        .cumulative_lost = (gint32)CLAMP(expected - self->arrived, -0x800000, 0x7fffff),
        .highest_sequence = (guint32)self->highest_sequence,
        .jitter = self->jitter_16 >> 4,
        .last_sr = lec_clock_middle(self->report_ntp),
        .delay_since_last_sr =
            self->report_ntp ? lec_clock_to_short(now_us - self->report_arrival_us) : 0,
    };
}

gint64 lec_reception_to_sender_us(const LecReception *self, guint32 rtp_timestamp) {
    if (self->report_ntp == 0)
        return 0;
    gint64 ahead = (gint32)(rtp_timestamp - self->report_timestamp);
    return lec_clock_from_ntp(self->report_ntp) + ahead * G_USEC_PER_SEC / self->clock_rate;
}

guint32 lec_reception_get_jitter_us(const LecReception *self) {
    return (guint32)((guint64)(self->jitter_16 >> 4) * G_USEC_PER_SEC / self->clock_rate);
}
