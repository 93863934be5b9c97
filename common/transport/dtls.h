/*
 * The DTLS 1.2 handshake that keys SRTP (RFC 5764): both sides show certificates, and the peer's
 * must be the one whose fingerprint was announced, which is checked within the handshake, before
 * any key exists.
 */
#pragma once

#include "common/base/identity.h"
#include "common/transport/srtp.h"

typedef struct {
    GMainContext *context; /* where the retransmission timer runs */
    const LecIdentity *identity;
    LecFingerprint remote; /* of the peer's certificate */
    bool active;           /* DTLS client */
    bool allow_aes_128;
} LecDtlsConfig;

/* None of them may free the LecDtls. */
typedef struct {
    void (*send)(const guint8 *datagram, gsize len, void *user);
    void (*secured)(const LecSrtpKeys *keys, void *user); /* keys are borrowed and wiped after */
    /* Once, last: LEC_LINK_ERROR_FINGERPRINT, _DTLS or, once secured, _CLOSED. */
    void (*failed)(const GError *error, void *user);
} LecDtlsEvents;

typedef struct LecDtls LecDtls;

/* The handshake's round trip, more where the peer took its time or a datagram was lost; 0 before it
 * is done. */
gint64 lec_dtls_get_rtt_us(const LecDtls *self);

LecDtls *lec_dtls_new(const LecDtlsConfig *config, const LecDtlsEvents *events, void *user,
                      GError **error);
void lec_dtls_free(LecDtls *self); /* wipes; no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecDtls, lec_dtls_free)

void lec_dtls_start(
    LecDtls *self); /* there is a path to the peer: ClientHello where active, and 10 s to finish */

/* A datagram whose first byte is 20 to 63 (RFC 7983). Garbage is ignored. */
void lec_dtls_receive(LecDtls *self, const guint8 *datagram, gsize len);

void lec_dtls_close(LecDtls *self); /* sends close_notify where secured */
