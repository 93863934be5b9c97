/*
 * A session at the cloud's XMPP server for as long as one errand takes: enrolment, administration.
 * Direct TLS on 443 as the box's own line, without its thread and without resumption. Main thread.
 */
#pragma once

#include "signalling/cloud-connect.h"
#include "signalling/stanza.h"

typedef struct {
    LecCloudServer server; /* its strings and objects are borrowed until freed */
    const char *domain;    /* of the stream, "guests.example.org"; borrowed */
    const char *user;      /* NULL: anonymous */
    const char *password;
} LecErrandConfig;

typedef struct {
    /* Signed in. key: the server's (key-pin.h). */
    void (*ready)(const char *jid, const LecFingerprint *key, void *user);
    /* Whatever is no answer to lec_errand_ask() and no ping. */
    void (*stanza)(const LecStanza *stanza, void *user);
    void (*failed)(const GError *error, void *user); /* last event; a sentence */
} LecErrandEvents;

typedef struct LecErrand LecErrand;

LecErrand *lec_errand_new(const LecErrandConfig *config, const LecErrandEvents *events, void *user);
/* Also within an event; none follows. What was sent goes out while the loop runs on. */
void lec_errand_free(LecErrand *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecErrand, lec_errand_free)

/* Nothing is sent before ready. */
void lec_errand_send(LecErrand *self, const LecStanza *stanza);

/* answer: the IQ, be it a result or an error. */
typedef void (*LecErrandAnswer)(const LecStanza *answer, void *user);
/* Takes payload. type: "get" or "set"; to: NULL: the server of our account. */
void lec_errand_ask(LecErrand *self, const char *type, const char *to, LecStanza *payload,
                    LecErrandAnswer answered, void *user);
/* To an IQ-set that came: it was good. */
void lec_errand_acknowledge(LecErrand *self, const LecStanza *iq);
