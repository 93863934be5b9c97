/* Puts certificates together, and PEM to and fro. */
#include "common/base/x509.h"

#include <openssl/bn.h>
#include <openssl/x509v3.h>
#include <string.h>

#define MAX_NAME_CHARACTERS 64 /* RFC 5280 appendix A.1, ub-common-name */
#define SERIAL_BITS 128

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)

static bool set_name(X509 *certificate, const char *name) {
    g_autofree char *valid =
        g_utf8_make_valid(name != NULL && *name != '\0' ? name : "Lectern", -1);
    glong characters = MIN(g_utf8_strlen(valid, -1), MAX_NAME_CHARACTERS);
    g_autofree char *common_name = g_utf8_substring(valid, 0, characters);
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      (const guchar *)common_name, -1, -1, 0);
}

static bool set_serial(X509 *certificate) {
    g_autoptr(BIGNUM) serial = BN_new();
    return serial != NULL && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
           BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL;
}

static bool add_extensions(X509 *certificate, const LecX509Plan *plan) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, plan->issuer != NULL ? plan->issuer : certificate, certificate, NULL,
                   NULL, 0);
    for (gsize i = 0; i < plan->n_extensions; i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &context, plan->extensions[i].nid, plan->extensions[i].value);
        bool added = extension != NULL && X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
        if (!added)
            return false;
    }
    return true;
}

X509 *lec_x509_make(const LecX509Plan *plan) {
    g_autoptr(X509) certificate = X509_new();
    if (certificate == NULL || !X509_set_version(certificate, X509_VERSION_3) ||
        !set_serial(certificate) || !set_name(certificate, plan->name) ||
        !X509_set_issuer_name(
            certificate,
            X509_get_subject_name(plan->issuer != NULL ? plan->issuer : certificate)) ||
        ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)plan->from_s) == NULL ||
        ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)plan->until_s) == NULL ||
        !X509_set_pubkey(certificate, plan->key) || !add_extensions(certificate, plan) ||
        !X509_sign(certificate, plan->issuer != NULL ? plan->issuer_key : plan->key, EVP_sha256()))
        return NULL;
    return g_steal_pointer(&certificate);
}

static char *take_text(BIO *bio) {
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return g_strndup(data, (gsize)len);
}

char *lec_x509_certificate_to_pem(X509 *certificate) {
    g_autoptr(BIO) text = BIO_new(BIO_s_mem());
    return text != NULL && PEM_write_bio_X509(text, certificate) ? take_text(text) : NULL;
}

char *lec_x509_key_to_pem(EVP_PKEY *key) {
    g_autoptr(BIO) text = BIO_new(BIO_s_mem());
    return text != NULL && PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL)
               ? take_text(text)
               : NULL;
}

static int no_passphrase(char *buffer, int size, int writing, void *user) {
    return -1;
}

EVP_PKEY *lec_x509_key_from_pem(const char *pem) {
    g_autoptr(BIO) text = BIO_new_mem_buf(pem, -1);
    return text != NULL ? PEM_read_bio_PrivateKey(text, NULL, no_passphrase, NULL) : NULL;
}

X509 *lec_x509_certificate_from_pem(const char *pem) {
    g_autoptr(BIO) text = BIO_new_mem_buf(pem, -1);
    return text != NULL ? PEM_read_bio_X509(text, NULL, no_passphrase, NULL) : NULL;
}

void lec_x509_wipe(char **text) {
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    g_clear_pointer(text, g_free);
}
