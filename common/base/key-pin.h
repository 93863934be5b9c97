/* A server's public key, named by the SHA-256 of its SubjectPublicKeyInfo (as RFC 7469 §2.4 does):
 * it outlives the certificates made for it. */
#pragma once

#include "common/base/fingerprint.h"

/* der: a certificate. False, with ret untouched, where it is none. */
bool lec_key_pin_of_certificate(const guint8 *der, gsize len, LecFingerprint *ret);
