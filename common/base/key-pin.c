/* Names public keys. */
#include "common/base/key-pin.h"

#include "common/base/x509.h"

#include <limits.h>
#include <openssl/err.h>

bool lec_key_pin_of_certificate(const guint8 *der, gsize len, LecFingerprint *ret) {
    if (len > LONG_MAX)
        return false;
    const guint8 *at = der;
    g_autoptr(X509) certificate = d2i_X509(NULL, &at, (long)len);
    guint8 *spki = NULL;
    const int spki_len = certificate && at == der + len
                             ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki)
                             : 0;
    const bool good = spki_len > 0 &&
                      EVP_Digest(spki, (size_t)spki_len, ret->bytes, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(spki);
    ERR_clear_error();
    return good;
}
