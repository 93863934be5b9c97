/* What the window manager lists (EWMH), or without one the windows on the root that have a name. */
#include "sender/capture-x11-windows.h"

#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "sender/capture-x11-display.h"

#define MAX_WINDOWS 200
#define MAX_TITLE_BYTES 160
#define MIN_SIZE 16 /* smaller ones are helpers of their programs, and not to be captured */

void lec_x11_window_free(LecX11Window *self) {
    g_free(self->title);
    g_free(self);
}

/* 32-bit items come as longs. NULL: there are none. XFree() it. */
static gulong *get_longs(Display *display, Window window, const char *name, Atom type,
                         gulong *ret_n) {
    Atom got;
    int format;
    gulong rest;
    guint8 *data = NULL;
    if (XGetWindowProperty(display, window, XInternAtom(display, name, False), 0, MAX_WINDOWS,
                           False, type, &got, &format, ret_n, &rest, &data) != Success)
        return NULL;
    if (got == type && format == 32 && *ret_n > 0)
        return (gulong *)(void *)data;
    XFree(data);
    return NULL;
}

static char *tidy_title(const char *text, gsize len) {
    g_autofree char *title = g_utf8_make_valid(text, (gssize)MIN(len, MAX_TITLE_BYTES));
    for (char *at = title; *at; at++)
        if (g_ascii_iscntrl(*at))
            *at = ' ';
    g_strstrip(title);
    return *title ? g_steal_pointer(&title) : NULL;
}

static char *get_title(Display *display, Window window) {
    Atom got;
    int format;
    gulong n, rest;
    guint8 *data = NULL;
    char *title = NULL;
    const Atom utf8 = XInternAtom(display, "UTF8_STRING", False);
    if (XGetWindowProperty(display, window, XInternAtom(display, "_NET_WM_NAME", False), 0,
                           MAX_TITLE_BYTES, False, utf8, &got, &format, &n, &rest,
                           &data) == Success &&
        data) {
        title = format == 8 ? tidy_title((const char *)data, n) : NULL;
        XFree(data);
    }
    char *name = NULL;
    if (!title && XFetchName(display, window, &name) && name) {
        title = tidy_title(name, strlen(name));
        XFree(name);
    }
    return title;
}

static bool is_our_own(Display *display, Window window) {
    gulong n;
    gulong *pid = get_longs(display, window, "_NET_WM_PID", XA_CARDINAL, &n);
    const bool own = pid && *pid == (gulong)getpid();
    if (pid)
        XFree(pid);
    return own;
}

static void add(GPtrArray *windows, Display *display, Window window) {
    XWindowAttributes attributes;
    if (windows->len >= MAX_WINDOWS || !XGetWindowAttributes(display, window, &attributes) ||
        attributes.class != InputOutput || attributes.map_state != IsViewable ||
        attributes.width < MIN_SIZE || attributes.height < MIN_SIZE || is_our_own(display, window))
        return;
    char *title = get_title(display, window);
    if (!title)
        return;
    LecX11Window *one = g_new(LecX11Window, 1);
    *one = (LecX11Window){.id = window, .title = title};
    g_ptr_array_add(windows, one);
}

/* From the top of the stack down. */
static void add_all(GPtrArray *windows, Display *display) {
    const Window root = DefaultRootWindow(display);
    gulong n = 0;
    gulong *listed = get_longs(display, root, "_NET_CLIENT_LIST_STACKING", XA_WINDOW, &n);
    if (!listed)
        listed = get_longs(display, root, "_NET_CLIENT_LIST", XA_WINDOW, &n);
    if (listed) {
        for (gulong i = n; i-- > 0;)
            add(windows, display, listed[i]);
        XFree(listed);
        return;
    }
    Window got_root, parent, *children = NULL;
    guint n_children = 0;
    if (!XQueryTree(display, root, &got_root, &parent, &children, &n_children))
        return;
    for (guint i = n_children; i-- > 0;)
        add(windows, display, children[i]);
    if (children)
        XFree(children);
}

GPtrArray *lec_x11_windows_list(void) {
    GPtrArray *windows = g_ptr_array_new_with_free_func((GDestroyNotify)lec_x11_window_free);
    Display *display = lec_x11_display_open();
    if (!display)
        return windows;
    add_all(windows, display);
    XCloseDisplay(display);
    return windows;
}
