/* DTLS 1.2 behind OpenSSL: a BIO that keeps datagrams whole, the fingerprint check, the timer and
 * the key export. */
#include "common/transport/dtls.h"

#include "common/base/log.h"
#include "common/transport/link.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

#define MTU 1200
#define HANDSHAKE_TIMEOUT_MS 10000
#define FIRST_RETRANSMISSION_US 100000 /* RFC 6347 §4.2.4.1 lets applications go below its 1 s */
#define LAST_RETRANSMISSION_US 1600000
#define EXPORTER_LABEL "EXTRACTOR-dtls_srtp" /* RFC 5764 §4.2 */

/* The records that carry the handshake; SRTP's keys do not depend on their cipher. ChaCha20 is what
 * Chromium has with 256 bits, for it leaves AES-256 out of its DTLS list. */
#define CIPHERS_256                                                                            \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:" \
    "ECDHE-RSA-CHACHA20-"                                                                      \
    "POLY1305"
#define CIPHERS_128 ":ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define PROFILES_256 "SRTP_AEAD_AES_256_GCM"
#define PROFILES_128 ":SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"

typedef enum { WAITING, HANDSHAKING, SECURED, DEAD } Phase;

struct LecDtls {
    GMainContext *context;
    LecFingerprint remote;
    bool active;
    LecDtlsEvents events;
    void *user;

    BIO_METHOD *method;
    SSL_CTX *ssl_context;
    SSL *ssl;
    const guint8 *incoming; /* the datagram being read, while in lec_dtls_receive() */
    gsize incoming_len;

    gint64 started_us, first_received_us; /* 0: not yet */
    gint64 rtt_us;

    Phase phase;
    bool wrong_fingerprint;
    GSource *retransmission;
    GSource *deadline;
};

/* ---- the BIO: one write is one datagram, one read takes what is left of the incoming one ---- */

static int bio_write(BIO *bio, const char *data, int len) {
    LecDtls *self = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (len > 0)
        self->events.send((const guint8 *)data, (gsize)len, self->user);
    return len;
}

static int bio_read(BIO *bio, char *buffer, int size) {
    LecDtls *self = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (self->incoming_len == 0 || size <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    gsize len = MIN(self->incoming_len, (gsize)size);
    memcpy(buffer, self->incoming, len);
    self->incoming_len = 0; /* a datagram that does not fit is cut, as a socket would */
    return (int)len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return MTU;
    default: /* the list of commands is OpenSSL's and open */
        return 0;
    }
}

static int bio_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *make_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "lectern datagrams");
    if (method == NULL)
        return NULL;
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_ctrl(method, bio_ctrl);
    BIO_meth_set_create(method, bio_create);
    return method;
}

/* ---- endings ---- */

static void clear_source(GSource **source) {
    if (*source == NULL)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void fail(LecDtls *self, LecLinkError code, const char *sentence) {
    if (self->phase == DEAD)
        return;
    self->phase = DEAD;
    clear_source(&self->retransmission);
    clear_source(&self->deadline);
    g_autoptr(GError) error = g_error_new_literal(LEC_LINK_ERROR, (int)code, sentence);
    self->events.failed(error, self->user);
}

/* What OpenSSL says, for people; its queue is emptied. */
static void fail_handshake(LecDtls *self) {
    unsigned long code = ERR_peek_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    if (self->wrong_fingerprint) {
        fail(self, LEC_LINK_ERROR_FINGERPRINT,
             "The other side's certificate is not the one that it announced: somebody may be in "
             "the middle");
        return;
    }
    g_autofree char *sentence =
        g_strdup_printf("The encryption could not be set up with the other side (%s)",
                        reason != NULL ? reason : "no reason given");
    fail(self, LEC_LINK_ERROR_DTLS, sentence);
}

/* ---- set-up ---- */

/* The chain means nothing; the fingerprint is all (RFC 5763 §5). Refusing here sends the alert
 * before any key exists. */
static int check_certificate(X509_STORE_CTX *store, void *user) {
    LecDtls *self = user;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    LecFingerprint seen = {0};
    unsigned int len = 0;
    if (certificate != NULL && X509_digest(certificate, EVP_sha256(), seen.bytes, &len) == 1 &&
        len == LEC_FINGERPRINT_BYTES && lec_fingerprint_equal(&seen, &self->remote)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    self->wrong_fingerprint = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

static int accept_chain(int ok, X509_STORE_CTX *store) {
    return ok; /* only check_certificate() decides, and it calls no one else */
}

static bool use_identity(SSL_CTX *context, const LecIdentity *identity) {
    BIO *certificate_bio = BIO_new_mem_buf(lec_identity_get_certificate_pem(identity), -1);
    BIO *key_bio = BIO_new_mem_buf(lec_identity_get_key_pem(identity), -1);
    X509 *certificate =
        certificate_bio != NULL ? PEM_read_bio_X509(certificate_bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = key_bio != NULL ? PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL) : NULL;
    bool used =
        certificate != NULL && key != NULL && SSL_CTX_use_certificate(context, certificate) == 1 &&
        SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    return used;
}

static bool set_up_context(LecDtls *self, const LecDtlsConfig *config) {
    self->ssl_context = SSL_CTX_new(DTLS_method());
    SSL_CTX *context = self->ssl_context;
    if (context == NULL || SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) != 1)
        return false;
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context,
                           1); /* or the rest of a datagram with several records would be lost */
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_chain);
    SSL_CTX_set_cert_verify_callback(context, check_certificate, self);
    const char *ciphers = config->allow_aes_128 ? CIPHERS_256 CIPHERS_128 : CIPHERS_256;
    const char *profiles = config->allow_aes_128 ? PROFILES_256 PROFILES_128 : PROFILES_256;
    return SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
           SSL_CTX_set_tlsext_use_srtp(context, profiles) == 0 && /* 0 is success here */
           use_identity(context, config->identity);
}

