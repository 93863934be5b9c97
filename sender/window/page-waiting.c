/* Between the steps: the way to the display, and the wait for a person there. */
#include "common/base/i18n.h"
#include "sender/window/page.h"
#include "sender/window/parts.h"

typedef struct {
    LecPage page;
    LecSteps *steps;
    GtkWidget *spinner, *code, *unproved;
} Waiting;

static void on_cancel(GtkButton *button, gpointer user) {
    Waiting *self = user;
    lec_steps_begin_again(self->steps);
}

static void entered(LecPage *page, const LecView *view) {
    gtk_spinner_start(GTK_SPINNER(((Waiting *)page)->spinner));
}

/* What turns costs power, seen or not. */
static void left(LecPage *page) {
    gtk_spinner_stop(GTK_SPINNER(((Waiting *)page)->spinner));
}

static void update_connecting(LecPage *page, const LecView *view) {
}

static void update_waiting(LecPage *page, const LecView *view) {
    Waiting *self = (Waiting *)page;
    g_autofree char *grouped = strlen(view->sas) == 6
                                   ? g_strdup_printf("%.3s %s", view->sas, view->sas + 3)
                                   : g_strdup(view->sas);
    lec_parts_say(self->code, grouped);
    gtk_widget_set_visible(self->unproved, view->unproved);
}

static void free_page(LecPage *page) {
    g_free(page);
}

static Waiting *make(LecSteps *steps, const char *heading) {
    Waiting *self = g_new0(Waiting, 1);
    self->steps = steps;
    self->page = (LecPage){
        .root = lec_parts_page(heading), .entered = entered, .left = left, .free = free_page};
    self->spinner = gtk_spinner_new();
    gtk_widget_add_css_class(self->spinner, "wait");
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->spinner), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   heading, -1);
    gtk_box_append(GTK_BOX(self->page.root), self->spinner);
    return self;
}

static LecPage *finish(Waiting *self) {
    GtkWidget *cancel = lec_parts_button(_("_Cancel"), NULL);
    g_signal_connect(cancel, "clicked", G_CALLBACK(on_cancel), self);
    gtk_box_append(GTK_BOX(self->page.root), lec_parts_row(NULL, cancel));
    self->page.focus = cancel;
    return &self->page;
}

LecPage *lec_page_connecting_new(LecSteps *steps) {
    Waiting *self = make(steps, _("Connecting to the display…"));
    self->page.update = update_connecting;
    return finish(self);
}

LecPage *lec_page_waiting_new(LecSteps *steps) {
    Waiting *self = make(steps, _("Somebody in the room is being asked"));
    GtkWidget *root = self->page.root;
    self->page.update = update_waiting;
    gtk_box_append(GTK_BOX(root),
                   lec_parts_text(_("You can share as soon as they agree."), "lead"));
    gtk_box_append(
        GTK_BOX(root),
        lec_parts_text(_("The display shows these characters too. Say no there if they differ."),
                       NULL));
    self->code = lec_parts_status("code");
    gtk_box_append(GTK_BOX(root), self->code);
    self->unproved = lec_parts_text(_("No PIN was asked for."), "problem");
    gtk_box_append(GTK_BOX(root), self->unproved);
    return finish(self);
}
