/*
 * The box's own small certificate authority: who installs its certificate sees no warning at this
 * box, and has trusted it with nothing else: the names and addresses that it may vouch for stand in
 * its certificate (RFC 5280 §4.2.1.10).
 */
#pragma once

#include "common/base/certificate.h"

#define LEC_AUTHORITY_ERROR (lec_authority_error_quark())
GQuark lec_authority_error_quark(void);

typedef enum {
    LEC_AUTHORITY_ERROR_CLOCK,  /* cannot be right, so that nothing lasting is made by it */
    LEC_AUTHORITY_ERROR_FAILED, /* OpenSSL could not */
} LecAuthorityError;

typedef struct LecAuthority LecAuthority;

/*
 * Loads authority.key and authority.crt from folder, or makes them, as lec_identity_load_or_make()
 * does with its files; its errors, too. names, in lower case, and addresses are what it may vouch
 * for from then on, with every private address besides; they count only where it is made.
 */
LecAuthority *lec_authority_load_or_make(const char *folder, const char *box_name,
                                         const char *const *names, const char *const *addresses,
                                         gint64 now_s, GError **error);
void lec_authority_free(LecAuthority *self); /* wipes the key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAuthority, lec_authority_free)

const char *lec_authority_get_pem(const LecAuthority *self); /* the certificate; owned by self */
const LecFingerprint *lec_authority_get_fingerprint(const LecAuthority *self);

/* name: in DNS, or an address. */
bool lec_authority_may_vouch(const LecAuthority *self, const char *name);

/* A new key and its certificate for LEC_AUTHORITY_LEAF_DAYS, for those of names (and addresses)
 * that it may vouch for. */
#define LEC_AUTHORITY_LEAF_DAYS 90 /* browsers take 397 at most */
LecCertificate *lec_authority_issue(const LecAuthority *self, const char *const *names,
                                    gint64 now_s, GError **error);
