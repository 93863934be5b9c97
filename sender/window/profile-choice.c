/* Three radio buttons. */
#include "sender/window/profile-choice.h"
#include "common/base/i18n.h"

#include "sender/window/parts.h"

#define N_PROFILES 3
#define PROFILE "lectern-profile"

struct LecProfileChoice {
    LecSteps *steps;
    GtkWidget *root, *buttons[N_PROFILES];
};

static const struct {
    const char *title, *sentence;
} PROFILES[N_PROFILES] = {
    [LEC_PROFILE_AUTO] = {N_("_Automatic"), N_("Follows what you show.")},
    [LEC_PROFILE_TEXT] = {N_("Sharp _text"),
                          N_("For slides, documents and code: letters stay crisp.")},
    [LEC_PROFILE_VIDEO] = {N_("Smooth _video"),
                           N_("For films and animations: movement stays fluent.")},
};

static void on_toggled(GtkCheckButton *button, gpointer user) {
    LecProfileChoice *self = user;
    if (gtk_check_button_get_active(button))
        lec_steps_set_profile(self->steps, (LecProfile)GPOINTER_TO_UINT(
                                               g_object_get_data(G_OBJECT(button), PROFILE)));
}

static void add_profile(LecProfileChoice *self, guint profile) {
    GtkWidget *button = lec_parts_radio(profile > 0 ? self->buttons[0] : NULL);
    GtkWidget *sentence = lec_parts_text(_(PROFILES[profile].sentence), "beneath");
    lec_parts_set_label(button, _(PROFILES[profile].title));
    lec_parts_describe(button, sentence);
    g_object_set_data(G_OBJECT(button), PROFILE, GUINT_TO_POINTER(profile));
    g_signal_connect(button, "toggled", G_CALLBACK(on_toggled), self);
    gtk_box_append(GTK_BOX(self->root), button);
    gtk_box_append(GTK_BOX(self->root), sentence);
    self->buttons[profile] = button;
}

LecProfileChoice *lec_profile_choice_new(LecSteps *steps) {
    LecProfileChoice *self = g_new0(LecProfileChoice, 1);
    GtkWidget *title = lec_parts_text(_("What matters most?"), "part");
    self->steps = steps;
    self->root = g_object_new(GTK_TYPE_BOX, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 2,
                              "accessible-role", GTK_ACCESSIBLE_ROLE_RADIO_GROUP, NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->root), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("What matters most?"), -1);
    gtk_box_append(GTK_BOX(self->root), title);
    for (guint i = 0; i < N_PROFILES; i++)
        add_profile(self, i);
    g_object_set_data_full(G_OBJECT(self->root), PROFILE, self, g_free);
    return self;
}

GtkWidget *lec_profile_choice_get_root(LecProfileChoice *self) {
    return self->root;
}

void lec_profile_choice_update(LecProfileChoice *self, const LecView *view) {
    gtk_check_button_set_active(GTK_CHECK_BUTTON(self->buttons[view->profile]), TRUE);
}
