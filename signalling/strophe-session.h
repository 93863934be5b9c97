/*
 * One XMPP session of the box (RFC 6120), from the first byte to the last, by libstrophe: sign-in
 * with SCRAM-SHA-512, binding, stream management (XEP-0198). What carries the bytes, and TLS, are
 * the owner's business. All that the server sends is read by our own strict reader first, and
 * libstrophe gets to read only what our own writer made of it; so it can be offered no other
 * mechanism, and nothing that an XML parser could choke on.
 */
#pragma once

#include "signalling/stanza.h"

#define LEC_STROPHE_ERROR (lec_strophe_error_quark())
GQuark lec_strophe_error_quark(void);

typedef enum {
    LEC_STROPHE_ERROR_STREAM,  /* broken, closed, or an answer of no known kind */
    LEC_STROPHE_ERROR_REFUSED, /* the server does not want this account */
    LEC_STROPHE_ERROR_SIGN_IN, /* it offers no sign-in that we would use */
} LecStropheError;

/* What a session leaves for the next one to be resumed with; empty at first. */
typedef struct LecStropheMemory LecStropheMemory;
LecStropheMemory *lec_strophe_memory_new(void);
void lec_strophe_memory_free(LecStropheMemory *self);

typedef struct {
    const char *jid; /* with the resource that is wanted */
    const char *password;
    const char *certificate_file; /* the one that the carrier has shown, for EXTERNAL; NULL: none */
    LecStropheMemory *memory;     /* outlives the session */
} LecStropheConfig;

typedef struct {
    void (*send)(const char *data, gsize len, void *user); /* to the server */
    void (*ready)(bool resumed, void *user);
    void (*stanza)(LecStanza *stanza, void *user);  /* takes; once ready */
    void (*ended)(const GError *error, void *user); /* last; free the session later, not now */
} LecStropheEvents;

typedef struct LecStropheSession LecStropheSession;

/* Runs on the thread's default context. */
LecStropheSession *lec_strophe_session_new(const LecStropheConfig *config,
                                           const LecStropheEvents *events, void *user,
                                           GError **error);
void lec_strophe_session_free(LecStropheSession *self); /* not from within an event */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecStropheSession, lec_strophe_session_free)

void lec_strophe_session_receive(LecStropheSession *self, const char *data, gsize len);

/* text: one stanza. False: it is not ready, or too much waits to be sent. */
bool lec_strophe_session_send(LecStropheSession *self, const char *text);
void lec_strophe_session_close(LecStropheSession *self); /* asks for a proper end */
