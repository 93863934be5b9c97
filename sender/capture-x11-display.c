/* Xlib ends the process at every error unless told otherwise, and can be told once for all. */
#include "sender/capture-x11-display.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>

/* Marks a display as one of ours, in the list that Xlib keeps for such things. */
#define OUR_MARK 0x4c4543

static bool is_ours(Display *display) {
    return XFindOnExtensionList(XEHeadOfExtensionList((XEDataObject){.display = display}),
                                OUR_MARK) != NULL;
}

static void mark_as_ours(Display *display) {
    XExtData *mark = calloc(1, sizeof *mark); /* XCloseDisplay() frees it */
    g_assert(mark);
    mark->number = OUR_MARK;
    XAddToExtensionList(XEHeadOfExtensionList((XEDataObject){.display = display}), mark);
}

/* One for the process: a toolkit's, which was there before, hears of its own display. Set once,
 * before the first connection of ours. */
static XErrorHandler handler_before;

static int on_x_error(Display *display, XErrorEvent *event) {
    return is_ours(display) || !handler_before ? 0 : handler_before(display, event);
}

/* After a loss the exit handler of that connection is told, which we set where it matters. */
static int on_io_error(Display *display) {
    return 0;
}

static void *install(void *unused) {
    handler_before = XSetErrorHandler(on_x_error);
    XSetIOErrorHandler(on_io_error);
    return NULL;
}

Display *lec_x11_display_open(void) {
    static GOnce once = G_ONCE_INIT;
    g_once(&once, install, NULL);
    Display *display = XOpenDisplay(NULL);
    if (display)
        mark_as_ours(display);
    return display;
}
