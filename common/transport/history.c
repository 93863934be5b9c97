/* The sent packets of one stream, kept a short while so that a NACK can be answered. */
#include "common/transport/history.h"

#include <stdbool.h>

#define DEFAULT_MAX_PACKETS 2048
#define LARGEST_MAX_PACKETS 32768
#define DEFAULT_MAX_BYTES (4 * 1024 * 1024)
#define DEFAULT_MAX_AGE_US G_USEC_PER_SEC
#define MIN_RESEND_US 5000 /* where the round trip is unknown or next to nothing */

typedef struct {
    GBytes *packet; /* NULL: empty */
    guint16 sequence;
    gint64 first_us; /* when it left */
    gint64 last_us;  /* when it last left */
} Slot;

struct LecHistory {
    gsize max_bytes;
    gint64 max_age_us;
    gsize bytes;
    bool started;
    bool tail_repeated;
    guint16 oldest, newest; /* the kept packets lie between, both included */
    guint mask;
    Slot slots[]; /* by sequence & mask */
};

LecHistory *lec_history_new(guint max_packets, gsize max_bytes, gint64 max_age_us) {
    guint wanted = max_packets ? MIN(max_packets, LARGEST_MAX_PACKETS) : DEFAULT_MAX_PACKETS;
    guint capacity = 1;
    while (capacity < wanted)
        capacity *= 2;
    LecHistory *self = g_malloc0(sizeof *self + capacity * sizeof(Slot));
    self->max_bytes = max_bytes ? max_bytes : DEFAULT_MAX_BYTES;
    self->max_age_us = max_age_us ? max_age_us : DEFAULT_MAX_AGE_US;
    self->mask = capacity - 1;
    return self;
}

static void drop(LecHistory *self, Slot *slot) {
    if (slot->packet)
        self->bytes -= g_bytes_get_size(slot->packet);
    g_clear_pointer(&slot->packet, g_bytes_unref);
}

static void drop_all(LecHistory *self) {
    for (guint i = 0; i <= self->mask; i++)
        drop(self, &self->slots[i]);
}

void lec_history_free(LecHistory *self) {
    if (!self)
        return;
    drop_all(self);
    g_free(self);
}

/* The kept packet with this sequence; NULL: none. */
static Slot *find(LecHistory *self, guint16 sequence) {
    Slot *slot = &self->slots[sequence & self->mask];
    return slot->packet && slot->sequence == sequence ? slot : NULL;
}

static bool is_too_old(const LecHistory *self, const Slot *slot, gint64 now_us) {
    return now_us - slot->first_us > self->max_age_us;
}

/* Drops from the oldest on what is over a limit; the newest always stays. */
static void trim(LecHistory *self, gint64 now_us) {
    for (; self->oldest != self->newest; self->oldest++) {
        Slot *slot = find(self, self->oldest);
        if (!slot)
            continue;
        bool in_range = (guint16)(self->newest - self->oldest) <= self->mask;
        if (in_range && self->bytes <= self->max_bytes && !is_too_old(self, slot, now_us))
            return;
        drop(self, slot);
    }
}

void lec_history_add(LecHistory *self, guint16 sequence, GBytes *packet, gint64 now_us) {
    bool follows = self->started && (gint16)(guint16)(sequence - self->newest) > 0;
    if (!follows) {
        /* The payloader began anew: what is kept belongs to another numbering. */
        drop_all(self);
        self->oldest = sequence;
        self->started = true;
    }
    Slot *slot = &self->slots[sequence & self->mask];
    drop(self, slot);
    *slot = (Slot){
        .packet = g_bytes_ref(packet), .sequence = sequence, .first_us = now_us, .last_us = now_us};
    self->bytes += g_bytes_get_size(packet);
    self->newest = sequence;
    self->tail_repeated = false;
    trim(self, now_us);
}

GBytes *lec_history_resend(LecHistory *self, guint16 sequence, gint64 rtt_us, gint64 now_us) {
    Slot *slot = find(self, sequence);
    if (!slot || is_too_old(self, slot, now_us) ||
        now_us - slot->last_us < MAX(rtt_us, MIN_RESEND_US))
        return NULL;
    slot->last_us = now_us;
    return slot->packet;
}

gint64 lec_history_get_tail_us(const LecHistory *self, gint64 quiet_us) {
    if (!self->started || self->tail_repeated)
        return G_MAXINT64;
    return self->slots[self->newest & self->mask].last_us + quiet_us;
}

GBytes *lec_history_repeat_tail(LecHistory *self, gint64 quiet_us, guint16 *ret_sequence,
                                gint64 now_us) {
    if (now_us < lec_history_get_tail_us(self, quiet_us))
        return NULL;
    Slot *slot = &self->slots[self->newest & self->mask]; /* the newest is always kept */
    self->tail_repeated = true;
    slot->last_us = now_us;
    *ret_sequence = slot->sequence;
    return slot->packet;
}
