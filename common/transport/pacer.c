/* Decides when each packet leaves: a leaky bucket that lets a picture's worth through at once. */
#include "common/transport/pacer.h"

#include <stdbool.h>

#define DRAIN_FACTOR 2.5      /* libwebrtc's too: a picture is not to wait for the average */
#define MAX_DRAIN_FACTOR 5    /* to let a large picture go within */
#define TARGET_QUEUE_US 30000 /* this time, but at most */
#define MAX_DRAIN_BYTES_PER_MS                                                            \
    12500.                     /* ten packets: cheap ports and sockets buffer little more \
                                */
#define BURST_US 20000         /* the burst is what the estimate carries in this time, but */
#define MIN_BURST_BYTES 6250.  /* at least five packets, and */
#define MAX_BURST_BYTES 20000. /* at most sixteen, an ordinary picture */
/* What may leave faster than the rate: who has sent little may catch up at once, and who goes on
 * and on gets the rate and no more, or the path's queue would be where ours is spared. */
#define CREDIT_US 250000
#define MAX_QUEUE_US (2000 * 1000)
#define N_PRIORITIES (LEC_PACER_VIDEO + 1)

typedef struct {
    gpointer packet;
    gsize bytes;
    guint64 frame;
} Item;

struct LecPacer {
    GDestroyNotify free_packet;
    GQueue queues[N_PRIORITIES]; /* of Item */
    gsize queued_bytes;          /* of what waits for the rate: all but sound */
    /* Bytes a µs: the first lies between the others, raised while a large picture waits. */
    double drain, base_drain, max_drain;
    double rate;   /* bytes a µs */
    double credit; /* bytes at level_us; it grows with the rate, up to CREDIT_US of it */
    double burst;  /* bytes */
    double level;  /* bytes in the bucket at level_us */
    gint64 level_us;
    guint64 started_frame; /* of which a packet has left; its rest is not dropped */
    bool has_started;
    guint dropped_frames;
};

/* Without credit nothing leaves faster than the rate. */
static void restrain(LecPacer *self) {
    if (self->credit <= 0)
        self->drain = self->rate;
}

void lec_pacer_set_rate(LecPacer *self, guint32 rate_kbps) {
    double rate = MAX(rate_kbps, 1) / 8000.;
    double cap = MAX(MAX_DRAIN_BYTES_PER_MS / 1000, rate);
    self->base_drain = MIN(rate * DRAIN_FACTOR, cap);
    self->max_drain = MIN(rate * MAX_DRAIN_FACTOR, cap);
    self->rate = rate;
    self->drain = CLAMP(self->drain, self->base_drain, self->max_drain);
    restrain(self);
    self->burst = CLAMP(rate * BURST_US, MIN_BURST_BYTES, MAX_BURST_BYTES);
}

LecPacer *lec_pacer_new(guint32 rate_kbps, GDestroyNotify free_packet) {
    LecPacer *self = g_new0(LecPacer, 1);
    self->free_packet = free_packet;
    for (int i = 0; i < N_PRIORITIES; i++)
        g_queue_init(&self->queues[i]);
    lec_pacer_set_rate(self, rate_kbps);
    self->credit = self->rate * CREDIT_US;
    self->drain = self->base_drain;
    return self;
}

static void free_item(LecPacer *self, Item *item) {
    self->free_packet(item->packet);
    g_free(item);
}

void lec_pacer_free(LecPacer *self) {
    if (!self)
        return;
    for (int i = 0; i < N_PRIORITIES; i++)
        for (Item *item; (item = g_queue_pop_head(&self->queues[i])) != NULL;)
            free_item(self, item);
    g_free(self);
}

static double level_at(const LecPacer *self, gint64 now_us) {
    double drained = MAX(now_us - self->level_us, 0) * self->drain;
    return MAX(self->level - drained, 0);
}

static void set_level(LecPacer *self, double level, gint64 now_us) {
    double grown = self->credit + MAX(now_us - self->level_us, 0) * self->rate;
    self->credit = MIN(grown, self->rate * CREDIT_US);
    self->level = level;
    self->level_us = MAX(now_us, self->level_us);
}

static gint64 queue_us(const LecPacer *self, double drain, gint64 now_us) {
    double ahead = level_at(self, now_us) + self->queued_bytes - self->burst;
    return ahead < 0 ? 0 : (gint64)(ahead / drain);
}

