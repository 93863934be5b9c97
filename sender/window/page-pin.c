/* The PIN. It stands nowhere but in its field, and there no longer than needed. */
#include "common/base/i18n.h"
#include "sender/window/page.h"
#include "sender/window/parts.h"

typedef struct {
    LecPage page;
    LecSteps *steps;
    GtkWidget *entry, *problem, *box;
} Pin;

static void complain(Pin *self, const char *sentence) {
    lec_parts_say(self->problem, sentence);
    gtk_accessible_update_state(
        GTK_ACCESSIBLE(self->entry), GTK_ACCESSIBLE_STATE_INVALID,
        sentence ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
    if (sentence)
        gtk_widget_grab_focus(self->entry);
}

static void on_continue(GtkButton *button, gpointer user) {
    Pin *self = user;
    g_autofree char *pin = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry))));
    if (*pin) {
        gtk_editable_set_text(GTK_EDITABLE(self->entry), "");
        lec_steps_give_pin(self->steps, pin);
    } else {
        complain(self, _("Type the PIN first. The display shows it."));
    }
    explicit_bzero(pin, strlen(pin));
}

static void on_back(GtkButton *button, gpointer user) {
    Pin *self = user;
    lec_steps_begin_again(self->steps);
}

static void update(LecPage *page, const LecView *view) {
    Pin *self = (Pin *)page;
    lec_parts_say(self->box, view->box_name);
}

static void entered(LecPage *page, const LecView *view) {
    Pin *self = (Pin *)page;
    complain(self, view->problem);
}

static void left(LecPage *page) {
    Pin *self = (Pin *)page;
    gtk_editable_set_text(GTK_EDITABLE(self->entry), "");
}

static void free_page(LecPage *page) {
    g_free(page);
}

LecPage *lec_page_pin_new(LecSteps *steps) {
    Pin *self = g_new0(Pin, 1);
    GtkWidget *root = lec_parts_page(_("Type the PIN"));
    self->steps = steps;
    self->page = (LecPage){
        .root = root, .update = update, .entered = entered, .left = left, .free = free_page};
    self->box = lec_parts_text(NULL, "lead");
    gtk_box_append(GTK_BOX(root), self->box);
    self->entry = lec_parts_entry(root, _("_PIN"), _("The display shows it, beside its name."));
    gtk_widget_add_css_class(self->entry, "large");
    gtk_entry_set_max_length(GTK_ENTRY(self->entry), 128);
    gtk_entry_set_input_hints(GTK_ENTRY(self->entry), GTK_INPUT_HINT_NO_SPELLCHECK |
                                                          GTK_INPUT_HINT_PRIVATE |
                                                          GTK_INPUT_HINT_NO_EMOJI);
    self->problem = lec_parts_alert();
    gtk_box_append(GTK_BOX(root), self->problem);
    GtkWidget *back = lec_parts_button(_("_Back"), NULL);
    g_signal_connect(back, "clicked", G_CALLBACK(on_back), self);
    self->page.focus = self->entry;
    self->page.button = lec_parts_button(_("_Continue"), "suggested-action");
    g_signal_connect(self->page.button, "clicked", G_CALLBACK(on_continue), self);
    gtk_box_append(GTK_BOX(root), lec_parts_row(back, self->page.button));
    return &self->page;
}
