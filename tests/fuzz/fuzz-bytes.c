/* The bounded reader under arbitrary sequences of reads: never past the end, never backwards, no
 * read after a failure. */
#include "common/base/bytes.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static gsize read_once(LecBytes *bytes, guint8 what) {
    switch (what % 5) {
    case 0:
        lec_bytes_u8(bytes);
        return 1;
    case 1:
        lec_bytes_u16(bytes);
        return 2;
    case 2:
        lec_bytes_u32(bytes);
        return 4;
    case 3:
        lec_bytes_take(bytes, what);
        return what;
    default:
        lec_bytes_take(bytes, G_MAXSIZE - what);
        return G_MAXSIZE - what;
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    /* The first half says which reads, the second half is what is read. */
    gsize half = size / 2;
    LecBytes bytes = lec_bytes(data + half, size - half);
    for (gsize i = 0; i < half; i++) {
        LecBytes before = bytes;
        gsize n = read_once(&bytes, data[i]);
        bool fits = !before.failed && n <= before.len - before.pos;
        g_assert_true(bytes.failed == !fits);
        g_assert_true(bytes.pos == (fits ? before.pos + n : before.pos));
        g_assert_true(bytes.pos <= bytes.len);
    }
    return 0;
}
