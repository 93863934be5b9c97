/* Why it ended, and the way back. */
#include "common/base/i18n.h"
#include "sender/window/page.h"
#include "sender/window/parts.h"

typedef struct {
    LecPage page;
    LecSteps *steps;
    GtkWidget *sentence;
} Ended;

static void on_again(GtkButton *button, gpointer user) {
    Ended *self = user;
    lec_steps_begin_again(self->steps);
}

static void on_close(GtkButton *button, gpointer user) {
    Ended *self = user;
    gtk_window_close(GTK_WINDOW(gtk_widget_get_root(self->page.root)));
}

static const char *headline(const LecView *view) {
    if (view->by_us)
        return _("You have stopped sharing");
    switch (view->status) {
    case LEC_SHARE_ENDED:
        return _("The display has ended the presentation");
    case LEC_SHARE_USAGE:
        return _("That does not work here");
    case LEC_SHARE_UNREACHABLE:
        return _("The display cannot be reached");
    case LEC_SHARE_REFUSED:
        return _("The display does not let you in");
    case LEC_SHARE_LOST:
        return _("The connection was lost");
    }
    return "";
}

static void update(LecPage *page, const LecView *view) {
    Ended *self = (Ended *)page;
    lec_parts_set_heading(page->root, headline(view));
    lec_parts_say(self->sentence, view->status == LEC_SHARE_ENDED ? _("Nothing is shared any more.")
                                                                  : view->sentence);
}

static void free_page(LecPage *page) {
    g_free(page);
}

LecPage *lec_page_ended_new(LecSteps *steps) {
    Ended *self = g_new0(Ended, 1);
    GtkWidget *root = lec_parts_page(_("You have stopped sharing"));
    self->steps = steps;
    self->page = (LecPage){.root = root, .update = update, .free = free_page};
    self->sentence = lec_parts_status("lead");
    gtk_box_append(GTK_BOX(root), self->sentence);
    GtkWidget *close = lec_parts_button(_("_Close"), NULL);
    self->page.button = lec_parts_button(_("Start _again"), "suggested-action");
    self->page.focus = self->page.button;
    g_signal_connect(close, "clicked", G_CALLBACK(on_close), self);
    g_signal_connect(self->page.button, "clicked", G_CALLBACK(on_again), self);
    gtk_box_append(GTK_BOX(root), lec_parts_row(close, self->page.button));
    return &self->page;
}
