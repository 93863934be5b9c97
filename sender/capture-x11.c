/*
 * The X11 source: XDamage tells what changed, MIT-SHM fetches just that, and the cursor is drawn on
 * top. One connection of its own, used by the streaming thread between start and stop.
 */
#include "common/base/i18n.h"
#include "sender/capture-sources.h"
#include "sender/capture-x11-display.h"
#include "sender/cursor.h"
#include "sender/rects.h"
#include "sender/source.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xcomposite.h>
#include <X11/extensions/Xdamage.h>
#include <X11/extensions/Xfixes.h>
#include <X11/extensions/sync.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

/* No event tells the pointer's motion, so it is asked for: often while it moves, else seldom. */
#define POINTER_MOVING_US 16000
#define POINTER_RESTING_US 250000
#define POINTER_RESTS_AFTER_US (2 * G_USEC_PER_SEC)
#define IDLE_MS 1000
#define MIN_SIZE 16

struct _LecX11Source {
    LecSource parent;
    Display *display;
    Window target;
    bool is_window;    /* else the whole screen */
    Drawable drawable; /* where the target's pixels are: of a window its own pixmap */
    int border;        /* around the target in drawable */
    Visual *visual;
    int depth, width, height;                  /* of the picture: even */
    int damage_event, fixes_event, sync_event; /* the last 0: no alarm tells of input */
    Damage damage;
    XserverRegion region;
    bool has_shm;
    XShmSegmentInfo segment;
    gsize segment_bytes;
    bool damaged, all_damaged, lost, closed;
    LecCursor cursor;
    bool cursor_here, cursor_moved;
    int cursor_x, cursor_y;
    LecRect cursor_painted;
    gint64 next_pointer_us, pointer_moved_us;
};

#define LEC_TYPE_X11_SOURCE (lec_x11_source_get_type())
G_DECLARE_FINAL_TYPE(LecX11Source, lec_x11_source, LEC, X11_SOURCE, LecSource)
G_DEFINE_FINAL_TYPE(LecX11Source, lec_x11_source, LEC_TYPE_SOURCE)

static bool fail(GError **error, LecCaptureError code, const char *sentence) {
    g_set_error_literal(error, LEC_CAPTURE_ERROR, code, sentence);
    return false;
}

static void on_connection_lost(Display *display, void *user) {
    LEC_X11_SOURCE(user)->lost = true;
}

static void drop_segment(LecX11Source *self) {
    if (self->segment_bytes == 0)
        return;
    if (!self->lost)
        XShmDetach(self->display, &self->segment);
    shmdt(self->segment.shmaddr);
    self->segment_bytes = 0;
}

/* Shared memory is not to be had on a display of another machine; then pictures come through the
 * connection. */
static void make_segment(LecX11Source *self) {
    const gsize bytes = (gsize)self->width * self->height * 4;
    if (!self->has_shm || self->segment_bytes >= bytes)
        return;
    drop_segment(self);
    self->has_shm = false;
    const int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
    if (id < 0)
        return;
    void *address = shmat(id, NULL, 0);
    if (address != (void *)-1) {
        self->segment = (XShmSegmentInfo){.shmid = id, .shmaddr = address, .readOnly = False};
        XShmAttach(self->display, &self->segment);
        /* A refused attachment shows only in a reply that follows. */
        XImage *probe = XShmCreateImage(self->display, self->visual, (unsigned)self->depth, ZPixmap,
                                        address, &self->segment, 1, 1);
        self->has_shm =
            probe != NULL && XShmGetImage(self->display, DefaultRootWindow(self->display), probe, 0,
                                          0, AllPlanes) != 0;
        if (probe != NULL) {
            probe->data = NULL;
            XDestroyImage(probe);
        }
        if (self->has_shm)
            self->segment_bytes = bytes;
        else
            shmdt(address);
    }
    shmctl(id, IPC_RMID, NULL); /* it goes when both sides have let go */
}

static bool has_known_pixels(LecX11Source *self) {
    if (ImageByteOrder(self->display) != LSBFirst || self->visual->red_mask != 0xff0000 ||
        self->visual->green_mask != 0xff00 || self->visual->blue_mask != 0xff)
        return false;
    int n_formats = 0;
    XPixmapFormatValues *formats = XListPixmapFormats(self->display, &n_formats);
    bool found = false;
    for (int i = 0; i < n_formats; i++)
        found = found || (formats[i].depth == self->depth && formats[i].bits_per_pixel == 32);
    if (formats != NULL)
        XFree(formats);
    return found && (self->depth == 24 || self->depth == 32);
}

