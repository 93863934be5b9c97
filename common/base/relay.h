/* STUN and TURN servers that a link may use: signalling learns of them, transport uses them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_RELAYS_MAX 8

typedef enum {
    LEC_RELAY_STUN,     /* STUN over UDP (RFC 8489) */
    LEC_RELAY_TURN_UDP, /* TURN over UDP (RFC 8656) */
    LEC_RELAY_TURN_TLS, /* TURN inside TLS on TCP */
} LecRelayKind;

typedef struct {
    LecRelayKind kind;
    char *host;
    guint16 port;
    char *username, *password; /* NULL for STUN; the password is a registered log secret */
} LecRelay;

/* An immutable, counted list. Any thread. */
typedef struct LecRelays LecRelays;

LecRelays *lec_relays_new(const LecRelay *relays, guint count); /* copies; count ≤ LEC_RELAYS_MAX */
LecRelays *lec_relays_ref(LecRelays *self);
void lec_relays_unref(LecRelays *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecRelays, lec_relays_unref)
guint lec_relays_count(const LecRelays *self);
const LecRelay *lec_relays_get(const LecRelays *self, guint index);
