/* Our DTLS against OpenSSL as another program would use it: what is agreed on, and what is refused
 * whoever asks. */
#include "common/transport/dtls.h"
#include "common/transport/link.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

#define GCM_256 "SRTP_AEAD_AES_256_GCM"
#define CM_128 "SRTP_AES128_CM_SHA1_80"
#define LONG_NAMES 1000 /* of protocols, to make a ClientHello that no datagram holds */

typedef struct {
    bool active;          /* the peer is the DTLS client */
    const char *profiles; /* that the peer has; NULL: it does not know of SRTP */
    bool no_certificate;
    bool small_datagrams;
    bool allow_aes_128; /* here */
} Options;

typedef struct {
    LecIdentity *ours, *theirs;
    LecDtls *dtls;
    GQueue outgoing; /* of GBytes: what the peer has not read yet */
    guint n_secured;
    LecSrtpKeys keys;
    GError *error;
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out;
    guint n_datagrams; /* of the peer */
} Rig;

static void on_send(const guint8 *datagram, gsize len, void *user) {
    Rig *rig = user;
    g_queue_push_tail(&rig->outgoing, g_bytes_new(datagram, len));
}

static void on_secured(const LecSrtpKeys *keys, void *user) {
    Rig *rig = user;
    rig->n_secured++;
    rig->keys = *keys;
}

static void on_failed(const GError *error, void *user) {
    Rig *rig = user;
    g_assert_null(rig->error);
    rig->error = g_error_copy(error);
}

static LecIdentity *make_identity(const char *name) {
    g_autoptr(GError) error = NULL;
    LecIdentity *identity = lec_identity_new_ephemeral(name, &error);
    g_assert_no_error(error);
    return identity;
}

static int accept_any(X509_STORE_CTX *store, void *user) {
    return 1;
}

static void show_certificate(SSL_CTX *context, const LecIdentity *identity) {
    BIO *certificate = BIO_new_mem_buf(lec_identity_get_certificate_pem(identity), -1);
    BIO *key = BIO_new_mem_buf(lec_identity_get_key_pem(identity), -1);
    X509 *x509 = PEM_read_bio_X509(certificate, NULL, NULL, NULL);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    g_assert_cmpint(SSL_CTX_use_certificate(context, x509), ==, 1);
    g_assert_cmpint(SSL_CTX_use_PrivateKey(context, pkey), ==, 1);
    X509_free(x509);
    EVP_PKEY_free(pkey);
    BIO_free(certificate);
    BIO_free(key);
}

