/* An administrator's certificate and key: what is taken, and what is said of what is not. */
#include "common/base/authority.h"
#include "common/base/certificate.h"
#include "common/base/identity.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW 1800000000
#define DAY (24 * 3600)

typedef struct {
    char *folder, *certificate_path, *key_path;
    LecAuthority *authority;
    LecCertificate *leaf, *other;
} Fixture;

static void put(const char *path, const char *text) {
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void fixture_open(Fixture *self, gconstpointer data) {
    static const char *const names[] = {"room12.local", "*.room12.local", NULL};
    static const char *const hosts[] = {"room12.local", NULL};
    g_autoptr(GError) error = NULL;
    self->folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    self->authority = lec_authority_load_or_make(self->folder, "Room 12", hosts, NULL, NOW, &error);
    g_assert_no_error(error);
    self->leaf = lec_authority_issue(self->authority, names, NOW, &error);
    g_assert_no_error(error);
    self->other = lec_authority_issue(self->authority, names, NOW, &error);
    self->certificate_path = g_build_filename(self->folder, "box.crt", NULL);
    self->key_path = g_build_filename(self->folder, "box.key", NULL);
    put(self->certificate_path, lec_certificate_get_pem(self->leaf));
    put(self->key_path, lec_certificate_get_key_pem(self->leaf));
}

static void fixture_close(Fixture *self, gconstpointer data) {
    static const char *const files[] = {"authority.key", "authority.crt", "box.crt", "box.key"};
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(self->folder, files[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(self->folder), ==, 0);
    lec_certificate_free(self->leaf);
    lec_certificate_free(self->other);
    lec_authority_free(self->authority);
    g_free(self->folder);
    g_free(self->certificate_path);
    g_free(self->key_path);
}

static void test_good(Fixture *self, gconstpointer data) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecCertificate) read =
        lec_certificate_load(self->certificate_path, self->key_path, NOW, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(lec_certificate_get_names(read)[0], ==, "room12.local");
    g_assert_cmpstr(lec_certificate_get_names(read)[1], ==, "*.room12.local");
    g_assert_true(lec_fingerprint_equal(lec_certificate_get_fingerprint(read),
                                        lec_certificate_get_fingerprint(self->leaf)));
    /* With what stands above it in the same file. */
    g_autofree char *chain = g_strconcat(lec_certificate_get_pem(self->leaf),
                                         lec_authority_get_pem(self->authority), NULL);
    put(self->certificate_path, chain);
    g_autoptr(LecCertificate) whole =
        lec_certificate_load(self->certificate_path, self->key_path, NOW, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(lec_certificate_get_pem(whole), ==, chain);
}

static void refuse(Fixture *self, gint64 now, LecCertificateError code, const char *word) {
    g_autoptr(GError) error = NULL;
    g_assert_null(lec_certificate_load(self->certificate_path, self->key_path, now, &error));
    g_assert_error(error, LEC_CERTIFICATE_ERROR, (int)code);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, word));
    g_assert_null(strstr(error->message, "PRIVATE"));
}

static void test_time(Fixture *self, gconstpointer data) {
    refuse(self, NOW + 90 * DAY, LEC_CERTIFICATE_ERROR_TIME, "expired on 2027-04-15");
    refuse(self, NOW - 2 * DAY, LEC_CERTIFICATE_ERROR_TIME, "valid from 2027-01-14");
}

static void test_pair(Fixture *self, gconstpointer data) {
    put(self->key_path, lec_certificate_get_key_pem(self->other));
    refuse(self, NOW, LEC_CERTIFICATE_ERROR_PAIR, "not that of the first");
    g_autofree char *backwards = g_strconcat(lec_authority_get_pem(self->authority),
                                             lec_certificate_get_pem(self->leaf), NULL);
    put(self->certificate_path, backwards);
    put(self->key_path, lec_certificate_get_key_pem(self->leaf));
    refuse(self, NOW, LEC_CERTIFICATE_ERROR_PAIR, "stand first");
}

static void test_content(Fixture *self, gconstpointer data) {
    static const char locked[] =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg=\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";
    put(self->key_path, locked);
    refuse(self, NOW, LEC_CERTIFICATE_ERROR_INVALID, "passphrase");
    put(self->key_path, "");
    refuse(self, NOW, LEC_CERTIFICATE_ERROR_INVALID, "no key");
    put(self->certificate_path, "hello");
    refuse(self, NOW, LEC_CERTIFICATE_ERROR_INVALID, "no certificate");
    g_autoptr(LecIdentity) nameless = lec_identity_new_ephemeral("Room 12", NULL);
    put(self->certificate_path, lec_identity_get_certificate_pem(nameless));
    put(self->key_path, lec_identity_get_key_pem(nameless));
    refuse(self, g_get_real_time() / G_USEC_PER_SEC, LEC_CERTIFICATE_ERROR_INVALID,
           "subjectAltName");
}

static void test_files(Fixture *self, gconstpointer data) {
    g_autofree char *large = g_strnfill(300 * 1024, 'x');
    put(self->certificate_path, large);
    refuse(self, NOW, LEC_CERTIFICATE_ERROR_FILE, "at most");
    g_unlink(self->certificate_path);
    refuse(self, NOW, LEC_CERTIFICATE_ERROR_FILE, "No such file");
    g_assert_cmpint(g_mkdir(self->certificate_path, 0700), ==, 0);
    refuse(self, NOW, LEC_CERTIFICATE_ERROR_FILE, "no plain file");
    g_rmdir(self->certificate_path);
}

int main(int argc, char **argv) {
    static const struct {
        const char *path;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {{"/certificate/good", test_good},
                 {"/certificate/time", test_time},
                 {"/certificate/pair", test_pair},
                 {"/certificate/content", test_content},
                 {"/certificate/files", test_files}};
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, fixture_open, tests[i].test, fixture_close);
    return g_test_run();
}
