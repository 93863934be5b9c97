/* The bounded reader: every read goes through lec_bytes_take(), which alone moves the position. */
#include "common/base/bytes.h"

const guint8 *lec_bytes_take(LecBytes *self, gsize n) {
    if (self->failed || n > self->len - self->pos) {
        self->failed = true;
        return NULL;
    }
    /* An empty block may come with data NULL; an empty view must not look like a failure. */
    const guint8 *view = self->data != NULL ? self->data + self->pos : (const guint8 *)"";
    self->pos += n;
    return view;
}

static guint64 read_number(LecBytes *self, gsize n) {
    const guint8 *bytes = lec_bytes_take(self, n);
    if (bytes == NULL)
        return 0;
    guint64 value = 0;
    for (gsize i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

guint8 lec_bytes_u8(LecBytes *self) {
    return (guint8)read_number(self, 1);
}

guint16 lec_bytes_u16(LecBytes *self) {
    return (guint16)read_number(self, 2);
}

guint32 lec_bytes_u32(LecBytes *self) {
    return (guint32)read_number(self, 4);
}
