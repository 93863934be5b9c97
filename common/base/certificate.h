/* A server's certificate with its key, as an administrator or the box's own authority gives it:
 * checked before anybody is shown it. */
#pragma once

#include "common/base/fingerprint.h"

#define LEC_CERTIFICATE_ERROR (lec_certificate_error_quark())
GQuark lec_certificate_error_quark(void);

typedef enum {
    LEC_CERTIFICATE_ERROR_FILE,    /* cannot be read */
    LEC_CERTIFICATE_ERROR_INVALID, /* no certificate, no key, not for a server */
    LEC_CERTIFICATE_ERROR_PAIR,    /* the key is another certificate's */
    LEC_CERTIFICATE_ERROR_TIME,    /* expired, or not valid yet */
} LecCertificateError;

typedef struct LecCertificate LecCertificate;

/*
 * Two PEM files: the server's certificate first, then those between it and a root; its key without
 * a passphrase. now_s: Unix time. A key that others may read is warned of.
 */
LecCertificate *lec_certificate_load(const char *certificate_path, const char *key_path,
                                     gint64 now_s, GError **error);

/* The same from memory; both are copied. */
LecCertificate *lec_certificate_new(const char *certificate_pem, const char *key_pem, gint64 now_s,
                                    GError **error);
void lec_certificate_free(LecCertificate *self); /* wipes the key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCertificate, lec_certificate_free)

/* All owned by self. */
const char *lec_certificate_get_pem(const LecCertificate *self);          /* the whole chain */
const char *lec_certificate_get_key_pem(const LecCertificate *self);      /* secret */
const char *const *lec_certificate_get_names(const LecCertificate *self); /* in DNS, stars too */
const LecFingerprint *lec_certificate_get_fingerprint(const LecCertificate *self);
gint64 lec_certificate_get_expiry_s(const LecCertificate *self);

/* "2027-02-18". Free it. */
char *lec_certificate_format_day(gint64 unix_s);
