/* cloud.json: what is written is read again, for its owner's eyes only, and nothing else is taken.
 */
#include "receiver/cloud-account.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *folder, *path;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
    g_autoptr(GError) error = NULL;
    f->folder = g_dir_make_tmp("lectern-XXXXXX", &error);
    g_assert_no_error(error);
    f->path = g_build_filename(f->folder, "cloud.json", NULL);
}

static void tear_down(Fixture *f, gconstpointer data) {
    g_unlink(f->path);
    g_rmdir(f->folder);
    g_free(f->path);
    g_free(f->folder);
}

static void test_round_trip(Fixture *f, gconstpointer data) {
    g_autoptr(GError) error = NULL;
    LecCloudAccount account = {.host = (char *)"example.org",
                               .jid = (char *)"room12@boxes.example.org",
                               .password = (char *)"\"quoted\" \\ é",
                               .n_pins = 2,
                               .has_administrator = true};
    memset(account.pins[0].bytes, 0xab, LEC_FINGERPRINT_BYTES);
    memset(account.pins[1].bytes, 0x01, LEC_FINGERPRINT_BYTES);
    memset(account.administrator.bytes, 0x7f, LEC_FINGERPRINT_BYTES);
    g_assert_null(lec_cloud_account_load(f->folder, &error));
    g_assert_no_error(error);
    g_assert_true(lec_cloud_account_save(&account, f->folder, &error));
    g_assert_no_error(error);
    GStatBuf info;
    g_assert_cmpint(g_stat(f->path, &info), ==, 0);
    g_assert_cmpuint(info.st_mode & 0777, ==, 0600);
    g_autoptr(LecCloudAccount) again = lec_cloud_account_load(f->folder, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again->host, ==, account.host);
    g_assert_cmpstr(again->jid, ==, account.jid);
    g_assert_cmpstr(again->password, ==, account.password);
    g_assert_cmpuint(again->n_pins, ==, 2);
    g_assert_true(lec_fingerprint_equal(&again->pins[1], &account.pins[1]));
    g_assert_true(again->has_administrator);
    g_assert_true(lec_cloud_account_forget(f->folder, &error));
    g_assert_true(lec_cloud_account_forget(f->folder, &error));
    g_assert_null(lec_cloud_account_load(f->folder, &error));
    g_assert_no_error(error);
}

#define GOOD "\"host\":\"example.org\",\"jid\":\"a@boxes.example.org\",\"password\":\"p\""

static void test_refused(Fixture *f, gconstpointer data) {
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{" GOOD "}",
        "{" GOOD ",\"pins\":\"AB\"}",
        "{" GOOD ",\"pins\":[1]}",
        "{" GOOD ",\"pins\":[\"AB:CD\"]}",
        "{" GOOD ",\"pins\":[],\"administrator\":\"x\"}",
        "{\"host\":\"example.org\",\"jid\":\"a@boxes.example.org\",\"pins\":[]}",
        "{\"host\":\"example.org\",\"jid\":\"a\",\"password\":\"p\",\"pins\":[]}",
        "{\"host\":\"example.org\",\"jid\":\"a@b/c\",\"password\":\"p\",\"pins\":[]}",
        "{\"host\":\"a b\",\"jid\":\"a@b\",\"password\":\"p\",\"pins\":[]}",
        "{\"host\":\"\",\"jid\":\"a@b\",\"password\":\"p\",\"pins\":[]}",
        "{\"host\":\"a\",\"jid\":\"@b\",\"password\":\"p\",\"pins\":[]}",
        "{\"host\":\"a\",\"jid\":\"a@b\",\"password\":\"\",\"pins\":[]}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents_full(f->path, texts[i], -1, 0, 0600, NULL));
        g_autoptr(LecCloudAccount) account = lec_cloud_account_load(f->folder, &error);
        if (account || !error)
            g_error("accepted: %s", texts[i]);
        g_assert_error(error, LEC_CLOUD_ACCOUNT_ERROR, LEC_CLOUD_ACCOUNT_ERROR_INVALID);
        g_assert_null(strstr(error->message, "\"p\""));
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add("/cloud-account/round-trip", Fixture, NULL, set_up, test_round_trip, tear_down);
    g_test_add("/cloud-account/refused", Fixture, NULL, set_up, test_refused, tear_down);
    return g_test_run();
}
