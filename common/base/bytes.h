/* A reader over a borrowed block of bytes that can never read past its end. Network byte order. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const guint8 *data;
    gsize len;
    gsize pos;
    bool failed; /* set by the first read that did not fit; every later read fails too */
} LecBytes;

static inline LecBytes lec_bytes(const guint8 *data, gsize len) {
    return (LecBytes){.data = data, .len = len};
}

/* Zero, with failed set, where fewer bytes are left. */
guint8 lec_bytes_u8(LecBytes *self);
guint16 lec_bytes_u16(LecBytes *self);
guint32 lec_bytes_u32(LecBytes *self);

/* A borrowed view of the next n bytes, NULL with failed set where there are fewer. */
const guint8 *lec_bytes_take(LecBytes *self, gsize n);

static inline gsize lec_bytes_left(const LecBytes *self) {
    return self->failed ? 0 : self->len - self->pos;
}
