/* The list of revoked devices: dates, and what is on disk. */
#include "common/base/log.h"
#include "receiver/admission.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *folder, *path;
} Place;

static void set_up(Place *place, gconstpointer unused) {
    place->folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "revocations.json", NULL);
}

static void tear_down(Place *place, gconstpointer unused) {
    g_unlink(place->path);
    g_rmdir(place->folder);
    g_free(place->path);
    g_free(place->folder);
}

static LecRevocations *load(const Place *place) {
    g_autoptr(GError) error = NULL;
    LecRevocations *list = lec_revocations_load(place->folder, &error);
    g_assert_no_error(error);
    return list;
}

static LecRevocation revocation(guint8 fill, gint64 until_s) {
    LecRevocation it = {.until_s = until_s};
    memset(it.device.bytes, fill, sizeof it.device.bytes);
    lec_revocation_set_reason(&it, "lost");
    return it;
}

static void test_dates(Place *place, gconstpointer unused) {
    g_autoptr(LecRevocations) list = load(place);
    const LecRevocation for_good = revocation(1, 0), for_a_time = revocation(2, 100);
    const LecRevocation over = revocation(3, 50);
    lec_revocations_add(list, &for_good, 50);
    lec_revocations_add(list, &for_a_time, 50);
    lec_revocations_add(list, &over, 50);
    g_assert_cmpuint(lec_revocations_count(list, 50), ==, 2);
    g_assert_true(lec_revocations_contain(list, &for_a_time.device, 99));
    g_assert_false(lec_revocations_contain(list, &for_a_time.device, 100));
    g_assert_true(lec_revocations_contain(list, &for_good.device, G_MAXINT64));
    const LecRevocation longer = revocation(2, 200);
    lec_revocations_add(list, &longer, 60);
    g_assert_true(lec_revocations_contain(list, &longer.device, 150));
    g_assert_cmpuint(lec_revocations_count(list, 60), ==, 2);
    lec_revocations_remove(list, &for_good.device, 60);
    g_assert_false(lec_revocations_contain(list, &for_good.device, 60));
}

/* A list that grew for ever would be one that cannot be read any more at the next start. */
static void test_many(Place *place, gconstpointer unused) {
    g_autoptr(GArray) full = g_array_new(FALSE, FALSE, sizeof(LecRevocation));
    for (guint32 i = 0; i < LEC_REVOCATIONS_MAX; i++) {
        LecRevocation each = revocation(1, 0);
        memcpy(each.device.bytes, &i, sizeof i);
        memset(each.reason, '"', LEC_REVOCATION_MAX_REASON_BYTES);
        g_array_append_val(full, each);
    }
    g_autoptr(LecRevocations) list = load(place);
    lec_revocations_replace(list, full, 50);
    const LecRevocation another = revocation(2, 0);
    lec_revocations_add(list, &another, 50);
    g_assert_cmpuint(lec_revocations_count(list, 50), ==, LEC_REVOCATIONS_MAX);
    g_autoptr(LecRevocations) again = load(place);
    g_assert_true(lec_revocations_contain(again, &another.device, 50));
}

static void test_kept(Place *place, gconstpointer unused) {
    const LecRevocation one = revocation(1, 0), two = revocation(2, 100);
    {
        g_autoptr(LecRevocations) list = load(place);
        lec_revocations_add(list, &one, 50);
        lec_revocations_add(list, &two, 50);
    }
    GStatBuf info;
    g_assert_cmpint(g_stat(place->path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 077, ==, 0);
    g_autoptr(LecRevocations) list = load(place);
    g_assert_true(lec_revocations_contain(list, &one.device, 99));
    g_assert_true(lec_revocations_contain(list, &two.device, 99));
    g_assert_false(lec_revocations_contain(list, &two.device, 100));
    /* The cloud's word is the last: who is not in it any more was let in again meanwhile. */
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(LecRevocation));
    g_array_append_val(all, two);
    lec_revocations_replace(list, all, 60);
    g_autoptr(LecRevocations) again = load(place);
    g_assert_false(lec_revocations_contain(again, &one.device, 60));
    g_assert_true(lec_revocations_contain(again, &two.device, 60));
}

static void test_bad_files(Place *place, gconstpointer unused) {
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"devices\":{}}",
        "{\"devices\":[1]}",
        "{\"devices\":[{}]}",
        "{\"devices\":[{\"device\":\"AB\",\"until\":0,\"reason\":\"\"}]}",
        "{\"devices\":[",
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_true(g_file_set_contents(place->path, bad[i], -1, NULL));
        g_autoptr(GError) error = NULL;
        g_assert_null(lec_revocations_load(place->folder, &error));
        g_assert_error(error, LEC_REVOCATIONS_ERROR, LEC_REVOCATIONS_ERROR_INVALID);
    }
}

static void test_admission(Place *place, gconstpointer unused) {
    g_autoptr(LecRevocations) list = load(place);
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_NONE, NULL, 9);
    const LecRevocation one = revocation(1, 0);
    g_assert_false(lec_admission_is_shut_out(admission, &one.device, false));
    lec_admission_set_revocations(admission, list);
    g_assert_false(lec_admission_is_shut_out(admission, &one.device, false));
    lec_revocations_add(list, &one, 1);
    g_assert_true(lec_admission_is_shut_out(admission, &one.device, false));
    g_assert_true(lec_admission_is_shut_out(admission, &one.device, true));
    const LecRevocation long_ago = revocation(2, 1000);
    lec_revocations_add(list, &long_ago, 1);
    g_assert_false(lec_admission_is_shut_out(admission, &long_ago.device, false));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    lec_log_init(LEC_LOG_ERROR);
    g_test_add("/revocations/dates", Place, NULL, set_up, test_dates, tear_down);
    g_test_add("/revocations/many", Place, NULL, set_up, test_many, tear_down);
    g_test_add("/revocations/kept", Place, NULL, set_up, test_kept, tear_down);
    g_test_add("/revocations/bad-files", Place, NULL, set_up, test_bad_files, tear_down);
    g_test_add("/revocations/admission", Place, NULL, set_up, test_admission, tear_down);
    return g_test_run();
}
