/* Transport-wide feedback: bytes worked out by hand from the draft, and both sides against each
 * other on random paths. */
#include <glib.h>
#include <string.h>

#include "common/transport/feedback.h"

static gsize write_one(LecFeedbackReceiver *receiver, guint8 *out) {
    return lec_feedback_receiver_write(receiver, out, 1100);
}

static void test_bytes(void) {
    /* 10 at 640 ms, 11 lost, 12 a millisecond later, 13 another 100 ms later (a large delta of
     * 400). */
    static const guint8 expected[] = {0,    10,   0,  4, /* base, count */
                                      0,    0,    10, 0, /* reference 10 * 64 ms, first report */
                                      0xD1, 0x80,        /* two-bit vector: 1, 0, 1, 2 */
                                      0,    4,    1,  0x90};
    g_autoptr(LecFeedbackReceiver) receiver = lec_feedback_receiver_new();
    guint8 out[1100];
    g_assert_cmpuint(write_one(receiver, out), ==, 0);
    lec_feedback_receiver_add(receiver, 10, 640000);
    lec_feedback_receiver_add(receiver, 12, 641000);
    lec_feedback_receiver_add(receiver, 12, 650000); /* a duplicate does not count */
    lec_feedback_receiver_add(receiver, 13, 741000);
    gsize len = write_one(receiver, out);
    g_assert_cmpmem(out, len, expected, sizeof expected);
    g_assert_cmpuint(write_one(receiver, out), ==, 0);
}

static void test_bytes_run(void) {
    /* Twenty packets 250 µs apart, rounding included, then the second report with its count. */
    static const guint8 expected[] = {0xFF, 0xFE, 0, 20, 0, 0, 1, 0, 0x20, 20, 0, 1, 1, 1, 1,
                                      1,    1,    1, 1,  1, 1, 1, 1, 1,    1,  1, 1, 1, 1, 1};
    static const guint8 second[] = {0, 18, 0, 1, 0, 0, 1, 1, 0x20, 1, 40};
    g_autoptr(LecFeedbackReceiver) receiver = lec_feedback_receiver_new();
    guint8 out[1100];
    for (guint i = 0; i < 20; i++)
        lec_feedback_receiver_add(receiver, (guint16)(0xFFFE + i),
                                  64000 + i * 250 + (i % 2 ? 100 : 0));
    gsize len = write_one(receiver, out);
    g_assert_cmpmem(out, len, expected, sizeof expected);
    lec_feedback_receiver_add(receiver, 18, 74000);
    len = write_one(receiver, out);
    g_assert_cmpmem(out, len, second, sizeof second);
}

