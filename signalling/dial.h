/*
 * The sender's way to a box: RFC 7395 client, pure of any HTTP library; a carrier moves the
 * WebSocket messages. It leads to the box's own door, or to a cloud and there into the room of the
 * box's meeting. What the user typed (an ID, host name or address, box name by discovery) becomes
 * such a place above it.
 */
#pragma once

#include "common/base/relay.h"
#include "common/net/proxy.h"
#include "signalling/stanza.h"

#define LEC_DIAL_ERROR (lec_dial_error_quark())
GQuark lec_dial_error_quark(void);

typedef enum {
    LEC_DIAL_ERROR_UNREACHABLE, /* nobody answers at that address */
    LEC_DIAL_ERROR_NOT_A_BOX,   /* somebody answers who does not speak this */
    LEC_DIAL_ERROR_TIMEOUT,
    LEC_DIAL_ERROR_CLOSED, /* the session ended */
} LecDialError;

typedef struct {
    const char *host; /* the box's own, whose certificate is taken as it is; or a cloud's */
    guint16 port;
    const char *number;    /* six digits: the meeting at the cloud of that name; NULL: a box */
    const LecProxy *proxy; /* on the way there; NULL: none. Outlives what is made of it */
    GTlsDatabase *anchors; /* who signs a cloud's certificate; NULL: the system's. Reffed */
    bool local_only;       /* of the media: nobody but machines on this one's own networks */
} LecPlace;

typedef struct {
    /* In the cloud, before ready() and whenever they were asked for anew; ref to keep. May be NULL.
     */
    void (*relays)(LecRelays *relays, void *user);
    void (*ready)(void *user); /* payloads may be sent */
    void (*payload)(const LecStanza *payload,
                    void *user);                     /* from an IQ-set, already acknowledged */
    void (*failed)(const GError *error, void *user); /* last event */
} LecDialEvents;

/* What carries the messages; dial-soup and, later, dial-winhttp. */
typedef struct LecCarrier LecCarrier;
typedef struct {
    void (*opened)(void *user);
    void (*message)(const char *text, gsize len, void *user);
    void (*closed)(const GError *error, void *user); /* last; error never NULL */
} LecCarrierEvents;
typedef struct {
    LecCarrier *(*open)(const LecPlace *place, const LecCarrierEvents *events, void *user);
    void (*send)(LecCarrier *carrier, const char *text);
    void (*free)(LecCarrier *carrier); /* no event follows */
} LecCarrierClass;

typedef struct LecDial LecDial;

/* timeout_ms covers all up to ready; in the cloud, up to the first sign of life of the box's. */
LecDial *lec_dial_new(const LecCarrierClass *carrier, const LecPlace *place, guint timeout_ms,
                      const LecDialEvents *events, void *user);
void lec_dial_free(LecDial *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDial, lec_dial_free)
void lec_dial_send(LecDial *self, LecStanza *payload); /* takes; wraps it in an IQ-set to the box */
