/* When the box takes another certificate: in time, with its names, and not without need. */
#include "common/base/authority.h"
#include "receiver/certificates.h"
#include "tests/support/until.h"

#include <glib/gstdio.h>

#define DAY (24 * 3600)

typedef struct {
    LecSettings settings;
    LecIdentity *identity;
    LecHttpsServer *server;
    LecCertificates *certificates;
    guint changes;
} Fixture;

static const char *const host_names[] = {"room12", "room12.local", NULL};

static void on_changed(void *user) {
    ((Fixture *)user)->changes++;
}

static void fixture_open(Fixture *self, LecTlsMode tls) {
    static const LecCertificatesEvents events = {.changed = on_changed};
    g_autoptr(GError) error = NULL;
    *self = (Fixture){0};
    lec_config_set_defaults(lec_settings_fields, &self->settings);
    g_free(self->settings.state_folder);
    self->settings.state_folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    self->settings.tls = tls;
    g_free(self->settings.tls_certificate);
    g_free(self->settings.tls_key);
    self->settings.tls_certificate = g_build_filename(self->settings.state_folder, "a.crt", NULL);
    self->settings.tls_key = g_build_filename(self->settings.state_folder, "a.key", NULL);
    self->identity = lec_identity_new_ephemeral("Room 12", &error);
    g_assert_no_error(error);
    self->server = lec_https_server_new(self->identity, 0, &error);
    g_assert_no_error(error);
    self->certificates =
        lec_certificates_new(&self->settings, self->server, "Room 12", host_names, &events, self);
}

static void fixture_close(Fixture *self) {
    static const char *const files[] = {"authority.key", "authority.crt", "a.crt", "a.key"};
    lec_certificates_free(self->certificates);
    lec_https_server_free(self->server);
    lec_identity_free(self->identity);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(self->settings.state_folder, files[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(self->settings.state_folder), ==, 0);
    lec_settings_clear(&self->settings);
}

static char *told(const Fixture *self, const char *member) {
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    lec_certificates_describe(self->certificates, json);
    json_builder_end_object(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    return g_strdup(
        json_object_get_string_member_with_default(json_node_get_object(root), member, NULL));
}

static void expect(const Fixture *self, const char *member, const char *value) {
    g_autofree char *text = told(self, member);
    g_assert_cmpstr(text, ==, value);
}

static void test_renewal(void) {
    Fixture fixture;
    fixture_open(&fixture, LEC_TLS_CA);
    const gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *first = told(&fixture, "tls_fingerprint");
    g_autofree char *authority = told(&fixture, "authority_fingerprint");
    g_assert_nonnull(first);
    g_assert_nonnull(lec_certificates_get_authority(fixture.certificates));
    lec_certificates_renew(fixture.certificates, now_s + 59 * DAY);
    g_assert_cmpuint(fixture.changes, ==, 0);
    expect(&fixture, "tls_fingerprint", first);
    lec_certificates_renew(fixture.certificates, now_s + 61 * DAY);
    g_assert_cmpuint(fixture.changes, ==, 1);
    g_autofree char *second = told(&fixture, "tls_fingerprint");
    g_assert_cmpstr(second, !=, first);
    expect(&fixture, "authority_fingerprint", authority);
    lec_certificates_renew(fixture.certificates, now_s + 62 * DAY);
    g_assert_cmpuint(fixture.changes, ==, 1);
    fixture_close(&fixture);
}

static void test_names(void) {
    static const char *const others[] = {"room12", "room12.local", "room12-2.local", NULL};
    Fixture fixture;
    fixture_open(&fixture, LEC_TLS_CA);
    lec_certificates_set_names(fixture.certificates, host_names);
    g_assert_cmpuint(fixture.changes, ==, 0);
    lec_certificates_set_names(fixture.certificates, others);
    g_assert_cmpuint(fixture.changes, ==, 1);
    /* The authority's names are for themselves alone: whom it serves is settled elsewhere. */
    g_assert_null(lec_certificates_get_names(fixture.certificates)[0]);
    fixture_close(&fixture);
}

static void test_own(void) {
    Fixture fixture;
    fixture_open(&fixture, LEC_TLS_OWN);
    lec_certificates_renew(fixture.certificates, 4000000000);
    expect(&fixture, "tls", "own");
    expect(&fixture, "authority_fingerprint", NULL);
    g_assert_null(lec_certificates_get_authority(fixture.certificates));
    g_assert_cmpuint(fixture.changes, ==, 0);
    fixture_close(&fixture);
}

static void put(const char *path, const char *text) {
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* The pair comes while the box runs, and is noticed by itself. */
static void test_files(void) {
    Fixture fixture, giver;
    fixture_open(&fixture, LEC_TLS_FILES);
    expect(&fixture, "tls", "own");
    fixture_open(&giver, LEC_TLS_CA);
    g_autoptr(GError) error = NULL;
    g_autoptr(LecAuthority) authority = lec_authority_load_or_make(
        giver.settings.state_folder, "", NULL, NULL, g_get_real_time() / G_USEC_PER_SEC, &error);
    g_assert_no_error(error);
    static const char *const names[] = {"room12.local", NULL};
    g_autoptr(LecCertificate) leaf =
        lec_authority_issue(authority, names, g_get_real_time() / G_USEC_PER_SEC, &error);
    g_assert_no_error(error);
    put(fixture.settings.tls_certificate, lec_certificate_get_pem(leaf));
    put(fixture.settings.tls_key, lec_certificate_get_key_pem(leaf));
    LEC_UNTIL(fixture.changes == 1);
    expect(&fixture, "tls", "files");
    g_assert_cmpstr(lec_certificates_get_names(fixture.certificates)[0], ==, "room12.local");
    g_unlink(fixture.settings.tls_key); /* and one that goes changes nothing */
    lec_certificates_renew(fixture.certificates, g_get_real_time() / G_USEC_PER_SEC);
    expect(&fixture, "tls", "files");
    g_assert_cmpuint(fixture.changes, ==, 1);
    fixture_close(&giver);
    fixture_close(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/certificates/renewal", test_renewal);
    g_test_add_func("/certificates/names", test_names);
    g_test_add_func("/certificates/own", test_own);
    g_test_add_func("/certificates/files", test_files);
    return g_test_run();
}
