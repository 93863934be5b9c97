/*
 * A link as the transport thread knows it: ICE, then DTLS, then SRTP and media, one after the
 * other; the facade in link.c passes the owner's wishes in and the events out.
 */
#pragma once

#include "common/transport/link.h"

typedef struct {
    GMainContext *context;
    const LecIdentity *identity;
    bool controlling, allow_aes_128, no_tcp, loopback;
    bool local_only, no_relays, relays_only;
    char **interfaces_denied; /* owned */
    LecRelays *relays;        /* owned; NULL: none */
    const LecProxy *proxy;
    GTlsDatabase *anchors;   /* owned; NULL: the system's */
    char ufrag[16], pwd[40]; /* local ICE credentials */
    guint grace_ms;
} LecSessionConfig;

typedef struct LecSession LecSession;

/*
 * events all fire on the transport thread, inside other calls too; they must not free the session.
 * on_candidate has its own form, with the generation: 0, and one more with each restart. Any
 * thread.
 */
typedef void (*LecSessionCandidate)(guint generation, const LecCandidate *candidate, void *user);
LecSession *lec_session_new(const LecSessionConfig *config, const LecLinkEvents *events,
                            LecSessionCandidate on_candidate, void *user);

/* On the transport thread from here on. */
void lec_session_open(LecSession *self); /* begins to gather */
void lec_session_free(LecSession *self); /* says close_notify; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecSession, lec_session_free)

/* active: DTLS client. Both borrowed. */
void lec_session_start(LecSession *self, const LecMediaParams *local, const LecMediaParams *remote,
                       bool active);
/* Gathers anew, with the ICE credentials of local; then the peer's, of remote. */
void lec_session_restart(LecSession *self, const LecMediaParams *local);
/* For the restarts to come; takes. */
void lec_session_set_relays(LecSession *self, LecRelays *relays);
void lec_session_restart_remote(LecSession *self, const LecMediaParams *remote);
void lec_session_add_candidate(LecSession *self, const LecCandidate *candidate);
void lec_session_send(LecSession *self, guint section, GPtrArray *packets,
                      gint64 capture_us); /* takes packets */
void lec_session_request_keyframe(LecSession *self, guint section);
