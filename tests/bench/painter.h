/* Paints a screen in a process of its own, so that what it costs is not counted as the sender's. */
#pragma once

#include <glib.h>

typedef struct BenchPaint BenchPaint;

/* content: "moving", a whole screen that slides 30 times a second; "text", a page where a few words
 * change 10 times a second; else a page that stays. On the display in DISPLAY. */
BenchPaint *bench_paint_start(const char *content, int width, int height);
void bench_paint_stop(BenchPaint *self);

/* When the last painting began (monotonic µs), once: 0 where none began since the last call. */
gint64 bench_paint_take(BenchPaint *self);
