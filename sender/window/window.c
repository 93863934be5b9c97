/* A page for each step, one of them in the window: what a stack hides, GTK 4.8 still tells to
 * screen readers. */
#include "sender/window/window.h"
#include "common/base/i18n.h"

#include "sender/window/page.h"
#include "sender/window/parts.h"
#include "sender/window/steps.h"

#define N_STEPS (LEC_STEP_ENDED + 1)
#define WIDTH 460
#define HEIGHT 640

struct LecWindow {
    GtkWindow *window;
    LecSteps *steps;
    LecPage *pages[N_STEPS];
    GtkWidget *frames[N_STEPS]; /* around each, for windows that are too small */
    LecPage *shown;
};

static LecPage *(*const MAKERS[N_STEPS])(LecSteps *) = {
    [LEC_STEP_FIND] = lec_page_find_new,     [LEC_STEP_CONNECTING] = lec_page_connecting_new,
    [LEC_STEP_PIN] = lec_page_pin_new,       [LEC_STEP_WAITING] = lec_page_waiting_new,
    [LEC_STEP_CHOOSE] = lec_page_choose_new, [LEC_STEP_SHARING] = lec_page_sharing_new,
    [LEC_STEP_ENDED] = lec_page_ended_new,
};

/* The title is what a screen reader says first and what the task list shows. */
static void set_title(LecWindow *self, const LecView *view) {
    const char *heading = lec_parts_get_heading(self->shown->root);
    g_autofree char *title = *view->box_name ? g_strdup_printf("%s – %s", heading, view->box_name)
                                             : g_strdup_printf("%s – Lectern", heading);
    if (g_strcmp0(gtk_window_get_title(self->window), title) != 0)
        gtk_window_set_title(self->window, title);
}

static void show_page(LecWindow *self, LecPage *page, const LecView *view) {
    if (self->shown && self->shown->left)
        self->shown->left(self->shown);
    self->shown = page;
    if (page->entered)
        page->entered(page, view);
    gtk_window_set_child(self->window, self->frames[view->step]);
    gtk_window_set_default_widget(self->window, page->button);
    if (page->focus)
        gtk_widget_grab_focus(page->focus);
}

static void on_changed(void *user) {
    LecWindow *self = user;
    const LecView *view = lec_steps_get_view(self->steps);
    LecPage *page = self->pages[view->step];
    page->update(page, view);
    if (page != self->shown)
        show_page(self, page, view);
    set_title(self, view);
}

/* Escape goes one step back; what is shared is not ended by a slip of the finger. */
static gboolean on_escape(GtkWidget *widget, GVariant *arguments, gpointer user) {
    LecWindow *self = user;
    const LecView *view = lec_steps_get_view(self->steps);
    switch (view->step) {
    case LEC_STEP_FIND:
    case LEC_STEP_SHARING:
        return FALSE;
    case LEC_STEP_CHOOSE:
        if (view->switching)
            lec_steps_keep(self->steps);
        else
            lec_steps_begin_again(self->steps);
        return TRUE;
    case LEC_STEP_CONNECTING:
    case LEC_STEP_PIN:
    case LEC_STEP_WAITING:
    case LEC_STEP_ENDED:
        lec_steps_begin_again(self->steps);
        return TRUE;
    }
    return FALSE;
}

/* On what is ticked, too, it presses the default button, for ticking is what space is for; on a row
 * it chooses the row. */
static gboolean on_return(GtkWidget *widget, GVariant *arguments, gpointer user) {
    LecWindow *self = user;
    GtkWidget *button = self->shown->button, *focus = gtk_window_get_focus(self->window);
    if (GTK_IS_LIST_BOX_ROW(focus))
        return gtk_widget_activate(focus);
    if (!button || !GTK_IS_CHECK_BUTTON(focus))
        return FALSE;
    return gtk_widget_is_sensitive(button) && gtk_widget_activate(button);
}

static void add_returns(LecWindow *self) {
    const guint keys[] = {GDK_KEY_Return, GDK_KEY_KP_Enter, GDK_KEY_ISO_Enter};
    GtkEventController *controller = gtk_shortcut_controller_new();
    gtk_event_controller_set_propagation_phase(controller, GTK_PHASE_CAPTURE);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        gtk_shortcut_controller_add_shortcut(
            GTK_SHORTCUT_CONTROLLER(controller),
            gtk_shortcut_new(gtk_keyval_trigger_new(keys[i], 0),
                             gtk_callback_action_new(on_return, self, NULL)));
    gtk_widget_add_controller(GTK_WIDGET(self->window), controller);
}

static void add_keys(LecWindow *self) {
    GtkEventController *keys = gtk_shortcut_controller_new();
    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(keys),
        gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                         gtk_callback_action_new(on_escape, self, NULL)));
    gtk_widget_add_controller(GTK_WIDGET(self->window), keys);
}

/* The sharing first: nothing is drawn any more, and the box is told goodbye. */
static void on_destroyed(GtkWidget *window, gpointer user) {
    LecWindow *self = user;
    g_clear_pointer(&self->steps, lec_steps_free);
    for (guint i = 0; i < N_STEPS; i++) {
        self->pages[i]->free(self->pages[i]);
        g_object_unref(self->frames[i]);
    }
    g_free(self);
}

static GtkWidget *make_frame(GtkWidget *page) {
    GtkWidget *frame = gtk_scrolled_window_new();
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(frame), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(frame), page);
    return g_object_ref_sink(frame);
}

LecWindow *lec_window_new(GtkApplication *application, const LecShareOptions *options,
                          const LecIdentity *identity) {
    LecWindow *self = g_new0(LecWindow, 1);
    self->window = GTK_WINDOW(gtk_application_window_new(application));
    self->steps = lec_steps_new(options, identity, on_changed, self);
    for (guint i = 0; i < N_STEPS; i++) {
        self->pages[i] = MAKERS[i](self->steps);
        self->frames[i] = make_frame(self->pages[i]->root);
    }
    gtk_widget_add_css_class(GTK_WIDGET(self->window), "lectern");
    gtk_window_set_default_size(self->window, WIDTH, HEIGHT);
    gtk_window_set_icon_name(self->window, "org.lectern.Share");
    g_signal_connect(self->window, "destroy", G_CALLBACK(on_destroyed), self);
    add_keys(self);
    add_returns(self);
    on_changed(self);
    return self;
}

void lec_window_close(LecWindow *self) {
    gtk_window_destroy(self->window);
}

void lec_window_present(LecWindow *self, const char *target) {
    if (target && lec_steps_get_view(self->steps)->step == LEC_STEP_FIND)
        lec_page_find_set_target(self->pages[LEC_STEP_FIND], target);
    gtk_window_present(self->window);
}
