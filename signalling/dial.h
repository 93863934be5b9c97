/*
 * The sender's way to a box: RFC 7395 client, pure of any HTTP library; a carrier moves the
 * WebSocket messages. Resolution of what the user typed (10 digits, host name or address, box name
 * by discovery) happens above it.
 */
#pragma once

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
    void (*ready)(void *user); /* bound: payloads may be sent */
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
    /* proxy: on the way there; NULL: none. Outlives the carrier. */
    LecCarrier *(*open)(const char *host, guint16 port, const LecProxy *proxy,
                        const LecCarrierEvents *events, void *user);
    void (*send)(LecCarrier *carrier, const char *text);
    void (*free)(LecCarrier *carrier); /* no event follows */
} LecCarrierClass;

typedef struct LecDial LecDial;

/* proxy: as above. timeout_ms covers all up to ready. */
LecDial *lec_dial_new(const LecCarrierClass *carrier, const char *host, guint16 port,
                      const LecProxy *proxy, guint timeout_ms, const LecDialEvents *events,
                      void *user);
void lec_dial_free(LecDial *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDial, lec_dial_free)
void lec_dial_send(LecDial *self, LecStanza *payload); /* takes; wraps it in an IQ-set to the box */