gint64 lec_pacer_get_queue_us(const LecPacer *self, gint64 now_us) {
    return queue_us(self, self->drain, now_us);
}

/* Measured by what the path can be trusted to bear for long. */
static bool is_too_long(const LecPacer *self, gint64 now_us) {
    return queue_us(self, self->rate, now_us) > MAX_QUEUE_US;
}

/* More waits: where it would wait for long, the bucket drains faster until the queue is empty. */
static void note_queued(LecPacer *self, gsize bytes, gint64 now_us) {
    set_level(self, level_at(self, now_us), now_us); /* at the drain until now */
    self->queued_bytes += bytes;
    double wanted = MAX(self->drain, (double)self->queued_bytes / TARGET_QUEUE_US);
    self->drain = MIN(wanted, self->max_drain);
    restrain(self);
}

static void note_gone(LecPacer *self, gsize bytes) {
    self->queued_bytes -= bytes;
    if (self->queued_bytes == 0)
        self->drain = self->base_drain;
    restrain(self);
}

/* The first packet of the oldest video frame that may go: neither keep nor one that is half sent.
 */
static GList *find_victim(LecPacer *self, guint64 keep) {
    for (GList *l = self->queues[LEC_PACER_VIDEO].head; l; l = l->next) {
        const Item *item = l->data;
        if (item->frame == keep)
            return NULL;
        if (!self->has_started || item->frame != self->started_frame)
            return l;
    }
    return NULL;
}

/* False where there is nothing to drop. */
static bool drop_oldest_frame(LecPacer *self, guint64 keep) {
    GList *l = find_victim(self, keep);
    if (!l)
        return false;
    const guint64 frame = ((Item *)l->data)->frame;
    while (l && ((Item *)l->data)->frame == frame) {
        GList *next = l->next;
        Item *item = l->data;
        g_queue_delete_link(&self->queues[LEC_PACER_VIDEO], l);
        note_gone(self, item->bytes);
        free_item(self, item);
        l = next;
    }
    self->dropped_frames++;
    return true;
}

void lec_pacer_push(LecPacer *self, LecPacerPriority priority, gpointer packet, gsize bytes,
                    guint64 frame, gint64 now_us) {
    /* A retransmission that late is of no use, and a peer may ask for any number. */
    if (priority == LEC_PACER_RETRANSMISSION && is_too_long(self, now_us)) {
        self->free_packet(packet);
        return;
    }
    Item *item = g_new(Item, 1);
    *item = (Item){.packet = packet, .bytes = bytes, .frame = frame};
    g_queue_push_tail(&self->queues[priority], item);
    if (priority != LEC_PACER_AUDIO)
        note_queued(self, bytes, now_us);
    /* A single picture may last longer: the encoder made it, and the next would be no smaller. */
    while (priority == LEC_PACER_VIDEO && is_too_long(self, now_us))
        if (!drop_oldest_frame(self, frame))
            break;
}

gpointer lec_pacer_pop(LecPacer *self, gint64 now_us) {
    double level = level_at(self, now_us);
    for (int i = 0; i < N_PRIORITIES; i++) {
        if (g_queue_is_empty(&self->queues[i]))
            continue;
        if (i != LEC_PACER_AUDIO && level >= self->burst)
            return NULL;
        g_autofree Item *item = g_queue_pop_head(&self->queues[i]);
        set_level(self, level + item->bytes, now_us);
        self->credit -= item->bytes;
        if (i == LEC_PACER_VIDEO) {
            self->started_frame = item->frame;
            self->has_started = true;
        }
        if (i != LEC_PACER_AUDIO)
            note_gone(self, item->bytes);
        return item->packet;
    }
    return NULL;
}

gint64 lec_pacer_get_next_us(const LecPacer *self, gint64 now_us) {
    if (self->queues[LEC_PACER_AUDIO].length > 0)
        return now_us;
    if (self->queues[LEC_PACER_RETRANSMISSION].length == 0 &&
        self->queues[LEC_PACER_VIDEO].length == 0)
        return G_MAXINT64;
    double over = level_at(self, now_us) - self->burst;
    /* One more, so that rounding never wakes a microsecond early to find nothing. */
    return over < 0 ? now_us : now_us + (gint64)(over / self->drain) + 1;
}

guint lec_pacer_take_dropped_frames(LecPacer *self) {
    guint dropped = self->dropped_frames;
    self->dropped_frames = 0;
    return dropped;
}