static unsigned int next_retransmission(SSL *ssl, unsigned int last_us) {
    return last_us == 0 ? FIRST_RETRANSMISSION_US : MIN(last_us * 2, LAST_RETRANSMISSION_US);
}

static bool set_up_ssl(LecDtls *self) {
    self->method = make_method();
    self->ssl = self->method != NULL ? SSL_new(self->ssl_context) : NULL;
    BIO *bio = self->ssl != NULL ? BIO_new(self->method) : NULL;
    if (bio == NULL)
        return false;
    BIO_set_data(bio, self);
    SSL_set_bio(self->ssl, bio, bio);
    SSL_set_mtu(self->ssl, MTU);
    DTLS_set_timer_cb(self->ssl, next_retransmission);
    if (self->active)
        SSL_set_connect_state(self->ssl);
    else
        SSL_set_accept_state(self->ssl);
    return true;
}

LecDtls *lec_dtls_new(const LecDtlsConfig *config, const LecDtlsEvents *events, void *user,
                      GError **error) {
    g_autoptr(LecDtls) self = g_new0(LecDtls, 1);
    self->context = g_main_context_ref(config->context);
    self->remote = config->remote;
    self->active = config->active;
    self->events = *events;
    self->user = user;
    if (set_up_context(self, config) && set_up_ssl(self))
        return g_steal_pointer(&self);
    unsigned long code = ERR_peek_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    g_set_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_INTERNAL,
                "The encryption cannot be prepared: %s", reason != NULL ? reason : "out of memory");
    ERR_clear_error();
    return NULL;
}

void lec_dtls_free(LecDtls *self) {
    if (self == NULL)
        return;
    clear_source(&self->retransmission);
    clear_source(&self->deadline);
    SSL_free(self->ssl);
    SSL_CTX_free(self->ssl_context);
    BIO_meth_free(self->method);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self);
}

/* ---- the handshake ---- */

/* RFC 5764 §4.2: client key, server key, client salt, server salt. */
static bool export_keys(LecDtls *self, LecSrtpProfile profile, LecSrtpKeys *ret_keys) {
    guint8 material[2 * LEC_SRTP_MAX_KEY_BYTES];
    gsize key = lec_srtp_key_bytes(profile), salt = lec_srtp_salt_bytes(profile);
    bool exported =
        SSL_export_keying_material(self->ssl, material, 2 * (key + salt), EXPORTER_LABEL,
                                   strlen(EXPORTER_LABEL), NULL, 0, 0) == 1;
    if (exported) {
        guint8 *client = self->active ? ret_keys->send : ret_keys->receive;
        guint8 *server = self->active ? ret_keys->receive : ret_keys->send;
        ret_keys->profile = profile;
        memcpy(client, material, key);
        memcpy(server, material + key, key);
        memcpy(client + key, material + 2 * key, salt);
        memcpy(server + key, material + 2 * key + salt, salt);
    }
    explicit_bzero(material, sizeof material);
    return exported;
}

static bool negotiated_profile(LecDtls *self, LecSrtpProfile *ret_profile) {
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(self->ssl);
    if (profile == NULL)
        return false;
    switch (profile->id) {
    case SRTP_AEAD_AES_256_GCM:
        *ret_profile = LEC_SRTP_AEAD_AES_256_GCM;
        return true;
    case SRTP_AEAD_AES_128_GCM:
        *ret_profile = LEC_SRTP_AEAD_AES_128_GCM;
        return true;
    case SRTP_AES128_CM_SHA1_80:
        *ret_profile = LEC_SRTP_AES128_CM_SHA1_80;
        return true;
    default: /* OpenSSL knows more, we offered none of them */
        return false;
    }
}

/* Both ends of a handshake without a common profile must learn of it; OpenSSL itself would go on
 * without one. */
