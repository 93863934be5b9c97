/* The pacer and the history of sent packets: what leaves when, and what may leave again. */
#include <glib.h>
#include <stdbool.h>

#include "common/transport/history.h"
#include "common/transport/pacer.h"

#define PACKET_BYTES 1250

static guint n_freed;

static void count_free(gpointer packet) {
    g_assert_nonnull(packet);
    n_freed++;
}

static LecPacer *pacer_new(guint32 kbps) {
    n_freed = 0;
    return lec_pacer_new(kbps, count_free);
}

/* Packets are numbers from 1. */
static void push(LecPacer *pacer, LecPacerPriority priority, guint number, guint64 frame,
                 gint64 now_us) {
    lec_pacer_push(pacer, priority, GUINT_TO_POINTER(number), PACKET_BYTES, frame, now_us);
}

static guint pop(LecPacer *pacer, gint64 now_us) {
    return GPOINTER_TO_UINT(lec_pacer_pop(pacer, now_us));
}

static void push_frame(LecPacer *pacer, guint packets, guint64 frame, gint64 now_us) {
    for (guint i = 0; i < packets; i++)
        push(pacer, LEC_PACER_VIDEO, i + 1, frame, now_us);
}

static guint pop_all(LecPacer *pacer, gint64 now_us) {
    guint n = 0;
    while (pop(pacer, now_us))
        n++;
    return n;
}

static void test_ordinary_frames(void) {
    g_autoptr(LecPacer) pacer = pacer_new(8000);
    g_assert_cmpint(lec_pacer_get_next_us(pacer, 5), ==, G_MAXINT64);
    /* Thirteen packets sixty times a second, just under the estimate: none waits. */
    for (gint64 i = 0; i < 600; i++) {
        gint64 now = i * 16667;
        push_frame(pacer, 13, (guint64)i, now);
        g_assert_cmpint(lec_pacer_get_next_us(pacer, now), ==, now);
        g_assert_cmpuint(pop_all(pacer, now), ==, 13);
        g_assert_cmpint(lec_pacer_get_next_us(pacer, now), ==, G_MAXINT64);
    }
}

/* Pops as the link does, only at get_next_us; returns when the last packet has left. */
static gint64 drain(LecPacer *pacer, gint64 now_us, guint *ret_most_a_ms) {
    gint64 next, ms_start = now_us;
    guint in_ms = 0;
    *ret_most_a_ms = 0;
    while ((next = lec_pacer_get_next_us(pacer, now_us)) != G_MAXINT64) {
        g_assert_cmpint(next, >=, now_us);
        g_assert_true(next == now_us || pop(pacer, next - 1) == 0);
        now_us = next;
        if (now_us - ms_start >= 1000) {
            ms_start = now_us;
            in_ms = 0;
        }
        guint n = pop_all(pacer, now_us);
        g_assert_cmpuint(n, >, 0);
        in_ms += n;
        *ret_most_a_ms = MAX(*ret_most_a_ms, in_ms);
    }
    return now_us;
}

static void test_keyframe_is_spread(void) {
    g_autoptr(LecPacer) pacer = pacer_new(8000);
    guint most;
    push_frame(pacer, 200, 1, 0);
    /* 250 kB less the burst of 20 kB at five times 8 Mbit/s: 46 ms. */
    g_assert_cmpint(lec_pacer_get_queue_us(pacer, 0), ==, 46000);
    g_assert_cmpuint(pop_all(pacer, 0), ==, 16);
    gint64 end = drain(pacer, 0, &most);
    g_assert_cmpint(end, >, 45000);
    g_assert_cmpint(end, <, 47000);
    g_assert_cmpuint(most, <=, 5);
    /* The last packet is still in the bucket. */
    g_assert_cmpint(lec_pacer_get_queue_us(pacer, end + 500), ==, 0);
}

static void test_fast_path_is_bounded(void) {
    g_autoptr(LecPacer) pacer = pacer_new(50000);
    guint most;
    push_frame(pacer, 400, 1, 0);
    g_assert_cmpuint(pop_all(pacer, 0), ==, 16);
    gint64 end = drain(pacer, 0, &most);
    g_assert_cmpuint(most, <=, 10);
    g_assert_cmpint(end, <, 40000);
}

