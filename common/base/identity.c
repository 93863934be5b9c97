/* Makes, reads and checks a key and its certificate, with OpenSSL. */
#include "common/base/identity.h"

#include "common/base/identity-store.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define LIFETIME_DAYS (20 * 365 + 5)
#define CLOCK_SLACK_DAYS 1     /* a peer's clock may be behind ours */
#define MAX_NAME_CHARACTERS 64 /* RFC 5280 appendix A.1, ub-common-name */
#define SERIAL_BITS 128

G_DEFINE_QUARK(lec_identity_error, lec_identity_error)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)

struct LecIdentity {
    LecFingerprint fingerprint;
    char *certificate_pem;
    char *key_pem;
};

static void wipe(char **text) {
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    g_clear_pointer(text, g_free);
}

static char *take_text(BIO *bio) {
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return g_strndup(data, (gsize)len);
}

/* NULL where OpenSSL could not: memory ran out. */
static LecIdentity *identity_of(EVP_PKEY *key, X509 *certificate) {
    g_autoptr(LecIdentity) self = g_new0(LecIdentity, 1);
    g_autoptr(BIO) key_text = BIO_new(BIO_s_mem());
    g_autoptr(BIO) certificate_text = BIO_new(BIO_s_mem());
    if (key_text == NULL || certificate_text == NULL ||
        !PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL) ||
        !PEM_write_bio_X509(certificate_text, certificate) ||
        !X509_digest(certificate, EVP_sha256(), self->fingerprint.bytes, NULL))
        return NULL;
    self->key_pem = take_text(key_text);
    self->certificate_pem = take_text(certificate_text);
    return g_steal_pointer(&self);
}

static bool set_name(X509 *certificate, const char *name) {
    g_autofree char *valid =
        g_utf8_make_valid(name != NULL && *name != '\0' ? name : "Lectern", -1);
    glong characters = MIN(g_utf8_strlen(valid, -1), MAX_NAME_CHARACTERS);
    g_autofree char *common_name = g_utf8_substring(valid, 0, characters);
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const guchar *)common_name, -1,
                                      -1, 0) &&
           X509_set_issuer_name(certificate, subject);
}

static bool set_serial(X509 *certificate) {
    g_autoptr(BIGNUM) serial = BN_new();
    return serial != NULL && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
           BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL;
}

static bool add_extensions(X509 *certificate) {
    static const struct {
        int nid;
        const char *value;
    } extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth,clientAuth"},
        {NID_subject_key_identifier, "hash"},
    };
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(extensions); i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid, extensions[i].value);
        bool added = extension != NULL && X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
        if (!added)
            return false;
    }
    return true;
}

static X509 *make_certificate(EVP_PKEY *key, const char *name) {
    g_autoptr(X509) certificate = X509_new();
    if (certificate == NULL || !X509_set_version(certificate, X509_VERSION_3) ||
        !set_serial(certificate) || !set_name(certificate, name) ||
        !X509_time_adj_ex(X509_getm_notBefore(certificate), -CLOCK_SLACK_DAYS, 0, NULL) ||
        !X509_time_adj_ex(X509_getm_notAfter(certificate), LIFETIME_DAYS, 0, NULL) ||
        !X509_set_pubkey(certificate, key) || !add_extensions(certificate) ||
        !X509_sign(certificate, key, EVP_sha256()))
        return NULL;
    return g_steal_pointer(&certificate);
}

LecIdentity *lec_identity_new_ephemeral(const char *name, GError **error) {
    g_autoptr(EVP_PKEY) key = EVP_EC_gen("P-256");
    g_autoptr(X509) certificate = key != NULL ? make_certificate(key, name) : NULL;
    LecIdentity *self = certificate != NULL ? identity_of(key, certificate) : NULL;
    if (self == NULL)
        g_set_error_literal(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE,
                            "OpenSSL could not make a key and a certificate.");
    ERR_clear_error(); /* or a TLS connection on this thread would take it for its own */
    return self;
}

/* A key under a passphrase is refused: without this OpenSSL would ask for it at the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *user) {
    return -1;
}

static LecIdentity *parse_pair(const char *key_pem, const char *certificate_pem) {
    g_autoptr(BIO) key_text = BIO_new_mem_buf(key_pem, -1);
    g_autoptr(BIO) certificate_text = BIO_new_mem_buf(certificate_pem, -1);
    if (key_text == NULL || certificate_text == NULL)
        return NULL;
    g_autoptr(EVP_PKEY) key = PEM_read_bio_PrivateKey(key_text, NULL, no_passphrase, NULL);
    g_autoptr(X509) certificate = PEM_read_bio_X509(certificate_text, NULL, no_passphrase, NULL);
    if (key == NULL || certificate == NULL || !X509_check_private_key(certificate, key))
        return NULL;
    return identity_of(key, certificate);
}

/* *ret stays NULL, and true is returned, where there is no identity yet. */
static bool load(LecIdentityStore *store, const char *folder, LecIdentity **ret, GError **error) {
    char *key_pem = NULL;
    g_autofree char *certificate_pem = NULL;
    switch (lec_identity_store_read(store, &key_pem, &certificate_pem, error)) {
    case LEC_IDENTITY_FILES_NONE:
        return true;
    case LEC_IDENTITY_FILES_FAILED:
        return false;
    case LEC_IDENTITY_FILES_BOTH:
        break;
    }
    LecIdentity *self = parse_pair(key_pem, certificate_pem);
    ERR_clear_error();
    wipe(&key_pem);
    if (self == NULL) {
        g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_INVALID,
                    "identity.key and identity.crt in %s are not one readable pair: put them back "
                    "from a backup, or move both away, which makes a new identity that must be "
                    "trusted anew.",
                    folder);
        return false;
    }
    *ret = self;
    return true;
}

LecIdentity *lec_identity_load_or_make(const char *folder, const char *name, GError **error) {
    g_autoptr(LecIdentityStore) store = lec_identity_store_open(folder, error);
    if (store == NULL)
        return NULL;

    /* The usual start needs no lock and no right to write. */
    LecIdentity *found = NULL;
    if (load(store, folder, &found, NULL) && found != NULL)
        return found;

    /* Another first start may be under way, or one may have crashed: look again, alone. */
    if (!lec_identity_store_lock(store, error) || !lec_identity_store_recover(store, error) ||
        !load(store, folder, &found, error))
        return NULL;
    if (found != NULL)
        return found;

    g_autoptr(LecIdentity) made = lec_identity_new_ephemeral(name, error);
    if (made == NULL ||
        !lec_identity_store_write(store, made->key_pem, made->certificate_pem, error))
        return NULL;
    return g_steal_pointer(&made);
}

void lec_identity_free(LecIdentity *self) {
    if (self == NULL)
        return;
    wipe(&self->key_pem);
    g_free(self->certificate_pem);
    g_free(self);
}

const LecFingerprint *lec_identity_get_fingerprint(const LecIdentity *self) {
    return &self->fingerprint;
}

const char *lec_identity_get_certificate_pem(const LecIdentity *self) {
    return self->certificate_pem;
}

const char *lec_identity_get_key_pem(const LecIdentity *self) {
    return self->key_pem;
}
