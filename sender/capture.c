/* Which source a name means, and the answer on main. */
#include "sender/capture.h"
#include "common/base/i18n.h"

#include "sender/capture-sources.h"
#include "sender/portal.h"

#include <gst/video/video.h>

G_DEFINE_QUARK(lec_capture_error, lec_capture_error)

struct LecCapture {
    LecCaptureReady ready;
    void *user;
    guint max_fps;
    guint idle_id;
    LecPortal *portal;   /* NULL: another kind of source */
    GstElement *element; /* NULL until found */
    GError *error;
};

static void answer(LecCapture *self) {
    GstElement *element = self->element != NULL ? gst_object_ref(self->element) : NULL;
    self->ready(element, self->error, self->user);
}

static gboolean on_idle(gpointer user) {
    LecCapture *self = user;
    self->idle_id = 0;
    answer(self);
    return G_SOURCE_REMOVE;
}

static void on_portal_ready(int fd, guint32 node, void *user) {
    LecCapture *self = user;
    self->element = lec_capture_portal_new(fd, node, self->max_fps, &self->error);
    if (self->element != NULL)
        gst_object_ref_sink(self->element);
    answer(self);
}

static void on_portal_failed(const GError *error, void *user) {
    LecCapture *self = user;
    self->error = g_error_copy(error);
    answer(self);
}

static void on_portal_closed(void *user) {
    LecCapture *self = user;
    if (self->element != NULL)
        lec_capture_portal_close(self->element);
}

/* Under Wayland the X display, where there is one, shows X programs at most and often nothing. */
static bool is_wayland(void) {
    const char *display = g_getenv("WAYLAND_DISPLAY");
    return display != NULL && *display != '\0';
}

static GstElement *open_window(const char *id, guint max_fps, GError **error) {
    guint64 window = 0;
    const bool is_hex = g_ascii_strncasecmp(id, "0x", 2) == 0;
    if (!g_ascii_string_to_unsigned(is_hex ? id + 2 : id, is_hex ? 16 : 10, 1, G_MAXUINT32, &window,
                                    NULL)) {
        g_set_error(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_USAGE,
                    _("\"%s\" is not a window's number, which is decimal or starts with 0x"), id);
        return NULL;
    }
    return lec_capture_x11_new((gulong)window, max_fps, error);
}

static GstElement *open_source(const char *source, guint max_fps, GError **error) {
    if (strcmp(source, "test") == 0)
        return lec_capture_test_new(max_fps);
    if (strcmp(source, "screen") == 0)
        return lec_capture_x11_new(0, max_fps, error);
    if (g_str_has_prefix(source, "window:"))
        return open_window(source + strlen("window:"), max_fps, error);
    g_set_error(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_USAGE,
                _("\"%s\" cannot be shared; there are screen, window:NUMBER and test"), source);
    return NULL;
}

LecCapture *lec_capture_open(const char *source, guint max_fps, LecCaptureReady ready, void *user) {
    LecCapture *self = g_new0(LecCapture, 1);
    self->ready = ready;
    self->user = user;
    self->max_fps = max_fps;
    if (strcmp(source, "screen") == 0 && is_wayland()) {
        const LecPortalEvents events = {
            .ready = on_portal_ready, .failed = on_portal_failed, .closed = on_portal_closed};
        self->portal = lec_portal_open(&events, self);
        return self;
    }
    self->element = open_source(source, max_fps, &self->error);
    if (self->element != NULL)
        gst_object_ref_sink(self->element);
    self->idle_id = g_idle_add(on_idle, self);
    return self;
}

void lec_capture_free(LecCapture *self) {
    if (self == NULL)
        return;
    g_clear_handle_id(&self->idle_id, g_source_remove);
    g_clear_pointer(&self->portal, lec_portal_free);
    gst_clear_object(&self->element);
    g_clear_error(&self->error);
    g_free(self);
}
