/*
 * One encrypted media link to one peer: ICE, DTLS and SRTP behind a facade, all of it on one
 * transport thread.
 *
 * The owner lives on a context of its own (main); every event but on_rtp arrives there, through a
 * mailbox. Fatal trouble comes as LEC_LINK_FAILED with a GError that says in a sentence what
 * happened; the owner then frees the link.
 */
#pragma once

#include "common/base/identity.h"
#include "common/base/media-params.h"
#include "common/base/relay.h"
#include "common/net/proxy.h"

#define LEC_LINK_ERROR (lec_link_error_quark())
GQuark lec_link_error_quark(void);

typedef enum {
    LEC_LINK_ERROR_PARAMS,      /* the peer's description cannot be used */
    LEC_LINK_ERROR_CONNECT,     /* no candidate pair works, or not in time */
    LEC_LINK_ERROR_FINGERPRINT, /* the peer's certificate is not the one that was announced */
    LEC_LINK_ERROR_DTLS,        /* handshake failed, or no allowed SRTP profile */
    LEC_LINK_ERROR_LOST,        /* consent ran out (RFC 7675) */
    LEC_LINK_ERROR_CLOSED,      /* the peer closed with a DTLS alert */
    LEC_LINK_ERROR_INTERNAL,
} LecLinkError;

typedef enum {
    LEC_LINK_NEW,
    LEC_LINK_CONNECTING,   /* ICE checks */
    LEC_LINK_SECURING,     /* DTLS */
    LEC_LINK_CONNECTED,    /* media flows */
    LEC_LINK_DISCONNECTED, /* the peer is lost; may be CONNECTED again by itself or a restart */
    LEC_LINK_FAILED,
} LecLinkState;

/* The thread that owns every NiceAgent, SSL and SRTP object of the process; links share it. */
typedef struct LecTransport LecTransport;
LecTransport *lec_transport_new(void);
void lec_transport_free(LecTransport *self); /* after its links; joins the thread */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecTransport, lec_transport_free)

#define LEC_LINK_CANDIDATE_SIZE 96

typedef struct {
    char local_candidate[LEC_LINK_CANDIDATE_SIZE]; /* "udp host 192.0.2.1:5000", for people */
    char remote_candidate[LEC_LINK_CANDIDATE_SIZE];
    char srtp_profile[32]; /* "AEAD_AES_256_GCM", as negotiated */
    guint64 sent_bytes, sent_packets, retransmitted_packets;
    guint64 received_bytes, received_packets, recovered_packets,
        lost_packets; /* lost: never came */
    guint64 nacks_sent, plis_sent, plis_received;
    guint64 dropped_unvalidated; /* 0 with libnice, which drops what ICE has not validated before
                                    anyone can count it */
    guint64 dropped_srtp;        /* forged, replayed, or before the keys */
    guint32 rtt_us;              /* smoothed; 0: unknown yet */
    guint32 estimate_kbps;       /* what the bandwidth estimate allows us to send */
    guint32 sending_kbps, receiving_kbps; /* over the last second */
    guint32 silence_us;                   /* since anything at all was heard of the peer */
    guint32 pacer_queue_us;               /* how long the newest packet will wait */
    float loss;                           /* of what we send, as the peer reports, 0 to 1 */
} LecLinkStats;

/* An RTP packet in order, decrypted, retransmissions resolved; borrowed for the call. */
typedef struct {
    guint section;      /* index into the negotiated sections */
    const guint8 *data; /* whole packet: fixed header, CSRCs and extension included */
    gsize len;
    gint64 arrival_us; /* g_get_monotonic_time() when it, or the last gap before it, arrived */
    gint64 sender_us;  /* its RTP time on the sender's clock, from sender reports; 0: unknown yet */
    bool discontinuity; /* packets before it are lost for good */
} LecRtpIn;

