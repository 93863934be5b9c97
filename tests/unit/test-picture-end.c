/* Pictures whose ends are missing, by the packets that tell. */
#include "receiver/picture-end.h"

static bool push(LecPictureEnd *self, guint8 time, bool marker) {
    const guint8 packet[12] = {0x80, marker ? 0xe0 : 0x60, 0, 0, 0, 0, 0, time};
    return lec_picture_end_is_missing(self, packet);
}

static void test_whole(void) {
    LecPictureEnd end = {0};
    for (guint8 time = 1; time < 100; time++) {
        g_assert_false(push(&end, time, false));
        g_assert_false(push(&end, time, false));
        g_assert_false(push(&end, time, true));
    }
}

static void test_torn(void) {
    LecPictureEnd end = {0};
    g_assert_false(push(&end, 1, true));
    g_assert_false(push(&end, 2, false));
    g_assert_true(push(&end, 3, false));
    g_assert_false(push(&end, 3, true));
    g_assert_false(push(&end, 4, false));
    g_assert_true(push(&end, 5, true));
    g_assert_false(push(&end, 6, true));
}

/* Padding has the time of the picture before, and no marker. */
static void test_padding(void) {
    LecPictureEnd end = {0};
    g_assert_false(push(&end, 1, true));
    g_assert_false(push(&end, 1, false));
    g_assert_false(push(&end, 2, true));
}

static void test_no_marks(void) {
    LecPictureEnd end = {0};
    for (guint8 time = 1; time < 100; time++)
        g_assert_false(push(&end, time, false));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/picture-end/whole", test_whole);
    g_test_add_func("/picture-end/torn", test_torn);
    g_test_add_func("/picture-end/padding", test_padding);
    g_test_add_func("/picture-end/no-marks", test_no_marks);
    return g_test_run();
}