static void test_bytes_one_bit(void) {
    /* 1 0 1 1 0 1 1 1 1 1 1 1 1 1 in one vector, then a run of three. */
    static const guint16 arrived[] = {0, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    static const guint8 expected[] = {0, 100, 0, 17, 0, 0, 0, 0, 0xAD, 0xFF + 0, 0x20, 3};
    g_autoptr(LecFeedbackReceiver) receiver = lec_feedback_receiver_new();
    guint8 out[1100];
    for (gsize i = 0; i < G_N_ELEMENTS(arrived); i++)
        lec_feedback_receiver_add(receiver, (guint16)(100 + arrived[i]), 0);
    gsize len = write_one(receiver, out);
    g_assert_cmpuint(len, ==, 8 + 4 + 15);
    g_assert_cmpmem(out, 12, expected, 12);
}

/* base 5, three packets, as libwebrtc writes short reports: a two-bit vector with zeros behind the
 * count. */
static void test_read(void) {
    static const guint8 fci[] = {0, 1, 0, 3, 0xFF, 0xFF, 0xFF, 7, 0xC8 | 0x10, 0, 8, 0xFF, 0xFC};
    g_autoptr(LecFeedbackSender) sender = lec_feedback_sender_new();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult));
    for (guint i = 0; i < 5; i++)
        g_assert_cmpuint(lec_feedback_sender_add(sender, 100 + i, 1000 * i), ==, i);
    g_assert_cmpuint(lec_feedback_sender_get_in_flight_bytes(sender, 5000), ==, 510);
    g_assert_cmpuint(lec_feedback_sender_get_in_flight_bytes(sender, 2002500), ==, 207);
    /* 0xD8 0x00: symbols 1 (small), 2 (large), 0 ... */
    g_assert_true(lec_feedback_sender_read(sender, fci, sizeof fci, results, NULL));
    g_assert_cmpuint(results->len, ==, 3);
    const LecFeedbackResult *r = &g_array_index(results, LecFeedbackResult, 0);
    gint64 reference = G_GINT64_CONSTANT(0xFFFFFF) * 64000;
    g_assert_cmpint(r[0].sequence, ==, 1);
    g_assert_cmpint(r[0].sent_us, ==, 1000);
    g_assert_cmpuint(r[0].bytes, ==, 101);
    g_assert_false(r[0].lost);
    g_assert_cmpint(r[0].arrival_us, ==, reference + 2000);
    g_assert_cmpint(r[1].arrival_us, ==, reference + 1000);
    g_assert_true(r[2].lost);
    g_assert_cmpuint(lec_feedback_sender_get_in_flight_bytes(sender, 5000), ==, 104);
    /* Told again: only that the lost one came after all is news, and the reference has wrapped to
     * 0. */
    static const guint8 again[] = {0, 1, 0, 3, 0, 0, 0, 8, 0x20, 3, 0, 0, 4};
    g_array_set_size(results, 0);
    g_assert_true(lec_feedback_sender_read(sender, again, sizeof again, results, NULL));
    g_assert_cmpuint(results->len, ==, 1);
    r = &g_array_index(results, LecFeedbackResult, 0);
    g_assert_cmpint(r->sequence, ==, 3);
    g_assert_false(r->lost);
    g_assert_cmpint(r->arrival_us, ==, reference + 64000 + 1000);
}

static void expect_error(const guint8 *fci, gsize len, LecFeedbackError code) {
    g_autoptr(LecFeedbackSender) sender = lec_feedback_sender_new();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult));
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *exact = g_memdup2(fci, len);
    for (guint i = 0; i < 20; i++)
        lec_feedback_sender_add(sender, 100, i);
    g_assert_false(lec_feedback_sender_read(sender, exact, len, results, &error));
    g_assert_error(error, LEC_FEEDBACK_ERROR, (int)code);
    g_assert_cmpuint(results->len, ==, 0);
}

static void test_read_bad(void) {
    guint8 fci[] = {0, 1, 0, 3, 0, 0, 0, 0, 0xD8, 0, 8, 0xFF, 0xFC};
    for (gsize len = 0; len < sizeof fci; len++)
        expect_error(fci, len, LEC_FEEDBACK_ERROR_TRUNCATED);
    fci[8] = 0xF8; /* symbol 3 */
    expect_error(fci, sizeof fci, LEC_FEEDBACK_ERROR_MALFORMED);
    fci[8] = 0x60; /* a run of symbol 3 */
    fci[9] = 3;
    expect_error(fci, sizeof fci, LEC_FEEDBACK_ERROR_MALFORMED);
    fci[8] = fci[9] = 0; /* a run of none would never end */
    expect_error(fci, sizeof fci, LEC_FEEDBACK_ERROR_MALFORMED);
    fci[3] = 0;
    expect_error(fci, sizeof fci, LEC_FEEDBACK_ERROR_MALFORMED);
}

static void test_read_unknown(void) {
    /* A report on packets that were never sent, far ahead and far behind, changes nothing. */
    static const guint8 fci[] = {0x80, 0,    0xFF, 0xFF, 0,    0,    0,    0,    0x1F,
                                 0xFF, 0x1F, 0xFF, 0x1F, 0xFF, 0x1F, 0xFF, 0x1F, 0xFF,
                                 0x1F, 0xFF, 0x1F, 0xFF, 0x1F, 0xFF, 0x1F, 0xFF};
    g_autoptr(LecFeedbackSender) sender = lec_feedback_sender_new();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult));
    g_assert_true(lec_feedback_sender_read(sender, fci, sizeof fci, results, NULL));
    g_assert_cmpuint(results->len, ==, 0);
}

