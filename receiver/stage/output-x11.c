/* A window on an X display, by shared memory where the server can see ours. The one place that
 * knows Xlib. */
#include "receiver/stage/output-kinds.h"

#include "common/base/log.h"

#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xrandr.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#define AWAKE_S 30 /* screen savers wait a minute at least */

typedef struct {
    LecOutput base;
    LecOutputEvents events;
    void *user;
    Display *display;
    Window window;
    Visual *visual;
    GC gc;
    Atom wm_delete;
    XImage *image; /* of the window's size */
    XShmSegmentInfo shm;
    int completion; /* event number, 0: no shared memory */
    bool composed;  /* the image holds a picture */
    bool busy;      /* the server is still to read the image */
    bool wanted;    /* begin() was refused: say ready() */
    bool dead;      /* the connection broke, or the window was closed */
    guint width, height, interval_us;
    GSource *source, *farewell, *waker;
} X11;

typedef struct {
    GSource base;
    X11 *output;
    gpointer fd;
} EventSource;

/* Xlib would end the process. Every request of ours either cannot fail or is checked by its reply.
 */
static int on_x_error(Display *display, XErrorEvent *event) {
    lec_debug("X request %d.%d failed with error %d.", event->request_code, event->minor_code,
              event->error_code);
    return 0;
}

static int on_io_error(Display *display) {
    return 0; /* on_connection_lost() follows */
}

static gboolean say_farewell(gpointer user) {
    X11 *self = user;
    g_clear_pointer(&self->farewell, g_source_unref);
    g_autoptr(GError) error =
        g_error_new_literal(LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_FAILED, "The X display went away.");
    self->events.closed(error, self->user);
    return G_SOURCE_REMOVE;
}

/* Called in the middle of whichever Xlib call noticed: only leave a note. */
static void on_connection_lost(Display *display, void *user) {
    X11 *self = user;
    if (self->dead)
        return;
    self->dead = true;
    self->farewell = g_idle_source_new();
    g_source_set_callback(self->farewell, say_farewell, self, NULL);
    g_source_attach(self->farewell, NULL);
}

/*
 * Nobody touches a meeting room's keyboard: the server would blank the screen. Its own settings are
 * left alone; only its idle time starts anew.
 */
static gboolean keep_awake(gpointer user) {
    X11 *self = user;
    if (self->dead)
        return G_SOURCE_REMOVE;
    XResetScreenSaver(self->display);
    XFlush(self->display);
    return G_SOURCE_CONTINUE;
}

