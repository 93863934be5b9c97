/* Drawing and reading the barcode. */
#include "tests/support/barcode.h"

#include <math.h>

#define BITS (BARCODE_COLUMNS * BARCODE_ROWS)
#define UNIT_US 100

BarcodePlace barcode_place(double x, double y, double width, double height) {
    const double cell = MIN(width / 80, height / 45);
    return (BarcodePlace){.x = x + 2 * cell, .y = y + 2 * cell, .cell = cell};
}

/* CRC-12 (0x80f) over 36 bits. */
static guint checksum(guint64 value) {
    guint crc = 0xfff;
    for (int bit = 35; bit >= 0; bit--) {
        const guint in = (guint)(value >> bit) & 1;
        const guint top = (crc >> 11) & 1;
        crc = (crc << 1) & 0xfff;
        if (in ^ top)
            crc ^= 0x80f;
    }
    return crc;
}

static void fill(guint8 *pixels, gsize stride, guint width, guint height, double x, double y,
                 double size_x, double size_y, guint8 shade) {
    const guint right = MIN((guint)lround(x + size_x), width),
                bottom = MIN((guint)lround(y + size_y), height);
    for (guint row = (guint)lround(y); row < bottom; row++)
        for (guint column = (guint)lround(x); column < right; column++)
            for (guint byte = 0; byte < 3; byte++)
                pixels[row * stride + column * 4 + byte] = shade;
}

void barcode_draw(guint8 *pixels, gsize stride, guint width, guint height, gint64 time_us,
                  guint id) {
    const BarcodePlace place = barcode_place(0, 0, width, height);
    const guint64 value = ((guint64)(guint32)(time_us / UNIT_US) << 4) | (id & 15);
    const guint64 bits = value << 12 | checksum(value);
    fill(pixels, stride, width, height, place.x - place.cell, place.y - place.cell,
         (BARCODE_COLUMNS + 2) * place.cell, (BARCODE_ROWS + 2) * place.cell, 255);
    for (guint i = 0; i < BITS; i++)
        if (bits >> (BITS - 1 - i) & 1)
            fill(pixels, stride, width, height, place.x + i % BARCODE_COLUMNS * place.cell,
                 place.y + (double)(i / BARCODE_COLUMNS) * place.cell, place.cell, place.cell, 0);
}

bool barcode_read(const guint8 *pixels, gsize stride, guint width, guint height, double origin_x,
                  double origin_y, BarcodePlace place, gint64 now_us, gint64 *ret_time_us,
                  guint *ret_id) {
    guint64 bits = 0;
    for (guint i = 0; i < BITS; i++) {
        const double x = place.x + (i % BARCODE_COLUMNS + 0.5) * place.cell - origin_x;
        const double y = place.y + ((double)(i / BARCODE_COLUMNS) + 0.5) * place.cell - origin_y;
        if (x < 0 || y < 0 || x >= width || y >= height)
            return false;
        const guint8 green = pixels[(gsize)y * stride + (gsize)x * 4 + 1];
        bits = bits << 1 | (green < 128);
    }
    const guint64 value = bits >> 12;
    if (checksum(value) != (bits & 0xfff))
        return false;
    const guint32 age = (guint32)(now_us / UNIT_US) - (guint32)(value >> 4);
    if (age > 60 * 10000) /* over a minute old: chance, or a leftover */
        return false;
    *ret_time_us = now_us - (gint64)age * UNIT_US - now_us % UNIT_US;
    *ret_id = (guint)value & 15;
    return true;
}