static void test_priorities(void) {
    g_autoptr(LecPacer) pacer = pacer_new(1000);
    push_frame(pacer, 10, 1, 0);
    push(pacer, LEC_PACER_RETRANSMISSION, 50, 0, 0);
    push(pacer, LEC_PACER_AUDIO, 60, 0, 0);
    g_assert_cmpuint(pop(pacer, 0), ==, 60);
    g_assert_cmpuint(pop(pacer, 0), ==, 50);
    g_assert_cmpuint(pop(pacer, 0), ==, 1);
    pop_all(pacer, 0);
    /* The bucket is about full: pictures and retransmissions wait, sound does not. */
    push(pacer, LEC_PACER_RETRANSMISSION, 51, 0, 1);
    push(pacer, LEC_PACER_AUDIO, 61, 0, 1);
    g_assert_cmpint(lec_pacer_get_next_us(pacer, 1), ==, 1);
    g_assert_cmpuint(pop(pacer, 1), ==, 61);
    g_assert_cmpuint(pop(pacer, 1), ==, 0);
    push(pacer, LEC_PACER_AUDIO, 62, 0, 1);
    g_assert_cmpuint(pop(pacer, 1), ==, 62);
    g_assert_cmpuint(pop(pacer, 1), ==, 0);
    gint64 next = lec_pacer_get_next_us(pacer, 1);
    g_assert_cmpint(next, >, 1);
    g_assert_cmpuint(pop(pacer, next), ==, 51);
}

static void test_drops_oldest_frames(void) {
    LecPacer *pacer = pacer_new(1000);
    /* 1 Mbit/s: 2 s are 200 packets; a frame alone may be longer. */
    push_frame(pacer, 300, 1, 0);
    g_assert_cmpuint(lec_pacer_take_dropped_frames(pacer), ==, 0);
    push_frame(pacer, 60, 2, 0);
    g_assert_cmpuint(lec_pacer_take_dropped_frames(pacer), ==, 1);
    g_assert_cmpuint(n_freed, ==, 300);
    push_frame(pacer, 60, 3, 0);
    push_frame(pacer, 60, 4, 0);
    g_assert_cmpuint(lec_pacer_take_dropped_frames(pacer), ==, 0);
    /* The oldest is half sent: what has gone would be worth nothing without its rest. */
    g_assert_cmpuint(pop(pacer, 0), ==, 1);
    push_frame(pacer, 60, 5, 0);
    g_assert_cmpuint(lec_pacer_take_dropped_frames(pacer), ==, 1);
    g_assert_cmpuint(n_freed, ==, 360);
    g_assert_cmpuint(pop(pacer, 0), ==, 2);
    /* A retransmission beyond the bound is dropped at once. */
    push_frame(pacer, 100, 5, 0);
    guint before = n_freed;
    push(pacer, LEC_PACER_RETRANSMISSION, 9, 0, 0);
    g_assert_cmpuint(n_freed, ==, before + 1);
    lec_pacer_free(pacer); /* frees what is left of frames 2 and 5 */
    g_assert_cmpuint(n_freed, ==, 300 + 4 * 60 + 100 - 2 + 1); /* two have left */
}

/* Who sends and sends gets the rate and no more, once the credit is spent, and earns it back by
 * silence. */
static void test_credit(void) {
    g_autoptr(LecPacer) pacer = pacer_new(1000);
    guint most, sent = 0;
    push_frame(pacer, 30, 1, 0); /* 37.5 kB, of which 31.25 are credit */
    gint64 now = drain(pacer, 0, &most);
    g_assert_cmpint(now, <, 150000);
    gint64 from = now;
    for (guint64 frame = 2; now < from + 4 * G_USEC_PER_SEC; frame++) {
        push_frame(pacer, 20, frame, now);
        now = drain(pacer, now, &most);
        sent += 20;
    }
    g_assert_cmpfloat(sent * 10000. / (double)(now - from), <, 1.05);
    g_assert_cmpfloat(sent * 10000. / (double)(now - from), >, 0.95);
    now += G_USEC_PER_SEC;
    push_frame(pacer, 24, 1000, now);
    g_assert_cmpint(drain(pacer, now, &most) - now, <, 90000);
}

static GBytes *packet_of(guint number, gsize len) {
    guint8 *data = g_malloc0(len);
    data[0] = (guint8)number;
    return g_bytes_new_take(data, len);
}

static void add(LecHistory *history, guint16 sequence, gsize len, gint64 now_us) {
    g_autoptr(GBytes) packet = packet_of(sequence, len);
    lec_history_add(history, sequence, packet, now_us);
}

