/* Unaligned reads and writes in network byte order, for code that has already checked its bounds.
 */
#pragma once

#include <glib.h>

static inline guint16 lec_wire_get_u16(const guint8 *p) {
    return (guint16)(p[0] << 8 | p[1]);
}

static inline guint32 lec_wire_get_u24(const guint8 *p) {
    return (guint32)p[0] << 16 | (guint32)p[1] << 8 | p[2];
}

static inline guint32 lec_wire_get_u32(const guint8 *p) {
    return (guint32)p[0] << 24 | lec_wire_get_u24(p + 1);
}

static inline guint64 lec_wire_get_u64(const guint8 *p) {
    return (guint64)lec_wire_get_u32(p) << 32 | lec_wire_get_u32(p + 4);
}

static inline void lec_wire_put_u16(guint8 *p, guint16 value) {
    p[0] = (guint8)(value >> 8);
    p[1] = (guint8)value;
}

static inline void lec_wire_put_u24(guint8 *p, guint32 value) {
    p[0] = (guint8)(value >> 16);
    lec_wire_put_u16(p + 1, (guint16)value);
}

static inline void lec_wire_put_u32(guint8 *p, guint32 value) {
    lec_wire_put_u16(p, (guint16)(value >> 16));
    lec_wire_put_u16(p + 2, (guint16)value);
}

static inline void lec_wire_put_u64(guint8 *p, guint64 value) {
    lec_wire_put_u32(p, (guint32)(value >> 32));
    lec_wire_put_u32(p + 4, (guint32)value);
}
