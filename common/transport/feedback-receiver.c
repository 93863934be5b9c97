/* The receiver's side of transport-wide feedback: notes arrivals and writes them as chunks and
 * deltas. */
#include <string.h>

#include "common/transport/feedback-wire.h"
#include "common/transport/feedback.h"
#include "common/transport/wire.h"

#define CAPACITY 8192 /* sequence numbers remembered; a power of two */
#define NOT_ARRIVED (-1)
#define MAX_REOPEN 2048 /* how far back a reordered packet may reopen the report */

struct LecFeedbackReceiver {
    bool started;
    gint64 begin; /* the first sequence that the next report covers */
    gint64 end;   /* one beyond the highest that has arrived */
    guint8 count; /* of reports, for the sender to see lost ones */
    gint64 arrivals[CAPACITY];
};

LecFeedbackReceiver *lec_feedback_receiver_new(void) {
    return g_new0(LecFeedbackReceiver, 1);
}

void lec_feedback_receiver_free(LecFeedbackReceiver *self) {
    g_free(self);
}

static gint64 *arrival_at(LecFeedbackReceiver *self, gint64 sequence) {
    return &self->arrivals[(guint64)sequence & (CAPACITY - 1)];
}

static void forget_all(LecFeedbackReceiver *self) {
    for (gsize i = 0; i < CAPACITY; i++)
        self->arrivals[i] = NOT_ARRIVED;
}

/* Moves end beyond sequence; what it steps over has not arrived. */
static void extend(LecFeedbackReceiver *self, gint64 sequence) {
    if (sequence - self->end >= CAPACITY)
        forget_all(self);
    else
        for (gint64 i = self->end; i < sequence; i++)
            *arrival_at(self, i) = NOT_ARRIVED;
    self->end = sequence + 1;
    self->begin = MAX(self->begin, self->end - CAPACITY);
}

void lec_feedback_receiver_add(LecFeedbackReceiver *self, guint16 sequence, gint64 arrival_us) {
    if (!self->started) {
        forget_all(self);
        self->started = true;
        /* One round up, so that packets reordered before the first have a number above zero. */
        self->begin = self->end = (gint64)sequence + G_MAXUINT16 + 1;
    }
    gint64 unwrapped = self->end + (gint16)(guint16)(sequence - (guint16)self->end);
    if (unwrapped >= self->end) {
        extend(self, unwrapped);
    } else if (self->end - unwrapped > CAPACITY || *arrival_at(self, unwrapped) != NOT_ARRIVED) {
        return;
    } else if (unwrapped < self->begin) {
        /* Reported as lost before: the next report begins here and tells of it (as libwebrtc does).
         */
        if (self->end - unwrapped > MAX_REOPEN)
            return;
        self->begin = unwrapped;
    }
    *arrival_at(self, unwrapped) = arrival_us;
}

/* What a report covers: a symbol and, where it arrived, a delta for each sequence from base on. */
typedef struct {
    gint64 base;
    gint64 reference; /* in units of 64 ms */
    gsize n;
    gsize delta_bytes;
    guint8 symbols[CAPACITY];
    gint16 deltas[CAPACITY];
} Report;

/* Ticks of 250 µs from *time_us, which moves by as much, so that rounding does not add up; false:
 * does not fit. */
static bool step(gint64 *time_us, gint64 arrival_us, gint16 *ret_delta) {
    gint64 diff = arrival_us - *time_us;
    gint64 ticks =
        (diff + (diff < 0 ? -FEEDBACK_TICK_US / 2 : FEEDBACK_TICK_US / 2)) / FEEDBACK_TICK_US;
    if (ticks < G_MININT16 || ticks > G_MAXINT16)
        return false;
    *time_us += ticks * FEEDBACK_TICK_US;
    *ret_delta = (gint16)ticks;
    return true;
}

