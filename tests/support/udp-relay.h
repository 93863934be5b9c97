/* A bad network between two links on loopback: each candidate is replaced by a port of the relay's.
 */
#pragma once

#include "tests/support/link-pair.h"

#include <gio/gio.h>

/* One way: a link of so many kbit/s behind a queue, then so much delay. */
typedef struct {
    guint rate_kbps; /* 0: no limit */
    guint delay_ms;
    guint queue_ms; /* what does not fit is dropped */
    gint64 free_us; /* when what is queued has left */
    GQueue waiting; /* of Held */
    guint n_overflowed;
} UdpPath;

typedef struct {
    GSocket *a, *b;         /* stand for the sides: what arrives at a is meant for side a */
    guint16 port_a, port_b; /* of the sides themselves */
    guint16 relay_a, relay_b;
    GSource *source_a, *source_b;
    guint drop_percent; /* of packets that are RTP by their first bytes */
    guint drop_next;    /* so many of these before the next one passes */
    bool cut;           /* nothing at all passes */
    bool cut_checks;    /* no STUN passes */
    GRand *rand;
    guint n_dropped;
    UdpPath to_a, to_b; /* zero: at once */
    GSource *clock;
} UdpRelay;

void udp_relay_init(UdpRelay *self);
void udp_relay_clear(UdpRelay *self);

/* For LinkPair.carry, with the relay as data: UDP alone passes, by way of the relay. */
bool udp_relay_carry(LinkSide *from, LecCandidate *candidate, gpointer relay);

/* A datagram to side a or b, from the address that it takes for its peer's. */
void udp_relay_inject(UdpRelay *self, bool to_a, const guint8 *data, gsize len);
