/* Whatever an encoded frame says, its size is read within its bounds and never comes out above the
 * limit. */
#include <glib.h>

#include "receiver/picture-size.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    if (size == 0)
        return 0;
    g_autoptr(GError) error = NULL;
    LecPictureSize read = {0};
    const guint form = (data[0] + 3) % 4; /* 1, 2, 3: the codec; 4: H.264's configuration */
    const bool fine =
        form == 3 ? lec_picture_size_read_avc(data + 1, size - 1, &read, &error)
                  : lec_picture_size_read((LecCodec)(1 + form), data + 1, size - 1, &read, &error);
    g_assert_true(fine == !error);
    g_assert_true(fine || (read.width == 0 && read.height == 0));
    g_assert_true((read.width == 0) == (read.height == 0));
    g_assert_cmpuint(read.width, <=, LEC_PICTURE_MAX_SIDE);
    g_assert_cmpuint(read.height, <=, LEC_PICTURE_MAX_SIDE);
    g_assert_cmpuint(read.width * read.height, <=, LEC_PICTURE_MAX_BLOCKS * 256);
    return 0;
}
