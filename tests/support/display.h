/* What the painter and the watcher need of an X display. */
#pragma once

#include <X11/Xlib.h>
#include <X11/extensions/XShm.h>
#include <glib.h>

typedef struct {
    Display *display;
    int screen;
    Window root;
    guint width, height;
} TestDisplay;

typedef struct {
    XImage *image;
    XShmSegmentInfo segment;
} TestImage;

/* Exits with a sentence where it cannot be had. */
TestDisplay test_display_open(const char *name);
/* In place: the XImage points into it, so it must not move. */
void test_image_init(TestImage *image, const TestDisplay *display, guint width, guint height);
void test_image_clear(TestImage *image, const TestDisplay *display);