static bool has(LecHistory *history, guint16 sequence, gint64 now_us) {
    GBytes *packet = lec_history_resend(history, sequence, 0, now_us);
    g_assert_true(!packet || *(const guint8 *)g_bytes_get_data(packet, NULL) == (guint8)sequence);
    return packet != NULL;
}

static void test_history_rate(void) {
    g_autoptr(LecHistory) history = lec_history_new(0, 0, 0);
    g_assert_null(lec_history_resend(history, 5, 0, 0));
    add(history, 5, 100, 0);
    g_assert_null(lec_history_resend(history, 5, 20000, 19999)); /* it may still be on its way */
    g_assert_nonnull(lec_history_resend(history, 5, 20000, 20000));
    g_assert_null(lec_history_resend(history, 5, 20000, 39999));
    g_assert_nonnull(lec_history_resend(history, 5, 20000, 40000));
    g_assert_null(
        lec_history_resend(history, 5, 0, 44999)); /* 5 ms where the round trip is unknown */
    g_assert_nonnull(lec_history_resend(history, 5, 0, 45000));
    g_assert_null(lec_history_resend(history, 5, 0, 1000001)); /* a second after it first left */
    g_assert_null(lec_history_resend(history, 6, 0, 100000));
}

static void test_history_bounds(void) {
    g_autoptr(LecHistory) history = lec_history_new(8, 1000, 500000);
    for (guint i = 0; i < 20; i++)
        add(history, (guint16)(65530 + i), 10, 0);
    for (guint i = 0; i < 20; i++)
        g_assert_true(has(history, (guint16)(65530 + i), 100000) == (i >= 12));
    add(history, 14, 985, 100000); /* leaves room for one of ten bytes beside it */
    g_assert_false(has(history, 12, 200000));
    g_assert_true(has(history, 13, 200000));
    g_assert_true(has(history, 14, 200000));
    add(history, 15, 5000, 300000); /* too large alone: kept alone */
    g_assert_false(has(history, 14, 400000));
    g_assert_true(has(history, 15, 400000));
    add(history, 5000, 10, 900000); /* dropped pictures leave holes in the numbers */
    g_assert_false(has(history, 15, 910000));
    g_assert_true(has(history, 5000, 910000));
    add(history, 4000, 10, 920000); /* a payloader that began anew */
    g_assert_false(has(history, 5000, 930000));
    g_assert_true(has(history, 4000, 930000));
}

static void test_history_tail(void) {
    g_autoptr(LecHistory) history = lec_history_new(0, 0, 0);
    guint16 sequence = 77;
    g_assert_null(lec_history_repeat_tail(history, 30000, &sequence, 0));
    g_assert_cmpint(lec_history_get_tail_us(history, 30000), ==, G_MAXINT64);
    add(history, 1, 10, 0);
    add(history, 2, 10, 1000);
    g_assert_cmpint(lec_history_get_tail_us(history, 30000), ==, 31000);
    g_assert_null(lec_history_repeat_tail(history, 30000, &sequence, 30999));
    g_assert_cmpuint(sequence, ==, 77);
    GBytes *tail = lec_history_repeat_tail(history, 30000, &sequence, 31000);
    g_assert_nonnull(tail);
    g_assert_cmpuint(sequence, ==, 2);
    g_assert_cmpuint(*(const guint8 *)g_bytes_get_data(tail, NULL), ==, 2);
    g_assert_cmpint(lec_history_get_tail_us(history, 30000), ==, G_MAXINT64);
    g_assert_null(lec_history_repeat_tail(history, 30000, &sequence, 90000));
    add(history, 3, 10, 100000);
    g_assert_nonnull(lec_history_repeat_tail(history, 30000, &sequence, 130000));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pacer/ordinary-frames", test_ordinary_frames);
    g_test_add_func("/pacer/keyframe-is-spread", test_keyframe_is_spread);
    g_test_add_func("/pacer/fast-path-is-bounded", test_fast_path_is_bounded);
    g_test_add_func("/pacer/priorities", test_priorities);
    g_test_add_func("/pacer/drops-oldest-frames", test_drops_oldest_frames);
    g_test_add_func("/pacer/credit", test_credit);
    g_test_add_func("/history/rate", test_history_rate);
    g_test_add_func("/history/bounds", test_history_bounds);
    g_test_add_func("/history/tail", test_history_tail);
    return g_test_run();
}
