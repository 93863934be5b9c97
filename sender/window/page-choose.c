/* What to share, and how; at first, and again while something is shared. */
#include "common/base/i18n.h"
#include "sender/window/page.h"
#include "sender/window/parts.h"
#include "sender/window/profile-choice.h"
#include "sender/window/source-choice.h"

typedef struct {
    LecPage page;
    LecSteps *steps;
    GtkWidget *lead, *problem, *unproved, *sound, *back;
    LecSourceChoice *source;
    LecProfileChoice *profile;
} Choose;

static void on_share(GtkButton *button, gpointer user) {
    Choose *self = user;
    lec_steps_show(self->steps, lec_source_choice_get(self->source));
}

static void on_back(GtkButton *button, gpointer user) {
    Choose *self = user;
    if (lec_steps_get_view(self->steps)->switching)
        lec_steps_keep(self->steps);
    else
        lec_steps_begin_again(self->steps);
}

static void on_sound(GtkCheckButton *button, gpointer user) {
    Choose *self = user;
    lec_steps_set_sound(self->steps, gtk_check_button_get_active(button));
}

static void update(LecPage *page, const LecView *view) {
    Choose *self = (Choose *)page;
    const bool switching = view->switching;
    g_autofree char *joined = g_strdup_printf(_("You are connected to %s."), view->box_name);
    lec_parts_say(self->lead,
                  view->opening ? _("Answer your desktop's question first.")
                  : switching ? _("The display goes on showing the old one until you have chosen.")
                              : joined);
    lec_parts_say(self->problem, view->problem);
    gtk_widget_set_visible(self->unproved, view->unproved);
    gtk_check_button_set_active(GTK_CHECK_BUTTON(self->sound), view->sound);
    lec_profile_choice_update(self->profile, view);
    lec_parts_set_label(page->button, switching ? _("_Show this instead") : _("_Share"));
    lec_parts_set_label(self->back, switching ? _("_Keep the old one") : _("_Leave"));
    gtk_widget_set_sensitive(page->button, !view->opening);
}

static void entered(LecPage *page, const LecView *view) {
    Choose *self = (Choose *)page;
    lec_source_choice_set_watching(self->source, true);
    page->focus = lec_source_choice_get_focus(self->source);
    if (!page->focus)
        page->focus = page->button;
}

static void left(LecPage *page) {
    lec_source_choice_set_watching(((Choose *)page)->source, false);
}

static void free_page(LecPage *page) {
    lec_source_choice_set_watching(((Choose *)page)->source, false);
    g_free(page);
}

static void add_foot(Choose *self) {
    self->back = lec_parts_button(_("_Leave"), NULL);
    g_signal_connect(self->back, "clicked", G_CALLBACK(on_back), self);
    self->page.button = lec_parts_button(_("_Share"), "suggested-action");
    g_signal_connect(self->page.button, "clicked", G_CALLBACK(on_share), self);
    gtk_box_append(GTK_BOX(self->page.root), lec_parts_row(self->back, self->page.button));
}

LecPage *lec_page_choose_new(LecSteps *steps) {
    Choose *self = g_new0(Choose, 1);
    GtkBox *root = GTK_BOX(lec_parts_page(_("What do you want to share?")));
    self->steps = steps;
    self->page = (LecPage){.root = GTK_WIDGET(root),
                           .update = update,
                           .entered = entered,
                           .left = left,
                           .free = free_page};
    self->lead = lec_parts_status("lead");
    self->problem = lec_parts_alert();
    self->unproved = lec_parts_text(
        _("No PIN was asked for. So nothing proves that you are connected to the display in front "
          "of you. If it usually asks for a PIN, do not share."),
        "problem");
    self->source = lec_source_choice_new();
    self->sound = lec_parts_check(_("With the s_ound of this computer"));
    g_signal_connect(self->sound, "toggled", G_CALLBACK(on_sound), self);
    self->profile = lec_profile_choice_new(steps);
    gtk_box_append(root, self->lead);
    gtk_box_append(root, self->problem);
    gtk_box_append(root, self->unproved);
    gtk_box_append(root, lec_source_choice_get_root(self->source));
    gtk_box_append(root, self->sound);
    gtk_box_append(root, lec_profile_choice_get_root(self->profile));
    add_foot(self);
    return &self->page;
}