/*
 * A window that has pixels of its own shows nothing of those that lie above it, and all of what
 * lies off screen. It gets new ones with each size, and has none while it is not shown: then
 * fetching fails.
 */
static void name_pixmap(LecX11Source *self) {
    if (!self->is_window)
        return;
    if (self->drawable != None)
        XFreePixmap(self->display, self->drawable);
    self->drawable = XCompositeNameWindowPixmap(self->display, self->target);
}

/* Takes over the target's size and pixel layout, at the start and whenever it changed. */
static bool measure(LecX11Source *self, GError **error) {
    XWindowAttributes attributes;
    if (XGetWindowAttributes(self->display, self->target, &attributes) == 0)
        return fail(error, LEC_CAPTURE_ERROR_USAGE, _("There is no such window to share"));
    if (attributes.class == InputOnly || attributes.width < MIN_SIZE ||
        attributes.height < MIN_SIZE)
        return fail(error, LEC_CAPTURE_ERROR_USAGE, _("This window is too small to share"));
    self->visual = attributes.visual;
    self->depth = attributes.depth;
    self->border = self->is_window ? attributes.border_width : 0;
    self->width = attributes.width & ~1;
    self->height = attributes.height & ~1;
    self->damaged = self->all_damaged = true;
    if (!has_known_pixels(self))
        return fail(error, LEC_CAPTURE_ERROR_FAILED,
                    _("This display does not have 24-bit colours, which sharing needs"));
    name_pixmap(self);
    make_segment(self);
    return true;
}

static bool find_extensions(LecX11Source *self, GError **error) {
    int base, damage_error, fixes_error, major = 5, minor = 0;
    if (!XDamageQueryExtension(self->display, &self->damage_event, &damage_error) ||
        !XFixesQueryExtension(self->display, &self->fixes_event, &fixes_error) ||
        XFixesQueryVersion(self->display, &major, &minor) == 0 || major < 2)
        return fail(
            error, LEC_CAPTURE_ERROR_MISSING,
            _("This display cannot tell what changes on it (the DAMAGE extension is missing)"));
    major = 1, minor = 1;
    XDamageQueryVersion(self->display, &major, &minor);
    if (self->is_window && !XCompositeQueryExtension(self->display, &base, &damage_error))
        return fail(
            error, LEC_CAPTURE_ERROR_MISSING,
            _("This display cannot share one window apart from those above it (the Composite "
              "extension is missing)"));
    self->has_shm = XShmQueryExtension(self->display) != 0;
    return true;
}

static bool open_display(LecX11Source *self, gulong window, GError **error) {
    self->display = lec_x11_display_open();
    if (self->display == NULL)
        return fail(
            error, LEC_CAPTURE_ERROR_MISSING,
            _("There is no X display to share: start from a graphical session, or set DISPLAY"));
    XSetIOErrorExitHandler(self->display, on_connection_lost, self);
    self->is_window = window != 0;
    self->target = self->is_window ? window : DefaultRootWindow(self->display);
    self->drawable = self->is_window ? None : self->target;
    if (!find_extensions(self, error))
        return false;
    XSelectInput(self->display, self->target, StructureNotifyMask);
    if (self->is_window)
        XCompositeRedirectWindow(self->display, self->target, CompositeRedirectAutomatic);
    if (!measure(self, error))
        return false;
    self->damage = XDamageCreate(self->display, self->target, XDamageReportNonEmpty);
    self->region = XFixesCreateRegion(self->display, NULL, 0);
    XFixesSelectCursorInput(self->display, DefaultRootWindow(self->display),
                            XFixesDisplayCursorNotifyMask);
    XFlush(self->display);
    return true;
}

static void fetch_cursor(LecX11Source *self) {
    XFixesCursorImage *image = XFixesGetCursorImage(self->display);
    if (image == NULL)
        return;
    lec_cursor_set(&self->cursor, image->pixels, image->width, image->height, image->xhot,
                   image->yhot);
    XFree(image);
    self->cursor_moved = true;
}

/*
 * An alarm on the server's idle clock tells when someone touches mouse or keyboard again after a
 * rest, so that a pointer at rest need not be watched closely.
 */
static void set_alarm(LecX11Source *self) {
    int event, error, major, minor, n = 0;
    if (XSyncQueryExtension(self->display, &event, &error) == 0 ||
        XSyncInitialize(self->display, &major, &minor) == 0)
        return;
    XSyncSystemCounter *counters = XSyncListSystemCounters(self->display, &n);
    for (int i = 0; i < n; i++) {
        if (strcmp(counters[i].name, "IDLETIME") != 0)
            continue;
        XSyncAlarmAttributes alarm = {
            .trigger = {.counter = counters[i].counter,
                        .value_type = XSyncAbsolute,
                        .test_type = XSyncNegativeTransition},
            .events = True,
        };
        XSyncIntToValue(&alarm.trigger.wait_value, IDLE_MS);
        XSyncIntToValue(&alarm.delta, 0);
        XSyncCreateAlarm(self->display,
                         XSyncCACounter | XSyncCAValueType | XSyncCAValue | XSyncCATestType |
                             XSyncCADelta | XSyncCAEvents,
                         &alarm);
        self->sync_event = event;
    }
    if (counters != NULL)
        XSyncFreeSystemCounterList(counters);
}

