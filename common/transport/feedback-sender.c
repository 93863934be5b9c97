/* The sender's side of transport-wide feedback: numbers and remembers what is sent, and reads what
 * arrived. */
#include "common/transport/feedback-wire.h"
#include "common/transport/feedback.h"
#include "common/transport/wire.h"

#define CAPACITY 8192 /* sent packets remembered; a power of two */
#define IN_FLIGHT_US (2 * G_USEC_PER_SEC)

G_DEFINE_QUARK(lec_feedback_error, lec_feedback_error)

typedef enum { SENT, REPORTED_LOST, ARRIVED } Fate;

typedef struct {
    gint64 sent_us;
    guint32 bytes;
    Fate fate;
} Sent;

struct LecFeedbackSender {
    gint64 next;     /* the sequence that the next packet gets */
    gint64 reported; /* one beyond the highest that a report has covered */
    bool has_reference;
    gint64 reference; /* of the last report, unwrapped, in units of 64 ms */
    Sent sent[CAPACITY];
};

LecFeedbackSender *lec_feedback_sender_new(void) {
    return g_new0(LecFeedbackSender, 1);
}

void lec_feedback_sender_free(LecFeedbackSender *self) {
    g_free(self);
}

guint16 lec_feedback_sender_add(LecFeedbackSender *self, guint32 bytes, gint64 sent_us) {
    self->sent[self->next & (CAPACITY - 1)] =
        (Sent){.sent_us = sent_us, .bytes = bytes, .fate = SENT};
    return (guint16)self->next++;
}

static bool fail(LecFeedbackError code, const char *what, GError **error) {
    g_set_error(error, LEC_FEEDBACK_ERROR, (int)code, "A transport feedback packet %s", what);
    return false;
}

/* Fills n symbols from chunks; *pos moves behind the last chunk. */
static bool read_symbols(const guint8 *fci, gsize len, gsize *pos, guint8 *symbols, gsize n,
                         GError **error) {
    for (gsize i = 0; i < n; *pos += 2) {
        if (len - *pos < 2)
            return fail(LEC_FEEDBACK_ERROR_TRUNCATED, "ends within its status chunks", error);
        guint16 chunk = lec_wire_get_u16(fci + *pos);
        bool run = !(chunk & 0x8000), two_bit = chunk & 0x4000;
        gsize used = run       ? chunk & 0x1fff
                     : two_bit ? FEEDBACK_TWO_BIT_SYMBOLS
                               : FEEDBACK_ONE_BIT_SYMBOLS;
        if (used == 0)
            return fail(LEC_FEEDBACK_ERROR_MALFORMED, "has an empty run of packets", error);
        for (gsize k = 0; k < used && i < n; k++, i++) {
            symbols[i] = (guint8)(run       ? chunk >> 13 & 3
                                  : two_bit ? chunk >> (2 * (6 - k)) & 3
                                            : chunk >> (13 - k) & 1);
            if (symbols[i] > FEEDBACK_LARGE_DELTA)
                return fail(LEC_FEEDBACK_ERROR_MALFORMED, "uses a reserved status", error);
        }
    }
    return true;
}

/* The reference time is 24 bits of 64 ms, which wrap after 12 days. */
static gint64 unwrap_reference(LecFeedbackSender *self, guint32 reference) {
    if (!self->has_reference)
        self->reference = reference;
    self->has_reference = true;
    gint32 step = (gint32)((reference - (guint32)self->reference) << 8) >> 8;
    self->reference += step;
    return self->reference;
}

/* Notes one packet's fate and appends it where it is news. */
static void settle(LecFeedbackSender *self, gint64 sequence, bool arrived, gint64 arrival_us,
                   GArray *results) {
    if (sequence < 0 || sequence >= self->next || self->next - sequence > CAPACITY)
        return;
    Sent *sent = &self->sent[sequence & (CAPACITY - 1)];
    Fate fate = arrived ? ARRIVED : REPORTED_LOST;
    if (sent->fate >= fate)
        return;
    sent->fate = fate;
    LecFeedbackResult result = {
        .sequence = sequence,
        .sent_us = sent->sent_us,
        .arrival_us = arrival_us,
        .bytes = sent->bytes,
        .lost = !arrived,
    };
    g_array_append_val(results, result);
}

static gsize delta_bytes(const guint8 *symbols, gsize n) {
    gsize bytes = 0;
    for (gsize i = 0; i < n; i++)
        bytes += symbols[i];
    return bytes;
}

/* Whether any of n packets from sequence on is one that we remember. */
static bool is_remembered(const LecFeedbackSender *self, gint64 sequence, gsize n) {
    return sequence < self->next && sequence + (gint64)n > MAX(self->next - CAPACITY, 0);
}

bool lec_feedback_sender_read(LecFeedbackSender *self, const guint8 *fci, gsize len,
                              GArray *results, GError **error) {
    if (len < FEEDBACK_HEADER_BYTES)
        return fail(LEC_FEEDBACK_ERROR_TRUNCATED, "ends within its header", error);
    gsize n = lec_wire_get_u16(fci + 2);
    if (n == 0)
        return fail(LEC_FEEDBACK_ERROR_MALFORMED, "tells of no packets", error);
    gint64 sequence = self->next + (gint16)(guint16)(lec_wire_get_u16(fci) - (guint16)self->next);
    /* A few bytes can tell of 65,535 packets, and one RTCP packet holds many such reports: who sent
     * nothing, as a box, spends no time on them. */
    if (!is_remembered(self, sequence, n))
        return true;
    g_autofree guint8 *symbols = g_malloc(n);
    gsize pos = FEEDBACK_HEADER_BYTES;
    if (!read_symbols(fci, len, &pos, symbols, n, error))
        return false;
    if (len - pos < delta_bytes(symbols, n))
        return fail(LEC_FEEDBACK_ERROR_TRUNCATED, "ends within its arrival times", error);

    gint64 time_us = unwrap_reference(self, lec_wire_get_u24(fci + 4)) * FEEDBACK_REFERENCE_US;
    for (gsize i = 0; i < n; i++, sequence++) {
        if (symbols[i] == FEEDBACK_SMALL_DELTA)
            time_us += fci[pos] * FEEDBACK_TICK_US;
        else if (symbols[i] == FEEDBACK_LARGE_DELTA)
            time_us += (gint16)lec_wire_get_u16(fci + pos) * FEEDBACK_TICK_US;
        pos += symbols[i];
        settle(self, sequence, symbols[i] != FEEDBACK_NOT_RECEIVED, time_us, results);
    }
    self->reported = CLAMP(sequence, self->reported, self->next);
    return true;
}

gsize lec_feedback_sender_get_in_flight_bytes(const LecFeedbackSender *self, gint64 now_us) {
    gsize bytes = 0;
    for (gint64 i = self->next - 1; i >= self->reported && self->next - i <= CAPACITY; i--) {
        const Sent *sent = &self->sent[i & (CAPACITY - 1)];
        if (now_us - sent->sent_us > IN_FLIGHT_US)
            break;
        bytes += sent->bytes;
    }
    return bytes;
}

void lec_feedback_sender_forget(LecFeedbackSender *self) {
    for (guint i = 0; i < CAPACITY; i++)
        self->sent[i].fate = ARRIVED;
    self->reported = self->next;
}
