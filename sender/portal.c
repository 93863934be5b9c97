/*
 * The portal's dance over D-Bus: CreateSession, SelectSources, Start, OpenPipeWireRemote. Each of
 * the first three answers later, with a signal on a request object whose path we know before we
 * call.
 */
#include "sender/portal.h"
#include "common/base/i18n.h"

#include "sender/capture.h"

#include <gio/gunixfdlist.h>

#define BUS_NAME "org.freedesktop.portal.Desktop"
#define OBJECT_PATH "/org/freedesktop/portal/desktop"
#define SCREEN_CAST "org.freedesktop.portal.ScreenCast"
#define SOURCE_TYPES 3u /* monitors and windows */
#define CURSOR_EMBEDDED 2u

typedef enum { STEP_CREATE, STEP_SELECT, STEP_START } Step;

struct LecPortal {
    LecPortalEvents events;
    void *user;
    GCancellable *cancellable;
    GDBusProxy *proxy;
    Step step;
    guint response_id, closed_id; /* signal subscriptions */
    char *session;                /* object path */
    guint32 node;
    bool failed;
};

static void unsubscribe(LecPortal *self, guint *id) {
    if (*id != 0)
        g_dbus_connection_signal_unsubscribe(g_dbus_proxy_get_connection(self->proxy), *id);
    *id = 0;
}

/* Once: an error of the call and the loss of the service may both be told. */
static void fail(LecPortal *self, LecCaptureError code, const char *sentence) {
    if (self->failed)
        return;
    self->failed = true;
    unsubscribe(self, &self->response_id);
    unsubscribe(self, &self->closed_id);
    g_autoptr(GError) error = g_error_new_literal(LEC_CAPTURE_ERROR, (int)code, sentence);
    self->events.failed(error, self->user);
}

static void fail_call(LecPortal *self, const GError *cause) {
    if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* self is gone */
    g_autofree char *sentence = g_strdup_printf(_("This desktop offers no way to share its screen "
                                                  "(xdg-desktop-portal with ScreenCast): %s"),
                                                cause->message);
    fail(self, LEC_CAPTURE_ERROR_MISSING, sentence);
}

static void begin_step(LecPortal *self, Step step);

/* Start's answer has a stream for each source; only one was allowed. */
static bool take_stream(LecPortal *self, GVariant *results) {
    g_autoptr(GVariant) streams =
        g_variant_lookup_value(results, "streams", G_VARIANT_TYPE("a(ua{sv})"));
    if (streams == NULL || g_variant_n_children(streams) < 1)
        return false;
    g_autoptr(GVariant) stream = g_variant_get_child_value(streams, 0);
    g_variant_get_child(stream, 0, "u", &self->node);
    return true;
}

static void on_remote(GObject *proxy, GAsyncResult *result, gpointer user) {
    LecPortal *self = user;
    g_autoptr(GError) error = NULL;
    g_autoptr(GUnixFDList) fds = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_proxy_call_with_unix_fd_list_finish(G_DBUS_PROXY(proxy), &fds, result, &error);
    if (reply == NULL) {
        fail_call(self, error);
        return;
    }
    gint32 index = -1;
    g_variant_get(reply, "(h)", &index);
    const int fd = fds != NULL ? g_unix_fd_list_get(fds, index, &error) : -1;
    if (fd < 0)
        fail(self, LEC_CAPTURE_ERROR_FAILED,
             _("The desktop allowed the capture but gave no way to it"));
    else
        self->events.ready(fd, self->node, self->user);
}

static void open_remote(LecPortal *self) {
    GVariantBuilder options;
    g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
    g_dbus_proxy_call_with_unix_fd_list(
        self->proxy, "OpenPipeWireRemote", g_variant_new("(oa{sv})", self->session, &options),
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, self->cancellable, on_remote, self);
}

static void on_closed(GDBusConnection *bus, const char *sender, const char *path,
                      const char *interface, const char *signal, GVariant *parameters,
                      gpointer user) {
    LecPortal *self = user;
    unsubscribe(self, &self->closed_id);
    g_clear_pointer(&self->session, g_free);
    self->events.closed(self->user);
}

static bool take_session(LecPortal *self, GVariant *results) {
    /* Its type is a string by an old mistake that the portal keeps. */
    if (!g_variant_lookup(results, "session_handle", "s", &self->session) ||
        !g_variant_is_object_path(self->session))
        return false;
    self->closed_id = g_dbus_connection_signal_subscribe(
        g_dbus_proxy_get_connection(self->proxy), BUS_NAME, "org.freedesktop.portal.Session",
        "Closed", self->session, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_closed, self, NULL);
    return true;
}

static void on_response(GDBusConnection *bus, const char *sender, const char *path,
                        const char *interface, const char *signal, GVariant *parameters,
                        gpointer user) {
    LecPortal *self = user;
    unsubscribe(self, &self->response_id);
    if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ua{sv})"))) {
        fail(self, LEC_CAPTURE_ERROR_FAILED,
             _("The desktop's answer about sharing its screen cannot be read"));
        return;
    }
    guint32 response = 2;
    g_autoptr(GVariant) results = NULL;
    g_variant_get(parameters, "(u@a{sv})", &response, &results);
    if (response != 0) {
        fail(self, LEC_CAPTURE_ERROR_REFUSED,
             response == 1 ? _("Sharing the screen was declined")
                           : _("The desktop did not allow the screen to be shared"));
        return;
    }
    bool good = true;
    switch (self->step) {
    case STEP_CREATE:
        good = take_session(self, results);
        if (good)
            begin_step(self, STEP_SELECT);
        break;
    case STEP_SELECT:
        begin_step(self, STEP_START);
        break;
    case STEP_START:
        good = take_stream(self, results);
        if (good)
            open_remote(self);
        break;
    }
    if (!good)
        fail(self, LEC_CAPTURE_ERROR_FAILED,
             _("The desktop's answer about sharing its screen lacks the stream"));
}