static void ask_pointer(LecX11Source *self, gint64 now_us) {
    Window root, child;
    int root_x, root_y, x, y;
    unsigned buttons;
    const bool here = XQueryPointer(self->display, self->target, &root, &child, &root_x, &root_y,
                                    &x, &y, &buttons) != 0 &&
                      x >= 0 && y >= 0 && x < self->width && y < self->height;
    if (here != self->cursor_here || (here && (x != self->cursor_x || y != self->cursor_y))) {
        self->cursor_here = here;
        self->cursor_x = x;
        self->cursor_y = y;
        self->cursor_moved = true;
        self->pointer_moved_us = now_us;
    }
    const bool rests = now_us - self->pointer_moved_us > POINTER_RESTS_AFTER_US;
    self->next_pointer_us = now_us + (rests ? POINTER_RESTING_US : POINTER_MOVING_US);
}

/* Where the cursor was and where it is now have to be fetched again. */
static void add_cursor(LecX11Source *self, LecRects *rects) {
    if (!self->cursor_moved)
        return;
    lec_rects_add(rects, &self->cursor_painted, self->width, self->height);
    self->cursor_painted = self->cursor_here
                               ? lec_cursor_cover(&self->cursor, self->cursor_x, self->cursor_y)
                               : (LecRect){0};
    lec_rects_add(rects, &self->cursor_painted, self->width, self->height);
    self->cursor_moved = false;
}

/* A window that cannot be measured any more is gone, or as good as. */
static bool measure_again(LecX11Source *self, GError **error) {
    g_autoptr(GError) why = NULL;
    if (measure(self, &why))
        return true;
    self->closed = self->is_window;
    if (!self->is_window)
        g_propagate_error(error, g_steal_pointer(&why));
    return self->closed;
}

static bool on_resized(LecX11Source *self, const XConfigureEvent *event, GError **error) {
    if (event->window != self->target ||
        ((event->width & ~1) == self->width && (event->height & ~1) == self->height))
        return true;
    return measure_again(self, error);
}

static void on_touched(LecX11Source *self) {
    const gint64 now_us = g_get_monotonic_time();
    self->pointer_moved_us = now_us;
    ask_pointer(self, now_us);
}

static bool take_event(LecX11Source *self, GError **error) {
    XEvent event;
    XNextEvent(self->display, &event);
    if (event.type == self->damage_event + XDamageNotify)
        self->damaged = true;
    else if (event.type == self->fixes_event + XFixesCursorNotify)
        fetch_cursor(self);
    else if (self->sync_event != 0 && event.type == self->sync_event + XSyncAlarmNotify)
        on_touched(self);
    else if (event.type == ConfigureNotify)
        return on_resized(self, &event.xconfigure, error);
    else if (event.type == MapNotify && event.xmap.window == self->target)
        return measure_again(self, error);
    else if (event.type == DestroyNotify && event.xdestroywindow.window == self->target)
        self->closed = true;
    return true;
}

static LecSourceState look(LecSource *source, gint64 now_us, gint64 *wake_us, GError **error) {
    LecX11Source *self = LEC_X11_SOURCE(source);
    if (now_us >= self->next_pointer_us)
        ask_pointer(self, now_us);
    /* Last, for each reply read above may have brought events that the descriptor no longer
     * announces. */
    while (!self->lost && !self->closed && XPending(self->display) > 0)
        if (!take_event(self, error))
            return LEC_SOURCE_FAILED;
    if (self->lost) {
        fail(error, LEC_CAPTURE_ERROR_FAILED, _("The connection to the display was lost"));
        return LEC_SOURCE_FAILED;
    }
    if (self->closed)
        return LEC_SOURCE_ENDED;
    *wake_us = MIN(*wake_us, self->next_pointer_us);
    return self->damaged || self->cursor_moved ? LEC_SOURCE_CHANGED : LEC_SOURCE_QUIET;
}

static int get_fd(LecSource *source) {
    return ConnectionNumber(LEC_X11_SOURCE(source)->display);
}

