/* Makes, reads and checks a key and its certificate, with OpenSSL. */
#include "common/base/identity.h"

#include "common/base/identity-store.h"
#include "common/base/x509.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define DAY_S (24 * 3600)
#define LIFETIME_S ((gint64)(20 * 365 + 5) * DAY_S)
#define CLOCK_SLACK_S DAY_S /* a peer's clock may be behind ours */
#define MICROSECONDS 1000000

G_DEFINE_QUARK(lec_identity_error, lec_identity_error)

struct LecIdentity {
    LecFingerprint fingerprint;
    char *certificate_pem;
    char *key_pem;
};

/* NULL where OpenSSL could not: memory ran out. */
static LecIdentity *identity_of(EVP_PKEY *key, X509 *certificate) {
    g_autoptr(LecIdentity) self = g_new0(LecIdentity, 1);
    self->key_pem = lec_x509_key_to_pem(key);
    self->certificate_pem = lec_x509_certificate_to_pem(certificate);
    if (self->key_pem == NULL || self->certificate_pem == NULL ||
        !X509_digest(certificate, EVP_sha256(), self->fingerprint.bytes, NULL))
        return NULL;
    return g_steal_pointer(&self);
}

static X509 *make_certificate(EVP_PKEY *key, const char *name) {
    static const LecX509Extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth,clientAuth"},
        {NID_subject_key_identifier, "hash"},
    };
    const gint64 now_s = g_get_real_time() / MICROSECONDS;
    const LecX509Plan plan = {
        .key = key,
        .name = name,
        .from_s = now_s - CLOCK_SLACK_S,
        .until_s = now_s + LIFETIME_S,
        .extensions = extensions,
        .n_extensions = G_N_ELEMENTS(extensions),
    };
    return lec_x509_make(&plan);
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

static LecIdentity *parse_pair(const char *key_pem, const char *certificate_pem) {
    g_autoptr(EVP_PKEY) key = lec_x509_key_from_pem(key_pem);
    g_autoptr(X509) certificate = lec_x509_certificate_from_pem(certificate_pem);
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
    lec_x509_wipe(&key_pem);
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
    g_autoptr(LecIdentityStore) store = lec_identity_store_open(folder, "identity", error);
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
    lec_x509_wipe(&self->key_pem);
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
