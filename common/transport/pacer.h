/*
 * Decides when each packet leaves. An ordinary picture leaves at once; a keyframe is spread, so
 * that it does not overrun the path's buffers; sound and retransmissions overtake pictures.
 */
#pragma once

#include <glib.h>

typedef enum {
    LEC_PACER_AUDIO, /* goes first and never waits for the rate, though it counts against it */
    LEC_PACER_RETRANSMISSION,
    LEC_PACER_VIDEO,
} LecPacerPriority;

typedef struct LecPacer LecPacer;

/* free_packet for those that are dropped. rate_kbps as in lec_pacer_set_rate(). */
LecPacer *lec_pacer_new(guint32 rate_kbps, GDestroyNotify free_packet);
void lec_pacer_free(LecPacer *self); /* frees what is queued */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPacer, lec_pacer_free)

/*
 * The bandwidth estimate. The pacer drains at 2.5 times that, so that a picture does not wait for
 * the average, and at up to 5 times where a large one would otherwise wait for over 30 ms; but for
 * 250 ms' worth only: whoever goes on sending that much is held to the estimate.
 */
void lec_pacer_set_rate(LecPacer *self, guint32 rate_kbps);

/*
 * Takes packet. frame: the same for the packets of one picture, another for the next; what is
 * dropped is dropped by whole frames. Where the queue would last more than 2 s, the oldest video
 * frames go, but neither this one nor one that is half sent, and a retransmission that comes is
 * dropped.
 */
void lec_pacer_push(LecPacer *self, LecPacerPriority priority, gpointer packet, gsize bytes,
                    guint64 frame, gint64 now_us);

/* The packet that leaves now, with ownership; NULL: none may yet. Call until NULL. */
gpointer lec_pacer_pop(LecPacer *self, gint64 now_us);

/* When lec_pacer_pop() will have something; G_MAXINT64: the queue is empty. */
gint64 lec_pacer_get_next_us(const LecPacer *self, gint64 now_us);

/* How long a video packet pushed now would wait. */
gint64 lec_pacer_get_queue_us(const LecPacer *self, gint64 now_us);

/* Video frames dropped since the last call; where there are any, the next picture should be a
 * keyframe. */
guint lec_pacer_take_dropped_frames(LecPacer *self);