/* Members may be NULL. */
typedef struct {
    void (*on_state)(LecLinkState state, const GError *error,
                     void *user);                                    /* error only with FAILED */
    void (*on_candidate)(const LecCandidate *candidate, void *user); /* to trickle; NULL: no more */
    void (*on_keyframe_request)(guint section,
                                void *user); /* PLI or FIR, at most one a second; and on connect */
    void (*on_estimate)(
        guint32 kbps,
        void *user); /* of what we may send, by 5 % and more, ten times a second at most */
    void (*on_stats)(const LecLinkStats *stats, void *user); /* once a second while connected */
    /* On the TRANSPORT thread; must not block. */
    void (*on_rtp)(const LecRtpIn *packet, void *user);
} LecLinkEvents;

typedef struct {
    const LecIdentity *identity; /* borrowed, outlives the link */
    bool controlling;            /* the one who offers */
    LecSetup setup;              /* ACTIVE or PASSIVE for the answerer, ACTPASS for the offerer */
    bool allow_aes_128; /* policy: also the AES_128 profiles; default: AEAD_AES_256_GCM alone */
    bool no_tcp;        /* no ICE-TCP candidates */
    const char *const
        *interfaces_denied; /* names never used, NULL-terminated; NULL: only loopback is left out */
    bool loopback;          /* gather 127.0.0.1 too: sender and box on one machine */
    LecRelays *relays;      /* STUN and TURN servers; NULL: none. Reffed */
    const LecProxy *proxy;  /* on the way to TURN inside TLS; NULL: none. Outlives the link */
    GTlsDatabase *anchors;  /* for TURN inside TLS; NULL: the system's. Reffed */
    bool local_only;        /* no server at all, no peer outside of this machine's own networks */
    bool no_relays;         /* policy: STUN, but no media over relays */
    bool relays_only;       /* for tests and for those who hide their addresses */
    guint
        grace_ms; /* how long a lost peer is waited for, DISCONNECTED; 0: the link fails at once */
} LecLinkConfig;

typedef struct LecLink LecLink;

/* Begins to gather at once. Local ICE credentials and fingerprint are known at once, candidates
 * trickle. */
LecLink *lec_link_new(LecTransport *transport, const LecLinkConfig *config,
                      const LecLinkEvents *events, void *user);
void lec_link_free(
    LecLink *self); /* sends close_notify; no event fires after this, on_rtp included */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecLink, lec_link_free)

/* Fills ICE credentials, fingerprint, setup and the candidates gathered so far; leaves the sections
 * alone. */
void lec_link_describe(LecLink *self, LecMediaParams *params);

/*
 * local: our own description as sent, remote: the peer's; both with the negotiated sections in the
 * same order, whose directions, payload types, SSRCs and extension ids then steer what is sent and
 * expected.
 */
bool lec_link_start(LecLink *self, const LecMediaParams *local, const LecMediaParams *remote,
                    GError **error);

/*
 * Looks for other paths (RFC 8445 §9), on the addresses that this machine has now: new ICE
 * credentials, known at once by lec_link_describe(), and candidates that trickle. They go to the
 * peer, and the peer's come back by lec_link_restart_remote(); on the other side it is the other
 * way round, both at once. DTLS and SRTP go on; media stay on the old path until there is a new
 * one. Candidates of either side from before are dropped. Nothing happens on a link that has not
 * been started.
 */
void lec_link_restart(LecLink *self);
/* For the restarts to come: credentials of relays expire. NULL: none. */
void lec_link_set_relays(LecLink *self, LecRelays *relays);
/* Of remote only the ICE credentials and candidates count. */
bool lec_link_restart_remote(LecLink *self, const LecMediaParams *remote, GError **error);

/* NULL: the peer has no more. Those over LEC_MEDIA_MAX_CANDIDATES are dropped. */
void lec_link_add_candidate(LecLink *self, const LecCandidate *candidate);

/*
 * ANY thread. Sends the RTP packets of one picture or one block of sound, as a payloader made them
 * (fixed header without extension); the link adds its header extensions, paces, keeps them for
 * retransmission. Takes the packets (array of GBytes). capture_us is the monotonic time at which
 * what they show was captured. Dropped until connected.
 */
void lec_link_send(LecLink *self, guint section, GPtrArray *packets, gint64 capture_us);

/* Asks the peer for a keyframe (PLI); the link itself limits to one a second. */
void lec_link_request_keyframe(LecLink *self, guint section);
