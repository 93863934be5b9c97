/* The lasting identity: made once, found again, and never half there, whatever happens to the disk
 * or the process. */
#include "common/base/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77

static const char *const all_files[] = {"identity.key", "identity.crt", "identity.key.new",
                                        "identity.crt.new"};

static char *make_folder(void) {
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("lectern-identity-XXXXXX", &error);
    g_assert_no_error(error);
    return folder;
}

static void remove_folder(char *folder) {
    for (gsize i = 0; i < G_N_ELEMENTS(all_files); i++) {
        g_autofree char *path = g_build_filename(folder, all_files[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* nothing else was left there */
    g_free(folder);
}

static guint count_files(const char *folder) {
    guint n = 0;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    while (g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

static void move(const char *folder, const char *from, const char *to) {
    g_autofree char *source = g_build_filename(folder, from, NULL);
    g_autofree char *target = g_build_filename(folder, to, NULL);
    g_assert_cmpint(g_rename(source, target), ==, 0);
}

static void put(const char *folder, const char *file, const char *text) {
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static LecIdentity *make(const char *folder) {
    g_autoptr(GError) error = NULL;
    LecIdentity *identity = lec_identity_load_or_make(folder, "Room 4.12", &error);
    g_assert_no_error(error);
    return identity;
}

static void assert_refused(const char *folder, LecIdentityError code) {
    g_autoptr(GError) error = NULL;
    g_assert_null(lec_identity_load_or_make(folder, "Room", &error));
    g_assert_error(error, LEC_IDENTITY_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, folder));
}

static guint mode_of(const char *folder, const char *file) {
    g_autofree char *path = g_build_filename(folder, file, NULL);
    struct stat found;
    g_assert_cmpint(stat(path, &found), ==, 0);
    return found.st_mode & 07777;
}

static void test_lasting(void) {
    g_autofree char *parent = make_folder();
    char *folder = g_build_filename(parent, "a", NULL);
    g_autoptr(LecIdentity) first = make(folder);
    g_autoptr(LecIdentity) again = make(folder);
    g_assert_true(lec_fingerprint_equal(lec_identity_get_fingerprint(first),
                                        lec_identity_get_fingerprint(again)));
    g_assert_cmpstr(lec_identity_get_key_pem(first), ==, lec_identity_get_key_pem(again));
    g_assert_cmpstr(lec_identity_get_certificate_pem(first), ==,
                    lec_identity_get_certificate_pem(again));
    g_assert_cmphex(mode_of(folder, "identity.key"), ==, 0600);
    g_assert_cmphex(mode_of(folder, "identity.crt"), ==, 0600);
    g_assert_cmphex(mode_of(folder, ""), ==, 0700);
    g_assert_cmpuint(count_files(folder), ==, 2);

    g_autoptr(LecIdentity) other = lec_identity_new_ephemeral("Room", NULL);
    g_assert_false(lec_fingerprint_equal(lec_identity_get_fingerprint(first),
                                         lec_identity_get_fingerprint(other)));
    remove_folder(folder);
    g_rmdir(parent);
}

static void test_certificate(void) {
    g_autofree char *long_name = g_strnfill(300, 'x');
    g_autoptr(LecIdentity) identity = lec_identity_new_ephemeral(long_name, NULL);
    BIO *bio = BIO_new_mem_buf(lec_identity_get_certificate_pem(identity), -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    g_assert_nonnull(certificate);
    g_assert_cmpint(X509_get_version(certificate), ==, X509_VERSION_3);
    g_assert_cmpint(X509_check_ca(certificate), ==, 0);
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    g_assert_cmpint(X509_verify(certificate, key), ==, 1);
    g_assert_cmpint(EVP_PKEY_get_bits(key), ==, 256);
    int days = 0, seconds = 0;
    g_assert_true(ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)));
    g_assert_cmpint(days, >, 7300);
    guint8 digest[LEC_FINGERPRINT_BYTES];
    g_assert_true(X509_digest(certificate, EVP_sha256(), digest, NULL));
    g_assert_cmpmem(digest, sizeof digest, lec_identity_get_fingerprint(identity)->bytes,
                    LEC_FINGERPRINT_BYTES);
    X509_free(certificate);
    BIO_free(bio);

    g_autoptr(LecIdentity) nameless = lec_identity_new_ephemeral(NULL, NULL);
    g_autoptr(LecIdentity) broken = lec_identity_new_ephemeral("\xff\xfe", NULL);
    g_assert_true(nameless != NULL && broken != NULL);
}

static void test_invalid(void) {
    char *folder = make_folder();
    lec_identity_free(make(folder));
    move(folder, "identity.key", "identity.crt.new"); /* the key went missing */
    assert_refused(folder, LEC_IDENTITY_ERROR_INVALID);

    put(folder, "identity.key", "no key");
    assert_refused(folder, LEC_IDENTITY_ERROR_INVALID);
    put(folder, "identity.key", "");
    assert_refused(folder, LEC_IDENTITY_ERROR_INVALID);
    g_autoptr(LecIdentity) other = lec_identity_new_ephemeral("Other", NULL);
    put(folder, "identity.key",
        lec_identity_get_key_pem(other)); /* a good key, of another certificate */
    assert_refused(folder, LEC_IDENTITY_ERROR_INVALID);
    g_autofree char *path = g_build_filename(folder, "identity.key", NULL);
    g_autofree char *kept = NULL;
    g_assert_true(g_file_get_contents(path, &kept, NULL, NULL));
    g_assert_cmpstr(kept, ==, lec_identity_get_key_pem(other)); /* nothing was replaced */
    put(folder, "identity.crt", lec_identity_get_certificate_pem(other));
    lec_identity_free(make(folder));
    g_unlink(path);
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    assert_refused(folder, LEC_IDENTITY_ERROR_INVALID);
    g_rmdir(path);
    remove_folder(folder);
}

static void test_locked_key(void) {
    static const char pem[] =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    char *folder = make_folder();
    lec_identity_free(make(folder));
    put(folder, "identity.key", pem);
    assert_refused(folder, LEC_IDENTITY_ERROR_INVALID); /* and does not ask at the terminal */
    remove_folder(folder);
}

static void test_permissions(void) {
    char *folder = make_folder();
    lec_identity_free(make(folder));
    g_autofree char *key = g_build_filename(folder, "identity.key", NULL);
    g_assert_cmpint(g_chmod(key, 0644), ==, 0);
    assert_refused(folder, LEC_IDENTITY_ERROR_STORAGE);
    g_assert_cmpint(g_chmod(key, 0600), ==, 0);
    g_assert_cmpint(g_chmod(folder, 0777), ==, 0);
    assert_refused(folder, LEC_IDENTITY_ERROR_STORAGE);
    g_assert_cmpint(g_chmod(folder, 0755), ==, 0);
    lec_identity_free(make(folder));
    remove_folder(folder);
    assert_refused("/dev/null/identity", LEC_IDENTITY_ERROR_STORAGE);
}

/* Every state that a crash can leave, put there by hand. */
static void test_recovery(void) {
    char *folder = make_folder();
    g_autoptr(LecIdentity) first = make(folder);
    move(folder, "identity.key", "identity.key.new"); /* between the two renames */
    g_autoptr(LecIdentity) finished = make(folder);
    g_assert_true(lec_fingerprint_equal(lec_identity_get_fingerprint(first),
                                        lec_identity_get_fingerprint(finished)));
    g_assert_cmpuint(count_files(folder), ==, 2);
    remove_folder(folder);

    folder = make_folder();
    put(folder, "identity.key.new", "-----BEGIN PRIV"); /* while writing */
    lec_identity_free(make(folder));
    g_assert_cmpuint(count_files(folder), ==, 2);
    remove_folder(folder);

    folder = make_folder();
    put(folder, "identity.key.new", lec_identity_get_key_pem(first)); /* before the first rename */
    put(folder, "identity.crt.new", lec_identity_get_certificate_pem(first));
    lec_identity_free(make(folder));
    g_assert_cmpuint(count_files(folder), ==, 2);
    remove_folder(folder);
}

static void test_killed(void) {
    for (guint i = 0; i < 40; i++) {
        char *folder = make_folder();
        pid_t child = fork();
        if (child == 0) {
            LecIdentity *identity = lec_identity_load_or_make(folder, "Room", NULL);
            _exit(identity == NULL);
        }
        g_usleep(i * 150); /* not to wait for something: the moment of the kill */
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        lec_identity_free(make(folder));
        g_assert_cmpuint(count_files(folder), ==, 2);
        remove_folder(folder);
    }
}

static void test_two_first_starts(void) {
    char *folder = make_folder();
    pid_t children[6];
    for (guint i = 0; i < G_N_ELEMENTS(children); i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(lec_identity_load_or_make(folder, "Room", NULL) == NULL);
    }
    for (guint i = 0; i < G_N_ELEMENTS(children); i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        g_assert_cmpint(status, ==, 0);
    }
    g_assert_cmpuint(count_files(folder), ==, 2);
    lec_identity_free(make(folder));
    remove_folder(folder);
}

/* In a child: with files limited to limit bytes, then without. 0: all was as promised. */
static int start_with_limit(const char *folder, gsize limit) {
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = {.rlim_cur = limit, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &small);
    g_autoptr(GError) error = NULL;
    g_autoptr(LecIdentity) identity = lec_identity_load_or_make(folder, "Room", &error);
    if (identity != NULL)
        return count_files(folder) == 2 ? 0 : 1;
    if (!g_error_matches(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE))
        return 2;
    return count_files(folder) == 0 ? 10 : 3;
}

static void test_file_too_large(void) {
    guint failed = 0;
    for (gsize limit = 0; limit < 1200; limit += 40) {
        char *folder = make_folder();
        pid_t child = fork();
        if (child == 0)
            _exit(start_with_limit(folder, limit));
        int status = -1;
        waitpid(child, &status, 0);
        g_assert_true(WIFEXITED(status));
        g_assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 10);
        failed += WEXITSTATUS(status) == 10;
        lec_identity_free(make(folder)); /* with room again it goes well */
        remove_folder(folder);
    }
    g_assert_cmpuint(failed, >, 10); /* some failed at the key, some at the certificate */
    g_assert_cmpuint(failed, <, 30);
}

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return written;
}

/* A mount namespace of our own, by way of a user namespace where we are not root. */
static bool enter_namespace(void) {
    if (unshare(CLONE_NEWNS) == 0)
        return true;
    /* Without its user and group mapped nobody can make a file there (user_namespaces(7)). */
    g_autofree char *users = g_strdup_printf("0 %u 1", (guint)geteuid());
    g_autofree char *groups = g_strdup_printf("0 %u 1", (guint)getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/gid_map", groups);
}

/* In a child with a mount namespace of its own: a disk with room for pages pages. */
static int start_on_full_disk(const char *folder, guint pages) {
    if (!enter_namespace())
        return SKIPPED;
    g_autofree char *options =
        g_strdup_printf("size=%luk,mode=700", pages * (gulong)sysconf(_SC_PAGESIZE) / 1024);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", folder, "tmpfs", 0, options) != 0)
        return SKIPPED;
    g_autoptr(GError) error = NULL;
    g_autoptr(LecIdentity) none = lec_identity_load_or_make(folder, "Room", &error);
    if (pages >= 2)
        return none != NULL && count_files(folder) == 2 ? 0 : 1;
    if (none != NULL || !g_error_matches(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE) ||
        strstr(error->message, g_strerror(ENOSPC)) == NULL || count_files(folder) != 0)
        return 2;
    if (mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=64k") != 0)
        return 3;
    g_autoptr(LecIdentity) made = lec_identity_load_or_make(folder, "Room", NULL);
    return made != NULL && count_files(folder) == 2 ? 0 : 4;
}

static void test_full_disk(void) {
    for (guint pages = 1; pages <= 2; pages++) {
        char *folder = make_folder();
        pid_t child = fork();
        if (child == 0)
            _exit(start_on_full_disk(folder, pages));
        int status = -1;
        waitpid(child, &status, 0);
        remove_folder(folder);
        if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
            g_test_skip("a small disk cannot be mounted here");
            return;
        }
        g_assert_cmpint(status, ==, 0);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/lasting", test_lasting);
    g_test_add_func("/identity/certificate", test_certificate);
    g_test_add_func("/identity/invalid", test_invalid);
    g_test_add_func("/identity/locked-key", test_locked_key);
    g_test_add_func("/identity/permissions", test_permissions);
    g_test_add_func("/identity/recovery", test_recovery);
    g_test_add_func("/identity/killed", test_killed);
    g_test_add_func("/identity/two-first-starts", test_two_first_starts);
    g_test_add_func("/identity/file-too-large", test_file_too_large);
    g_test_add_func("/identity/full-disk", test_full_disk);
    return g_test_run();
}
