/* Puts the packets of one incoming stream into order; asks for missing ones and gives up on what
 * cannot come in time. */
#include "common/transport/receive-stream.h"

#include "common/transport/reception.h"

#define DEFAULT_MAX_PACKETS 1024
#define LARGEST_MAX_PACKETS 16384
#define DEFAULT_WINDOW_US (60 * 1000)
#define MIN_WINDOW_US (30 * 1000)
#define MAX_WINDOW_US (250 * 1000)
#define REORDER_US \
    (3 * 1000) /* first NACK: after this, or as soon as a second later packet has come */
#define MIN_RETRY_US (20 * 1000)
#define MAX_TRIES 10
#define RTT_MARGIN_US (20 * 1000)
#define RTT_SMOOTHING 4
#define MAX_RTT_SAMPLE_US G_USEC_PER_SEC
/* RFC 3550 A.1 MAX_DROPOUT: a step beyond it is a restart, believed when the next packet agrees.
 * Backwards the same, for a retransmission or a slow path may bring packets far behind. */
#define MAX_STEP 3000

typedef enum {
    SLOT_EMPTY,
    SLOT_MISSING, /* expected, not here */
    SLOT_HELD,    /* here, waiting for one before it */
    SLOT_DONE,    /* given out, or came without payload */
    SLOT_LOST,    /* given up */
} SlotState;

typedef struct {
    SlotState state;
    guint tries; /* MISSING: NACKs so far */
    gint64 sequence;
    gint64 missing_us;    /* MISSING: when the gap showed */
    gint64 nack_us;       /* MISSING: when to ask (again) */
    gint64 asked_us;      /* MISSING, LOST: when it was first asked for; of meaning with tries */
    guint64 arrival_mark; /* MISSING: n_arrivals when the gap showed */
    guint8 *data;         /* HELD: a copy; NULL for a packet without payload */
    gsize len;
    guint32 timestamp;
} Slot;

struct LecReceiveStream {
    guint32 ssrc;
    LecReceiveConfig config;
    LecReceiveEvents events;
    void *user;
    LecReception reception;
    LecReceiveStats stats;
    gint64 rtt_us;          /* as told; 0: unknown */
    gint64 measured_rtt_us; /* from NACK to its answer; 0: none yet */
    gint64 next;            /* the sequence to give out next; the window is [next, highest] */
    gint64 highest;         /* the highest that has come */
    guint64 n_arrivals;
    guint n_missing;       /* in the window */
    gint32 restart_expect; /* the sequence that would confirm a restart; -1: none in doubt */
    bool started;
    bool discontinuity; /* to tell with the next packet */
    bool loss;          /* to tell by take_loss */
    guint mask;
    Slot slots[]; /* by sequence & mask */
};

LecReceiveStream *lec_receive_stream_new(guint32 ssrc, const LecReceiveConfig *config,
                                         const LecReceiveEvents *events, void *user) {
    g_assert(config->clock_rate > 0);
    guint wanted =
        config->max_packets ? MIN(config->max_packets, LARGEST_MAX_PACKETS) : DEFAULT_MAX_PACKETS;
    guint capacity = 16;
    while (capacity < wanted)
        capacity *= 2;
    LecReceiveStream *self = g_malloc0(sizeof *self + capacity * sizeof(Slot));
    self->ssrc = ssrc;
    self->config = *config;
    if (self->config.loss_window_us == 0)
        self->config.loss_window_us = DEFAULT_WINDOW_US;
    self->events = *events;
    self->user = user;
    self->reception.clock_rate = config->clock_rate;
    self->measured_rtt_us = config->first_rtt_us;
    self->restart_expect = -1;
    self->mask = capacity - 1;
    return self;
}

static Slot *slot_at(LecReceiveStream *self, gint64 sequence) {
    return &self->slots[(guint64)sequence & self->mask];
}

/* Makes the slot sequence's, whatever older one it held. */
static Slot *slot_set(LecReceiveStream *self, gint64 sequence, SlotState state) {
    Slot *slot = slot_at(self, sequence);
    g_free(slot->data);
    *slot = (Slot){.state = state, .sequence = sequence};
    return slot;
}

void lec_receive_stream_free(LecReceiveStream *self) {
    if (!self)
        return;
    for (guint i = 0; i <= self->mask; i++)
        g_free(self->slots[i].data);
    g_free(self);
}

static void give_out(LecReceiveStream *self, const guint8 *data, gsize len, gint64 sequence,
                     guint32 timestamp, gint64 now_us) {
    LecReceivedPacket packet = {
        .data = data,
        .len = len,
        .sequence = sequence,
        .release_us = now_us,
        .sender_us = lec_reception_to_sender_us(&self->reception, timestamp),
        .discontinuity = self->discontinuity,
    };
    self->discontinuity = false;
    self->events.on_packet(&packet, self->user);
}

