/*
 * The client's way into an XMPP stream over TLS (RFC 6120 §4, §6, §7), pure: elements in, text out.
 * With a password (SCRAM-SHA-512 and nothing weaker, and the server proves itself too) or without
 * (ANONYMOUS).
 */
#pragma once

#include "signalling/stanza.h"

#define LEC_LOGIN_ERROR (lec_login_error_quark())
GQuark lec_login_error_quark(void);

typedef enum {
    LEC_LOGIN_ERROR_DENIED,   /* the server does not let us in */
    LEC_LOGIN_ERROR_PROTOCOL, /* it does not speak as it should */
    LEC_LOGIN_ERROR_IMPOSTOR, /* it does not know the password */
} LecLoginError;

typedef struct {
    void (*send)(const char *text, void *user);
    void (*restart)(void *user); /* a new stream follows, from both sides */
    void (*bound)(const char *jid, void *user);
    void (*failed)(const GError *error, void *user); /* last event */
} LecLoginEvents;

typedef struct LecLogin LecLogin;

/* domain: the stream's. user: an account of it; NULL: anonymous. Copies. */
LecLogin *lec_login_new(const char *domain, const char *user, const char *password,
                        const LecLoginEvents *events, void *data);
void lec_login_free(LecLogin *self); /* wipes; not from within an event */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecLogin, lec_login_free)

void lec_login_start(LecLogin *self);
/* An element of the stream; nothing is done with it after bound or failed. */
void lec_login_take(LecLogin *self, const LecStanza *element);
