/* Reads a server's certificate and key, and says in words what is wrong with them. */
#include "common/base/certificate.h"

#include "common/base/log.h"
#include "common/base/x509.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_FILE_BYTES (256 * 1024)
#define MAX_NAMES 256

G_DEFINE_QUARK(lec_certificate_error, lec_certificate_error)

struct LecCertificate {
    char *pem, *key_pem;
    char **names;
    LecFingerprint fingerprint;
    gint64 from_s, until_s;
};

static bool fail(GError **error, LecCertificateError code, const char *sentence) {
    g_set_error_literal(error, LEC_CERTIFICATE_ERROR, code, sentence);
    return false;
}

char *lec_certificate_format_day(gint64 unix_s) {
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_s);
    return time != NULL ? g_date_time_format(time, "%Y-%m-%d") : g_strdup("an unknown day");
}

static bool read_time(const ASN1_TIME *time, gint64 *ret_s) {
    struct tm parts = {0};
    if (!ASN1_TIME_to_tm(time, &parts))
        return false;
    *ret_s = timegm(&parts);
    return true;
}

static char **read_names(X509 *certificate) {
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(all) && i < MAX_NAMES; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
        if (name->type != GEN_DNS)
            continue;
        const char *text = (const char *)ASN1_STRING_get0_data(name->d.dNSName);
        const int len = ASN1_STRING_length(name->d.dNSName);
        if (len > 0 && memchr(text, '\0', (gsize)len) == NULL) {
            g_autofree char *copy = g_strndup(text, (gsize)len);
            g_strv_builder_add(names, copy);
        }
    }
    const bool none = sk_GENERAL_NAME_num(all) < 1;
    GENERAL_NAMES_free(all);
    return none ? NULL : g_strv_builder_end(names);
}

static bool check_time(const LecCertificate *self, gint64 now_s, GError **error) {
    if (now_s >= self->from_s && now_s < self->until_s)
        return true;
    const bool late = now_s >= self->until_s;
    g_autofree char *day = lec_certificate_format_day(late ? self->until_s : self->from_s);
    g_set_error(error, LEC_CERTIFICATE_ERROR, LEC_CERTIFICATE_ERROR_TIME,
                late ? "The certificate has expired on %s: renew it."
                     : "The certificate is valid from %s on: check the clock, or wait.",
                day);
    return false;
}

static bool fill(LecCertificate *self, X509 *certificate, EVP_PKEY *key, GError **error) {
    if (!X509_check_private_key(certificate, key))
        return fail(error, LEC_CERTIFICATE_ERROR_PAIR,
                    "The key is not that of the first certificate in the file: the server's own "
                    "certificate is to stand first, and the key to be the one it was made with.");
    self->names = read_names(certificate);
    if (self->names == NULL)
        return fail(error, LEC_CERTIFICATE_ERROR_INVALID,
                    "The certificate names no host (subjectAltName), so no browser will take it.");
    if (!X509_digest(certificate, EVP_sha256(), self->fingerprint.bytes, NULL) ||
        !read_time(X509_get0_notBefore(certificate), &self->from_s) ||
        !read_time(X509_get0_notAfter(certificate), &self->until_s))
        return fail(error, LEC_CERTIFICATE_ERROR_INVALID, "The certificate cannot be read.");
    return true;
}

static bool parse(LecCertificate *self, GError **error) {
    g_autoptr(X509) certificate = lec_x509_certificate_from_pem(self->pem);
    if (certificate == NULL)
        return fail(error, LEC_CERTIFICATE_ERROR_INVALID, "There is no certificate (PEM) in it.");
    g_autoptr(EVP_PKEY) key = lec_x509_key_from_pem(self->key_pem);
    if (key == NULL)
        return fail(error, LEC_CERTIFICATE_ERROR_INVALID,
                    "There is no key (PEM, without a passphrase) for it.");
    return fill(self, certificate, key, error);
}

LecCertificate *lec_certificate_new(const char *certificate_pem, const char *key_pem, gint64 now_s,
                                    GError **error) {
    g_autoptr(LecCertificate) self = g_new0(LecCertificate, 1);
    self->pem = g_strdup(certificate_pem);
    self->key_pem = g_strdup(key_pem);
    const bool good = parse(self, error) && check_time(self, now_s, error);
    ERR_clear_error(); /* or a TLS connection on this thread would take it for its own */
    return good ? g_steal_pointer(&self) : NULL;
}

static char *take(int fd, const char *path, bool secret, GError **error) {
    struct stat found;
    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_size > MAX_FILE_BYTES) {
        g_set_error(error, LEC_CERTIFICATE_ERROR, LEC_CERTIFICATE_ERROR_FILE,
                    "%s is no plain file of at most %d bytes.", path, MAX_FILE_BYTES);
        return NULL;
    }
    if (secret && (found.st_mode & S_IRWXO))
        lec_warning("Everybody on this machine can read the key in %s: chmod 600 it.", path);
    char *text = g_malloc0((gsize)found.st_size + 1);
    gsize len = 0;
    while (len < (gsize)found.st_size) {
        ssize_t n = TEMP_FAILURE_RETRY(read(fd, text + len, (gsize)found.st_size - len));
        if (n <= 0)
            break;
        len += (gsize)n;
    }
    return text;
}

static char *read_file(const char *path, bool secret, GError **error) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        g_set_error(error, LEC_CERTIFICATE_ERROR, LEC_CERTIFICATE_ERROR_FILE,
                    "%s cannot be read: %s.", path, g_strerror(errno));
        return NULL;
    }
    char *text = take(fd, path, secret, error);
    close(fd);
    return text;
}

LecCertificate *lec_certificate_load(const char *certificate_path, const char *key_path,
                                     gint64 now_s, GError **error) {
    g_autofree char *pem = read_file(certificate_path, false, error);
    char *key_pem = pem != NULL ? read_file(key_path, true, error) : NULL;
    if (key_pem == NULL)
        return NULL;
    LecCertificate *self = lec_certificate_new(pem, key_pem, now_s, error);
    lec_x509_wipe(&key_pem);
    if (self == NULL)
        g_prefix_error(error, "%s: ", certificate_path);
    return self;
}

void lec_certificate_free(LecCertificate *self) {
    if (self == NULL)
        return;
    g_free(self->pem);
    lec_x509_wipe(&self->key_pem);
    g_strfreev(self->names);
    g_free(self);
}

const char *lec_certificate_get_pem(const LecCertificate *self) {
    return self->pem;
}

const char *lec_certificate_get_key_pem(const LecCertificate *self) {
    return self->key_pem;
}

const char *const *lec_certificate_get_names(const LecCertificate *self) {
    return (const char *const *)self->names;
}

const LecFingerprint *lec_certificate_get_fingerprint(const LecCertificate *self) {
    return &self->fingerprint;
}

gint64 lec_certificate_get_expiry_s(const LecCertificate *self) {
    return self->until_s;
}