/* A path with loss, reordering and jitter: every arrival is told, to 125 µs, exactly once;
 * everything else as lost. */
static void test_both_sides(void) {
    enum { N = 70000 };
    g_autoptr(LecFeedbackReceiver) receiver = lec_feedback_receiver_new();
    g_autoptr(LecFeedbackSender) sender = lec_feedback_sender_new();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult));
    g_autofree gint64 *arrivals = g_new0(gint64, N);
    g_autofree guint8 *told = g_new0(guint8, N);
    gint64 now = 100000000, offset = 0, late = -1;
    bool offset_known = false;
    guint8 out[1100];
    for (gint64 i = 0; i < N; i++) {
        now += g_test_rand_int_range(0, i % 5000 == 4999 ? 9000000 : 900);
        guint16 sequence = lec_feedback_sender_add(sender, 1000, now - 5000);
        int chance = g_test_rand_int_range(0, 100);
        if (chance < 5 && late < 0 && i % 1000 > 0)
            late = i;
        else if (chance >= 10 || i == 0) {
            lec_feedback_receiver_add(receiver, sequence, now);
            arrivals[i] = now;
        }
        if (late >= 0 && i - late > 5) {
            lec_feedback_receiver_add(receiver, (guint16)late, now);
            arrivals[late] = now;
            late = -1;
        }
        if (i % 200 != 199)
            continue;
        gsize size = (gsize)g_test_rand_int_range(64, sizeof out);
        for (gsize len; (len = lec_feedback_receiver_write(receiver, out, size)) > 0;) {
            g_assert_cmpuint(len, <=, size);
            g_assert_true(lec_feedback_sender_read(sender, out, len, results, NULL));
        }
    }
    for (guint i = 0; i < results->len; i++) {
        const LecFeedbackResult *r = &g_array_index(results, LecFeedbackResult, i);
        if (r->lost) {
            g_assert_cmpuint(told[r->sequence], ==, 0);
            told[r->sequence] = 1;
            continue;
        }
        g_assert_cmpuint(told[r->sequence], <, 2);
        told[r->sequence] = 2;
        if (!offset_known)
            offset = arrivals[r->sequence] - r->arrival_us;
        offset_known = true;
        gint64 error = arrivals[r->sequence] - r->arrival_us - offset;
        g_assert_cmpint(ABS(error), <=, 250); /* each of the two is off by half a tick */
    }
    for (gint64 i = 0; i < N - 200; i++)
        g_assert_cmpuint(told[i], ==, arrivals[i] ? 2 : 1);
}

static void test_wide_jump(void) {
    g_autoptr(LecFeedbackReceiver) receiver = lec_feedback_receiver_new();
    guint8 out[64];
    lec_feedback_receiver_add(receiver, 0, 1000000);
    for (guint i = 1; i < 20; i++)
        lec_feedback_receiver_add(receiver, (guint16)(i * 30000), 1000000 + i);
    guint reports = 0;
    while (lec_feedback_receiver_write(receiver, out, sizeof out) > 0)
        reports++;
    g_assert_cmpuint(reports, ==, 1);
    /* 8000 lost in a row and then alternating: a small buffer still makes whole reports. */
    for (guint i = 0; i < 100; i++)
        lec_feedback_receiver_add(receiver, (guint16)(19 * 30000 + 8000 + i * 2),
                                  2000000 + i * 70000);
    for (gsize len; (len = lec_feedback_receiver_write(receiver, out, sizeof out)) > 0; reports++)
        g_assert_cmpuint(len, <=, sizeof out);
    g_assert_cmpuint(reports, >=, 4);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/feedback/write/vector", test_bytes);
    g_test_add_func("/feedback/write/run", test_bytes_run);
    g_test_add_func("/feedback/write/one-bit", test_bytes_one_bit);
    g_test_add_func("/feedback/write/wide-jump", test_wide_jump);
    g_test_add_func("/feedback/read", test_read);
    g_test_add_func("/feedback/read/bad", test_read_bad);
    g_test_add_func("/feedback/read/unknown", test_read_unknown);
    g_test_add_func("/feedback/both-sides", test_both_sides);
    return g_test_run();
}