static void refuse_profile(LecDtls *self) {
    SSL_shutdown(self->ssl);
    fail(self, LEC_LINK_ERROR_DTLS,
         "The other side has no media encryption that is allowed here (AES-256-GCM)");
}

/* A client asks twice, a server once. Single flights cannot be timed: a far peer's answers to first
 * and second copies mix. */
static gint64 estimate_rtt_us(const LecDtls *self) {
    gint64 now_us = g_get_monotonic_time();
    return self->active ? (now_us - self->started_us) / 2 : now_us - self->first_received_us;
}

static void finish(LecDtls *self) {
    LecSrtpProfile profile;
    X509 *certificate = SSL_get0_peer_certificate(self->ssl);
    if (certificate == NULL ||
        self->wrong_fingerprint) { /* never: the verification would have failed */
        self->wrong_fingerprint = true;
        fail_handshake(self);
        return;
    }
    if (!negotiated_profile(self, &profile)) {
        refuse_profile(self);
        return;
    }
    LecSrtpKeys keys = {0};
    if (!export_keys(self, profile, &keys)) {
        fail_handshake(self);
        return;
    }
    self->phase = SECURED;
    self->rtt_us = estimate_rtt_us(self);
    clear_source(&self->deadline);
    self->events.secured(&keys, self->user);
    lec_srtp_keys_clear(&keys);
}

gint64 lec_dtls_get_rtt_us(const LecDtls *self) {
    return self->rtt_us;
}

static void step(LecDtls *self);

static gboolean on_retransmission(gpointer user) {
    LecDtls *self = user;
    clear_source(&self->retransmission);
    ERR_clear_error();
    if (DTLSv1_handle_timeout(self->ssl) < 0 && self->phase == HANDSHAKING) {
        fail_handshake(self);
        return G_SOURCE_REMOVE;
    }
    step(self);
    return G_SOURCE_REMOVE;
}

/* Asks again each time, for the last flight may have to be sent again after the handshake's end
 * too. */
static void arm_retransmission(LecDtls *self) {
    clear_source(&self->retransmission);
    struct timeval left;
    if (self->phase == DEAD || DTLSv1_get_timeout(self->ssl, &left) != 1)
        return;
    guint wait_ms = (guint)(left.tv_sec * 1000 + (left.tv_usec + 999) / 1000);
    self->retransmission = g_timeout_source_new(wait_ms);
    g_source_set_callback(self->retransmission, on_retransmission, self, NULL);
    g_source_attach(self->retransmission, self->context);
}

/* There is no application data; reading processes alerts and retransmitted flights. */
static void read_records(LecDtls *self) {
    guint8 ignored[2048];
    int got;
    do {
        ERR_clear_error();
        got = SSL_read(self->ssl, ignored, sizeof ignored);
    } while (got > 0);
    ERR_clear_error(); /* a bad record is no reason to end a call */
    if (SSL_get_shutdown(self->ssl) & SSL_RECEIVED_SHUTDOWN)
        fail(self, LEC_LINK_ERROR_CLOSED, "The other side ended the connection");
}

static void step(LecDtls *self) {
    if (self->phase == HANDSHAKING) {
        ERR_clear_error();
        int done = SSL_do_handshake(self->ssl);
        int why = done == 1 ? SSL_ERROR_NONE : SSL_get_error(self->ssl, done);
        if (done == 1)
            finish(self);
        else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
            fail_handshake(self);
    }
    if (self->phase == SECURED)
        read_records(self);
    arm_retransmission(self);
}

static gboolean on_deadline(gpointer user) {
    fail(user, LEC_LINK_ERROR_DTLS,
         "The other side did not finish setting up the encryption in time");
    return G_SOURCE_REMOVE;
}

void lec_dtls_start(LecDtls *self) {
    if (self->phase != WAITING)
        return;
    self->phase = HANDSHAKING;
    self->started_us = g_get_monotonic_time();
    self->deadline = g_timeout_source_new(HANDSHAKE_TIMEOUT_MS);
    g_source_set_callback(self->deadline, on_deadline, self, NULL);
    g_source_attach(self->deadline, self->context);
    step(self);
}

void lec_dtls_receive(LecDtls *self, const guint8 *datagram, gsize len) {
    if (self->phase != HANDSHAKING && self->phase != SECURED)
        return;
    if (self->first_received_us == 0)
        self->first_received_us = g_get_monotonic_time();
    self->incoming = datagram;
    self->incoming_len = len;
    step(self);
    self->incoming = NULL;
    self->incoming_len = 0;
}

void lec_dtls_close(LecDtls *self) {
    if (self->phase == SECURED) {
        ERR_clear_error();
        SSL_shutdown(self->ssl);
        ERR_clear_error();
    }
    self->phase = DEAD;
    clear_source(&self->retransmission);
    clear_source(&self->deadline);
}
