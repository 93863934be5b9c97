/* lectern-share's key files: one over the other, and what is wrong in them. */
#include "sender/preferences.h"

#include <glib/gstdio.h>

#include "common/base/config.h"

typedef struct {
    char *folder;
    char *files[2];
    const char *paths[3];
} Fixture;

static void set_up(Fixture *self, gconstpointer unused) {
    self->folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(self->files); i++) {
        g_autofree char *name = g_strdup_printf("%u.conf", i);
        self->paths[i] = self->files[i] = g_build_filename(self->folder, name, NULL);
    }
}

static void tear_down(Fixture *self, gconstpointer unused) {
    for (guint i = 0; i < G_N_ELEMENTS(self->files); i++) {
        g_unlink(self->files[i]);
        g_free(self->files[i]);
    }
    g_rmdir(self->folder);
    g_free(self->folder);
}

static void put(Fixture *self, guint file, const char *text) {
    g_assert_true(g_file_set_contents(self->files[file], text, -1, NULL));
}

static void test_none(Fixture *self, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    g_auto(LecPreferences) read = {0};
    g_assert_true(lec_preferences_read(self->paths, &read, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(read.cloud, ==, "");
    g_assert_cmpstr(read.proxy, ==, "");
}

static void test_over(Fixture *self, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    g_auto(LecPreferences) read = {0};
    put(self, 0, "[share]\ncloud=cloud.example.org\nproxy=none\n");
    put(self, 1, "[share]\ncloud=other.example.org\ncloud-ca=/ca.pem\n");
    g_assert_true(lec_preferences_read(self->paths, &read, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(read.cloud, ==, "other.example.org");
    g_assert_cmpstr(read.cloud_ca, ==, "/ca.pem");
    g_assert_cmpstr(read.proxy, ==, "none");
}

static void test_wrong(Fixture *self, gconstpointer unused) {
    const char *cases[] = {"[share]\ncolud=x\n", "[share]\ncloud=https://x/\n",
                           "[share]\ncloud=192.0.2.1\n", "cloud=x\n",
                           "[share]\ncloud=a\ncloud=b\n"};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        LecPreferences read = {0};
        put(self, 1, cases[i]);
        g_assert_false(lec_preferences_read(self->paths, &read, &error));
        g_assert_cmpint(error->domain, ==, LEC_CONFIG_ERROR);
        g_assert_null(read.cloud);
    }
}

static void test_names(void) {
    const char *good[] = {"cloud.example.org", "cloud", "a-b.C.d"};
    const char *bad[] = {"",           "192.0.2.1", "::1",  "cloud.example.org:443",
                         "https://a/", "a b",       "-a.b", ".a",
                         "a..b",       "a@b",       "a/b",  "ä.example"};
    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(lec_preferences_is_cloud(good[i]));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(lec_preferences_is_cloud(bad[i]));
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    ADD("/preferences/none", test_none);
    ADD("/preferences/over", test_over);
    ADD("/preferences/wrong", test_wrong);
    g_test_add_func("/preferences/names", test_names);
    return g_test_run();
}