/* Gathers from begin on while deltas fit; the last one gathered has arrived. */
static void gather(LecFeedbackReceiver *self, gsize size, Report *report) {
    gint64 time_us = 0;
    report->base = self->begin;
    report->n = report->delta_bytes = 0;
    for (gint64 sequence = self->begin; sequence < self->end; sequence++) {
        gint64 arrival_us = *arrival_at(self, sequence);
        gsize i = (gsize)(sequence - self->begin);
        report->symbols[i] = FEEDBACK_NOT_RECEIVED;
        if (arrival_us == NOT_ARRIVED)
            continue;
        if (report->n == 0) {
            report->reference = arrival_us / FEEDBACK_REFERENCE_US;
            time_us = report->reference * FEEDBACK_REFERENCE_US;
        }
        if (!step(&time_us, arrival_us, &report->deltas[i]))
            return;
        bool small = report->deltas[i] >= 0 && report->deltas[i] <= G_MAXUINT8;
        if (report->delta_bytes + 2 > size)
            return;
        report->symbols[i] = small ? FEEDBACK_SMALL_DELTA : FEEDBACK_LARGE_DELTA;
        report->delta_bytes += small ? 1 : 2;
        report->n = i + 1;
    }
}

/* The length of the run of equal symbols, and how many symbols from here on are 0 or 1 (looking 14
 * ahead). */
static gsize run_length(const guint8 *symbols, gsize n) {
    gsize run = 1;
    while (run < n && run < FEEDBACK_MAX_RUN && symbols[run] == symbols[0])
        run++;
    return run;
}

static bool fits_one_bit(const guint8 *symbols, gsize n) {
    for (gsize i = 0; i < n && i < FEEDBACK_ONE_BIT_SYMBOLS; i++)
        if (symbols[i] > FEEDBACK_SMALL_DELTA)
            return false;
    return true;
}

/* The next chunk, and in ret_used how many symbols it covers; vector chunks are filled with zeros
 * beyond n. */
static guint16 next_chunk(const guint8 *symbols, gsize n, gsize *ret_used) {
    gsize run = run_length(symbols, n);
    bool one_bit = fits_one_bit(symbols, n);
    gsize vector = one_bit ? FEEDBACK_ONE_BIT_SYMBOLS : FEEDBACK_TWO_BIT_SYMBOLS;
    if (run == n || run >= vector) {
        *ret_used = run;
        return (guint16)(symbols[0] << 13 | run);
    }
    *ret_used = MIN(vector, n);
    guint16 chunk = one_bit ? 0x8000 : 0xC000;
    for (gsize i = 0; i < *ret_used; i++)
        chunk |= (guint16)(one_bit ? symbols[i] << (13 - i) : symbols[i] << (2 * (6 - i)));
    return chunk;
}

static gsize count_chunks(const Report *report) {
    gsize chunks = 0;
    for (gsize pos = 0, used; pos < report->n; pos += used, chunks++)
        next_chunk(report->symbols + pos, report->n - pos, &used);
    return chunks;
}

/* Takes off about an eighth of the arrivals, at the end, so that the report ends with one that
 * arrived. */
static void shorten(Report *report) {
    gsize wanted = report->delta_bytes * 7 / 8;
    while (report->delta_bytes > wanted || report->symbols[report->n - 1] == FEEDBACK_NOT_RECEIVED)
        report->delta_bytes -= report->symbols[--report->n]; /* a symbol is its delta's length */
}

static gsize write_report(const Report *report, guint8 count, guint8 *out) {
    lec_wire_put_u16(out, (guint16)report->base);
    lec_wire_put_u16(out + 2, (guint16)report->n);
    lec_wire_put_u24(out + 4, (guint32)report->reference & 0xffffff);
    out[7] = count;
    gsize len = FEEDBACK_HEADER_BYTES;
    for (gsize pos = 0, used; pos < report->n; pos += used, len += 2)
        lec_wire_put_u16(out + len, next_chunk(report->symbols + pos, report->n - pos, &used));
    for (gsize i = 0; i < report->n; i++) {
        if (report->symbols[i] == FEEDBACK_SMALL_DELTA)
            out[len] = (guint8)report->deltas[i];
        else if (report->symbols[i] == FEEDBACK_LARGE_DELTA)
            lec_wire_put_u16(out + len, (guint16)report->deltas[i]);
        len += report->symbols[i];
    }
    return len;
}

gsize lec_feedback_receiver_write(LecFeedbackReceiver *self, guint8 *out, gsize size) {
    g_assert(size >= 64);
    if (!self->started || self->begin == self->end)
        return 0;
    g_autofree Report *report = g_new0(Report, 1);
    gather(self, size - FEEDBACK_HEADER_BYTES - 2, report);
    while (FEEDBACK_HEADER_BYTES + 2 * count_chunks(report) + report->delta_bytes > size)
        shorten(report);
    self->begin = report->base + (gint64)report->n;
    return write_report(report, self->count++, out);
}
