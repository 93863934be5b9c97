/* A radio button for the screen and one for each window. */
#include <stdbool.h>

#include "common/base/i18n.h"
#include "sender/capture-x11-windows.h"
#include "sender/window/parts.h"
#include "sender/window/source-choice.h"

#define SOURCE "lectern-source"
#define LOOK_MS 1500

struct LecSourceChoice {
    GtkWidget *root, *screen, *windows, *title, *frame;
    GtkWidget *unseen; /* in the group, so that the screen alone is a choice already */
    guint timer;
    char *listed; /* what the buttons show, to change them only where something is another */
};

static bool desktop_asks(void) {
    const char *display = g_getenv("WAYLAND_DISPLAY");
    return display && *display;
}

static GtkWidget *make_button(LecSourceChoice *self, const char *source, const char *title) {
    GtkWidget *button = lec_parts_radio(self->unseen);
    gtk_check_button_set_label(GTK_CHECK_BUTTON(button), title);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                   -1);
    g_object_set_data_full(G_OBJECT(button), SOURCE, g_strdup(source), g_free);
    return button;
}

static GtkWidget *find_active(LecSourceChoice *self) {
    for (GtkWidget *at = gtk_widget_get_first_child(self->windows); at;
         at = gtk_widget_get_next_sibling(at))
        if (gtk_check_button_get_active(GTK_CHECK_BUTTON(at)))
            return at;
    return self->screen;
}

static void show_windows(LecSourceChoice *self, const GPtrArray *windows) {
    g_autofree char *before = g_strdup(lec_source_choice_get(self));
    for (GtkWidget *child; (child = gtk_widget_get_first_child(self->windows));)
        gtk_box_remove(GTK_BOX(self->windows), child);
    gtk_check_button_set_active(GTK_CHECK_BUTTON(self->screen), TRUE);
    for (guint i = 0; i < windows->len; i++) {
        const LecX11Window *one = windows->pdata[i];
        g_autofree char *source = g_strdup_printf("window:%lu", one->id);
        GtkWidget *button = make_button(self, source, one->title);
        gtk_box_append(GTK_BOX(self->windows), button);
        if (g_str_equal(source, before))
            gtk_check_button_set_active(GTK_CHECK_BUTTON(button), TRUE);
    }
    gtk_widget_set_visible(self->title, windows->len > 0);
    gtk_widget_set_visible(self->frame, windows->len > 0);
}

static gboolean look(gpointer user) {
    LecSourceChoice *self = user;
    g_autoptr(GPtrArray) windows = lec_x11_windows_list();
    g_autoptr(GString) listed = g_string_new(NULL);
    for (guint i = 0; i < windows->len; i++) {
        const LecX11Window *one = windows->pdata[i];
        g_string_append_printf(listed, "%lu %s\n", one->id, one->title);
    }
    if (g_strcmp0(self->listed, listed->str) != 0) {
        g_free(self->listed);
        self->listed = g_strdup(listed->str);
        show_windows(self, windows);
    }
    return G_SOURCE_CONTINUE;
}

void lec_source_choice_set_watching(LecSourceChoice *self, bool watching) {
    g_clear_handle_id(&self->timer, g_source_remove);
    if (!watching || desktop_asks())
        return;
    look(self);
    self->timer = g_timeout_add(LOOK_MS, look, self);
}

const char *lec_source_choice_get(LecSourceChoice *self) {
    return desktop_asks() ? "screen" : g_object_get_data(G_OBJECT(find_active(self)), SOURCE);
}

GtkWidget *lec_source_choice_get_root(LecSourceChoice *self) {
    return self->root;
}

GtkWidget *lec_source_choice_get_focus(LecSourceChoice *self) {
    return desktop_asks() ? NULL : find_active(self);
}

static void free_choice(gpointer user) {
    LecSourceChoice *self = user;
    g_clear_handle_id(&self->timer, g_source_remove);
    g_clear_object(&self->unseen);
    g_free(self->listed);
    g_free(self);
}

static void add_buttons(LecSourceChoice *self) {
    self->unseen = g_object_ref_sink(lec_parts_radio(NULL));
    self->screen = make_button(self, "screen", "");
    lec_parts_set_label(self->screen, _("The _whole screen"));
    gtk_check_button_set_active(GTK_CHECK_BUTTON(self->screen), TRUE);
    self->title = lec_parts_text(_("Or one window"), "part");
    self->windows = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    GtkWidget *frame = self->frame = gtk_scrolled_window_new();
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(frame), GTK_POLICY_AUTOMATIC,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(frame), TRUE);
    gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(frame), 160);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(frame), self->windows);
    gtk_box_append(GTK_BOX(self->root), self->screen);
    gtk_box_append(GTK_BOX(self->root), self->title);
    gtk_box_append(GTK_BOX(self->root), frame);
}

LecSourceChoice *lec_source_choice_new(void) {
    LecSourceChoice *self = g_new0(LecSourceChoice, 1);
    self->root = g_object_new(GTK_TYPE_BOX, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 2,
                              "accessible-role", GTK_ACCESSIBLE_ROLE_RADIO_GROUP, NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->root), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("What do you want to share?"), -1);
    if (desktop_asks())
        gtk_box_append(
            GTK_BOX(self->root),
            lec_parts_text(_("Your desktop asks for the screen or the window when you go on."),
                           "lead"));
    else
        add_buttons(self);
    g_object_set_data_full(G_OBJECT(self->root), SOURCE, self, free_choice);
    return self;
}
