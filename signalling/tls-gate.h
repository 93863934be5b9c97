/*
 * The gate before the HTTPS server: listens, holds the limits on connections, makes TLS and hands
 * each secured connection on. Strangers who connect and stall cost a descriptor and never keep
 * anybody else out: where room is short, the oldest connection that has not finished its first
 * request goes first, from the source that has most.
 */
#pragma once

#include "signalling/meter.h"
#include <stdbool.h>

typedef struct {
    guint connections;          /* in all */
    guint connections_a_source; /* see lec_source_key() */
    guint connections_loopback; /* the same for 127.0.0.1 and ::1 */
    guint handshakes;           /* at once; each holds a thread of GIO's small pool */
    guint handshakes_a_source;
    guint handshake_ms;          /* from accepting to secured */
    guint handshake_patience_ms; /* while others queue, a slower handshake gives way */
    guint first_request_ms;      /* from secured to the first whole request */
    guint busy_ms;               /* from a whole request to its response written */
    guint idle_ms;               /* between requests, the next request's reading included */
    guint allowance_bytes;       /* what a request, or an unfinished message, may hold */
    bool own_networks_only;      /* who is elsewhere is not even answered */
} LecGateLimits;

extern const LecGateLimits lec_gate_limits_default;

typedef enum {
    LEC_GATE_WAITING, /* for a whole TLS ClientHello */
    LEC_GATE_QUEUED,  /* for a turn to shake hands */
    LEC_GATE_HANDSHAKING,
    LEC_GATE_FIRST_REQUEST,
    LEC_GATE_BUSY,     /* a request is being answered */
    LEC_GATE_IDLE,     /* between requests */
    LEC_GATE_UPGRADED, /* a WebSocket: its owner keeps the time */
} LecGatePhase;

typedef struct LecGate LecGate;
typedef struct LecGateConn LecGateConn;

typedef struct {
    /* Ref tls where it is kept; the connection lasts as long as that object or until the gate shuts
     * its socket. */
    void (*secured)(LecGateConn *conn, GIOStream *tls, GSocketAddress *local,
                    GSocketAddress *remote, void *user);
    /* Somebody speaks HTTP without TLS; nothing has been read. Ref socket where it is kept: it is
     * no longer the gate's. NULL: such a connection is shut. */
    void (*plain)(GSocketConnection *socket, void *user);
} LecGateEvents;

/*
 * Errors are GIO's, as binding gave them. certificate is the server's, with its key; limits are
 * copied; port 0 takes any.
 */
LecGate *lec_gate_new(GTlsCertificate *certificate, guint16 port, const LecGateLimits *limits,
                      const LecGateEvents *events, void *user, GError **error);
void lec_gate_free(LecGate *self); /* shuts every connection's socket; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecGate, lec_gate_free)

/* For handshakes that begin from now on. */
void lec_gate_set_certificate(LecGate *self, GTlsCertificate *certificate);

guint16 lec_gate_get_port(const LecGate *self);
guint lec_gate_count(const LecGate *self);

/* From FIRST_REQUEST on, what the connection does, for its time limit. */
void lec_gate_conn_set_phase(LecGateConn *conn, LecGatePhase phase);
LecMeter *lec_gate_conn_get_meter(LecGateConn *conn); /* borrowed */

/* The connection that remote, an object that secured() gave, belongs to; NULL once it is gone. */
LecGateConn *lec_gate_conn_of(GSocketAddress *remote);
