/* GTK's widgets in our cut. */
#include "sender/window/parts.h"

#define HEADING "lectern-heading"

GtkWidget *lec_parts_text(const char *text, const char *class) {
    GtkWidget *label = gtk_label_new(text);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_natural_wrap_mode(GTK_LABEL(label), GTK_NATURAL_WRAP_NONE);
    gtk_label_set_max_width_chars(GTK_LABEL(label), 44);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    if (class)
        gtk_widget_add_css_class(label, class);
    return label;
}

GtkWidget *lec_parts_page(const char *heading) {
    GtkWidget *page = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    gtk_widget_add_css_class(page, "page");
    GtkWidget *label = lec_parts_text(NULL, "heading");
    gtk_box_append(GTK_BOX(page), label);
    g_object_set_data(G_OBJECT(page), HEADING, label);
    lec_parts_set_heading(page, heading);
    return page;
}

void lec_parts_set_heading(GtkWidget *page, const char *heading) {
    GtkWidget *label = g_object_get_data(G_OBJECT(page), HEADING);
    lec_parts_say(label, heading);
}

const char *lec_parts_get_heading(GtkWidget *page) {
    return gtk_label_get_text(g_object_get_data(G_OBJECT(page), HEADING));
}

static GtkWidget *make_live(GtkAccessibleRole role, const char *class) {
    GtkWidget *label = g_object_new(GTK_TYPE_LABEL, "accessible-role", role, "wrap", TRUE, "xalign",
                                    0.0, "max-width-chars", 44, "visible", FALSE, NULL);
    if (class)
        gtk_widget_add_css_class(label, class);
    return label;
}

GtkWidget *lec_parts_alert(void) {
    return make_live(GTK_ACCESSIBLE_ROLE_ALERT, "problem");
}

GtkWidget *lec_parts_status(const char *class) {
    return make_live(GTK_ACCESSIBLE_ROLE_STATUS, class);
}

void lec_parts_say(GtkWidget *label, const char *text) {
    if (!text)
        text = "";
    if (!g_str_equal(gtk_label_get_text(GTK_LABEL(label)), text)) {
        gtk_label_set_text(GTK_LABEL(label), text);
        gtk_accessible_update_property(GTK_ACCESSIBLE(label), GTK_ACCESSIBLE_PROPERTY_LABEL, text,
                                       -1);
    }
    gtk_widget_set_visible(label, *text != '\0');
}

static char *without_mnemonic(const char *text) {
    g_autoptr(GString) plain = g_string_new(text);
    g_string_replace(plain, "_", "", 1); /* the sign stands first, and once */
    return g_strdup(plain->str);
}

void lec_parts_set_label(GtkWidget *button, const char *mnemonic) {
    g_autofree char *before = NULL, *plain = without_mnemonic(mnemonic);
    g_object_get(button, "label", &before, NULL);
    if (g_strcmp0(before, mnemonic) == 0)
        return;
    g_object_set(button, "label", mnemonic, "use-underline", TRUE, NULL);
    gtk_accessible_reset_relation(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, plain,
                                   -1);
}

GtkWidget *lec_parts_button(const char *mnemonic, const char *class) {
    GtkWidget *button = gtk_button_new();
    lec_parts_set_label(button, mnemonic);
    if (class)
        gtk_widget_add_css_class(button, class);
    return button;
}

GtkWidget *lec_parts_check(const char *mnemonic) {
    GtkWidget *button = gtk_check_button_new();
    lec_parts_set_label(button, mnemonic);
    return button;
}

GtkWidget *lec_parts_radio(GtkWidget *group) {
    GtkWidget *button =
        g_object_new(GTK_TYPE_CHECK_BUTTON, "accessible-role", GTK_ACCESSIBLE_ROLE_RADIO, NULL);
    if (group)
        gtk_check_button_set_group(GTK_CHECK_BUTTON(button), GTK_CHECK_BUTTON(group));
    return button;
}

GtkWidget *lec_parts_entry(GtkWidget *page, const char *mnemonic, const char *hint) {
    GtkWidget *label = gtk_label_new_with_mnemonic(mnemonic);
    GtkWidget *entry = gtk_entry_new();
    GtkWidget *text = lec_parts_text(hint, "quiet");
    gtk_widget_set_halign(label, GTK_ALIGN_START);
    gtk_label_set_mnemonic_widget(GTK_LABEL(label), entry);
    gtk_entry_set_activates_default(GTK_ENTRY(entry), TRUE);
    gtk_entry_set_max_length(GTK_ENTRY(entry), 253);
    gtk_accessible_update_relation(GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_RELATION_LABELLED_BY,
                                   label, NULL, -1);
    lec_parts_describe(entry, text);
    gtk_box_append(GTK_BOX(page), label);
    gtk_box_append(GTK_BOX(page), entry);
    gtk_box_append(GTK_BOX(page), text);
    return entry;
}

void lec_parts_describe(GtkWidget *widget, GtkWidget *by) {
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   gtk_label_get_text(GTK_LABEL(by)), -1);
}

GtkWidget *lec_parts_row(GtkWidget *first, GtkWidget *last) {
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    gtk_widget_add_css_class(row, "row");
    gtk_widget_set_valign(row, GTK_ALIGN_END);
    gtk_widget_set_vexpand(row, TRUE);
    if (first)
        gtk_box_append(GTK_BOX(row), first);
    if (last) {
        gtk_widget_set_hexpand(last, TRUE);
        gtk_widget_set_halign(last, GTK_ALIGN_END);
        gtk_box_append(GTK_BOX(row), last);
    }
    return row;
}
