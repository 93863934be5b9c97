/* Whatever the RTCP parser reports, the writers can write, and the parser then reports the same;
 * but for a goodbye, which we never send. */
#include <glib.h>
#include <string.h>

#include "common/transport/rtcp.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* What has been reported, as bytes that can be compared, and whether this is the echo, which is not
 * echoed again. */
typedef struct {
    GByteArray *log;
    bool is_echo;
} Probe;

static void log_bytes(Probe *probe, char kind, gconstpointer data, gsize len) {
    g_byte_array_append(probe->log, (const guint8 *)&kind, 1);
    g_byte_array_append(probe->log, data, (guint)len);
}

static void expect_echo(Probe *probe, const LecRtcpWriter *writer);

static void on_sender_report(const LecRtcpSenderInfo *info, void *user) {
    Probe *probe = user;
    guint8 buffer[64];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    guint32 fields[] = {info->ssrc,         (guint32)(info->ntp >> 32),
                        (guint32)info->ntp, info->rtp_timestamp,
                        info->packets,      info->bytes};
    log_bytes(probe, 's', fields, sizeof fields);
    if (!probe->is_echo) {
        g_assert_true(lec_rtcp_write_sr(&writer, info, NULL, 0));
        expect_echo(probe, &writer);
    }
}

static void on_report_block(guint32 sender_ssrc, const LecRtcpReportBlock *block, void *user) {
    Probe *probe = user;
    guint8 buffer[64];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    guint32 fields[] = {sender_ssrc,
                        block->ssrc,
                        block->fraction_lost,
                        (guint32)block->cumulative_lost,
                        block->highest_sequence,
                        block->jitter,
                        block->last_sr,
                        block->delay_since_last_sr};
    log_bytes(probe, 'b', fields, sizeof fields);
    if (!probe->is_echo) {
        g_assert_true(lec_rtcp_write_rr(&writer, sender_ssrc, block, 1));
        expect_echo(probe, &writer);
    }
}

static void on_cname(guint32 ssrc, const char *cname, gsize len, void *user) {
    Probe *probe = user;
    guint8 buffer[300];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    g_autofree char *text = g_strndup(cname, len);
    if (strlen(text) != len)
        return; /* a NUL inside: ours never have one */
    log_bytes(probe, 'c', &ssrc, sizeof ssrc);
    log_bytes(probe, ':', cname, len);
    if (!probe->is_echo) {
        g_assert_true(lec_rtcp_write_sdes(&writer, ssrc, text));
        expect_echo(probe, &writer);
    }
}

static void on_bye(guint32 ssrc, void *user) {
    Probe *probe = user;
    g_assert_false(probe->is_echo);
}

static void on_nack(guint32 media_ssrc, const guint16 *sequences, gsize n, void *user) {
    Probe *probe = user;
    g_assert_cmpuint(n, >, 0);
    g_assert_cmpuint(n, <=, LEC_RTCP_MAX_NACKS);
    /* Entries may overlap and come in any order, so the set is what has to stay. */
    g_autofree guint8 *set = g_malloc0(G_MAXUINT16 + 1);
    for (gsize i = 0; i < n; i++)
        set[sequences[i]] = 1;
    log_bytes(probe, 'n', &media_ssrc, sizeof media_ssrc);
    for (guint i = 0; i <= G_MAXUINT16; i++)
        if (set[i])
            log_bytes(probe, ',', &i, sizeof i);
    guint8 buffer[12 + 4 * LEC_RTCP_MAX_NACKS];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    if (!probe->is_echo) {
        g_assert_true(lec_rtcp_write_nack(&writer, 1, media_ssrc, sequences, n));
        expect_echo(probe, &writer);
    }
}

static void on_pli(guint32 media_ssrc, void *user) {
    Probe *probe = user;
    guint8 buffer[12];
    LecRtcpWriter writer = lec_rtcp_writer(buffer, sizeof buffer);
    log_bytes(probe, 'p', &media_ssrc, sizeof media_ssrc);
    if (!probe->is_echo) {
        g_assert_true(lec_rtcp_write_pli(&writer, 1, media_ssrc));
        expect_echo(probe, &writer);
    }
}

static void on_fir(guint32 media_ssrc, guint8 fir_sequence, void *user) {
    log_bytes(user, 'f', &media_ssrc, sizeof media_ssrc);
}

static void on_transport_feedback(const guint8 *fci, gsize len, void *user) {
    Probe *probe = user;
    log_bytes(probe, 't', fci, len);
    g_autofree guint8 *buffer = g_malloc(len + 16);
    LecRtcpWriter writer = lec_rtcp_writer(buffer, len + 16);
    /* A packet as long as its length field allows leaves no room to pad what was not whole words.
     */
    if (!probe->is_echo && lec_rtcp_write_transport_feedback(&writer, 1, 2, fci, len))
        expect_echo(probe, &writer);
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

/* What writer holds is reported as what probe saw last: its log ends with the same bytes. */
static void expect_echo(Probe *probe, const LecRtcpWriter *writer) {
    g_autoptr(GByteArray) log = g_byte_array_new();
    Probe echo = {.log = log, .is_echo = true};
    g_assert_true(lec_rtcp_parse(writer->data, writer->len, &events, &echo, NULL));
    g_assert_cmpuint(log->len, >, 0);
    g_assert_cmpuint(log->len, <=, probe->log->len);
    g_assert_true(memcmp(probe->log->data + probe->log->len - log->len, log->data, log->len) == 0);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GByteArray) log = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    Probe probe = {.log = log};
    if (!lec_rtcp_parse(data, size, &events, &probe, &error)) {
        g_assert_nonnull(error);
        g_assert_cmpuint(log->len, ==, 0); /* a bad packet causes nothing */
    }
    return 0;
}
