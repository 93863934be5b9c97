/* The box's own authority: kept, limited to its names, and good for real verifiers. */
#include "common/base/authority.h"
#include "common/base/identity.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#define NOW 1800000000 /* 2027-01-15 */
#define DAY (24 * 3600)

static const char *const host_names[] = {"room12", "room12.local", "share.example.org", NULL};
static const char *const addresses[] = {"203.0.113.7", "2001:db8::7", NULL};

typedef struct {
    char *folder;
    LecAuthority *authority;
} Fixture;

static LecAuthority *open_authority(const char *folder) {
    g_autoptr(GError) error = NULL;
    LecAuthority *self =
        lec_authority_load_or_make(folder, "Room 12", host_names, addresses, NOW, &error);
    g_assert_no_error(error);
    return self;
}

static void fixture_open(Fixture *self, gconstpointer data) {
    self->folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    self->authority = open_authority(self->folder);
}

static void fixture_close(Fixture *self, gconstpointer data) {
    static const char *const files[] = {"authority.key", "authority.crt"};
    lec_authority_free(self->authority);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(self->folder, files[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(self->folder), ==, 0);
    g_free(self->folder);
}

static X509 *parse(const char *pem) {
    BIO *text = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(text, NULL, NULL, NULL);
    BIO_free(text);
    g_assert_nonnull(certificate);
    return certificate;
}

static int expires_after(const char *pem, time_t when) {
    X509 *certificate = parse(pem);
    int result = X509_cmp_time(X509_get0_notAfter(certificate), &when);
    X509_free(certificate);
    return result;
}

/* X509_V_OK where who trusts authority takes leaf for a server of that name then. */
static int verify(const char *authority, const char *leaf, const char *name, time_t when) {
    X509 *root = parse(authority), *server = parse(leaf);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX_init(context, store, server, NULL);
    X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(rules, when);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
    if (g_hostname_is_ip_address(name))
        X509_VERIFY_PARAM_set1_ip_asc(rules, name);
    else
        X509_VERIFY_PARAM_set1_host(rules, name, 0);
    X509_verify_cert(context);
    int result = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(root);
    X509_free(server);
    return result;
}

static LecCertificate *issue(Fixture *self, const char *const *names, gint64 now) {
    g_autoptr(GError) error = NULL;
    LecCertificate *leaf = lec_authority_issue(self->authority, names, now, &error);
    g_assert_no_error(error);
    return leaf;
}

static void test_issue(Fixture *self, gconstpointer data) {
    static const char *const names[] = {
        "room12.local", "share.example.org", "10.1.2.3", "203.0.113.7",
        "2001:db8::7",  "fd00::1",           "::1",      NULL};
    g_autoptr(LecCertificate) leaf = issue(self, names, NOW);
    const char *root = lec_authority_get_pem(self->authority);
    const char *pem = lec_certificate_get_pem(leaf);
    for (guint i = 0; names[i]; i++)
        g_assert_cmpint(verify(root, pem, names[i], NOW), ==, X509_V_OK);
    g_assert_cmpint(verify(root, pem, "room13.local", NOW), ==, X509_V_ERR_HOSTNAME_MISMATCH);
    g_assert_cmpint(verify(root, pem, "room12.local", NOW + 91 * DAY), ==,
                    X509_V_ERR_CERT_HAS_EXPIRED);
    g_assert_cmpint(lec_certificate_get_expiry_s(leaf), ==, NOW + 90 * DAY);
    g_assert_cmpint(expires_after(root, NOW + 3650LL * DAY), ==, 1);
    const char *const *told = lec_certificate_get_names(leaf);
    g_assert_cmpuint(g_strv_length((char **)told), ==, 2);
    /* Two are of two keys. */
    g_autoptr(LecCertificate) other = issue(self, names, NOW);
    g_assert_cmpstr(lec_certificate_get_key_pem(leaf), !=, lec_certificate_get_key_pem(other));
}

static void test_limits(Fixture *self, gconstpointer data) {
    static const char *const allowed[] = {
        "room12",         "a.room12.local", "share.example.org", "10.0.0.1",
        "172.31.255.255", "192.168.7.7",    "100.64.0.1",        "169.254.1.1",
        "203.0.113.7",    "fe80::1",        "fd12::1",           "2001:db8::7",
    };
    static const char *const refused[] = {
        "example.org", "bank.example", "xroom12.local", "room12.local.attacker.example",
        "local",       "203.0.113.8",  "8.8.8.8",       "172.32.0.1",
        "11.0.0.1",    "128.0.0.1",    "2001:db8::8",   "::2",
        "room1",
    };
    for (guint i = 0; i < G_N_ELEMENTS(allowed); i++)
        g_assert_true(lec_authority_may_vouch(self->authority, allowed[i]));
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (lec_authority_may_vouch(self->authority, refused[i]))
            g_error("vouches for %s", refused[i]);
        const char *const names[] = {refused[i], "room12.local", NULL};
        g_autoptr(LecCertificate) leaf = issue(self, names, NOW);
        int result = verify(lec_authority_get_pem(self->authority), lec_certificate_get_pem(leaf),
                            refused[i], NOW);
        g_assert_cmpint(result, !=, X509_V_OK);
    }
    g_autoptr(GError) error = NULL;
    static const char *const nothing[] = {"bank.example", NULL};
    g_assert_null(lec_authority_issue(self->authority, nothing, NOW, &error));
    g_assert_error(error, LEC_AUTHORITY_ERROR, LEC_AUTHORITY_ERROR_FAILED);
}