/* Gives out what is held in one piece from next on. */
static void release_held(LecReceiveStream *self, gint64 now_us) {
    while (self->next <= self->highest) {
        Slot *slot = slot_at(self, self->next);
        if (slot->state != SLOT_HELD)
            return;
        g_autofree guint8 *data = g_steal_pointer(&slot->data);
        slot->state = SLOT_DONE;
        self->next++;
        self->stats.held_packets--;
        if (data)
            give_out(self, data, slot->len, slot->sequence, slot->timestamp, now_us);
    }
}

/* Gives up the packet at the head of the window and what stands in one piece behind it is free. */
static void lose_next(LecReceiveStream *self, gint64 now_us) {
    slot_at(self, self->next)->state = SLOT_LOST;
    self->n_missing--;
    self->next++;
    self->stats.lost_packets++;
    self->discontinuity = true;
    self->loss = true;
    release_held(self, now_us);
}

static void restart(LecReceiveStream *self, guint16 sequence) {
    if (self->started)
        self->discontinuity = self->loss = true;
    for (guint i = 0; i <= self->mask; i++) {
        g_free(self->slots[i].data);
        self->slots[i] = (Slot){0};
    }
    self->stats.held_packets = 0;
    self->n_missing = 0;
    self->started = true;
    self->restart_expect = -1;
    self->next = sequence;
    self->highest = self->next - 1;
    lec_reception_restart(&self->reception, sequence);
}

/* The unwrapped sequence; false where the packet is to be dropped, for it may belong to a restarted
 * sequence. */
static bool unwrap(LecReceiveStream *self, guint16 sequence, bool retransmitted,
                   gint64 *ret_sequence) {
    if (!self->started) {
        if (retransmitted)
            return false;
        restart(self, sequence);
    }
    gint16 step = (gint16)(guint16)(sequence - (guint16)self->highest);
    if (step > MAX_STEP || step < -MAX_STEP) {
        if (retransmitted)
            return false;
        if (sequence != self->restart_expect) {
            self->restart_expect = (guint16)(sequence + 1);
            return false;
        }
        restart(self, sequence);
        step = 1;
    } else if (!retransmitted) {
        self->restart_expect = -1;
    }
    *ret_sequence = self->highest + step;
    return true;
}

/* What came behind the window: a copy of what is through, or what had been given up. */
static void count_behind(LecReceiveStream *self, gint64 sequence) {
    Slot *slot = slot_at(self, sequence);
    if (slot->sequence == sequence && slot->state == SLOT_LOST) {
        slot->state = SLOT_DONE;
        self->stats.late_packets++;
    } else {
        self->stats.duplicate_packets++;
    }
}

/* Moves the window's end to sequence, noting what is missing before it. */
static void extend(LecReceiveStream *self, gint64 sequence, gint64 now_us) {
    while (self->next <= self->highest && sequence - self->next > self->mask)
        lose_next(self, now_us);
    if (sequence - self->next > self->mask) {
        /* Nothing is held, and the gap alone is wider than the window: its beginning cannot be
         * asked for. */
        gint64 skipped = sequence - self->mask - self->next;
        self->stats.lost_packets += (guint64)skipped;
        self->next += skipped;
        self->discontinuity = self->loss = true;
    }
    for (gint64 missing = MAX(self->highest + 1, self->next); missing < sequence; missing++) {
        Slot *slot = slot_set(self, missing, SLOT_MISSING);
        slot->missing_us = now_us;
        slot->nack_us = now_us + REORDER_US;
        slot->arrival_mark = self->n_arrivals;
        self->n_missing++;
    }
    self->highest = sequence;
}

/* Who only receives gets no reports to learn the round-trip time from; the answer to a NACK shows
 * it. Where the first answer was lost this is too much, which only makes us wait a little longer.
 */
static void measure_rtt(LecReceiveStream *self, gint64 sequence, gint64 now_us) {
    Slot *slot = slot_at(self, sequence);
    bool asked = slot->state == SLOT_MISSING || slot->state == SLOT_LOST;
    if (slot->sequence != sequence || !asked || slot->tries == 0)
        return;
    gint64 sample_us = MIN(now_us - slot->asked_us, MAX_RTT_SAMPLE_US);
    if (self->measured_rtt_us == 0)
        self->measured_rtt_us = sample_us;
    else
        self->measured_rtt_us += (sample_us - self->measured_rtt_us) / RTT_SMOOTHING;
}

static gint64 effective_rtt_us(const LecReceiveStream *self) {
    return self->rtt_us > 0 ? self->rtt_us : self->measured_rtt_us;
}

static void count_first_arrival(LecReceiveStream *self, gsize len, bool recovered) {
    self->stats.received_packets++;
    self->stats.received_bytes += len;
    self->stats.recovered_packets += recovered;
}

static void hold(LecReceiveStream *self, gint64 sequence, const LecRtpPacket *packet,
                 const guint8 *data, gsize len) {
    Slot *slot = slot_set(self, sequence, SLOT_HELD);
    slot->data = packet->payload_len > 0 ? g_memdup2(data, len) : NULL;
    slot->len = len;
    slot->timestamp = packet->timestamp;
    self->stats.held_packets++;
}

