/* Times find their pictures again. */
#include "receiver/stamps.h"

static void test_packets_of_one_picture_share_a_stamp(void) {
    LecStamps stamps;
    lec_stamps_init(&stamps);
    const guint64 first = lec_stamps_note(&stamps, 9000, 100, 7);
    g_assert_cmpuint(lec_stamps_note(&stamps, 9000, 130, 7), ==, first);
    const guint64 second = lec_stamps_note(&stamps, 12000, 200, 8);
    g_assert_cmpuint(second, >, first);
    g_assert_cmpint(lec_stamps_find(&stamps, first).arrival_us, ==, 130);
    g_assert_cmpint(lec_stamps_find(&stamps, second).sender_us, ==, 8);
    lec_stamps_clear(&stamps);
}

static void test_unknown_and_forgotten_are_zero(void) {
    LecStamps stamps;
    lec_stamps_init(&stamps);
    g_assert_cmpint(lec_stamps_find(&stamps, 0).arrival_us, ==, 0);
    g_assert_cmpint(lec_stamps_find(&stamps, G_MAXUINT64).arrival_us, ==, 0);
    const guint64 first = lec_stamps_note(&stamps, 1, 100, 1);
    for (guint32 i = 0; i < LEC_STAMPS_KEPT; i++)
        lec_stamps_note(&stamps, 2 + i, 200, 2);
    g_assert_cmpint(lec_stamps_find(&stamps, first).arrival_us, ==, 0);
    lec_stamps_clear(&stamps);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stamps/packets-of-one-picture", test_packets_of_one_picture_share_a_stamp);
    g_test_add_func("/stamps/unknown-and-forgotten", test_unknown_and_forgotten_are_zero);
    return g_test_run();
}
