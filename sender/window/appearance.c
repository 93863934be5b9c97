/* The desktop's wish comes through the portal, which GTK 4.8 does not ask by itself, and through
 * GTK's own settings. */
#include "sender/window/appearance.h"

#include <gio/gio.h>
#include <stdbool.h>

#define BUS_NAME "org.freedesktop.portal.Desktop"
#define OBJECT_PATH "/org/freedesktop/portal/desktop"
#define SETTINGS "org.freedesktop.portal.Settings"
#define NAMESPACE "org.freedesktop.appearance"
#define KEY "color-scheme"
#define PREFERS_DARK 1u
#define FOLDER "/org/lectern/window/"

struct LecAppearance {
    GdkDisplay *display;
    GtkCssProvider *colours, *style;
    GCancellable *cancel;
    GDBusConnection *bus;
    guint changed;
};

static bool is_dark(GtkSettings *settings) {
    gboolean prefers = FALSE;
    g_autofree char *theme = NULL;
    g_object_get(settings, "gtk-application-prefer-dark-theme", &prefers, "gtk-theme-name", &theme,
                 NULL);
    return prefers || (theme && g_str_has_suffix(theme, "-dark"));
}

static bool is_high_contrast(GtkSettings *settings) {
    g_autofree char *theme = NULL;
    g_object_get(settings, "gtk-theme-name", &theme, NULL);
    return theme && (strstr(theme, "HighContrast") || strstr(theme, "-hc"));
}

static void apply(LecAppearance *self) {
    GtkSettings *settings = gtk_settings_get_for_display(self->display);
    GtkStyleProvider *colours = GTK_STYLE_PROVIDER(self->colours);
    gtk_style_context_remove_provider_for_display(self->display, colours);
    if (is_high_contrast(settings))
        return;
    gtk_css_provider_load_from_resource(self->colours,
                                        is_dark(settings) ? FOLDER "dark.css" : FOLDER "light.css");
    gtk_style_context_add_provider_for_display(self->display, colours,
                                               GTK_STYLE_PROVIDER_PRIORITY_APPLICATION + 1);
}

static void take_wish(LecAppearance *self, GVariant *value) {
    g_autoptr(GVariant) inner = g_variant_ref(value);
    while (g_variant_is_of_type(inner, G_VARIANT_TYPE_VARIANT)) {
        GVariant *next = g_variant_get_variant(inner);
        g_variant_unref(inner);
        inner = next;
    }
    if (!g_variant_is_of_type(inner, G_VARIANT_TYPE_UINT32) || g_variant_get_uint32(inner) == 0)
        return; /* no wish: GTK's own settings stay */
    g_object_set(gtk_settings_get_for_display(self->display), "gtk-application-prefer-dark-theme",
                 g_variant_get_uint32(inner) == PREFERS_DARK, NULL);
}

static void on_changed(GDBusConnection *bus, const char *sender, const char *path,
                       const char *interface, const char *signal, GVariant *parameters,
                       gpointer user) {
    const char *namespace, *key;
    g_autoptr(GVariant) value = NULL;
    if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ssv)")))
        return;
    g_variant_get(parameters, "(&s&sv)", &namespace, &key, &value);
    if (g_str_equal(namespace, NAMESPACE) && g_str_equal(key, KEY))
        take_wish(user, value);
}

static void on_read(GObject *bus, GAsyncResult *result, gpointer user) {
    g_autoptr(GVariant) reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, NULL);
    if (!reply)
        return; /* cancelled, or a desktop without the portal */
    g_autoptr(GVariant) value = g_variant_get_child_value(reply, 0);
    take_wish(user, value);
}

static void on_bus(GObject *source, GAsyncResult *result, gpointer user) {
    GDBusConnection *bus = g_bus_get_finish(result, NULL);
    if (!bus)
        return;
    LecAppearance *self = user;
    self->bus = bus;
    self->changed = g_dbus_connection_signal_subscribe(
        bus, BUS_NAME, SETTINGS, "SettingChanged", OBJECT_PATH, NAMESPACE, G_DBUS_SIGNAL_FLAGS_NONE,
        on_changed, self, NULL);
    g_dbus_connection_call(bus, BUS_NAME, OBJECT_PATH, SETTINGS, "Read",
                           g_variant_new("(ss)", NAMESPACE, KEY), G_VARIANT_TYPE("(v)"),
                           G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, self->cancel, on_read, self);
}

LecAppearance *lec_appearance_new(GdkDisplay *display) {
    LecAppearance *self = g_new0(LecAppearance, 1);
    GtkSettings *settings = gtk_settings_get_for_display(display);
    self->display = display;
    self->colours = gtk_css_provider_new();
    self->style = gtk_css_provider_new();
    self->cancel = g_cancellable_new();
    gtk_css_provider_load_from_resource(self->style, FOLDER "style.css");
    gtk_style_context_add_provider_for_display(display, GTK_STYLE_PROVIDER(self->style),
                                               GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
    g_signal_connect_swapped(settings, "notify::gtk-application-prefer-dark-theme",
                             G_CALLBACK(apply), self);
    g_signal_connect_swapped(settings, "notify::gtk-theme-name", G_CALLBACK(apply), self);
    apply(self);
    g_bus_get(G_BUS_TYPE_SESSION, self->cancel, on_bus, self);
    return self;
}

void lec_appearance_free(LecAppearance *self) {
    if (!self)
        return;
    g_cancellable_cancel(self->cancel);
    g_signal_handlers_disconnect_by_data(gtk_settings_get_for_display(self->display), self);
    if (self->changed)
        g_dbus_connection_signal_unsubscribe(self->bus, self->changed);
    g_clear_object(&self->bus);
    g_object_unref(self->cancel);
    g_object_unref(self->colours);
    g_object_unref(self->style);
    g_free(self);
}