/* Who has stolen the key, and does not keep to may_vouch(), is held by the certificate itself. */
static void test_stolen_key(Fixture *self, gconstpointer data) {
    g_autofree char *key_path = g_build_filename(self->folder, "authority.key", NULL);
    FILE *file = fopen(key_path, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    X509 *root = parse(lec_authority_get_pem(self->authority)), *forged = X509_new();
    X509_set_version(forged, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(forged), 7);
    ASN1_TIME_set(X509_getm_notBefore(forged), NOW - DAY);
    ASN1_TIME_set(X509_getm_notAfter(forged), NOW + DAY);
    X509_set_issuer_name(forged, X509_get_subject_name(root));
    X509_set_pubkey(forged, key);
    X509V3_CTX context;
    X509V3_set_ctx(&context, root, forged, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    static const struct {
        int nid;
        const char *value;
    } extensions[] = {{NID_subject_alt_name, "critical,DNS:bank.example"},
                      {NID_subject_key_identifier, "hash"},
                      {NID_authority_key_identifier, "keyid:always"}};
    for (guint i = 0; i < G_N_ELEMENTS(extensions); i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid, extensions[i].value);
        X509_add_ext(forged, extension, -1);
        X509_EXTENSION_free(extension);
    }
    g_assert_cmpint(X509_sign(forged, key, EVP_sha256()), >, 0);
    BIO *text = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(text, forged);
    char *pem = NULL;
    const long len = BIO_get_mem_data(text, &pem);
    g_autofree char *copy = g_strndup(pem, (gsize)len);
    g_assert_cmpint(verify(lec_authority_get_pem(self->authority), copy, "bank.example", NOW), ==,
                    X509_V_ERR_PERMITTED_VIOLATION);
    BIO_free(text);
    X509_free(root);
    X509_free(forged);
    EVP_PKEY_free(key);
}

static void test_kept(Fixture *self, gconstpointer data) {
    g_autoptr(LecAuthority) again = open_authority(self->folder);
    g_assert_true(lec_fingerprint_equal(lec_authority_get_fingerprint(self->authority),
                                        lec_authority_get_fingerprint(again)));
    g_autofree char *key = g_build_filename(self->folder, "authority.key", NULL);
    GStatBuf info;
    g_assert_cmpint(g_stat(key, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    g_autoptr(GError) error = NULL;
    g_assert_true(
        g_file_set_contents_full(key, "damaged", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_null(
        lec_authority_load_or_make(self->folder, "Room 12", host_names, NULL, NOW, &error));
    g_assert_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "authority.key"));
}

static void test_clock(void) {
    g_autofree char *folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_null(lec_authority_load_or_make(folder, "Room 12", host_names, NULL, 1000, &error));
    g_assert_error(error, LEC_AUTHORITY_ERROR, LEC_AUTHORITY_ERROR_CLOCK);
    g_assert_nonnull(strstr(error->message, "1970-01-01"));
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* nothing was written */
}

int main(int argc, char **argv) {
    static const struct {
        const char *path;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {{"/authority/issue", test_issue},
                 {"/authority/limits", test_limits},
                 {"/authority/stolen-key", test_stolen_key},
                 {"/authority/kept", test_kept}};
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, fixture_open, tests[i].test, fixture_close);
    g_test_add_func("/authority/clock", test_clock);
    return g_test_run();
}
