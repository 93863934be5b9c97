/* Opens X displays and shared images. */
#include "tests/support/display.h"

#include <X11/Xutil.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>

TestDisplay test_display_open(const char *name) {
    Display *display = XOpenDisplay(name);
    if (!display || !XShmQueryExtension(display)) {
        fprintf(stderr, "The X display %s cannot be opened, or has no shared images.\n",
                name ? name : "");
        exit(3);
    }
    const int screen = DefaultScreen(display);
    return (TestDisplay){display, screen, RootWindow(display, screen),
                         (guint)DisplayWidth(display, screen),
                         (guint)DisplayHeight(display, screen)};
}

void test_image_init(TestImage *image, const TestDisplay *display, guint width, guint height) {
    image->image =
        XShmCreateImage(display->display, DefaultVisual(display->display, display->screen),
                        (unsigned)DefaultDepth(display->display, display->screen), ZPixmap, NULL,
                        &image->segment, width, height);
    if (!image->image || image->image->bits_per_pixel != 32) {
        fprintf(stderr, "The display is not of 32 bits a pixel.\n");
        exit(3);
    }
    const gsize size = (gsize)image->image->bytes_per_line * height;
    image->segment.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    image->segment.shmaddr = image->image->data = shmat(image->segment.shmid, NULL, 0);
    image->segment.readOnly = False;
    XShmAttach(display->display, &image->segment);
    XSync(display->display, False);
    shmctl(image->segment.shmid, IPC_RMID, NULL); /* goes with the last of us */
}

void test_image_clear(TestImage *image, const TestDisplay *display) {
    XShmDetach(display->display, &image->segment);
    XSync(display->display, False);
    char *data = image->image->data;
    image->image->data = NULL;
    XDestroyImage(image->image);
    shmdt(data);
}