static void open_peer(Rig *rig, const Options *options) {
    rig->context = SSL_CTX_new(DTLS_method());
    SSL_CTX_set_options(rig->context, SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_verify(rig->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(rig->context, accept_any, NULL);
    if (!options->no_certificate)
        show_certificate(rig->context, rig->theirs);
    if (options->profiles != NULL)
        g_assert_cmpint(SSL_CTX_set_tlsext_use_srtp(rig->context, options->profiles), ==, 0);
    if (options->small_datagrams) {
        guint8 names[LONG_NAMES];
        memset(names, 9, sizeof names); /* a hundred of nine bytes each */
        g_assert_cmpint(SSL_CTX_set_alpn_protos(rig->context, names, sizeof names), ==, 0);
    }
    rig->ssl = SSL_new(rig->context);
    rig->in = BIO_new(BIO_s_mem());
    rig->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(rig->in, -1);
    SSL_set_bio(rig->ssl, rig->in, rig->out);
    SSL_set_mtu(rig->ssl, options->small_datagrams ? 300 : 1200);
    if (options->active)
        SSL_set_connect_state(rig->ssl);
    else
        SSL_set_accept_state(rig->ssl);
}

static void rig_init(Rig *rig, const Options *options) {
    static const LecDtlsEvents events = {
        .send = on_send, .secured = on_secured, .failed = on_failed};
    *rig = (Rig){.ours = make_identity("ours"), .theirs = make_identity("theirs")};
    g_autoptr(GError) error = NULL;
    LecDtlsConfig config = {.context = g_main_context_default(),
                            .identity = rig->ours,
                            .remote = *lec_identity_get_fingerprint(rig->theirs),
                            .active = !options->active,
                            .allow_aes_128 = options->allow_aes_128};
    rig->dtls = lec_dtls_new(&config, &events, rig, &error);
    g_assert_no_error(error);
    open_peer(rig, options);
    lec_dtls_start(rig->dtls);
}

static void rig_clear(Rig *rig) {
    lec_dtls_free(rig->dtls);
    SSL_free(rig->ssl);
    SSL_CTX_free(rig->context);
    g_queue_clear_full(&rig->outgoing, (GDestroyNotify)g_bytes_unref);
    g_clear_error(&rig->error);
    lec_identity_free(rig->ours);
    lec_identity_free(rig->theirs);
}

/* One record a datagram: the memory BIO does not keep their borders, the records' lengths do. */
static void send_records(Rig *rig) {
    char *data;
    gsize left = (gsize)BIO_get_mem_data(rig->out, &data);
    g_autofree guint8 *copy = g_memdup2(data, left);
    (void)BIO_reset(rig->out);
    for (guint8 *at = copy; left > 0;) {
        gsize len = 13 + ((gsize)at[11] << 8 | at[12]);
        g_assert_cmpuint(len, <=, left);
        rig->n_datagrams++;
        lec_dtls_receive(rig->dtls, at, len);
        at += len;
        left -= len;
    }
}

/* Both sides have said all that they have to say; nothing is lost here, so no timer is needed. */
static void pump(Rig *rig) {
    guint8 ignored[64];
    do {
        GBytes *datagram = g_queue_pop_head(&rig->outgoing);
        if (datagram != NULL) {
            BIO_write(rig->in, g_bytes_get_data(datagram, NULL), (int)g_bytes_get_size(datagram));
            g_bytes_unref(datagram);
        }
        if (SSL_do_handshake(rig->ssl) == 1)
            SSL_read(rig->ssl, ignored, sizeof ignored);
        send_records(rig);
    } while (rig->outgoing.length > 0);
}

/* RFC 5764 §4.2: client key, server key, client salt, server salt. */
static void assert_keys_are_the_peers(Rig *rig, const Options *options) {
    gsize key = lec_srtp_key_bytes(rig->keys.profile),
          salt = lec_srtp_salt_bytes(rig->keys.profile);
    guint8 material[2 * LEC_SRTP_MAX_KEY_BYTES];
    g_assert_cmpint(SSL_export_keying_material(rig->ssl, material, 2 * (key + salt),
                                               "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
                    ==, 1);
    const guint8 *client = options->active ? rig->keys.receive : rig->keys.send;
    const guint8 *server = options->active ? rig->keys.send : rig->keys.receive;
    g_assert_cmpmem(client, key, material, key);
    g_assert_cmpmem(server, key, material + key, key);
    g_assert_cmpmem(client + key, salt, material + 2 * key, salt);
    g_assert_cmpmem(server + key, salt, material + 2 * key + salt, salt);
}

static void check_agreed(const Options *options, LecSrtpProfile profile) {
    Rig rig;
    rig_init(&rig, options);
    pump(&rig);
    g_assert_no_error(rig.error);
    g_assert_cmpuint(rig.n_secured, ==, 1);
    g_assert_cmpint(rig.keys.profile, ==, profile);
    assert_keys_are_the_peers(&rig, options);
    rig_clear(&rig);
}

static void check_refused(const Options *options) {
    Rig rig;
    rig_init(&rig, options);
    pump(&rig);
    g_assert_cmpuint(rig.n_secured, ==, 0);
    g_assert_error(rig.error, LEC_LINK_ERROR, LEC_LINK_ERROR_DTLS);
    rig_clear(&rig);
}

static void test_agreed(void) {
    for (int active = 0; active < 2; active++) {
        check_agreed(&(Options){.active = active, .profiles = CM_128 ":" GCM_256},
                     LEC_SRTP_AEAD_AES_256_GCM);
        check_agreed(&(Options){.active = active, .profiles = CM_128, .allow_aes_128 = true},
                     LEC_SRTP_AES128_CM_SHA1_80);
    }
}

/* OpenSSL itself would go on with no profile at all. */
static void test_no_srtp(void) {
    for (int active = 0; active < 2; active++) {
        check_refused(&(Options){.active = active});
        check_refused(&(Options){.active = active, .allow_aes_128 = true});
    }
}

static void test_no_256_bits(void) {
    for (int active = 0; active < 2; active++)
        check_refused(&(Options){.active = active, .profiles = CM_128 ":SRTP_AEAD_AES_128_GCM"});
}

/* A client need not show a certificate in TLS; here it is who it is by nothing else. */
static void test_no_certificate(void) {
    check_refused(&(Options){.active = true, .profiles = GCM_256, .no_certificate = true});
}

/* A ClientHello and a certificate in many pieces. */
static void test_fragments(void) {
    Options options = {.active = true, .profiles = GCM_256, .small_datagrams = true};
    Rig rig;
    rig_init(&rig, &options);
    pump(&rig);
    g_assert_no_error(rig.error);
    g_assert_cmpuint(rig.n_secured, ==, 1);
    g_assert_cmpuint(rig.n_datagrams, >, 6);
    rig_clear(&rig);
}

/* The keys stay those of the certificate that was checked. */
static void check_no_renegotiation(bool active) {
    Options options = {.active = active, .profiles = GCM_256};
    Rig rig;
    rig_init(&rig, &options);
    pump(&rig);
    g_assert_cmpuint(rig.n_secured, ==, 1);
    guint8 before[64], after[64];
    gsize len = SSL_get_peer_finished(rig.ssl, before, sizeof before);
    g_assert_cmpint(SSL_renegotiate(rig.ssl), ==, 1);
    pump(&rig);
    g_assert_cmpmem(after, SSL_get_peer_finished(rig.ssl, after, sizeof after), before, len);
    g_assert_cmpuint(rig.n_secured, ==, 1);
    /* OpenSSL as a client hangs up when it is refused. */
    g_assert_true(rig.error == NULL ||
                  g_error_matches(rig.error, LEC_LINK_ERROR, LEC_LINK_ERROR_CLOSED));
    rig_clear(&rig);
}

static void test_no_renegotiation(void) {
    check_no_renegotiation(false);
    check_no_renegotiation(true);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dtls-peer/agreed", test_agreed);
    g_test_add_func("/dtls-peer/no-srtp", test_no_srtp);
    g_test_add_func("/dtls-peer/no-256-bits", test_no_256_bits);
    g_test_add_func("/dtls-peer/no-certificate", test_no_certificate);
    g_test_add_func("/dtls-peer/fragments", test_fragments);
    g_test_add_func("/dtls-peer/no-renegotiation", test_no_renegotiation);
    return g_test_run();
}
