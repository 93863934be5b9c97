/* What receiver reports say of one incoming stream (RFC 3550 A.3, A.8), and its timestamps on the
 * sender's clock. */
#pragma once

#include "common/transport/rtcp.h"

/* Plain value; zero but for clock_rate to begin. */
typedef struct {
    guint32 clock_rate;
    bool started;
    gint64 first_sequence, highest_sequence; /* unwrapped */
    gint64 arrived; /* packets, duplicates included (A.3), retransmissions not */
    gint64 expected_before, arrived_before; /* as of the last report */
    guint32 last_timestamp;
    gint64 last_arrival_us;
    guint32 jitter_16;        /* RTP units, times 16 */
    guint64 report_ntp;       /* the last sender report's; 0: none yet */
    guint32 report_timestamp; /* the RTP time that goes with it */
    gint64 report_arrival_us;
} LecReception;

/* Counting begins, or begins anew after the sender restarted its sequence. */
void lec_reception_restart(LecReception *self, gint64 sequence);

/* A packet that came on its own, not by retransmission. */
void lec_reception_add(LecReception *self, gint64 sequence, guint32 timestamp, gint64 now_us);

void lec_reception_on_sender_report(LecReception *self, const LecRtcpSenderInfo *info,
                                    gint64 now_us);

/* The block but for its SSRC; the next call reports on what comes after this one. */
void lec_reception_report(LecReception *self, gint64 now_us, LecRtcpReportBlock *ret_block);

/* 0 before the first sender report. */
gint64 lec_reception_to_sender_us(const LecReception *self, guint32 rtp_timestamp);
guint32 lec_reception_get_jitter_us(const LecReception *self);
