/* Two links in one process, their descriptions and candidates carried from one to the other, for
 * tests of and over links. */
#pragma once

#include "common/transport/link.h"

#define LINK_VIDEO 0 /* the sections of every pair */
#define LINK_AUDIO 1
#define LINK_VIDEO_PT 96
#define LINK_VIDEO_RTX_PT 97
#define LINK_AUDIO_PT 111
#define LINK_MAX_RECEIVED 20000

typedef struct {
    guint section;
    guint16 sequence;
    guint32 timestamp;
    guint32 number; /* the first word of the payload, as link_send() put it */
    gint64 sent_us; /* and the time behind it */
    gint64 arrival_us, delivered_us, sender_us;
    bool discontinuity;
} LinkReceived;

typedef struct LinkPair LinkPair;
typedef struct LinkSide LinkSide;

struct LinkSide {
    LinkPair *pair;
    LinkSide *peer;
    LecIdentity *identity;
    LecLink *link;
    LecLinkConfig config;
    LecMediaParams *local;
    LecLinkState state;
    GError *error;
    gint64 connected_us;
    bool gathered;
    guint n_states, n_keyframe_requests, n_stats, n_candidates;
    LecLinkStats stats;
    guint32 estimate_kbps; /* the last that was told; 0: none yet */
    guint16 sequence[2];
    guint32 n_sent[2];
    LinkReceived *received; /* written on the transport thread; n_received is its fence */
    gint n_received;
};

struct LinkPair {
    LecTransport *transport;
    LinkSide a, b; /* a offers and sends; b answers, active */
    GPtrArray *denied;
    gint64 started_us;
    /* May change a candidate on its way to the peer of from; false keeps it back. */
    bool (*carry)(LinkSide *from, LecCandidate *candidate, gpointer data);
    gpointer carry_data;
    LecFingerprint *lie_to_a, *lie_to_b; /* borrowed: in place of the peer's fingerprint */
};

/* Configures only; on 127.0.0.1 alone. Then change what the test is about, then link_pair_open().
 */
void link_pair_init(LinkPair *pair);
void link_pair_open(LinkPair *pair);
void link_pair_start(LinkPair *pair);
void link_pair_clear(LinkPair *pair);

/* ICE restarts: as the call would, initiator first. wrong_pwd: what the initiator is told, or NULL.
 */
void link_pair_restart(LinkPair *pair, LinkSide *initiator, const char *wrong_pwd);

/* The usual: opens, starts, and waits until both are connected. */
void link_pair_connect(LinkPair *pair);

void link_side_init(LinkSide *side, const char *name);
void link_side_open(LinkSide *side, LecTransport *transport); /* fills local */
void link_side_clear(LinkSide *side);
void link_describe_sections(LecMediaParams *params, guint32 first_ssrc);

/* Runs the default context until done; ends the test as failed after seconds. */
void link_wait(bool (*done)(gpointer data), gpointer data, guint seconds);
void link_run_for(guint ms); /* for what must not happen in that time */

/* One frame of n packets of len bytes of payload, numbered on. */
void link_send(LinkSide *side, guint section, guint n, gsize len);

bool link_pair_is_connected(gpointer pair);
bool link_pair_has_failed(gpointer pair); /* both */
bool link_side_has_failed(gpointer side);
guint link_count_received(const LinkSide *side);
