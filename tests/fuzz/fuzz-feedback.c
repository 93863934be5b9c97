/* Transport-wide feedback: hostile reports to the sender's side, and arrivals in any order to the
 * receiver's. */
#include <glib.h>

#include "common/transport/feedback.h"

#define N_SENT 3000
#define MAX_ARRIVALS 4000

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static LecFeedbackSender *make_sender(void) {
    LecFeedbackSender *sender = lec_feedback_sender_new();
    for (gint64 i = 0; i < N_SENT; i++)
        lec_feedback_sender_add(sender, 1000, i * 100);
    return sender;
}

/* A report, twice: what the second says is no news, and nothing comes out of order or was never
 * sent. */
static void read_report(const guint8 *data, gsize size) {
    g_autoptr(LecFeedbackSender) sender = make_sender();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult));
    g_autoptr(GError) error = NULL;
    bool read = lec_feedback_sender_read(sender, data, size, results, &error);
    g_assert_true(read == (error == NULL));
    g_assert_true(read || results->len == 0);
    for (guint i = 0; i < results->len; i++) {
        const LecFeedbackResult *r = &g_array_index(results, LecFeedbackResult, i);
        g_assert_cmpint(r->sequence, >=, 0);
        g_assert_cmpint(r->sequence, <, N_SENT);
        g_assert_cmpint(r->sent_us, ==, r->sequence * 100);
        g_assert_true(i == 0 ||
                      r->sequence > g_array_index(results, LecFeedbackResult, i - 1).sequence);
    }
    g_assert_cmpuint(lec_feedback_sender_get_in_flight_bytes(sender, N_SENT * 100), <=,
                     N_SENT * 1000);
    g_array_set_size(results, 0);
    if (read)
        lec_feedback_sender_read(sender, data, size, results, NULL);
    g_assert_cmpuint(results->len, ==, 0);
}

/* Arrivals as three bytes each (step in sequence, step in time); every report fits and can be read.
 */
static void write_reports(const guint8 *data, gsize size) {
    g_autoptr(LecFeedbackReceiver) receiver = lec_feedback_receiver_new();
    g_autoptr(LecFeedbackSender) sender = make_sender();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult));
    guint8 out[1100];
    gsize room = 64 + (size > 0 ? data[0] * 4 : 0);
    guint16 sequence = 0;
    gint64 now_us = (gint64)3600 * G_USEC_PER_SEC;
    for (gsize i = 1; i + 3 <= MIN(size, 3 * MAX_ARRIVALS); i += 3) {
        gint8 step = (gint8)data[i];
        sequence = (guint16)(sequence + (step == 127 ? 9000 : step == -128 ? -9000 : step));
        now_us += data[i + 1] < 128 ? data[i + 1] * 20 : (data[i + 1] - 128) * 100000;
        lec_feedback_receiver_add(receiver, sequence, now_us);
        if (data[i + 2] % 16 != 0)
            continue;
        guint reports = 0;
        for (gsize len; (len = lec_feedback_receiver_write(receiver, out, room)) > 0; reports++) {
            g_assert_cmpuint(len, <=, room);
            g_assert_true(lec_feedback_sender_read(sender, out, len, results, NULL));
            g_assert_cmpuint(reports, <, 8192);
        }
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    if (size > 0 && data[0] & 1)
        write_reports(data + 1, size - 1);
    else if (size > 0)
        read_report(data + 1, size - 1);
    return 0;
}
