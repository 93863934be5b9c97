/* Sharing: how long, how well, and everything to do about it. */
#include "common/base/i18n.h"
#include "sender/window/page.h"
#include "sender/window/parts.h"
#include "sender/window/profile-choice.h"
#include "sender/window/quality.h"

typedef struct {
    LecPage page;
    LecSteps *steps;
    GtkWidget *lead, *time, *problem, *quality, *delay, *advice, *figures;
    GtkWidget *pause, *sound;
    LecProfileChoice *profile;
    guint clock;
} Sharing;

static void on_pause(GtkButton *button, gpointer user) {
    Sharing *self = user;
    lec_steps_set_paused(self->steps, !lec_steps_get_view(self->steps)->paused);
}

static void on_other(GtkButton *button, gpointer user) {
    Sharing *self = user;
    lec_steps_choose_other(self->steps);
}

static void on_sound(GtkCheckButton *button, gpointer user) {
    Sharing *self = user;
    lec_steps_set_sound(self->steps, gtk_check_button_get_active(button));
}

static void on_stop(GtkButton *button, gpointer user) {
    Sharing *self = user;
    lec_steps_stop(self->steps);
}

static const char *headline(const LecView *view) {
    if (view->reconnecting)
        return _("Reconnecting…");
    if (view->paused)
        return _("You have paused");
    switch (view->stats.report.state) {
    case LEC_CALL_REPORT_HELD:
        return _("The host is looking at it first");
    case LEC_CALL_REPORT_PAUSED:
        return _("The host has paused you");
    case LEC_CALL_REPORT_SHOWN:
        break;
    }
    return _("You are sharing");
}

static char *explain(const LecView *view) {
    if (view->reconnecting)
        return g_strdup(_("The connection is being made again. The display keeps your last picture "
                          "meanwhile."));
    if (view->paused)
        return g_strdup(_("The display keeps your last picture. Nothing new is sent."));
    if (view->stats.report.state == LEC_CALL_REPORT_HELD)
        return g_strdup(_("The display shows it as soon as the host lets it through."));
    if (view->stats.report.state == LEC_CALL_REPORT_PAUSED)
        return g_strdup(_("The display keeps your last picture until the host goes on."));
    return g_strdup_printf(_("%s shows your picture."), view->box_name);
}

/* h:mm:ss. The label says in words what it is. */
static gboolean on_clock(gpointer user) {
    Sharing *self = user;
    const LecView *view = lec_steps_get_view(self->steps);
    const gint64 s = (g_get_monotonic_time() - view->since_us) / G_USEC_PER_SEC;
    g_autofree char *text =
        g_strdup_printf("%" G_GINT64_FORMAT ":%02" G_GINT64_FORMAT ":%02" G_GINT64_FORMAT, s / 3600,
                        s / 60 % 60, s % 60);
    gtk_label_set_text(GTK_LABEL(self->time), text);
    return G_SOURCE_CONTINUE;
}

static void update_figures(Sharing *self, const LecView *view) {
    const bool known = view->measured && !view->paused && !view->reconnecting;
    const LecQuality quality = known ? lec_quality_judge(&view->stats) : LEC_QUALITY_UNKNOWN;
    const guint32 latency_us = lec_share_stats_get_latency_us(&view->stats);
    static const char *const classes[] = {"unknown", "good", "fair", "poor"};
    for (guint i = 0; i < G_N_ELEMENTS(classes); i++)
        gtk_widget_remove_css_class(self->quality, classes[i]);
    gtk_widget_add_css_class(self->quality, classes[quality]);
    lec_parts_say(self->quality, known ? lec_quality_get_words(quality) : NULL);
    lec_parts_say(self->delay,
                  quality != LEC_QUALITY_UNKNOWN ? lec_quality_get_delay_words(latency_us) : NULL);
    lec_parts_say(self->advice, lec_quality_get_advice(quality));
    g_autofree char *figures =
        g_strdup_printf(_("%.0f ms to the display, %.1f Mbit/s"), latency_us / 1000.0,
                        view->stats.link.sending_kbps / 1000.0);
    lec_parts_say(self->figures, quality != LEC_QUALITY_UNKNOWN ? figures : NULL);
}

