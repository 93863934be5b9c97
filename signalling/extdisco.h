/* External service discovery (XEP-0215): which STUN and TURN servers the cloud offers, with
 * credentials that expire. Pure. */
#pragma once

#include "common/base/relay.h"
#include "signalling/stanza.h"

#define LEC_EXTDISCO_NS "urn:xmpp:extdisco:2"

/* The child of the IQ-get that asks the server for all services. */
LecStanza *lec_extdisco_ask(void);

/*
 * Reads <services/>: stun, turn over udp and turns over tcp; others are passed over, hosts and
 * credentials bounded, eight services at most. lifetime_s: until the first of them expires (60 at
 * least, an hour where none says so). NULL where it is not an answer of this kind.
 */
LecRelays *lec_extdisco_read(const LecStanza *services, gint64 now_utc_s, guint *ret_lifetime_s);
