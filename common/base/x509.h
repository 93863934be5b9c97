/* Making certificates with OpenSSL: what identity, authority and certificate share. */
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

typedef struct {
    int nid;
    const char *value; /* as in openssl.cnf */
} LecX509Extension;

typedef struct {
    EVP_PKEY *key; /* the subject's */
    const char *name;
    gint64 from_s, until_s; /* Unix time */
    const LecX509Extension *extensions;
    gsize n_extensions;
    X509 *issuer; /* NULL with issuer_key: signs itself */
    EVP_PKEY *issuer_key;
} LecX509Plan;

/* NULL where OpenSSL could not. Clear its error queue afterwards. */
X509 *lec_x509_make(const LecX509Plan *plan);

/* Free them; the key's is a secret: wipe it. */
char *lec_x509_certificate_to_pem(X509 *certificate);
char *lec_x509_key_to_pem(EVP_PKEY *key);

/* A key under a passphrase is refused, not asked for at the terminal. */
EVP_PKEY *lec_x509_key_from_pem(const char *pem);
X509 *lec_x509_certificate_from_pem(const char *pem); /* the first */

void lec_x509_wipe(char **text); /* overwrites, frees, NULLs */