void lec_receive_stream_push(LecReceiveStream *self, const LecRtpPacket *packet, const guint8 *data,
                             gsize len, bool retransmitted, gint64 now_us) {
    gint64 sequence;
    if (!unwrap(self, packet->sequence, retransmitted, &sequence))
        return;
    if (retransmitted) {
        measure_rtt(self, sequence, now_us);
    } else {
        self->n_arrivals++;
        lec_reception_add(&self->reception, sequence, packet->timestamp, now_us);
    }
    if (sequence < self->next) {
        count_behind(self, sequence);
        return;
    }
    bool fills_gap = sequence <= self->highest;
    if (fills_gap && slot_at(self, sequence)->state != SLOT_MISSING) {
        self->stats.duplicate_packets++;
        return;
    }
    count_first_arrival(self, len, retransmitted);
    if (fills_gap)
        self->n_missing--;
    else
        extend(self, sequence, now_us);
    if (sequence != self->next) {
        hold(self, sequence, packet, data, len);
        return;
    }
    slot_set(self, sequence, SLOT_DONE);
    self->next++;
    if (packet->payload_len > 0)
        give_out(self, data, len, sequence, packet->timestamp, now_us);
    release_held(self, now_us);
}

/* How long a gap may hold up what follows it. */
static gint64 window_us(const LecReceiveStream *self) {
    if (!self->config.nack)
        return MIN_WINDOW_US;
    /* Where even the first answer would come too late, waiting gains nothing: a keyframe is as
     * quick. */
    if (effective_rtt_us(self) + REORDER_US > MAX_WINDOW_US)
        return MIN_WINDOW_US;
    /* Room for a second request, in case the first or its answer is lost too. */
    gint64 wanted = effective_rtt_us(self) > 0 ? 2 * effective_rtt_us(self) + RTT_MARGIN_US : 0;
    return CLAMP(MAX(wanted, self->config.loss_window_us), MIN_WINDOW_US, MAX_WINDOW_US);
}

/* When to ask for a missing packet; G_MAXINT64: not again. */
static gint64 nack_due_us(const LecReceiveStream *self, const Slot *slot) {
    if (!self->config.nack || slot->tries >= MAX_TRIES)
        return G_MAXINT64;
    /* The packet that showed the gap counts as one; a second after it makes reordering unlikely. */
    if (slot->tries == 0 && self->n_arrivals > slot->arrival_mark)
        return slot->missing_us;
    return slot->nack_us;
}

gsize lec_receive_stream_tick(LecReceiveStream *self, gint64 now_us, guint16 *nacks, gsize max) {
    gint64 window = window_us(self);
    while (self->n_missing > 0 && now_us - slot_at(self, self->next)->missing_us >= window)
        lose_next(self, now_us);
    gsize n = 0;
    guint left = self->n_missing;
    for (gint64 sequence = self->next; left > 0 && n < max; sequence++) {
        Slot *slot = slot_at(self, sequence);
        if (slot->state != SLOT_MISSING)
            continue;
        left--;
        if (nack_due_us(self, slot) > now_us)
            continue;
        nacks[n++] = (guint16)sequence;
        if (slot->tries++ == 0)
            slot->asked_us = now_us;
        slot->nack_us = now_us + MAX(effective_rtt_us(self), MIN_RETRY_US);
    }
    self->stats.nacked_packets += n;
    return n;
}

gint64 lec_receive_stream_get_next_us(const LecReceiveStream *self) {
    gint64 next_us = G_MAXINT64;
    guint left = self->n_missing;
    for (gint64 sequence = self->next; left > 0; sequence++) {
        const Slot *slot = &self->slots[(guint64)sequence & self->mask];
        if (slot->state != SLOT_MISSING)
            continue;
        if (left == self->n_missing) /* the head of the window, the first whose time ends */
            next_us = slot->missing_us + window_us(self);
        left--;
        next_us = MIN(next_us, nack_due_us(self, slot));
    }
    return next_us;
}

bool lec_receive_stream_take_loss(LecReceiveStream *self) {
    bool loss = self->loss;
    self->loss = false;
    return loss;
}

void lec_receive_stream_set_rtt(LecReceiveStream *self, gint64 rtt_us) {
    self->rtt_us = MAX(rtt_us, 0);
}

void lec_receive_stream_on_sender_report(LecReceiveStream *self, const LecRtcpSenderInfo *info,
                                         gint64 now_us) {
    lec_reception_on_sender_report(&self->reception, info, now_us);
}

bool lec_receive_stream_report(LecReceiveStream *self, gint64 now_us,
                               LecRtcpReportBlock *ret_block) {
    if (!self->started)
        return false;
    lec_reception_report(&self->reception, now_us, ret_block);
    ret_block->ssrc = self->ssrc;
    return true;
}

void lec_receive_stream_get_stats(const LecReceiveStream *self, LecReceiveStats *ret_stats) {
    *ret_stats = self->stats;
    ret_stats->jitter_us = lec_reception_get_jitter_us(&self->reception);
}
