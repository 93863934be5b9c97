/*
 * A picture of a number: when it was drawn (monotonic clock, tenths of a millisecond) and who drew
 * it, as 48 black and white cells that survive encoding and scaling. Drawn on one display, read
 * back from another, it tells how long a picture took in between.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define BARCODE_COLUMNS 12
#define BARCODE_ROWS 4

/* Where it stands in a picture of width × height: its outer rectangle, a margin of one cell
 * included. */
typedef struct {
    double x, y, cell;
} BarcodePlace;

BarcodePlace barcode_place(double x, double y, double width, double height);

/* Into BGRx pixels. id: 0 to 15. time_us is rounded to 100 µs. */
void barcode_draw(guint8 *pixels, gsize stride, guint width, guint height, gint64 time_us,
                  guint id);

/*
 * From BGRx pixels that show a drawn picture at place; the pixel at origin_x, origin_y is pixels'
 * first. False where there is none. now_us completes the time's upper bits.
 */
bool barcode_read(const guint8 *pixels, gsize stride, guint width, guint height, double origin_x,
                  double origin_y, BarcodePlace place, gint64 now_us, gint64 *ret_time_us,
                  guint *ret_id);
