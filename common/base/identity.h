/* The lasting identity of a box or a device: an ECDSA P-256 key and its self-signed certificate,
 * kept in two files. */
#pragma once

#include "common/base/fingerprint.h"

#define LEC_IDENTITY_ERROR (lec_identity_error_quark())
GQuark lec_identity_error_quark(void);

typedef enum {
    LEC_IDENTITY_ERROR_STORAGE, /* cannot read or write the folder: full, read-only, not ours */
    LEC_IDENTITY_ERROR_INVALID, /* the files are there and do not hold one matching pair */
} LecIdentityError;

typedef struct LecIdentity LecIdentity;

/*
 * Loads identity.key and identity.crt (PEM) from folder; where neither exists makes the folder
 * (0700) and them (0600), each written whole or not at all, so that a crash or a full disk never
 * leaves half an identity. name becomes the certificate's common name. Never replaces files that it
 * cannot read.
 */
LecIdentity *lec_identity_load_or_make(const char *folder, const char *name, GError **error);

/* An identity that lives only in memory: tests, and senders without a home folder. */
LecIdentity *lec_identity_new_ephemeral(const char *name, GError **error);
void lec_identity_free(LecIdentity *self); /* wipes the key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecIdentity, lec_identity_free)

const LecFingerprint *lec_identity_get_fingerprint(const LecIdentity *self);
const char *lec_identity_get_certificate_pem(const LecIdentity *self); /* owned by self */
const char *lec_identity_get_key_pem(const LecIdentity *self);         /* owned by self; secret */