static void update(LecPage *page, const LecView *view) {
    Sharing *self = (Sharing *)page;
    g_autofree char *lead = explain(view);
    lec_parts_set_heading(page->root, headline(view));
    lec_parts_say(self->lead, lead);
    lec_parts_say(self->problem, view->problem);
    lec_parts_set_label(self->pause, view->paused ? _("_Go on") : _("_Pause"));
    gtk_check_button_set_active(GTK_CHECK_BUTTON(self->sound), view->sound);
    lec_profile_choice_update(self->profile, view);
    update_figures(self, view);
}

static void entered(LecPage *page, const LecView *view) {
    Sharing *self = (Sharing *)page;
    on_clock(self);
    self->clock = g_timeout_add_seconds(1, on_clock, self);
}

static void left(LecPage *page) {
    g_clear_handle_id(&((Sharing *)page)->clock, g_source_remove);
}

static void free_page(LecPage *page) {
    left(page);
    g_free(page);
}

static void add_facts(Sharing *self) {
    GtkBox *root = GTK_BOX(self->page.root);
    GtkWidget *card = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);
    gtk_widget_add_css_class(card, "card");
    self->time = gtk_label_new("0:00:00");
    gtk_label_set_xalign(GTK_LABEL(self->time), 0);
    gtk_widget_add_css_class(self->time, "time");
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->time), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   _("How long you have been sharing"), -1);
    self->quality = lec_parts_status("quality");
    self->delay = lec_parts_text(NULL, NULL);
    self->figures = lec_parts_text(NULL, "quiet");
    self->advice = lec_parts_text(NULL, "quiet");
    gtk_box_append(GTK_BOX(card), self->time);
    gtk_box_append(GTK_BOX(card), self->quality);
    gtk_box_append(GTK_BOX(card), self->delay);
    gtk_box_append(GTK_BOX(card), self->figures);
    gtk_box_append(GTK_BOX(card), self->advice);
    self->lead = lec_parts_status("lead");
    self->problem = lec_parts_alert();
    gtk_box_append(root, self->lead);
    gtk_box_append(root, self->problem);
    gtk_box_append(root, card);
}

static void add_controls(Sharing *self) {
    GtkBox *root = GTK_BOX(self->page.root);
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *other = lec_parts_button(_("Share something _else"), NULL);
    GtkWidget *stop = lec_parts_button(_("_Stop sharing"), "destructive-action");
    self->pause = lec_parts_button(_("_Pause"), NULL);
    self->sound = lec_parts_check(_("With the s_ound of this computer"));
    gtk_box_set_homogeneous(GTK_BOX(row), TRUE);
    gtk_box_append(GTK_BOX(row), self->pause);
    gtk_box_append(GTK_BOX(row), other);
    g_signal_connect(self->pause, "clicked", G_CALLBACK(on_pause), self);
    g_signal_connect(other, "clicked", G_CALLBACK(on_other), self);
    g_signal_connect(stop, "clicked", G_CALLBACK(on_stop), self);
    g_signal_connect(self->sound, "toggled", G_CALLBACK(on_sound), self);
    gtk_box_append(root, row);
    gtk_box_append(root, self->sound);
    gtk_box_append(root, lec_profile_choice_get_root(self->profile));
    gtk_box_append(root, lec_parts_row(NULL, stop));
    self->page.focus = self->pause;
}

LecPage *lec_page_sharing_new(LecSteps *steps) {
    Sharing *self = g_new0(Sharing, 1);
    self->steps = steps;
    self->page = (LecPage){.root = lec_parts_page(_("You are sharing")),
                           .update = update,
                           .entered = entered,
                           .left = left,
                           .free = free_page};
    self->profile = lec_profile_choice_new(steps);
    add_facts(self);
    add_controls(self);
    return &self->page;
}
