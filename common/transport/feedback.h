/*
 * Transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01): what
 * arrived when, told by the receiver and understood by the sender. Sizes, times and the treatment
 * of reordering are those of libwebrtc.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_FEEDBACK_ERROR (lec_feedback_error_quark())
GQuark lec_feedback_error_quark(void);

typedef enum {
    LEC_FEEDBACK_ERROR_TRUNCATED, /* chunks or deltas are missing */
    LEC_FEEDBACK_ERROR_MALFORMED, /* counts no packets, or uses a reserved symbol */
} LecFeedbackError;

#define LEC_FEEDBACK_URI "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define LEC_FEEDBACK_INTERVAL_US \
    (50 * 1000) /* how often a receiver is to report, while packets come */

/* The receiver's side: one for a link, over all its streams. */
typedef struct LecFeedbackReceiver LecFeedbackReceiver;
LecFeedbackReceiver *lec_feedback_receiver_new(void);
void lec_feedback_receiver_free(LecFeedbackReceiver *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecFeedbackReceiver, lec_feedback_receiver_free)

/* Every RTP packet that carries the extension, duplicates included (they are dropped here). */
void lec_feedback_receiver_add(LecFeedbackReceiver *self, guint16 sequence, gint64 arrival_us);

/*
 * The control information of one feedback packet about what has not been reported yet, for
 * lec_rtcp_write_transport_feedback(). Returns its length, 0 where nothing is left to report; call
 * until then. size at least 64; a packet for about 1100 bytes keeps the RTCP packet within
 * LEC_RTCP_MAX_PACKET.
 */
gsize lec_feedback_receiver_write(LecFeedbackReceiver *self, guint8 *out, gsize size);

/* What became of one packet that we sent. */
typedef struct {
    gint64 sequence; /* unwrapped */
    gint64 sent_us;  /* our clock */
    gint64
        arrival_us; /* the peer's clock: only differences mean anything; of no meaning with lost */
    guint32 bytes;  /* as given when it was sent */
    bool lost;      /* not arrived by the time of the report; a later report may still bring it */
} LecFeedbackResult;

/* The sender's side: numbers what is sent and remembers it. */
typedef struct LecFeedbackSender LecFeedbackSender;
LecFeedbackSender *lec_feedback_sender_new(void);
void lec_feedback_sender_free(LecFeedbackSender *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecFeedbackSender, lec_feedback_sender_free)

/* Returns the transport-wide sequence number to write into the packet that leaves now. bytes: with
 * header. */
guint16 lec_feedback_sender_add(LecFeedbackSender *self, guint32 bytes, gint64 sent_us);

/*
 * Appends to results (of LecFeedbackResult), in order of sequence, what the report says of packets
 * that we remember and that no earlier report said to have arrived; a packet is reported lost once.
 * Nothing is appended on failure.
 */
bool lec_feedback_sender_read(LecFeedbackSender *self, const guint8 *fci, gsize len,
                              GArray *results, GError **error);

/* Sent and not reported on yet; those older than 2 s no longer count. */
gsize lec_feedback_sender_get_in_flight_bytes(const LecFeedbackSender *self, gint64 now_us);

/* What was sent so far went over a path that is gone: nothing is to be concluded from it. */
void lec_feedback_sender_forget(LecFeedbackSender *self);