static void source_clear(GSource **source) {
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void image_free(X11 *self) {
    if (!self->image)
        return;
    if (self->completion) {
        if (!self->dead)
            XShmDetach(self->display, &self->shm);
        shmdt(self->shm.shmaddr);
        self->image->data = NULL; /* not Xlib's to free */
    }
    XDestroyImage(self->image);
    self->image = NULL;
}

/* Attaching reports failure by an error event only; one pixel fetched through the segment tells at
 * once. */
static bool server_sees(X11 *self) {
    XImage *probe = XShmCreateImage(self->display, self->visual, 24, ZPixmap, self->shm.shmaddr,
                                    &self->shm, 1, 1);
    Pixmap pixmap = XCreatePixmap(self->display, self->window, 1, 1, 24);
    bool seen = probe && XShmGetImage(self->display, pixmap, probe, 0, 0, AllPlanes);
    XFreePixmap(self->display, pixmap);
    if (probe) {
        probe->data = NULL;
        XDestroyImage(probe);
    }
    return seen;
}

static bool image_new_shared(X11 *self) {
    self->image = XShmCreateImage(self->display, self->visual, 24, ZPixmap, NULL, &self->shm,
                                  self->width, self->height);
    if (!self->image)
        return false;
    gsize bytes = (gsize)self->image->bytes_per_line * self->height;
    self->shm.shmid = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
    self->shm.shmaddr = self->shm.shmid >= 0 ? shmat(self->shm.shmid, NULL, 0) : (char *)-1;
    self->shm.readOnly = False;
    bool good = false;
    if (self->shm.shmaddr != (char *)-1) {
        good = XShmAttach(self->display, &self->shm) && server_sees(self);
        if (!good)
            shmdt(self->shm.shmaddr);
    }
    if (self->shm.shmid >= 0)
        shmctl(self->shm.shmid, IPC_RMID, NULL); /* it lives on while someone is attached */
    if (good) {
        self->image->data = self->shm.shmaddr;
        return true;
    }
    XDestroyImage(self->image);
    self->image = NULL;
    return false;
}

static void image_new(X11 *self) {
    self->composed = false;
    if (self->completion && image_new_shared(self))
        return;
    if (self->completion)
        lec_warning("The X server does not share memory with us: pictures take the long way.");
    self->completion = 0;
    gsize stride = (gsize)self->width * 4;
    self->image =
        XCreateImage(self->display, self->visual, 24, ZPixmap, 0, g_malloc0(stride * self->height),
                     self->width, self->height, 32, (int)stride);
}

static void put(X11 *self, LecRect r, bool last) {
    int x = (int)r.x, y = (int)r.y;
    if (self->completion)
        XShmPutImage(self->display, self->window, self->gc, self->image, x, y, x, y, r.width,
                     r.height, last);
    else
        XPutImage(self->display, self->window, self->gc, self->image, x, y, x, y, r.width,
                  r.height);
}

static bool x11_begin(LecOutput *output, LecSurface *ret) {
    X11 *self = (X11 *)output;
    if (self->busy || self->dead || !self->image) {
        self->wanted = true;
        return false;
    }
    *ret = (LecSurface){.pixels = (guint8 *)self->image->data,
                        .stride = (gsize)self->image->bytes_per_line,
                        .width = self->width,
                        .height = self->height,
                        .age = self->composed ? 1 : 0};
    return true;
}

static void x11_end(LecOutput *output, const LecRect *changed, guint n_changed) {
    X11 *self = (X11 *)output;
    self->composed = true;
    self->busy = self->completion != 0;
    for (guint i = 0; i < n_changed; i++)
        put(self, changed[i], i + 1 == n_changed);
    XFlush(self->display);
    if (!self->completion)
        self->events.presented(g_get_monotonic_time(), self->user);
}

static void x11_get_size(LecOutput *output, guint *ret_width, guint *ret_height) {
    const X11 *self = (const X11 *)output;
    *ret_width = self->width;
    *ret_height = self->height;
}

static guint x11_get_interval_us(LecOutput *output) {
    return ((const X11 *)output)->interval_us;
}

static void on_completion(X11 *self) {
    self->busy = false;
    self->events.presented(g_get_monotonic_time(), self->user);
    if (self->wanted) {
        self->wanted = false;
        self->events.ready(self->user);
    }
}

static void on_configure(X11 *self, const XConfigureEvent *event) {
    if (event->width < 1 || event->height < 1 ||
        ((guint)event->width == self->width && (guint)event->height == self->height))
        return;
    image_free(self);
    self->width = (guint)event->width;
    self->height = (guint)event->height;
    self->busy = self->wanted =
        false; /* a completion of the old image is not told from the new one's */
    image_new(self);
    self->events.resized(self->user);
}

static void on_expose(X11 *self, const XExposeEvent *event) {
    LecRect area = {(guint)MAX(event->x, 0), (guint)MAX(event->y, 0), (guint)event->width,
                    (guint)event->height};
    if (!self->composed || area.x + area.width > self->width || area.y + area.height > self->height)
        return;
    put(self, area, false);
    XFlush(self->display);
}

/* May free the output. */
static void on_event(X11 *self, XEvent *event) {
    if (self->completion && event->type == self->completion) {
        const XShmCompletionEvent *done = (const XShmCompletionEvent *)event;
        if (done->shmseg == self->shm.shmseg)
            on_completion(self);
    } else if (event->type == ConfigureNotify) {
        on_configure(self, &event->xconfigure);
    } else if (event->type == Expose) {
        on_expose(self, &event->xexpose);
    } else if (event->type == KeyPress) {
        if (self->events.key)
            self->events.key((guint)XLookupKeysym(&event->xkey, 0), self->user);
    } else if (event->type == DestroyNotify ||
               (event->type == ClientMessage &&
                (Atom)event->xclient.data.l[0] == self->wm_delete)) {
        self->dead = true;
        self->events.closed(NULL, self->user);
    }
}

static gboolean source_prepare(GSource *source, gint *timeout) {
    X11 *self = ((EventSource *)source)->output;
    *timeout = -1;
    return !self->dead && XEventsQueued(self->display, QueuedAlready) > 0;
}

static gboolean source_check(GSource *source) {
    EventSource *events = (EventSource *)source;
    return !events->output->dead && (g_source_query_unix_fd(source, events->fd) != 0 ||
                                     XEventsQueued(events->output->display, QueuedAlready) > 0);
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback, gpointer user) {
    X11 *self = ((EventSource *)source)->output;
    while (!g_source_is_destroyed(source) && !self->dead && XPending(self->display) > 0) {
        XEvent event;
        XNextEvent(self->display, &event);
        on_event(self, &event);
    }
    /* A dead connection stays readable for ever. */
    return g_source_is_destroyed(source) || self->dead ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
    .prepare = source_prepare, .check = source_check, .dispatch = source_dispatch};

static void source_attach(X11 *self) {
    self->source = g_source_new(&source_funcs, sizeof(EventSource));
    EventSource *events = (EventSource *)self->source;
    events->output = self;
    events->fd = g_source_add_unix_fd(self->source, ConnectionNumber(self->display),
                                      G_IO_IN | G_IO_HUP | G_IO_ERR);
    /* What the display says is what latency is counted by: before other work. */
    g_source_set_priority(self->source, G_PRIORITY_HIGH);
    g_source_set_static_name(self->source, "x11");
    g_source_attach(self->source, NULL);
}

/* The monitor to stand on: the primary one, or all of the screen. */
static LecRect find_monitor(X11 *self) {
    int screen = DefaultScreen(self->display), n = 0, event, error;
    LecRect ret = {0, 0, (guint)DisplayWidth(self->display, screen),
                   (guint)DisplayHeight(self->display, screen)};
    if (!XRRQueryExtension(self->display, &event, &error))
        return ret;
    Window root = RootWindow(self->display, screen);
    XRRMonitorInfo *monitors = XRRGetMonitors(self->display, root, True, &n);
    for (int i = 0; i < n; i++)
        if (i == 0 || monitors[i].primary)
            ret = (LecRect){(guint)MAX(monitors[i].x, 0), (guint)MAX(monitors[i].y, 0),
                            (guint)monitors[i].width, (guint)monitors[i].height};
    if (monitors)
        XRRFreeMonitors(monitors);
    XRRScreenConfiguration *config = XRRGetScreenInfo(self->display, root);
    short rate = config ? XRRConfigCurrentRate(config) : 0;
    if (config)
        XRRFreeScreenConfigInfo(config);
    if (rate >= 20 && rate <= 500)
        self->interval_us = (guint)(G_USEC_PER_SEC / rate);
    return ret;
}

static bool find_visual(X11 *self, GError **error) {
    XVisualInfo info;
    XPixmapFormatValues *formats;
    int n = 0, bits = 0;
    bool found =
        XMatchVisualInfo(self->display, DefaultScreen(self->display), 24, TrueColor, &info);
    formats = XListPixmapFormats(self->display, &n);
    for (int i = 0; i < n; i++)
        if (formats[i].depth == 24)
            bits = formats[i].bits_per_pixel;
    if (formats)
        XFree(formats);
    if (!found || bits != 32 || info.red_mask != 0xff0000 || info.blue_mask != 0xff ||
        ImageByteOrder(self->display) != LSBFirst) {
        g_set_error_literal(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_FAILED,
                            "The X display cannot show 24-bit colour in 32-bit pixels.");
        return false;
    }
    self->visual = info.visual;
    return true;
}

static void hide_pointer(X11 *self) {
    const char nothing[1] = {0};
    XColor black = {0};
    Pixmap pixmap = XCreateBitmapFromData(self->display, self->window, nothing, 1, 1);
    Cursor cursor = XCreatePixmapCursor(self->display, pixmap, pixmap, &black, &black, 0, 0);
    XDefineCursor(self->display, self->window, cursor);
    XFreeCursor(self->display, cursor);
    XFreePixmap(self->display, pixmap);
}

static void set_fullscreen(X11 *self) {
    Atom state = XInternAtom(self->display, "_NET_WM_STATE", False);
    Atom full = XInternAtom(self->display, "_NET_WM_STATE_FULLSCREEN", False);
    XChangeProperty(self->display, self->window, state, XA_ATOM, 32, PropModeReplace,
                    (const unsigned char *)&full, 1);
    /* A compositing manager would add a refresh of its own. */
    Atom bypass = XInternAtom(self->display, "_NET_WM_BYPASS_COMPOSITOR", False);
    const long yes = 1;
    XChangeProperty(self->display, self->window, bypass, XA_CARDINAL, 32, PropModeReplace,
                    (const unsigned char *)&yes, 1);
    hide_pointer(self);
}

static void window_new(X11 *self, const LecOutputOptions *options) {
    Display *display = self->display;
    Window root = DefaultRootWindow(display);
    LecRect monitor = find_monitor(self);
    bool whole = options->fullscreen || !options->width || !options->height;
    self->width = whole ? monitor.width : options->width;
    self->height = whole ? monitor.height : options->height;
    XSetWindowAttributes attributes = {
        .event_mask = StructureNotifyMask | ExposureMask | KeyPressMask,
        .border_pixel = 0,
        .background_pixmap = None, /* the server would paint it first, and be seen doing it */
        .colormap = XCreateColormap(display, root, self->visual, AllocNone)};
    self->window =
        XCreateWindow(display, root, whole ? (int)monitor.x : 0, whole ? (int)monitor.y : 0,
                      self->width, self->height, 0, 24, InputOutput, self->visual,
                      CWEventMask | CWBorderPixel | CWBackPixmap | CWColormap, &attributes);
    self->gc = XCreateGC(display, self->window, GCGraphicsExposures,
                         &(XGCValues){.graphics_exposures = False});
    self->wm_delete = XInternAtom(display, "WM_DELETE_WINDOW", False);
    XSetWMProtocols(display, self->window, &self->wm_delete, 1);
    XStoreName(display, self->window, options->title ? options->title : "Lectern");
    if (whole)
        set_fullscreen(self);
    XMapWindow(display, self->window);
}

static void x11_free(LecOutput *output) {
    X11 *self = (X11 *)output;
    source_clear(&self->farewell);
    source_clear(&self->source);
    source_clear(&self->waker);
    image_free(self);
    if (self->gc)
        XFreeGC(self->display, self->gc);
    XCloseDisplay(self->display);
    g_free(self);
}

static const LecOutputClass X11_CLASS = {.name = "x11",
                                         .begin = x11_begin,
                                         .end = x11_end,
                                         .get_size = x11_get_size,
                                         .get_interval_us = x11_get_interval_us,
                                         .free = x11_free};

static void set_missing(GError **error) {
    const char *name = g_getenv("DISPLAY");
    if (name && *name)
        g_set_error(
            error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING,
            "The X display %s cannot be reached: check DISPLAY and the permission to use it.",
            name);
    else
        g_set_error_literal(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING,
                            "No X display is named: set DISPLAY, or start inside an X session.");
}

LecOutput *lec_output_x11_open(const LecOutputOptions *options, const LecOutputEvents *events,
                               void *user, GError **error) {
    static const LecOutputOptions defaults = {.fullscreen = true};
    Display *display = XOpenDisplay(NULL);
    if (!display) {
        set_missing(error);
        return NULL;
    }
    X11 *self = g_new0(X11, 1);
    self->base.klass = &X11_CLASS;
    self->events = *events;
    self->user = user;
    self->display = display;
    XSetErrorHandler(on_x_error);
    XSetIOErrorHandler(on_io_error);
    XSetIOErrorExitHandler(display, on_connection_lost, self);
    if (!find_visual(self, error)) {
        x11_free(&self->base);
        return NULL;
    }
    self->completion = XShmQueryExtension(display) ? XShmGetEventBase(display) + ShmCompletion : 0;
    window_new(self, options ? options : &defaults);
    image_new(self);
    source_attach(self);
    if (!options || options->fullscreen) {
        self->waker = g_timeout_source_new_seconds(AWAKE_S);
        g_source_set_callback(self->waker, keep_awake, self, NULL);
        g_source_attach(self->waker, NULL);
    }
    XFlush(display);
    return &self->base;
}