/* Empties the damage before any pixel is fetched: what is drawn meanwhile is reported again. */
static void collect_damage(LecX11Source *self, LecRects *rects) {
    if (self->damaged || self->all_damaged)
        XDamageSubtract(self->display, self->damage, None, self->region);
    if (self->all_damaged)
        lec_rects_add(rects, &(LecRect){0, 0, self->width, self->height}, self->width,
                      self->height);
    else if (self->damaged) {
        int n = 0;
        XRectangle *found = XFixesFetchRegion(self->display, self->region, &n);
        for (int i = 0; i < n; i++)
            lec_rects_add(rects,
                          &(LecRect){found[i].x, found[i].y, found[i].width, found[i].height},
                          self->width, self->height);
        if (found != NULL)
            XFree(found);
    }
    self->damaged = self->all_damaged = false;
}

/* The image of a rectangle, in the segment where there is one; free with drop_image(). NULL: not to
 * be had now. */
static XImage *fetch(LecX11Source *self, const LecRect *rect) {
    const unsigned width = (unsigned)rect->width, height = (unsigned)rect->height;
    const int x = rect->x + self->border, y = rect->y + self->border;
    if (self->segment_bytes == 0)
        return XGetImage(self->display, self->drawable, x, y, width, height, AllPlanes, ZPixmap);
    XImage *image = XShmCreateImage(self->display, self->visual, (unsigned)self->depth, ZPixmap,
                                    self->segment.shmaddr, &self->segment, width, height);
    if (image == NULL)
        return NULL;
    if (XShmGetImage(self->display, self->drawable, image, x, y, AllPlanes) != 0)
        return image;
    image->data = NULL;
    XDestroyImage(image);
    return NULL;
}

static void drop_image(LecX11Source *self, XImage *image) {
    if (image->data == self->segment.shmaddr)
        image->data = NULL;
    XDestroyImage(image);
}

/* A window that is not on the screen just now, or just shrank, gives nothing; an event follows when
 * that changes. */
static void update_rect(LecX11Source *self, const LecPlanes *planes, const LecRect *rect) {
    XImage *image = fetch(self, rect);
    if (image == NULL)
        return;
    guint8 *pixels = (guint8 *)image->data;
    if (self->cursor_here)
        lec_cursor_blend(&self->cursor, self->cursor_x, self->cursor_y, rect, pixels,
                         image->bytes_per_line);
    lec_convert_bgrx(planes, rect, pixels, image->bytes_per_line);
    drop_image(self, image);
}

static bool paint(LecSource *source, GError **error) {
    LecX11Source *self = LEC_X11_SOURCE(source);
    LecRects rects = {0};
    ask_pointer(self, g_get_monotonic_time());
    LecPlanes planes;
    bool fresh;
    if (!lec_source_begin_paint(source, self->width, self->height, &planes, &fresh))
        return fail(error, LEC_CAPTURE_ERROR_FAILED, _("There is no memory for the picture"));
    if (fresh)
        self->all_damaged = true;
    collect_damage(self, &rects);
    add_cursor(self, &rects);
    for (guint i = 0; i < rects.n && !self->lost; i++)
        update_rect(self, &planes, &rects.items[i]);
    lec_source_end_paint(source);
    return true;
}

static void finalize(GObject *object) {
    LecX11Source *self = LEC_X11_SOURCE(object);
    if (self->display != NULL) {
        drop_segment(self);
        /* Xlib keeps a display that lost its connection locked for ever: no more than the
         * descriptor can be had back. */
        if (self->lost)
            close(ConnectionNumber(self->display));
        else
            XCloseDisplay(self->display);
    }
    lec_cursor_clear(&self->cursor);
    G_OBJECT_CLASS(lec_x11_source_parent_class)->finalize(object);
}

static void lec_x11_source_init(LecX11Source *self) {
}

static void lec_x11_source_class_init(LecX11SourceClass *class) {
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "X11 screen", "Source/Video",
                                          "The changes on an X11 screen or window", "Lectern");
    G_OBJECT_CLASS(class)->finalize = finalize;
    LEC_SOURCE_CLASS(class)->get_fd = get_fd;
    LEC_SOURCE_CLASS(class)->look = look;
    LEC_SOURCE_CLASS(class)->paint = paint;
}

GstElement *lec_capture_x11_new(gulong window, guint max_fps, GError **error) {
    LecX11Source *self = g_object_new(LEC_TYPE_X11_SOURCE, NULL);
    lec_source_set_max_fps(LEC_SOURCE(self), max_fps);
    if (!open_display(self, window, error)) {
        gst_object_unref(gst_object_ref_sink(self));
        return NULL;
    }
    fetch_cursor(self);
    set_alarm(self);
    return GST_ELEMENT(self);
}