/* The answer comes as a signal; here only a refusal of the call itself is of interest. */
static void on_called(GObject *proxy, GAsyncResult *result, gpointer user) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(proxy), result, &error);
    if (reply == NULL)
        fail_call(user, error);
}

/* Listens on the request object that the portal will make for this token, before there can be an
 * answer. */
static void expect_response(LecPortal *self, const char *token) {
    GDBusConnection *bus = g_dbus_proxy_get_connection(self->proxy);
    g_autofree char *sender = g_strdup(g_dbus_connection_get_unique_name(bus) + 1);
    g_strdelimit(sender, ".", '_');
    g_autofree char *path = g_strdup_printf("%s/request/%s/%s", OBJECT_PATH, sender, token);
    unsubscribe(self, &self->response_id);
    self->response_id = g_dbus_connection_signal_subscribe(
        bus, BUS_NAME, "org.freedesktop.portal.Request", "Response", path, NULL,
        G_DBUS_SIGNAL_FLAGS_NONE, on_response, self, NULL);
}

static bool can_embed_cursor(LecPortal *self) {
    g_autoptr(GVariant) modes =
        g_dbus_proxy_get_cached_property(self->proxy, "AvailableCursorModes");
    return modes != NULL && g_variant_is_of_type(modes, G_VARIANT_TYPE_UINT32) &&
           (g_variant_get_uint32(modes) & CURSOR_EMBEDDED) != 0;
}

static GVariant *make_arguments(LecPortal *self, Step step, const char *token) {
    GVariantBuilder options;
    g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&options, "{sv}", "handle_token", g_variant_new_string(token));
    switch (step) {
    case STEP_CREATE:
        g_variant_builder_add(&options, "{sv}", "session_handle_token",
                              g_variant_new_string(token));
        return g_variant_new("(a{sv})", &options);
    case STEP_SELECT:
        g_variant_builder_add(&options, "{sv}", "types", g_variant_new_uint32(SOURCE_TYPES));
        g_variant_builder_add(&options, "{sv}", "multiple", g_variant_new_boolean(FALSE));
        if (can_embed_cursor(self))
            g_variant_builder_add(&options, "{sv}", "cursor_mode",
                                  g_variant_new_uint32(CURSOR_EMBEDDED));
        return g_variant_new("(oa{sv})", self->session, &options);
    case STEP_START:
        return g_variant_new("(osa{sv})", self->session, "", &options);
    }
    g_assert_not_reached();
}

static void begin_step(LecPortal *self, Step step) {
    static const char *const methods[] = {"CreateSession", "SelectSources", "Start"};
    g_autofree char *token = g_strdup_printf("lectern_%08x", g_random_int());
    self->step = step;
    expect_response(self, token);
    g_dbus_proxy_call(self->proxy, methods[step], make_arguments(self, step, token),
                      G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable, on_called, self);
}

/* Nobody is left who could answer, or who keeps the session. */
static void on_owner_changed(GDBusProxy *proxy, GParamSpec *property, LecPortal *self) {
    g_autofree char *owner = g_dbus_proxy_get_name_owner(proxy);
    if (owner != NULL || (self->response_id == 0 && self->closed_id == 0))
        return;
    g_signal_handlers_disconnect_by_data(proxy, self);
    if (self->response_id == 0) {
        unsubscribe(self, &self->closed_id);
        self->events.closed(self->user);
    } else
        fail(self, LEC_CAPTURE_ERROR_FAILED,
             _("The desktop's screen sharing service ended while it was asked"));
}

static void on_proxy(GObject *object, GAsyncResult *result, gpointer user) {
    LecPortal *self = user;
    g_autoptr(GError) error = NULL;
    GDBusProxy *proxy = g_dbus_proxy_new_for_bus_finish(result, &error);
    if (proxy == NULL) {
        fail_call(self, error);
        return;
    }
    self->proxy = proxy;
    g_signal_connect(proxy, "notify::g-name-owner", G_CALLBACK(on_owner_changed), self);
    begin_step(self, STEP_CREATE);
}

LecPortal *lec_portal_open(const LecPortalEvents *events, void *user) {
    LecPortal *self = g_new0(LecPortal, 1);
    self->events = *events;
    self->user = user;
    self->cancellable = g_cancellable_new();
    g_dbus_proxy_new_for_bus(G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS, NULL,
                             BUS_NAME, OBJECT_PATH, SCREEN_CAST, self->cancellable, on_proxy, self);
    return self;
}

void lec_portal_free(LecPortal *self) {
    if (self == NULL)
        return;
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    if (self->proxy != NULL) {
        g_signal_handlers_disconnect_by_data(self->proxy, self);
        unsubscribe(self, &self->response_id);
        unsubscribe(self, &self->closed_id);
    }
    if (self->session != NULL)
        g_dbus_connection_call(g_dbus_proxy_get_connection(self->proxy), BUS_NAME, self->session,
                               "org.freedesktop.portal.Session", "Close", NULL, NULL,
                               G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
    g_clear_object(&self->proxy);
    g_free(self->session);
    g_free(self);
}
